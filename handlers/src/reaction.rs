//! What goes back to Cognito from a trigger.

use crate::error::Failure;
use serde_json::Value;

/// What a trigger made of its event. Has no `Debug`: it may hold a code.
pub struct Reaction {
    event: Value,
    hidden: Option<Failure>,
}

impl From<Value> for Reaction {
    /// The event with its `response` filled out.
    fn from(event: Value) -> Self {
        Self { event, hidden: None }
    }
}

impl Reaction {
    /// The same reaction although something failed of which Cognito must not know. It is logged.
    #[must_use]
    pub fn hiding(self, result: Result<(), Failure>) -> Self {
        Self { hidden: result.err(), ..self }
    }

    /// What failed without Cognito's knowing.
    #[must_use]
    pub fn hidden(&self) -> Option<&Failure> {
        self.hidden.as_ref()
    }

    /// The event as it goes back.
    #[must_use]
    pub fn into_event(self) -> Value {
        self.event
    }
}
