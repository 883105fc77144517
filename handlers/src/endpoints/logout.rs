//! `POST /v1/logout`: ends all of the user's sessions.

use crate::{
    app::App,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::{ACCESS_TOKEN, EMAIL},
    reply::Reply,
    request::Request,
    schema::{Kind, Member},
    sign_out,
    user::{self, UserRef},
};
use serde::Serialize;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "logout",
    method: "POST",
    path: "/v1/logout",
    chapter: Chapter::Sessions,
    only_with: None,
    authorization: Authorization::Open,
    request: &[EMAIL.member, ACCESS_TOKEN.member],
    reply: Success { status: 200, shapes: &[&[USER_STATUS]] },
    // GetUser and GlobalSignOut are authorized by the access token alone.
    operations: &[],
    calls_cognito: true,
    environment: &[env::CLIENT_ID],
    errors: &[
        ErrorCode::InvalidRequest,
        ErrorCode::InvalidToken,
        ErrorCode::Forbidden,
        ErrorCode::PasswordResetRequired,
    ],
    summary: "Signs the user out everywhere: all tokens are revoked.",
};

const LOGOUT: &str = "logout";
const USER_STATUS: Member = Member::new("user_status", Kind::Constant(LOGOUT), "What was done.");

#[derive(Serialize)]
struct SignedOut {
    user_status: &'static str,
}

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken = (fields.take(&EMAIL), fields.take(&ACCESS_TOKEN));
    let (email, access_token) = fields.finish(taken)?;

    // An access token holds no address, so only Cognito can tell whether they belong together.
    user::of_token(app, &access_token).await?.must_be(&UserRef::Email(email))?;
    sign_out::everywhere(app, &access_token).await?;
    Reply::json(200, &SignedOut { user_status: LOGOUT })
}
