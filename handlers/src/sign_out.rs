//! The end of all of a user's sessions. Owns the call; whose the token is, its callers have proved.

use crate::{access_token, app::App, error::Failure, secret::Secret};
use aws_sdk_cognitoidentityprovider::operation::global_sign_out::GlobalSignOutError;

/// Revokes all that the token's user has: access, ID and refresh tokens, the given one included.
pub async fn everywhere(app: &App, access_token: &Secret) -> Result<(), Failure> {
    let result = app.cognito()?.global_sign_out().access_token(access_token.expose()).send().await;
    match result {
        Ok(_) => Ok(()),
        Err(error) => match error.as_service_error() {
            // "Access Token has been revoked". It was not a moment ago: it is the work of the first attempt, whose answer was lost.
            Some(GlobalSignOutError::NotAuthorizedException(refused))
                if refused.message().is_some_and(|message| message.contains("revoked")) =>
            {
                Ok(())
            }
            _ => Err(access_token::failure("GlobalSignOut", &error)),
        },
    }
}
