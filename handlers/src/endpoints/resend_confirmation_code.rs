//! `POST /v1/resend-confirmation-code`: sends an invitation again. An address that nobody has, or whose user needs none, gets the
//! same answer at the same time, and no mail.

use crate::{
    app::App,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::EMAIL,
    invitation, recovery,
    reply::Reply,
    request::Request,
    schema::Member,
    user::Found,
};
use aws_sdk_cognitoidentityprovider::types::UserStatusType;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "resend-confirmation-code",
    method: "POST",
    path: "/v1/resend-confirmation-code",
    chapter: Chapter::Users,
    only_with: None,
    authorization: Authorization::Open,
    request: &[EMAIL.member],
    reply: Success { status: 200, shapes: &[&[EMAIL.member, Member::status(SENT)]] },
    operations: &["cognito-idp:AdminCreateUser", "cognito-idp:AdminGetUser"],
    calls_cognito: true,
    environment: &[env::USER_POOL_ID, env::PASSWORD_MIN_LENGTH],
    errors: &[ErrorCode::InvalidRequest],
    summary: "Sends an invitation again, with a new temporary password.",
};

const SENT: &str = "CONFIRMATION_CODE_SENT";

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    recovery::answer(app, request, SENT, async |Found { user, status, .. }| match status {
        Some(UserStatusType::ForceChangePassword) => invitation::again(app, &user.email).await,
        // Who has confirmed needs no invitation: forgot-password and login are the ways on.
        _ => Ok(()),
    })
    .await
}
