//! `GET /v1/userinfo`: who the caller is, from the verified ID token alone.

use crate::{
    access::Claims,
    app::App,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::{EMAIL, FULL_NAME, MOBILE_PHONE_NUMBER},
    member::USER_ID,
    reply::Reply,
    request::Request,
    schema::{Kind, Member, Schema, Text},
};
use serde::Serialize;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "userinfo",
    method: "GET",
    path: "/v1/userinfo",
    chapter: Chapter::Sessions,
    only_with: None,
    authorization: Authorization::IdToken,
    request: &[],
    reply: Success { status: 200, shapes: &[&[NAME, USER_ID, EMAIL.member, PHONE_NUMBER, GROUPS]] },
    operations: &[],
    calls_cognito: false,
    environment: &[env::USER_POOL_ID, env::CLIENT_ID],
    errors: &[ErrorCode::InvalidToken],
    summary: "Tells who the caller is.",
};

const NAME: Member = Member { name: "name", ..FULL_NAME.member };
const PHONE_NUMBER: Member = Member { name: "phone_number", ..MOBILE_PHONE_NUMBER.member };
const GROUPS: Member = Member::new("groups", Kind::List(&GROUP), "The user's groups.");
// As long as a name that Cognito takes.
const GROUP: Schema =
    Schema { kind: Kind::Text(Text::new(1, 128, "admins")), description: "A group's name." };

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
