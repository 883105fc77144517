//! Answers that take as long whether the user exists or not. Owns the grid that such answers wait for.

use crate::error::{ErrorCode, Failure};
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout_at};

/// Answers that must not tell a known address from an unknown one leave at whole multiples of this after the request came.
/// It is well above what Cognito takes for either, so both leave at the first multiple.
pub const GRID: Duration = Duration::from_secs(1);

/// The next multiple of [`GRID`] after `received`.
fn next_line(received: Instant) -> Instant {
    let passed = received.elapsed().as_millis();
    let steps = passed / GRID.as_millis() + 1;
    let steps = u32::try_from(steps).unwrap_or(u32::MAX);
    received + GRID.saturating_mul(steps)
}

/// Waits for the next multiple of [`GRID`] after `received`.
pub async fn level(received: Instant) {
    sleep_until(next_line(received)).await;
}

/// Passes a result on, a refusal at the next multiple of [`GRID`]: Cognito may take longer to refuse a user whom it knows. What
/// worked, and what failed for AWS's sake, does not wait.
pub async fn level_refusal<T>(received: Instant, result: Result<T, Failure>) -> Result<T, Failure> {
    if result.as_ref().is_err_and(|failure| failure.code().status() < ErrorCode::TooManyRequests.status()) {
        level(received).await;
    }
    result
}

/// Does what only a known address is the reason for, such as a mail, and returns at a moment that does not depend on it. It has
/// at least [`GRID`]; what AWS has been asked for by then, it goes on with.
pub async fn out_of_sight(
    received: Instant,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let moment = next_line(received) + GRID;
    let done = timeout_at(moment, work).await;
    sleep_until(moment).await;
    done.unwrap_or_else(|_elapsed| {
        Err(Failure::new(ErrorCode::UpstreamUnavailable).because("not done when the answer had to leave"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn quick_and_slow_work_answer_at_the_same_moment() {
        for work in [0, 3, 250, 999] {
            let received = Instant::now();
            tokio::time::sleep(Duration::from_millis(work)).await;
            level(received).await;
            assert_eq!(received.elapsed(), GRID, "after {work} ms of work");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn work_beyond_the_grid_waits_for_its_next_line() {
        let received = Instant::now();
        tokio::time::sleep(Duration::from_millis(1100)).await;
        level(received).await;
        assert_eq!(received.elapsed(), 2 * GRID);
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_wait_and_nothing_else_does() {
        for (code, waits) in [
            (ErrorCode::InvalidCredentials, true),
            (ErrorCode::PasswordResetRequired, true),
            (ErrorCode::InvalidRequest, true),
            (ErrorCode::TooManyRequests, false),
            (ErrorCode::UpstreamUnavailable, false),
        ] {
            let received = Instant::now();
            assert!(level_refusal::<()>(received, Err(code.into())).await.is_err());
            assert_eq!(received.elapsed() == GRID, waits, "{code:?}");
        }
        let received = Instant::now();
        assert!(level_refusal(received, Ok(())).await.is_ok() && received.elapsed() < GRID);
    }

    #[tokio::test(start_paused = true)]
    async fn work_out_of_sight_has_a_grid_of_time_and_no_influence() {
        for (before, work, done) in [(0, 0, true), (3, 1900, true), (3, 60_000, false), (999, 990, true)] {
            let received = Instant::now();
            tokio::time::sleep(Duration::from_millis(before)).await;
            let work = async {
                tokio::time::sleep(Duration::from_millis(work)).await;
                Ok(())
            };
            assert_eq!(out_of_sight(received, work).await.is_ok(), done);
            assert_eq!(received.elapsed(), 2 * GRID);
        }
    }
}
