//! `cogapi logs`

use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use cogapi_engine::Failure;
use cogapi_handlers::registry::{ENDPOINTS, TRIGGERS};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::target::Target;
use super::{Error, Outcome};
use crate::aws::log_events::LogEvents;
use crate::config::closest;
use crate::render::logs::Line;
use crate::render::{note, output, try_result};
use crate::stack;

/// Between two looks. FilterLogEvents may be called five times a second, by everybody in account and region together
/// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html).
const PAUSE: Duration = Duration::from_secs(2);

/// Arguments of `cogapi logs`.
#[derive(Debug, Args)]
pub(super) struct Logs {
    #[command(flatten)]
    target: Target,
    /// Only these functions: an endpoint's name, as in docs/endpoints.md, or a trigger's
    #[arg(value_name = "ENDPOINT")]
    endpoints: Vec<String>,
    /// Go on with what comes, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// From when on: 90s, 15m, 2h, 7d ago, or a moment in UTC as in 2026-11-21 or 2026-11-21T09:30
    #[arg(long, value_name = "WHEN", default_value = "15m")]
    since: Since,
    /// Only what failed
    #[arg(long)]
    errors: bool,
    /// Only this request: the `request_id` of an answer
    #[arg(long, value_name = "ID", value_parser = request_id)]
    request_id: Option<String>,
}

impl Logs {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        self.endpoints.iter().try_for_each(|name| known(name))?;
        let opened = self.target.open().await?;
        let group = stack::log_group(&opened.cx.stack);
        let Since(since) = self.since;
        let mut events = LogEvents::of(&opened.cx.clients.logs, group, self.pattern(), since);
        let mut told = false;
        loop {
            let Some(texts) = events.look().await? else {
                let name = &opened.environment.name;
                return Err(Failure::new("there are no logs", format!("{name} is not deployed"))
                    .with_hint(format!("`cogapi deploy --env {name}`"))
                    .into());
            };
            for line in texts.iter().flat_map(|text| text.lines()).filter_map(|line| self.shown(line)) {
                told = true;
                if try_result(&line).is_err() {
                    // Nobody reads any more.
                    return Ok(Outcome::Done);
                }
            }
            if !self.follow {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        if !told {
            note(&format!(
                "nothing was logged since {since:.0} that was asked for; --since looks further back"
            ));
        }
        Ok(Outcome::Done)
    }

    /// A line as it is printed, if it is asked for: with `--json` as the function wrote it.
    fn shown(&self, text: &str) -> Option<String> {
        let line = Line::read(text)?;
        let wanted = (self.endpoints.is_empty() || self.endpoints.contains(&line.endpoint))
            && (!self.errors || line.is_failure())
            && self.request_id.as_ref().is_none_or(|id| line.is_of(id));
        if !wanted {
            return None;
        }
        if output().is_json() { Some(text.to_owned()) } else { line.text() }
    }

    /// What CloudWatch leaves out by itself, so that it is not sent; [`Self::shown`] decides
    /// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html).
    fn pattern(&self) -> String {
        let any = |conditions: Vec<String>| format!("({})", conditions.join(" || "));
        let endpoints =
            self.endpoints.iter().map(|name| format!("$.endpoint = \"{name}\"")).collect::<Vec<_>>();
        let errors =
            ["$.level = \"WARN\"", "$.level = \"ERROR\"", "$.outcome != \"ok\"", "$.type = \"platform.*\""];
        let request = |id| {
            ["request_id", "invocation_id", "record.requestId"]
                .map(|field| format!("$.{field} = \"{id}\""))
                .into()
        };
        let all: Vec<String> = [
            (!endpoints.is_empty()).then(|| any(endpoints)),
            self.errors.then(|| any(errors.map(ToOwned::to_owned).into())),
            self.request_id.as_ref().map(|id| any(request(id))),
        ]
        .into_iter()
        .flatten()
        .collect();
        if all.is_empty() { String::new() } else { format!("{{ {} }}", all.join(" && ")) }
    }
}

/// Refuses what is no function's name.
fn known(name: &str) -> Result<(), Failure> {
    let names: Vec<&str> =
        ENDPOINTS.iter().map(|it| it.name).chain(TRIGGERS.iter().map(|it| it.name)).collect();
    if names.contains(&name) {
        return Ok(());
    }
    let hint = match closest(name, &names) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("there are: {}", names.join(", ")),
    };
    Err(Failure::new("there is no such endpoint", format!("no function is called {name}")).with_hint(hint))
}

/// An id as functions and Lambda make them; nothing that means something in a filter.
fn request_id(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_=".contains(c));
    if fits {
        Ok(text.to_owned())
    } else {
        Err("it is the `request_id` of an answer, letters, digits and hyphens".to_owned())
    }
}

/// From when on.
#[derive(Debug, Clone, Copy)]
struct Since(Timestamp);

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        since(text, Timestamp::now())
            .map(Self)
            .ok_or_else(|| "as in 90s, 15m, 2h, 7d, 2026-11-21 or 2026-11-21T09:30".to_owned())
    }
}

/// The moment that is meant, at the moment `now`.
fn since(text: &str, now: Timestamp) -> Option<Timestamp> {
    let ago = text.strip_suffix(['s', 'm', 'h', 'd']).and_then(|number| number.parse::<u32>().ok());
    if let Some(number) = ago {
        let unit = match text.as_bytes().last() {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 3600,
            _ => 86_400,
        };
        return now.checked_sub(SignedDuration::from_secs(i64::from(number) * unit)).ok();
    }
    let moment = |at: DateTime| at.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| text.parse::<DateTime>().ok().and_then(moment))
        .or_else(|| text.parse::<Date>().ok().and_then(|date| moment(date.into())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_while_ago_or_a_moment_in_utc() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        for (text, moment) in [
            ("90s", "2026-11-21T11:58:30Z"),
            ("15m", "2026-11-21T11:45:00Z"),
            ("2h", "2026-11-21T10:00:00Z"),
            ("7d", "2026-11-14T12:00:00Z"),
            ("2026-11-20", "2026-11-20T00:00:00Z"),
            ("2026-11-20T09:30", "2026-11-20T09:30:00Z"),
            ("2026-11-20T09:30:00+02:00", "2026-11-20T07:30:00Z"),
        ] {
            assert_eq!(since(text, now).unwrap().to_string(), moment, "{text}");
        }
        for text in ["", "m", "yesterday", "-5m", "2026-13-01"] {
            assert!(since(text, now).is_none(), "{text}");
        }
    }

    #[test]
    fn an_endpoint_that_is_not_there_is_answered_with_the_one_that_is_meant() {
        assert_eq!(known("lgoin").unwrap_err().hint.unwrap(), "did you mean login?");
        assert!(known("zzz").unwrap_err().hint.unwrap().contains("there are: "));
        assert!(known("custom-message").is_ok());
    }

    #[test]
    fn an_id_can_not_become_a_part_of_the_filter() {
        assert!(request_id("0f1e2d3c-aaaa").is_ok());
        assert!(request_id("x\" || $.y = \"z").is_err() && request_id("").is_err());
    }
}
