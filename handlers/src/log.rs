//! One JSON line a request, which is its metrics as well. Owns what may be logged: the fields of [`Entry`] and nothing else. There
//! is no general logger in these functions, so that no dependency's debug output and no request can end up in the logs.

use aws_sdk_cognitoidentityprovider::primitives::{DateTime, DateTimeFormat};
use serde::Serialize;
use std::{
    io::Write,
    time::{SystemTime, UNIX_EPOCH},
};

/// What is logged of a request.
#[derive(Debug, Serialize)]
pub struct Entry<'a> {
    /// Lambda filters JSON logs by `level` only when there is a `timestamp` too.
    pub timestamp: String,
    /// `INFO`, `WARN` (the request's fault), `ERROR` (ours or AWS's).
    pub level: &'static str,
    /// The id that the client was told.
    pub request_id: &'a str,
    /// Lambda's own id of the invocation, as in its platform logs.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub invocation_id: &'a str,
    /// The function: an endpoint's or a trigger's name.
    pub endpoint: &'a str,
    /// `ok`, or the error code; with the status of a success, it is the code of a failure that the client was not told.
    pub outcome: &'a str,
    /// The HTTP status; 0 for a trigger.
    #[serde(skip_serializing_if = "is_zero")]
    pub status: u16,
    /// From the event's arrival to the reply.
    pub duration_ms: u64,
    /// Why it failed, without anything of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'a str>,
    /// One: what CloudWatch adds up.
    pub count: u8,
    /// What makes CloudWatch count the line.
    #[serde(rename = "_aws")]
    pub metrics: Metrics<'a>,
}

/// CloudWatch's embedded metric format: which members of the line are metrics, and by what they are told apart. Costs no call and no
/// permission: CloudWatch Logs reads it out of the log.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metrics<'a> {
    /// Milliseconds since 1970.
    timestamp: u64,
    cloud_watch_metrics: [Directive<'a>; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: String,
    dimensions: [[&'static str; 2]; 1],
    metrics: [Metric<'a>; 2],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric<'a> {
    name: &'a str,
    unit: &'a str,
}

impl Metrics<'_> {
    /// How many requests there were and how long they took, by endpoint and outcome.
    #[must_use]
    pub fn of(stack: &str) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let directive = Directive {
            namespace: format!("cogapi/{stack}"),
            dimensions: [["endpoint", "outcome"]],
            metrics: [
                Metric { name: "count", unit: "Count" },
                Metric { name: "duration_ms", unit: "Milliseconds" },
            ],
        };
        Self {
            timestamp: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
            cloud_watch_metrics: [directive],
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(status: &u16) -> bool {
    *status == 0
}

impl Entry<'_> {
    /// The line, without its end.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Now, as RFC 3339.
#[must_use]
pub fn now() -> String {
    DateTime::from(SystemTime::now()).fmt(DateTimeFormat::DateTime).unwrap_or_default()
}

/// Writes one line to standard output, which is where Lambda reads logs.
pub fn write(line: &str) {
    // A log that can't be written must not fail the request.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A line for something that is not a request: a start that failed, a panic's place.
pub fn event(level: &'static str, endpoint: &str, message: &str) {
    write(
        &serde_json::json!({"timestamp": now(), "level": level, "endpoint": endpoint, "message": message})
            .to_string(),
    );
}
