//! How a run ended that did what it was asked: how much it was, and what comes next.

use std::collections::BTreeMap;
use std::time::Duration;

use super::progress::Progress;
use super::style::{FAINT, MADE, paint};
use super::{count, json, span, tell};
use crate::config::{Environment, Registration};

/// How much a run was.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    /// Changes that were made.
    pub changes: usize,
    /// Calls to AWS.
    pub calls: usize,
}

/// Tells that all is done: `what`, and how much it was.
pub fn done(progress: &Progress, what: &str, work: Work) {
    let Work { changes, calls } = work;
    progress.say(&sentence(what, work, progress.elapsed()));
    tell(&json::Event::Done { changes, calls, elapsed_ms: json::milliseconds(progress.elapsed()) });
}

fn sentence(what: &str, Work { changes, calls }: Work, elapsed: Duration) -> String {
    let (changes, calls) = (count(changes, "change"), count(calls, "call"));
    format!("{}: {changes}, {calls} to AWS, {}", paint(MADE, what), span::took(elapsed))
}

/// What to do with an environment that was just deployed.
#[must_use]
pub fn next(environment: &Environment, outputs: &BTreeMap<String, String>) -> String {
    let api = outputs.get("api_url").map_or("", String::as_str);
    let first_user = format!(
        "
A first user, who gets a mail with a temporary password:
  curl -X POST {api}/v1/users \\
    -d '{{\"full_name\": \"Jane Doe\", \"email\": \"jane@example.com\",
         \"mobile_phone_number\": \"+33612345678\"}}'
"
    );
    let may_register = environment.access.registration == Registration::Open;
    let (first_user, name) = (if may_register { first_user.as_str() } else { "" }, &environment.name);
    let hint = |text: &str| paint(FAINT, text);
    format!(
        "{first_user}
Next:
  cogapi status --env {name}    {}
  cogapi plan --env {name}      {}",
        hint("what there is, and whether somebody changed it"),
        hint("what a changed file or handler would change"),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_with_what_it_was() {
        let work = Work { changes: 50, calls: 244 };
        let told = sentence("shop-dev is deployed and verified", work, Duration::from_millis(10_640));
        assert_eq!(
            anstream::adapter::strip_str(&told).to_string(),
            "shop-dev is deployed and verified: 50 changes, 244 calls to AWS, 10.6 s"
        );
    }

    #[test]
    fn what_comes_next_is_told_and_a_first_user_where_anybody_may_register() {
        let outputs = BTreeMap::from([("api_url".to_owned(), "https://auth.example.com".to_owned())]);
        let next = |configuration: &str| {
            let least = "[aws]\nregion = \"eu-west-1\"\n[state]\nbucket = \"b-state\"\n[api]\nname = \"shop\"\n[email]\nfrom = \"a@example.com\"\n";
            let text = format!("{least}{configuration}");
            let environment = crate::config::parse("dev", "dev.toml", &text).unwrap();
            anstream::adapter::strip_str(&next(&environment, &outputs)).to_string()
        };
        insta::assert_snapshot!(next(""));
        assert!(!next("[access]\nregistration = \"admin\"\n").contains("curl"));
    }
}
