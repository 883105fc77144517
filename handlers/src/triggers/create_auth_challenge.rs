//! `CreateAuthChallenge`: makes the code of an MFA reset and mails it. One code a session; nobody is mailed anything for somebody
//! unknown, and that shows neither in the answer nor in its time.

use crate::{
    app::App,
    config::env,
    email,
    endpoint::Trigger,
    error::Failure,
    mfa_reset::{Code, Event},
    reaction::Reaction,
    ses::Mail,
    timing,
};
use serde_json::{Value, json};
use std::time::SystemTime;
use tokio::time::Instant;

/// What is deployed.
pub const TRIGGER: Trigger = Trigger {
    name: "create-auth-challenge",
    source: "CreateAuthChallenge",
    operations: &["ses:SendEmail"],
    environment: &[
        env::MFA_RESET_SUBJECT,
        env::MFA_RESET_MESSAGE,
        env::EMAIL_FROM,
        env::EMAIL_REPLY_TO,
        env::SES_IDENTITY_ARN,
    ],
    summary: "Makes the code of an MFA reset and mails it.",
};

/// Fills the event's response.
pub async fn handle(app: &App, event: Value) -> Result<Reaction, Failure> {
    let asked = Event::read(&event)?;
    let (code, mailed) = match asked.code_of_the_session() {
        Some(code) => (code, Ok(())),
        None => begin(app, &asked).await?,
    };
    let code = code.written();
    // Not for the client, and so not among the public parameters. `Verify` gets the private ones, and the next `Create` of the same
    // session only the metadata.
    let response = json!({
        "publicChallengeParameters": {},
        "privateChallengeParameters": {"code": code},
        "challengeMetadata": code,
    });
    // Who is known is told apart by nothing, a mail that failed included. And one that takes too long may still arrive: then its code
    // must be good.
    Ok(Reaction::from(Event::answered(event, response)).hiding(mailed))
}

/// Makes the session's code and mails it to its user, if there is one; with it comes what became of the mail.
///
/// Where Cognito lost our answer and asks again, there is nothing in the event to know it by: a second mail brings a second code,
/// and the newest is the one that counts.
async fn begin(app: &App, asked: &Event) -> Result<(Code, Result<(), Failure>), Failure> {
    let code = Code::new(SystemTime::now())?;
    let mailing = async {
        match asked.mailbox() {
            Some(mailbox) => mail(app, mailbox, &code).await,
            None => Ok(()),
        }
    };
    let mailed = timing::out_of_sight(Instant::now(), mailing).await;
    Ok((code, mailed))
}

async fn mail(app: &App, mailbox: &str, code: &Code) -> Result<(), Failure> {
    let text = app.config.mfa_reset_message()?.replace("{code}", code.digits());
    let html = email::page(&text);
    let mail = Mail { to: mailbox, subject: app.config.mfa_reset_subject()?, text: &text, html: &html };
    app.ses()?.send(app.config.sender()?, mail).await
}
