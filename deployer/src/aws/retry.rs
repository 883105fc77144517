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

/// Waits between attempts: exponential, each with jitter, until the patience is used up.
#[derive(Debug)]
pub struct Waits {
    next: Duration,
    left: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self { next: FIRST, left: PATIENCE }
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
        match call().await {
            Ok(value) => return Ok(value),
            Err(error) => {
                let passing =
                    code(&error).is_some_and(|code| passes(code, error.message().unwrap_or_default()));
                if !(passing && waits.wait().await) {
                    return Err(failure(summary, &error));
                }
            }
        }
    }
}

/// Makes something whose creation is not idempotent and whose name is not unique (a user pool, a REST API): a repeated call
/// would make a second one. `create` must run with the SDK's retries off. When its answer is lost, `find` looks whether
/// the work was done all the same, before another attempt.
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
        let refused = code(&error).is_some_and(is_throttling);
        if !refused && is_definite(&error) {
            return Err(failure(summary, &error));
        }
        if !waits.wait().await {
            return Err(failure(summary, &error));
        }
        if !refused && let Some(made) = find().await? {
            return Ok(made);
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
