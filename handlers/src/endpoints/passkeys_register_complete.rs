//! `POST /v1/passkeys/register/complete`: keeps the passkey that the browser made, and lets it sign the user in.

use crate::{
    access_token,
    app::App,
    config::env,
    document,
    endpoint::{Authorization, Chapter, Endpoint, Feature, Success},
    error::{ErrorCode, Failure, FieldProblem, NOT_ACCEPTED},
    field::{ACCESS_TOKEN, CREDENTIAL},
    passkeys,
    reply::Reply,
    request::Request,
    schema::Member,
    secret::Secret,
    upstream,
};
use aws_sdk_cognitoidentityprovider::{
    error::SdkError,
    operation::{
        complete_web_authn_registration::CompleteWebAuthnRegistrationError,
        set_user_mfa_preference::SetUserMFAPreferenceError,
    },
    types::{SoftwareTokenMfaSettingsType, WebAuthnMfaSettingsType},
};
use serde_json::{Map, Value, json};

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "passkeys-register-complete",
    method: "POST",
    path: "/v1/passkeys/register/complete",
    chapter: Chapter::Passkeys,
    only_with: Some(Feature::Passkeys),
    authorization: Authorization::Open,
    request: &[ACCESS_TOKEN.member, CREDENTIAL.member],
    reply: Success { status: 200, shapes: &[&[Member::status(REGISTERED)]] },
    // The access token authorizes all calls; IAM has no say in them.
    operations: &[],
    calls_cognito: true,
    environment: &[env::CLIENT_ID],
    errors: &[
        ErrorCode::InvalidRequest,
        ErrorCode::InvalidSession,
        ErrorCode::InvalidToken,
        ErrorCode::PasswordResetRequired,
    ],
    summary: "Completes the registration of a passkey, which signs the user in from then on. May be repeated until it works.",
};

const REGISTERED: &str = "PASSKEY_REGISTERED";

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken = (fields.take(&ACCESS_TOKEN), fields.take(&CREDENTIAL));
    let (access_token, credential) = fields.finish(taken)?;
    access_token::unverified(&access_token, &app.config)?;
    let id = credential.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();

    if let Err(failure) = register(app, &access_token, credential).await {
        // The challenge is for one use. A request that is repeated, by a client that heard no answer or by the SDK, finds it
        // used up and the passkey there: then only what comes after it is left to do.
        let repeated = failure.code() == ErrorCode::InvalidSession
            && passkeys::list(app, &access_token).await?.iter().any(|passkey| passkey.credential_id() == id);
        if !repeated {
            return Err(failure);
        }
    }
    prefer(app, &access_token, &id).await?;
    Reply::json(200, &json!({"status": REGISTERED}))
}

async fn register(app: &App, token: &Secret, credential: Map<String, Value>) -> Result<(), Failure> {
    let request = app.cognito()?.complete_web_authn_registration().access_token(token.expose());
    let credential = document::from_json(Value::Object(credential));
    match request.credential(credential).send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(refusal(&error)),
    }
}

fn refusal(error: &SdkError<CompleteWebAuthnRegistrationError>) -> Failure {
    use CompleteWebAuthnRegistrationError as Refused;
    const OPERATION: &str = "CompleteWebAuthnRegistration";
    let of_credential = |problem| {
        Failure::invalid(vec![FieldProblem { field: CREDENTIAL.member.name.to_owned(), problem }])
            .because(upstream::cause(OPERATION, error))
    };
    match error.as_service_error() {
        // Never begun, completed already, taken too long, or begun before the API's app client was made anew: begin again.
        Some(
            Refused::WebAuthnChallengeNotFoundException(_) | Refused::WebAuthnClientMismatchException(_),
        ) => Failure::new(ErrorCode::InvalidSession).because(upstream::cause(OPERATION, error)),
        Some(Refused::WebAuthnOriginNotAllowedException(_)) => {
            of_credential("was made on a page whose origin is not the relying party's")
        }
        Some(Refused::WebAuthnRelyingPartyMismatchException(_)) => {
            of_credential("was made for another relying party")
        }
        Some(Refused::WebAuthnCredentialNotSupportedException(_)) => {
            of_credential("is of an authenticator that is not supported")
        }
        Some(Refused::InvalidParameterException(_)) => of_credential(NOT_ACCEPTED),
        Some(Refused::LimitExceededException(_)) => passkeys::too_many(OPERATION, error),
        _ => access_token::failure(OPERATION, error),
    }
}

/// Lets passkeys stand for both factors. Cognito refuses them at sign-in otherwise ("Password Challenge is Required to SignIn"),
/// and it wants another factor switched on by the same call.
async fn prefer(app: &App, token: &Secret, id: &str) -> Result<(), Failure> {
    const OPERATION: &str = "SetUserMFAPreference";
    let codes = SoftwareTokenMfaSettingsType::builder().enabled(true).preferred_mfa(true).build();
    let passkeys = WebAuthnMfaSettingsType::builder().enabled(true).build();
    let request = app.cognito()?.set_user_mfa_preference().access_token(token.expose());
    let request = request.software_token_mfa_settings(codes).web_authn_mfa_settings(passkeys);
    let Err(error) = request.send().await else { return Ok(()) };
    if !matches!(error.as_service_error(), Some(SetUserMFAPreferenceError::InvalidParameterException(_))) {
        return Err(access_token::failure(OPERATION, &error));
    }
    // The user has no authenticator: the token is one of an MFA reset that was not confirmed. A sign-in sets an authenticator up
    // and gives a token that does. The passkey could not be used until then, and would be in the way of its own registration.
    // Should it stay, it can still be listed and deleted.
    let _ = passkeys::delete(app, token, id).await;
    Err(Failure::new(ErrorCode::InvalidToken).because(upstream::cause(OPERATION, &error)))
}
