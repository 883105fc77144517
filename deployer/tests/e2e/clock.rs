//! An API of its own for the tests that need time to go by: Cognito's clock is one for the whole account, so they take turns.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use serde_json::json;

use crate::client::Api;

static TIMED: LazyLock<Mutex<Api>> = LazyLock::new(|| Mutex::new(Api::complete()));

/// The clock, as long as this test needs it.
pub(crate) struct Clock(MutexGuard<'static, Api>);

impl Clock {
    /// Waits for its turn; then it is now.
    pub(crate) fn exclusive() -> Self {
        let clock = Self(TIMED.lock().unwrap_or_else(PoisonError::into_inner));
        clock.goes_on(0);
        clock
    }

    pub(crate) fn api(&self) -> &Api {
        &self.0
    }

    /// It is so many seconds from now.
    pub(crate) fn goes_on(&self, seconds: u64) {
        self.0.world.settings(&json!({ "cognito_clock_ahead_seconds": seconds }));
    }
}
