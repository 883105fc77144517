//! `POST /v1/forgot-password`: mails a code that sets a new password, or the invitation again to who never confirmed. An address
//! that nobody has, or whose user is disabled, gets the same answer at the same time, and no mail.

use crate::{
    app::App,
    aws::{self, secret_hash},
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::EMAIL,
    invitation, recovery,
    reply::Reply,
    request::Request,
    schema::Member,
    upstream,
    user::{Found, User},
};
use aws_sdk_cognitoidentityprovider::types::UserStatusType;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "forgot-password",
    method: "POST",
    path: "/v1/forgot-password",
    chapter: Chapter::Users,
    only_with: None,
    authorization: Authorization::Open,
    request: &[EMAIL.member],
    reply: Success { status: 200, shapes: &[&[EMAIL.member, Member::status(SENT)]] },
    // ForgotPassword is authorized by the app client's secret; IAM has no say in it.
    operations: &["cognito-idp:AdminCreateUser", "cognito-idp:AdminGetUser"],
    calls_cognito: true,
    environment: &[env::USER_POOL_ID, env::CLIENT_ID, env::CLIENT_SECRET, env::PASSWORD_MIN_LENGTH],
    errors: &[ErrorCode::InvalidRequest],
    summary: "Mails a code that sets a new password, or the invitation again.",
};

const SENT: &str = "PASSWORD_FORGOT_CONFIRMATION_SENT";

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    recovery::answer(app, request, SENT, async |Found { user, status, .. }| match status {
        Some(UserStatusType::ForceChangePassword) => invitation::again(app, &user.email).await,
        _ => mail_code(app, &user).await,
    })
    .await
}

async fn mail_code(app: &App, user: &User) -> Result<(), Failure> {
    let client_id = app.config.client_id()?;
    let request = app
        .cognito()?
        .forgot_password()
        .client_id(client_id)
        .username(&user.id)
        .secret_hash(secret_hash(app.config.client_secret()?, client_id, &user.id)?);
    // A second attempt after a lost reply would mail a second code, which makes the first one useless.
    let result = request.customize().config_override(aws::once()).send().await;
    result.map(drop).map_err(|error| upstream::failure("ForgotPassword", &error))
}
