//! What the SDK's own retries can't know: conditions that pass by themselves, and calls that must not be made twice.

use std::future::Future;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use cogapi_engine::Failure;

use super::errors::{code, failure, is_throttling};

/// First wait; doubled each time up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(200);
/// Longest single wait.
const LONGEST: Duration = Duration::from_secs(5);
/// How long a passing condition may last before it is taken for a real failure.
const PATIENCE: Duration = Duration::from_secs(90);
/// What to do where waiting was in vain.
const AGAIN: &str = "run the same command again: it goes on from here";
/// How long what was made may be missing from the lists of its service: these are only eventually consistent.
pub const SETTLING: Duration = Duration::from_secs(10);

/// Waits between attempts: exponential, each with jitter, until the patience is used up.
#[derive(Debug)]
pub struct Waits {
    next: Duration,
    left: Duration,
    patience: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self::within(PATIENCE)
    }
}

impl Waits {
    /// Waits, or says `false` at once when the patience is used up.
    pub async fn wait(&mut self) -> bool {
        if self.left.is_zero() {
            return false;
        }
        // Half fixed, half random, so that many waiters don't come back at the same moment.
        let pause = (self.next / 2 + self.next.mul_f64(random_fraction()) / 2).min(self.left);
        self.left -= pause;
        self.next = (self.next * 2).min(LONGEST);
        tokio::time::sleep(pause).await;
        true
    }

    /// Waits before another attempt, where the refusal `passes` by itself. Fails with it where it does not, or has not in all that
    /// time.
    pub async fn again<E>(
        &mut self,
        summary: &str,
        error: &SdkError<E, HttpResponse>,
        passes: bool,
    ) -> Result<(), Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        if !passes {
            return Err(failure(summary, error));
        }
        if self.wait().await { Ok(()) } else { Err(self.in_vain(failure(summary, error))) }
    }

    /// Waits because of a `state` that only looking tells. Fails with it where it has not changed in all that time.
    pub async fn still(&mut self, summary: &str, state: &str) -> Result<(), Failure> {
        if self.wait().await { Ok(()) } else { Err(self.in_vain(Failure::new(summary, state))) }
    }

    /// A failure after the patience was used up.
    fn in_vain(&self, failure: Failure) -> Failure {
        let hint = failure.hint.unwrap_or_else(|| AGAIN.to_owned());
        let detail = format!("{} (still so after {})", failure.detail, in_words(self.patience));
        Failure { detail, hint: Some(hint), ..failure }
    }

    /// Waits with less patience.
    #[must_use]
    pub fn within(patience: Duration) -> Self {
        Self { next: FIRST, left: patience, patience }
    }

    /// Splits off a part of the patience, for waits that begin anew with short ones.
    fn part(&mut self, part: Duration) -> Self {
        let part = part.min(self.left);
        self.left -= part;
        Self::within(part)
    }
}

