//! Waiting for what AWS does by itself: with a limit, and telling what is waited for and for how long already. Knows no
//! service, and prints nothing.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use cogapi_engine::Failure;
use tokio::time::Instant;

use crate::aws::errors::code;
use crate::aws::failure;
use crate::aws::retry::{Waits, in_words};

/// How often an unchanged wait is told again.
const AGAIN: Duration = Duration::from_secs(30);

/// Something that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What, e.g. `the certificate of auth.example.com`.
    pub what: String,
    /// Why it is not there yet.
    pub because: String,
    /// How long it has been waited for.
    pub elapsed: Duration,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "waits for {}: {}", self.what, self.because)?;
        match self.elapsed.as_secs() {
            0 => Ok(()),
            _ => write!(f, " ({})", in_words(self.elapsed)),
        }
    }
}

/// Is told what is waited for; must return at once.
#[derive(Clone)]
pub struct Reporter(Arc<dyn Fn(&Waiting) + Send + Sync>);

impl Reporter {
    /// Tells `receive`.
    pub fn new(receive: impl Fn(&Waiting) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receive))
    }
}

/// Tells nobody.
impl Default for Reporter {
    fn default() -> Self {
        Self::new(|_| ())
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reporter(..)")
    }
}

/// One wait.
pub(super) struct Wait<'a> {
    reporter: &'a Reporter,
    what: String,
    begun: Instant,
    waits: Waits,
    told: Option<(String, Instant)>,
}

impl<'a> Wait<'a> {
    /// Begins to wait for `what`, no longer than `limit`.
    pub(super) fn new(reporter: &'a Reporter, what: impl Into<String>, limit: Duration) -> Self {
        Self { reporter, what: what.into(), begun: Instant::now(), waits: Waits::within(limit), told: None }
    }

    /// Waits a little, as it is not there `because` of something. Fails when the limit is reached.
    pub(super) async fn pause(&mut self, because: &str) -> Result<(), Failure> {
        let told = self.told.as_ref();
        if told.is_none_or(|(reason, at)| reason != because || at.elapsed() >= AGAIN) {
            (self.reporter.0)(&self.as_it_is(because));
            self.told = Some((because.to_owned(), Instant::now()));
        }
        if self.waits.wait().await {
            return Ok(());
        }
        Err(Failure::new("AWS took too long", self.as_it_is(because).to_string())
            .with_hint("run the same command again: it goes on waiting where this one stopped"))
    }

    /// The same where a call was refused `because` of it: when the limit is reached, the refusal is told as well.
    pub(super) async fn again<E>(
        &mut self,
        summary: &str,
        error: &SdkError<E, HttpResponse>,
        because: &str,
    ) -> Result<(), Failure>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let Err(late) = self.pause(because).await else { return Ok(()) };
        let refused = failure(summary, error);
        Err(Failure { detail: format!("{}; {}", refused.detail, late.detail), hint: late.hint, ..refused })
    }

    /// Repeats `call` while it is refused `because` of it, as `passes` says from code and message.
    pub(super) async fn retry_while<T, E, F, Fut>(
        mut self,
        summary: &str,
        passes: impl Fn(&str, &str) -> bool,
        because: &str,
        mut call: F,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        loop {
            let error = match call().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if !code(&error).is_some_and(|code| passes(code, error.message().unwrap_or_default())) {
                return Err(failure(summary, &error));
            }
            self.again(summary, &error, because).await?;
        }
    }

    fn as_it_is(&self, because: &str) -> Waiting {
        Waiting { what: self.what.clone(), because: because.to_owned(), elapsed: self.begun.elapsed() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use std::sync::Mutex;

    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    /// What is told of a wait of `limit` whose reason changes after 10 s, and how it ends.
    async fn told(limit: Duration) -> (Vec<String>, Failure) {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let heard = lines.clone();
        let reporter = Reporter::new(move |waiting| heard.lock().unwrap().push(waiting.to_string()));
        let mut wait = Wait::new(&reporter, "a thing", limit);
        let begun = Instant::now();
        let failure = loop {
            let because = if begun.elapsed().as_secs() < 10 { "it is new" } else { "it is slow" };
            if let Err(failure) = wait.pause(because).await {
                break failure;
            }
        };
        let lines = lines.lock().unwrap().clone();
        (lines, failure)
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_is_told_when_it_begins_when_its_reason_changes_and_now_and_then() {
        let (lines, failure) = told(Duration::from_mins(5)).await;
        assert_eq!(lines[0], "waits for a thing: it is new");
        assert!(lines[1].starts_with("waits for a thing: it is slow (1"), "{lines:?}");
        // Every 30 to 35 s after that.
        assert!((9..=12).contains(&lines.len()), "{lines:?}");
        assert_eq!(failure.detail, "waits for a thing: it is slow (5 min)");
        assert!(failure.hint.unwrap().contains("again"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_refused_to_the_end_tells_the_refusal_and_the_wait() {
        let call = async || {
            let error = ErrorMetadata::builder().code("UnavailableException").message("not yet").build();
            let response = HttpResponse::new(400.try_into().unwrap(), SdkBody::empty());
            Err::<(), _>(SdkError::service_error(error, response))
        };
        let reporter = Reporter::default();
        let refused = async |code: &str| {
            let wait = Wait::new(&reporter, "a thing", Duration::from_mins(5));
            wait.retry_while("using it failed", |other, _| other == code, "it is new", call)
                .await
                .unwrap_err()
        };
        insta::assert_snapshot!(refused("UnavailableException").await, @r"
        using it failed: UnavailableException: not yet; waits for a thing: it is new (5 min)
          hint: run the same command again: it goes on waiting where this one stopped
        ");
        insta::assert_snapshot!(refused("OtherException").await, @"using it failed: UnavailableException: not yet");
    }
}
