//! `POST /v1/passkeys/delete`: deletes one of the user's passkeys.

use crate::{
    access_token,
    app::App,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Feature, Success},
    error::{ErrorCode, Failure},
    field::{ACCESS_TOKEN, CREDENTIAL_ID},
    passkeys,
    reply::Reply,
    request::Request,
    schema::Member,
};
use serde_json::json;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "passkeys-delete",
    method: "POST",
    path: "/v1/passkeys/delete",
    chapter: Chapter::Passkeys,
    only_with: Some(Feature::Passkeys),
    authorization: Authorization::Open,
    request: &[ACCESS_TOKEN.member, CREDENTIAL_ID.member],
    reply: Success { status: 200, shapes: &[&[Member::status(DELETED)]] },
    // The access token authorizes the call; IAM has no say in it.
    operations: &[],
    calls_cognito: true,
    environment: &[env::CLIENT_ID],
    errors: &[ErrorCode::InvalidRequest, ErrorCode::InvalidToken, ErrorCode::PasswordResetRequired],
    summary: "Deletes one of the user's passkeys. One that the user does not have is deleted already.",
};

const DELETED: &str = "PASSKEY_DELETED";

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken = (fields.take(&ACCESS_TOKEN), fields.take(&CREDENTIAL_ID));
    let (access_token, id) = fields.finish(taken)?;
    access_token::unverified(&access_token, &app.config)?;

    passkeys::delete(app, &access_token, &id).await?;
    Reply::json(200, &json!({"status": DELETED}))
}
