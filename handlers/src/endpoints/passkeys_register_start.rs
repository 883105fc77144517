//! `POST /v1/passkeys/register/start`: what the browser needs to make a passkey.

use crate::{
    access_token,
    app::App,
    config::env,
    document,
    endpoint::{Authorization, Chapter, Endpoint, Feature, Success},
    error::{ErrorCode, Failure},
    field::ACCESS_TOKEN,
    member::OPTIONS,
    passkeys,
    reply::Reply,
    request::Request,
};
use aws_sdk_cognitoidentityprovider::operation::start_web_authn_registration::StartWebAuthnRegistrationError;
use serde::Serialize;
use serde_json::Value;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "passkeys-register-start",
    method: "POST",
    path: "/v1/passkeys/register/start",
    chapter: Chapter::Passkeys,
    only_with: Some(Feature::Passkeys),
    authorization: Authorization::Open,
    request: &[ACCESS_TOKEN.member],
    reply: Success { status: 200, shapes: &[&[OPTIONS]] },
    // The access token authorizes the call; IAM has no say in it.
    operations: &[],
    calls_cognito: true,
    environment: &[env::CLIENT_ID],
    errors: &[ErrorCode::InvalidRequest, ErrorCode::InvalidToken, ErrorCode::PasswordResetRequired],
    summary: "Begins the registration of a passkey.",
};

#[derive(Serialize)]
struct Started {
    options: Value,
}

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    const OPERATION: &str = "StartWebAuthnRegistration";
    let mut fields = request.fields()?;
    let taken = (fields.take(&ACCESS_TOKEN),);
    let (access_token,) = fields.finish(taken)?;
    access_token::unverified(&access_token, &app.config)?;

    let result =
        app.cognito()?.start_web_authn_registration().access_token(access_token.expose()).send().await;
    let output = result.map_err(|error| match error.as_service_error() {
        Some(StartWebAuthnRegistrationError::LimitExceededException(_)) => {
            passkeys::too_many(OPERATION, &error)
        }
        _ => access_token::failure(OPERATION, &error),
    })?;
    Reply::json(200, &Started { options: document::to_json(output.credential_creation_options()) })
}
