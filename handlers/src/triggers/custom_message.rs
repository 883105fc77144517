//! `CustomMessage`: subject and body of every mail that Cognito sends.

use crate::{
    app::App,
    email::{self, Message},
    endpoint::Trigger,
    error::Failure,
    reaction::Reaction,
};
use serde_json::Value;

/// What is deployed.
pub const TRIGGER: Trigger = Trigger {
    name: "custom-message",
    source: "CustomMessage",
    operations: &[],
    environment: &[],
    summary: "Writes the mails that Cognito sends, in the user's language.",
};

/// Fills the event's response. An event that has no template, or is not as expected, goes back as it came: Cognito then sends
/// its own text, which is better than no mail.
#[allow(clippy::unused_async, reason = "all handlers have one signature")]
pub async fn handle(_app: &App, mut event: Value) -> Result<Reaction, Failure> {
    if let Some(mail) = write(&event)
        && let Some(response) = event.get_mut("response").and_then(Value::as_object_mut)
    {
        response.insert("emailSubject".to_owned(), mail.subject.into());
        response.insert("emailMessage".to_owned(), mail.body.into());
    }
    Ok(event.into())
}

fn write<'a>(event: &'a Value) -> Option<email::Mail> {
    let message = match event["triggerSource"].as_str()? {
        // Sent again (MessageAction=RESEND), it has the same source.
        "CustomMessage_AdminCreateUser" => Message::Invitation,
        // An administrator's reset has this source too.
        "CustomMessage_ForgotPassword" => Message::ForgotPassword,
        "CustomMessage_SignUp" | "CustomMessage_ResendCode" => Message::ResendCode,
        "CustomMessage_UpdateUserAttribute" | "CustomMessage_VerifyUserAttribute" => Message::VerifyAttribute,
        _ => return None,
    };
    let request = &event["request"];
    let text = |value: &'a Value| value.as_str().filter(|text| !text.trim().is_empty());
    let attributes = &request["userAttributes"];
    let username = text(&request["usernameParameter"]);
    if message == Message::Invitation && username.is_none() {
        // Without both placeholders Cognito silently sends its own text anyway.
        return None;
    }
    let values = email::Values {
        name: text(&attributes["name"]).unwrap_or_default(),
        code: text(&request["codeParameter"])?,
        username: username.unwrap_or_default(),
    };
    Some(email::write(message, text(&attributes["locale"]), &values))
}
