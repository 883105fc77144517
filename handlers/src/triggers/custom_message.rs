//! `CustomMessage`: subject and body of every mail that Cognito sends.

use crate::{
    email::{self, Message},
    endpoint::Trigger,
    error::Failure,
};
use serde_json::Value;

/// What is deployed.
pub const TRIGGER: Trigger = Trigger {
    name: "custom-message",
    source: "CustomMessage",
    operations: &[],
    summary: "Writes the mails that Cognito sends, in the user's language.",
};

/// Fills the event's response. An event that has no template, or is not as expected, goes back as it came: Cognito then sends
/// its own text, which is better than no mail.
#[allow(clippy::unused_async, reason = "all handlers have one signature")]
pub async fn handle(mut event: Value) -> Result<Value, Failure> {
    if let Some(mail) = write(&event)
        && let Some(response) = event.get_mut("response").and_then(Value::as_object_mut)
    {
        response.insert("emailSubject".to_owned(), mail.subject.into());
        response.insert("emailMessage".to_owned(), mail.body.into());
    }
    Ok(event)
}

fn write(event: &Value) -> Option<email::Mail> {
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
    let attributes = &request["userAttributes"];
    let values = email::Values {
        name: attributes["name"].as_str().unwrap_or_default(),
        code: request["codeParameter"].as_str()?,
        // Only an invitation has it, and one without both placeholders is silently replaced by Cognito's own text.
        username: request["usernameParameter"].as_str().unwrap_or_default(),
    };
    Some(email::write(message, attributes["locale"].as_str(), &values))
}
