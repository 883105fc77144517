//! `VerifyAuthChallengeResponse`: whether an answer is the code that was mailed.

use crate::{app::App, endpoint::Trigger, error::Failure, mfa_reset::Event, reaction::Reaction};
use serde_json::{Value, json};
use std::time::SystemTime;

/// What is deployed.
pub const TRIGGER: Trigger = Trigger {
    name: "verify-auth-challenge-response",
    source: "VerifyAuthChallengeResponse",
    operations: &[],
    environment: &[],
    summary: "Compares the code of an MFA reset with the one that was mailed.",
};

/// Fills the event's response.
#[allow(clippy::unused_async, reason = "all handlers have one signature")]
pub async fn handle(_app: &App, event: Value) -> Result<Reaction, Failure> {
    let asked = Event::read(&event)?;
    // For somebody unknown there is a code, too, which nobody was sent: a guess must not win either.
    let right = asked.is_answered_right(SystemTime::now()) && asked.is_of_a_user();
    Ok(Event::answered(event, json!({"answerCorrect": right})).into())
}
