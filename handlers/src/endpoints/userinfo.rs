//! `GET /v1/userinfo`: who the caller is, from the verified ID token alone.

use crate::{
    access::Claims,
    app::App,
    config::env,
    endpoint::{Authorization, Endpoint},
    error::{ErrorCode, Failure},
    reply::Reply,
    request::Request,
};
use serde::Serialize;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "userinfo",
    method: "GET",
    path: "/v1/userinfo",
    authorization: Authorization::IdToken,
    operations: &[],
    calls_cognito: false,
    environment: &[env::USER_POOL_ID, env::CLIENT_ID],
    errors: &[ErrorCode::InvalidToken],
    summary: "Tells who the caller is.",
};

#[derive(Serialize)]
struct UserInfo<'a> {
    name: &'a str,
    user_id: &'a str,
    email: &'a str,
    phone_number: &'a str,
    groups: Vec<&'a str>,
}

/// Answers the request.
#[allow(clippy::unused_async, reason = "all handlers have one signature")]
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let claims = Claims::of(request, &app.config)?;
    let text = |name| claims.text(name).unwrap_or_default();
    let info = UserInfo {
        name: text("name"),
        user_id: text("sub"),
        email: text("email"),
        phone_number: text("phone_number"),
        groups: claims.groups(),
    };
    Reply::json(200, &info)
}
