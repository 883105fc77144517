//! How a run ended that did what it was asked: how much it was, and what comes next.

use std::collections::BTreeMap;
use std::time::Duration;

use super::progress::Progress;
use super::style::{FAINT, MADE, paint};
use super::{count, json, span, tell};

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
pub fn next(environment: &str, outputs: &BTreeMap<String, String>) -> String {
    let api = outputs.get("api_url").map_or("", String::as_str);
    let body = r#"{"full_name":"Jane Doe","email":"jane@example.com","mobile_phone_number":"+33612345678"}"#;
    let hint = |text: &str| paint(FAINT, text);
    format!(
        "
Next, a first user, who gets a mail with a temporary password:
  curl -X POST {api}/v1/users \\
    -d '{body}'

  cogapi status --env {environment}    {}
  cogapi plan --env {environment}      {}",
        hint("what there is, and whether somebody changed it"),
        hint("what a changed file or handler would change"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_with_what_it_was_and_what_comes_next() {
        let work = Work { changes: 50, calls: 244 };
        let told = sentence("shop-dev is deployed and verified", work, Duration::from_millis(10_640));
        assert_eq!(
            anstream::adapter::strip_str(&told).to_string(),
            "shop-dev is deployed and verified: 50 changes, 244 calls to AWS, 10.6 s"
        );
        let outputs = BTreeMap::from([("api_url".to_owned(), "https://auth.example.com".to_owned())]);
        insta::assert_snapshot!(anstream::adapter::strip_str(&next("dev", &outputs)).to_string());
    }
}
