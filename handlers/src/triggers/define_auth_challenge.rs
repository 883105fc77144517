//! `DefineAuthChallenge`: what comes next in an MFA reset. As Cognito asks for no second factor here, this is the gate: tokens only
//! for a known user who just gave the mailed code, to our own app client.

use crate::{
    app::App,
    config::{Config, env},
    endpoint::Trigger,
    error::Failure,
    mfa_reset::{CHALLENGE, Event, Round, TRIES},
    reaction::Reaction,
};
use serde_json::{Value, json};
use std::time::SystemTime;

/// What is deployed.
pub const TRIGGER: Trigger = Trigger {
    name: "define-auth-challenge",
    source: "DefineAuthChallenge",
    operations: &[],
    environment: &[env::CLIENT_ID],
    summary: "Decides what comes next in an MFA reset.",
};

/// What comes next.
enum Next {
    Ask,
    Admit,
    Refuse,
}

/// Fills the event's response.
#[allow(clippy::unused_async, reason = "all handlers have one signature")]
pub async fn handle(app: &App, event: Value) -> Result<Reaction, Failure> {
    let next = next(&Event::read(&event)?, &app.config)?;
    let response = json!({
        "challengeName": matches!(next, Next::Ask).then_some(CHALLENGE),
        "issueTokens": matches!(next, Next::Admit),
        "failAuthentication": matches!(next, Next::Refuse),
    });
    Ok(Event::answered(event, response).into())
}

fn next(event: &Event, config: &Config) -> Result<Next, Failure> {
    let rounds = event.rounds();
    // Only our own functions have our client's secret, and they prove the password first. And a session that began with SRP would
    // have a challenge of another kind.
    if event.client_id() != config.client_id()? || !rounds.iter().all(Round::is_ours) {
        return Ok(Next::Refuse);
    }
    let Some(last) = rounds.last() else { return Ok(Next::Ask) };
    let may_try_again = || {
        let code = event.code_of_the_session();
        rounds.len() < TRIES && code.is_some_and(|code| code.lives(SystemTime::now()))
    };
    Ok(match last.is_won() {
        true if event.is_of_a_user() => Next::Admit,
        false if may_try_again() => Next::Ask,
        _ => Next::Refuse,
    })
}
