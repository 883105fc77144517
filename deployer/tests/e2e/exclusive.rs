//! APIs of their own for tests that change what holds for a whole account: Cognito's clock, its mails, faults, policies. They take turns.

use std::ops::Deref;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use serde_json::json;

use crate::client::Api;

/// An API that one test at a time has to itself.
pub(crate) struct Exclusive(LazyLock<Mutex<Api>>);

/// For the tests that need time to go by, or mails or triggers to fail.
pub(crate) static TIMED: Exclusive = Exclusive::new();
/// For the tests that take something away from the functions.
pub(crate) static DEPRIVED: Exclusive = Exclusive::new();

impl Exclusive {
    const fn new() -> Self {
        Self(LazyLock::new(|| Mutex::new(Api::complete())))
    }

    /// Waits for its turn. Nothing is left of what those before it have changed.
    pub(crate) fn turn(&self) -> Turn<'_> {
        let turn = Turn(self.0.lock().unwrap_or_else(PoisonError::into_inner));
        turn.world.no_faults();
        turn.world.settings(&json!({
            "mail_refused": false,
            "mail_quota_used_up": false,
            "cognito_trigger_answers_lost": 0,
        }));
        turn.goes_on(0);
        turn
    }
}

/// The turn of one test.
pub(crate) struct Turn<'a>(MutexGuard<'a, Api>);

impl Turn<'_> {
    /// Cognito's clock shows so many seconds from now.
    pub(crate) fn goes_on(&self, seconds: u64) {
        self.world.settings(&json!({ "cognito_clock_ahead_seconds": seconds }));
    }
}

impl Deref for Turn<'_> {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.0
    }
}
