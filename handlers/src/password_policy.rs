//! When Cognito refuses a new password. Owns in which ways it says so; must not know an operation.

use crate::error::{ErrorCode, Failure};
use aws_sdk_cognitoidentityprovider::error::ProvideErrorMetadata;

/// The failure where the error is about the new password, the parameter `named`.
///
/// What does not even look like a password to Cognito (a single character, white space at either end) it refuses as a parameter:
/// `1 validation error detected: Value at 'password' failed to satisfy constraint: …`.
pub fn refusal(error: &impl ProvideErrorMetadata, named: &str) -> Option<Failure> {
    let is_refused = match error.code()? {
        "InvalidPasswordException" | "PasswordHistoryPolicyViolationException" => true,
        "InvalidParameterException" => is_malformed(error, named),
        _ => false,
    };
    is_refused.then(|| ErrorCode::PasswordPolicy.into())
}

/// Whether the error says that this parameter does not look as it must.
pub fn is_malformed(error: &impl ProvideErrorMetadata, named: &str) -> bool {
    error.message().is_some_and(|message| message.contains(&format!("at '{named}' failed to satisfy")))
}
