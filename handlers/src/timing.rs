//! Answers that take as long whether the user exists or not. Owns the grid that such answers wait for.

use std::time::Duration;
use tokio::time::Instant;

/// Answers that must not tell a known address from an unknown one leave at whole multiples of this after the request came.
/// It is well above what Cognito takes for either, so both leave at the first multiple.
pub const GRID: Duration = Duration::from_secs(1);

/// Waits for the next multiple of [`GRID`] after `received`.
pub async fn level(received: Instant) {
    let passed = received.elapsed().as_millis();
    let steps = passed / GRID.as_millis() + 1;
    let steps = u32::try_from(steps).unwrap_or(u32::MAX);
    tokio::time::sleep_until(received + GRID.saturating_mul(steps)).await;
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
}
