//! The end of all of a user's sessions. Owns the call; whose the token is, its callers have proved.

use crate::{
    app::App,
    error::{ErrorCode, Failure},
    secret::Secret,
    upstream,
};
use aws_sdk_cognitoidentityprovider::operation::global_sign_out::GlobalSignOutError;

const OPERATION: &str = "GlobalSignOut";

/// Revokes all that the token's user has: access, ID and refresh tokens, the given one included.
pub async fn everywhere(app: &App, access_token: &Secret) -> Result<(), Failure> {
    let result = app.cognito()?.global_sign_out().access_token(access_token.expose()).send().await;
    let Err(error) = result else { return Ok(()) };
    match error.as_service_error() {
        // "Access Token has been revoked". It was not a moment ago: it is the work of the first attempt, whose answer was lost.
        Some(GlobalSignOutError::NotAuthorizedException(refused))
            if refused.message().is_some_and(|message| message.contains("revoked")) =>
        {
            Ok(())
        }
        Some(
            GlobalSignOutError::NotAuthorizedException(_) | GlobalSignOutError::UserNotConfirmedException(_),
        ) => Err(Failure::new(ErrorCode::InvalidToken).because(upstream::cause(OPERATION, &error))),
        Some(GlobalSignOutError::PasswordResetRequiredException(_)) => {
            Err(ErrorCode::PasswordResetRequired.into())
        }
        _ => Err(upstream::failure(OPERATION, &error)),
    }
}
