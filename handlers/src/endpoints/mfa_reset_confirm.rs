//! `POST /v1/mfa-reset/confirm`: the new authenticator replaces the lost one, and the session that it was set up with ends.

use crate::{
    access_token,
    app::App,
    aws,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::{ACCESS_TOKEN, OTP},
    reply::Reply,
    request::Request,
    schema::Member,
    secret::Secret,
    sign_out, upstream,
};
use aws_sdk_cognitoidentityprovider::{
    error::SdkError,
    operation::verify_software_token::VerifySoftwareTokenError,
    types::{SoftwareTokenMfaSettingsType, VerifySoftwareTokenResponseType},
};
use serde::Serialize;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "mfa-reset-confirm",
    method: "POST",
    path: "/v1/mfa-reset/confirm",
    chapter: Chapter::MfaReset,
    only_with: None,
    authorization: Authorization::Open,
    request: &[ACCESS_TOKEN.member, OTP.member],
    reply: Success { status: 200, shapes: &[&[Member::status(COMPLETE)]] },
    // All three calls are authorized by the access token alone.
    operations: &[],
    calls_cognito: true,
    environment: &[env::CLIENT_ID],
    errors: &[
        ErrorCode::InvalidRequest,
        ErrorCode::InvalidCode,
        ErrorCode::InvalidToken,
        ErrorCode::PasswordResetRequired,
    ],
    summary: "Ends an MFA reset with the first code of the new authenticator. The user is signed out everywhere.",
};

const VERIFY: &str = "VerifySoftwareToken";
const COMPLETE: &str = "MFA_RESET_COMPLETE";

#[derive(Serialize)]
struct Complete {
    status: &'static str,
}

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken = (fields.take(&ACCESS_TOKEN), fields.take(&OTP));
    let (access_token, otp) = fields.finish(taken)?;

    access_token::unverified(&access_token, &app.config)?;
    verify(app, &access_token, &otp).await?;
    prefer(app, &access_token).await?;
    // Whoever has the lost authenticator may have more of the user's.
    sign_out::everywhere(app, &access_token).await?;
    Reply::json(200, &Complete { status: COMPLETE })
}

async fn verify(app: &App, access_token: &Secret, otp: &Secret) -> Result<(), Failure> {
    let request =
        app.cognito()?.verify_software_token().access_token(access_token.expose()).user_code(otp.expose());
    // A code works once: a second attempt after a lost answer would be refused.
    let result = request.customize().config_override(aws::once()).send().await;
    match result.map_err(|error| refusal(&error))?.status() {
        Some(VerifySoftwareTokenResponseType::Success) => Ok(()),
        _ => Err(Failure::new(ErrorCode::InvalidCode).because(format!("{VERIFY}: it is no success"))),
    }
}

fn refusal(error: &SdkError<VerifySoftwareTokenError>) -> Failure {
    let code = match error.as_service_error() {
        Some(
            VerifySoftwareTokenError::CodeMismatchException(_)
            | VerifySoftwareTokenError::EnableSoftwareTokenMfaException(_),
        ) => ErrorCode::InvalidCode,
        // No new authenticator waits for its first code: the token is not one of a reset.
        Some(VerifySoftwareTokenError::SoftwareTokenMfaNotFoundException(_)) => ErrorCode::InvalidToken,
        _ => return access_token::failure(VERIFY, error),
    };
    Failure::new(code).because(upstream::cause(VERIFY, error))
}

/// Makes the authenticator the second factor of who had none, and leaves a preference for passkeys as it is.
async fn prefer(app: &App, access_token: &Secret) -> Result<(), Failure> {
    let settings = SoftwareTokenMfaSettingsType::builder().enabled(true).preferred_mfa(true).build();
    let result = app
        .cognito()?
        .set_user_mfa_preference()
        .access_token(access_token.expose())
        .software_token_mfa_settings(settings)
        .send()
        .await;
    result.map(drop).map_err(|error| access_token::failure("SetUserMFAPreference", &error))
}