/// How long, as people say it.
pub(crate) fn in_words(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

/// A number in 0..1 that differs between processes and calls; nothing secret depends on it.
fn random_fraction() -> f64 {
    let (high, _) = uuid::Uuid::new_v4().as_u64_pair();
    f64::from(u32::try_from(high >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

/// Repeats `call` while its error is a condition that passes by itself, as `passes` says from code and message.
pub async fn retry_while<T, E, F, Fut>(
    summary: &str,
    passes: impl Fn(&str, &str) -> bool,
    mut call: F,
) -> Result<T, Failure>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
{
    let mut waits = Waits::default();
    loop {
        let error = match call().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let passing = code(&error).is_some_and(|code| passes(code, error.message().unwrap_or_default()));
        waits.again(summary, &error, passing).await?;
    }
}

/// Makes something whose creation is not idempotent and whose name is not unique (a user pool, a REST API): a repeated call
/// would make a second one. `create` must run with the SDK's retries off. When its answer is lost, `find` looks whether
/// the work was done all the same. It looks for some seconds before another attempt, for what was just made need not be in
/// any list yet; so it must not remember what it did not see.
pub async fn create_once<T, E, F, Fut, G, Gut>(
    summary: &str,
    mut create: F,
    mut find: G,
) -> Result<T, Failure>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    G: FnMut() -> Gut,
    Gut: Future<Output = Result<Option<T>, Failure>>,
{
    let mut waits = Waits::default();
    loop {
        let error = match create().await {
            Ok(made) => return Ok(made),
            Err(error) => error,
        };
        // Throttled calls were not looked at.
        if code(&error).is_some_and(is_throttling) {
            waits.again(summary, &error, true).await?;
            continue;
        }
        if is_definite(&error) {
            return Err(failure(summary, &error));
        }
        let mut settling = waits.part(SETTLING);
        while settling.wait().await {
            if let Some(made) = find().await? {
                return Ok(made);
            }
        }
        if waits.left.is_zero() {
            return Err(waits.in_vain(failure(summary, &error)));
        }
    }
}

/// Whether the answer says for sure that nothing was done: a refusal of the service. Lost connections, timeouts and the
/// service's own failures say nothing.
fn is_definite<E>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => true,
        SdkError::ServiceError(service) => service.raw().status().is_client_error(),
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use std::cell::Cell;

    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;
    use tokio::time::Instant;

    use super::*;

    /// What a service answers to a call that creates.
    #[derive(Debug, Clone, Copy)]
    enum Answer {
        Made,
        Lost,
        Refused(&'static str, u16),
    }
    use Answer::{Lost, Made, Refused};

    impl Answer {
        async fn send(self) -> Result<&'static str, SdkError<ErrorMetadata, HttpResponse>> {
            tokio::time::sleep(Duration::from_millis(50)).await;
            match self {
                Made => Ok("made"),
                Lost => Err(SdkError::timeout_error("no answer")),
                Refused(code, status) => {
                    let status = StatusCode::try_from(status).unwrap();
                    let error = ErrorMetadata::builder().code(code).build();
                    Err(SdkError::service_error(error, HttpResponse::new(status, SdkBody::empty())))
                }
            }
        }
    }

    /// What comes of it where the service answers as `create` says to the first, second, … call, and lists what the first
    /// made only after a while; and how often it was asked to create.
    async fn make(lag: Duration, create: impl Fn(usize) -> Answer) -> (Result<&'static str, Failure>, usize) {
        let (begun, creates) = (Instant::now(), Cell::new(0));
        let attempt = || {
            creates.set(creates.get() + 1);
            create(creates.get()).send()
        };
        let find = || async { Ok((begun.elapsed() >= lag).then_some("found")) };
        let made = create_once("making it failed", attempt, find).await;
        (made, creates.get())
    }

    const NEVER: Duration = Duration::MAX;

    #[tokio::test(start_paused = true)]
    async fn what_lists_show_only_after_seconds_is_not_made_twice() {
        for lag in [0, 1, 4, 8] {
            for answer in [Lost, Refused("InternalError", 500)] {
                let (made, creates) = make(Duration::from_secs(lag), |_| answer).await;
                assert_eq!((made.unwrap(), creates), ("found", 1), "{lag} s");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_comes_to_be_is_tried_again_but_not_at_once() {
        let begun = Instant::now();
        let answer = |attempt| if attempt == 1 { Lost } else { Made };
        let (made, creates) = make(NEVER, answer).await;
        assert_eq!((made.unwrap(), creates), ("made", 2));
        assert!(begun.elapsed() >= SETTLING, "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_final_and_throttling_is_waited_out_without_looking() {
        let (made, creates) = make(Duration::ZERO, |_| Refused("InvalidParameterException", 400)).await;
        assert!(made.unwrap_err().detail.contains("InvalidParameterException"));
        assert_eq!(creates, 1);
        let throttled = |attempt| match attempt {
            1 | 2 => Refused("TooManyRequestsException", 429),
            _ => Made,
        };
        let (made, creates) = make(Duration::ZERO, throttled).await;
        assert_eq!((made.unwrap(), creates), ("made", 3));
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends() {
        let begun = Instant::now();
        let (made, creates) = make(NEVER, |_| Lost).await;
        assert_eq!(made.unwrap_err().detail, "no answer in time (still so after 90 s)");
        assert_eq!((creates, begun.elapsed().as_secs()), (9, PATIENCE.as_secs()));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waited_in_vain_is_told_for_what_and_how_long_and_who_did_not_wait_is_not() {
        let call = || Refused("ConflictException", 409).send();
        let refused = async |code: &str| {
            retry_while("changing it failed", |other, _| other == code, call).await.unwrap_err().to_string()
        };
        insta::assert_snapshot!(refused("ConflictException").await, @r"
        changing it failed: ConflictException: no message (still so after 90 s)
          hint: run the same command again: it goes on from here
        ");
        insta::assert_snapshot!(refused("OtherException").await, @"changing it failed: ConflictException: no message");
        let mut waits = Waits::within(Duration::from_mins(5));
        let late = loop {
            if let Err(late) = waits.still("removing it failed", "it is there").await {
                break late;
            }
        };
        assert_eq!(late.detail, "it is there (still so after 5 min)");
    }
}
