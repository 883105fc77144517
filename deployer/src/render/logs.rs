//! The functions' log lines for a person: one line a request, and beneath it why it failed. Reads no logs.

use serde::Deserialize;

use super::style::{CHANGED, GONE, paint};

/// To where a line names its endpoint.
const BENEATH: &str = "\n                                   ";

/// What is read of a line, whoever wrote it: our functions (`cogapi_handlers::log`), or Lambda itself
/// (<https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Line {
    timestamp: String,
    level: String,
    /// The function: an endpoint's or a trigger's name.
    pub endpoint: String,
    outcome: String,
    status: u16,
    duration_ms: Option<u64>,
    request_id: String,
    invocation_id: String,
    cause: Option<String>,
    message: Option<String>,
    time: String,
    #[serde(rename = "type")]
    kind: String,
    record: Record,
}

/// What Lambda itself tells of an invocation.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Record {
    request_id: String,
    status: String,
    error_type: Option<String>,
}

impl Line {
    /// A line as it was written; `None` where it is not JSON, as Lambda's own lines in the emulator.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Whether something failed, for whatever reason.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        let outcome = !self.outcome.is_empty() && self.outcome != "ok";
        outcome || ["WARN", "ERROR"].contains(&self.level.as_str()) || self.ended_badly()
    }

    /// Whether it is about a request: by the id that the client was told, or by Lambda's own.
    #[must_use]
    pub fn is_of(&self, request_id: &str) -> bool {
        [&self.request_id, &self.invocation_id, &self.record.request_id].iter().any(|id| *id == request_id)
    }

    /// Whether Lambda ended the function: out of time, out of memory, or because it crashed.
    fn ended_badly(&self) -> bool {
        !["", "success"].contains(&self.record.status.as_str())
    }

    /// The line for a person; `None` for what Lambda tells of every invocation.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let (at, parts, why) = if self.ended_badly() {
            let Record { request_id, status, error_type } = &self.record;
            (&self.time, [self.kind.as_str(), status, request_id], error_type.as_deref())
        } else if self.endpoint.is_empty() {
            return None;
        } else {
            let why = self.cause.as_deref().or(self.message.as_deref());
            (&self.timestamp, [self.endpoint.as_str(), &self.outcome, &self.request_id], why)
        };
        let status = if self.status == 0 { "-".to_owned() } else { self.status.to_string() };
        let took = self.duration_ms.map_or_else(String::new, |duration| format!("{duration} ms"));
        let told: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let mut text = format!("{} {status:>5} {took:>8}  {}", moment(at), told.join(" "));
        if let Some(why) = why {
            text.push_str(BENEATH);
            text.push_str(why);
        }
        Some(self.painted(text))
    }

    fn painted(&self, text: String) -> String {
        match self.level.as_str() {
            "WARN" => paint(CHANGED, text),
            "INFO" if !self.is_failure() => text,
            _ => paint(GONE, text),
        }
    }
}

/// Month, day and time in UTC, to the millisecond: what RFC 3339 has of it.
fn moment(timestamp: &str) -> String {
    let end = timestamp.trim_end_matches('Z');
    let (date, time) = end.split_once('T').unwrap_or(("", end));
    let date = date.split_once('-').map_or("", |(_, date)| date);
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    format!("{date} {seconds}.{fraction:0<3.3}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    const OK: &str = r#"{"timestamp":"2026-11-21T09:30:05.12Z","level":"INFO","request_id":"r-1","endpoint":"login","outcome":"ok","status":200,"duration_ms":312}"#;
    const REFUSED: &str = r#"{"timestamp":"2026-11-21T09:30:06.5Z","level":"WARN","request_id":"r-2","endpoint":"mfa-verify","outcome":"invalid_code","status":401,"duration_ms":1002,"cause":"CodeMismatchException"}"#;
    const TRIGGER: &str = r#"{"timestamp":"2026-11-21T09:30:07Z","level":"INFO","invocation_id":"i-3","endpoint":"custom-message","outcome":"ok","duration_ms":3}"#;
    const TIMEOUT: &str = r#"{"time":"2026-11-21T09:30:08.000Z","type":"platform.report","record":{"requestId":"i-4","status":"timeout"}}"#;
    const REPORT: &str = r#"{"time":"2026-11-21T09:30:09.000Z","type":"platform.report","record":{"requestId":"i-5","status":"success"}}"#;
    const EVENT: &str =
        r#"{"timestamp":"2026-11-21T09:30:10Z","level":"ERROR","endpoint":"login","message":"it panicked"}"#;

    fn lines() -> Vec<Line> {
        [OK, REFUSED, TRIGGER, TIMEOUT, REPORT, EVENT].map(|line| Line::read(line).unwrap()).into()
    }

    #[test]
    fn a_request_is_a_line_and_a_failure_says_why() {
        let painted: Vec<String> = lines().iter().filter_map(Line::text).collect();
        let text = anstream::adapter::strip_str(&painted.join("\n")).to_string();
        insta::assert_snapshot!(text, @r"
        11-21 09:30:05.120   200   312 ms  login ok r-1
        11-21 09:30:06.500   401  1002 ms  mfa-verify invalid_code r-2
                                           CodeMismatchException
        11-21 09:30:07.000     -     3 ms  custom-message ok
        11-21 09:30:08.000     -           platform.report timeout i-4
        11-21 09:30:10.000     -           login
                                           it panicked
        ");
        let is_red = |text: &String| text.starts_with("\x1b[31m");
        assert_eq!(painted.iter().filter(|text| is_red(text)).count(), 2, "{painted:?}");
        assert!(painted[1].starts_with("\x1b[33m") && painted[0].starts_with("11-21"), "{painted:?}");
    }

    #[test]
    fn what_failed_is_told_from_what_worked_whoever_wrote_it() {
        let failed: Vec<bool> = lines().iter().map(Line::is_failure).collect();
        assert_eq!(failed, [false, true, false, true, false, true]);
        assert!(Line::read("START RequestId: 1").is_none());
    }

    #[test]
    fn a_request_is_found_by_either_of_its_ids() {
        let of = |id: &str| lines().iter().filter(|line| line.is_of(id)).count();
        assert_eq!([of("r-2"), of("i-3"), of("i-4"), of("other")], [1, 1, 1, 0]);
    }
}
