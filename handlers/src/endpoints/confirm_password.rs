//! `POST /v1/users/{user_id}/confirm-password`: sets a new password with the code that was mailed.

use crate::{
    app::App,
    aws::{self, secret_hash},
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::{EMAIL, NEW_PASSWORD, VERIFICATION_CODE},
    member::USER_ID,
    password_policy,
    reply::Reply,
    request::Request,
    schema::Member,
    secret::Secret,
    timing, upstream,
    user::{self, User, UserRef},
};
use aws_sdk_cognitoidentityprovider::{
    error::SdkError, operation::confirm_forgot_password::ConfirmForgotPasswordError,
};

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "confirm-password",
    method: "POST",
    path: "/v1/users/{user_id}/confirm-password",
    chapter: Chapter::Users,
    only_with: None,
    authorization: Authorization::Open,
    request: &[EMAIL.member, NEW_PASSWORD.member, VERIFICATION_CODE.member],
    reply: Success { status: 200, shapes: &[&[EMAIL.member, USER_ID, Member::status(SET)]] },
    // ConfirmForgotPassword is authorized by the app client's secret; IAM has no say in it.
    operations: &["cognito-idp:AdminGetUser"],
    calls_cognito: true,
    environment: &[env::USER_POOL_ID, env::CLIENT_ID, env::CLIENT_SECRET],
    errors: &[
        ErrorCode::InvalidRequest,
        ErrorCode::PasswordPolicy,
        ErrorCode::InvalidCode,
        ErrorCode::Forbidden,
    ],
    summary: "Sets a new password with the code that was mailed.",
};

const SET: &str = "NEW_PASSWORD_SET_SUCCESSFULLY";

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken = (
        fields.take_user(request),
        fields.take(&EMAIL),
        fields.take(&NEW_PASSWORD),
        fields.take(&VERIFICATION_CODE),
    );
    let (named, email, password, code) = fields.finish(taken)?;
    named.may_be(&email)?;

    let set = set_password(app, &named, &email, &password, &code).await;
    let user = timing::level_refusal(request.received(), set).await?;
    Reply::about(200, &user, SET)
}

/// Answers whose password was set.
async fn set_password(
    app: &App,
    named: &UserRef,
    email: &str,
    password: &Secret,
    code: &Secret,
) -> Result<User, Failure> {
    let found = user::find(app, &UserRef::Email(email.to_owned())).await?;
    // For an address that nobody has, Cognito is asked all the same: it answers as for a wrong code (PreventUserExistenceErrors).
    // Nobody's id is the one in the path, as an id is not when the address is another user's.
    let user = found.map(|it| it.user).unwrap_or(User { id: email.to_owned(), email: email.to_owned() });
    user.must_be(named)?;
    let client_id = app.config.client_id()?;
    let request = app
        .cognito()?
        .confirm_forgot_password()
        .client_id(client_id)
        .username(&user.id)
        .secret_hash(secret_hash(app.config.client_secret()?, client_id, &user.id)?)
        .password(password.expose())
        .confirmation_code(code.expose());
    // The code is for one use: a second attempt after a lost reply would be refused.
    let result = request.customize().config_override(aws::once()).send().await;
    result.map(|_| user).map_err(|error| refusal(&error))
}

fn refusal(error: &SdkError<ConfirmForgotPasswordError>) -> Failure {
    const OPERATION: &str = "ConfirmForgotPassword";
    if let Some(failure) = password_policy::refusal(error, "password") {
        return failure;
    }
    match error.as_service_error() {
        // Also for who is unknown, is disabled, or has not confirmed the invitation: none of them has been mailed a code.
        Some(
            ConfirmForgotPasswordError::CodeMismatchException(_)
            | ConfirmForgotPasswordError::ExpiredCodeException(_)
            | ConfirmForgotPasswordError::NotAuthorizedException(_)
            | ConfirmForgotPasswordError::UserNotFoundException(_)
            | ConfirmForgotPasswordError::UserNotConfirmedException(_),
        ) => Failure::new(ErrorCode::InvalidCode).because(upstream::cause(OPERATION, error)),
        _ => upstream::failure(OPERATION, error),
    }
}
