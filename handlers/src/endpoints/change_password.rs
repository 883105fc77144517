//! `POST /v1/users/{user_id}/change-password`: a signed-in user replaces the password.

use crate::{
    app::App,
    aws,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::{ACCESS_TOKEN, EMAIL, NEW_PASSWORD, OLD_PASSWORD},
    password_policy,
    reply::Reply,
    request::Request,
    schema::Member,
    upstream,
    user::{self, UserRef},
};
use aws_sdk_cognitoidentityprovider::{error::SdkError, operation::change_password::ChangePasswordError};
use serde::Serialize;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "change-password",
    method: "POST",
    path: "/v1/users/{user_id}/change-password",
    chapter: Chapter::Users,
    only_with: None,
    authorization: Authorization::Open,
    request: &[EMAIL.member, OLD_PASSWORD.member, NEW_PASSWORD.member, ACCESS_TOKEN.member],
    reply: Success { status: 200, shapes: &[&[EMAIL.member, Member::status(CHANGED)]] },
    // GetUser and ChangePassword are authorized by the access token; IAM has no say in them.
    operations: &[],
    calls_cognito: true,
    environment: &[env::CLIENT_ID],
    errors: &[
        ErrorCode::InvalidRequest,
        ErrorCode::PasswordPolicy,
        ErrorCode::InvalidCredentials,
        ErrorCode::InvalidToken,
        ErrorCode::Forbidden,
        ErrorCode::PasswordResetRequired,
    ],
    summary: "Replaces the password of a signed-in user.",
};

const CHANGED: &str = "PASSWORD_SUCCESSFULLY_CHANGED";

#[derive(Serialize)]
struct Changed<'a> {
    email: &'a str,
    status: &'static str,
}

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken = (
        fields.take_user(request),
        fields.take(&EMAIL),
        fields.take(&OLD_PASSWORD),
        fields.take(&NEW_PASSWORD),
        fields.take(&ACCESS_TOKEN),
    );
    let (named, email, old, new, access_token) = fields.finish(taken)?;
    named.may_be(&email)?;
    let user = user::of_token(app, &access_token).await?;
    user.must_be(&named)?;
    user.must_be(&UserRef::Email(email))?;

    let request = app
        .cognito()?
        .change_password()
        .access_token(access_token.expose())
        .previous_password(old.expose())
        .proposed_password(new.expose());
    // A second attempt after a lost reply would find the old password wrong.
    let result = request.customize().config_override(aws::once()).send().await;
    result.map_err(|error| refusal(&error))?;
    Reply::json(200, &Changed { email: &user.email, status: CHANGED })
}

fn refusal(error: &SdkError<ChangePasswordError>) -> Failure {
    const OPERATION: &str = "ChangePassword";
    if let Some(failure) = password_policy::refusal(error, "proposedPassword") {
        return failure;
    }
    let code = match error.as_service_error() {
        // The token was good for GetUser a moment ago: it is the old password.
        Some(ChangePasswordError::NotAuthorizedException(_)) => ErrorCode::InvalidCredentials,
        Some(ChangePasswordError::InvalidParameterException(_))
            if password_policy::is_malformed(error, "previousPassword") =>
        {
            ErrorCode::InvalidCredentials
        }
        Some(
            ChangePasswordError::UserNotFoundException(_) | ChangePasswordError::UserNotConfirmedException(_),
        ) => ErrorCode::InvalidToken,
        Some(ChangePasswordError::PasswordResetRequiredException(_)) => ErrorCode::PasswordResetRequired,
        _ => return upstream::failure(OPERATION, error),
    };
    Failure::new(code).because(upstream::cause(OPERATION, error))
}
