//! `POST /v1/passkeys/login/complete`: proves the passkey and ends the sign-in with tokens. A passkey whose user was verified is
//! both factors.

use crate::{
    app::App,
    aws::{self, secret_hash},
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Feature, Success},
    error::{ErrorCode, Failure},
    field::{CREDENTIAL, EMAIL, SEALED_SESSION},
    formats,
    member::TOKENS,
    reply::Reply,
    request::Request,
    sealed_session::Envelope,
    secret::Secret,
    timing,
    tokens::Tokens,
    upstream,
};
use aws_sdk_cognitoidentityprovider::{
    operation::respond_to_auth_challenge::{RespondToAuthChallengeError, RespondToAuthChallengeOutput},
    types::ChallengeNameType,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "passkeys-login-complete",
    method: "POST",
    path: "/v1/passkeys/login/complete",
    chapter: Chapter::Passkeys,
    only_with: Some(Feature::Passkeys),
    authorization: Authorization::Open,
    request: &[EMAIL.member, SEALED_SESSION.member, CREDENTIAL.member],
    reply: Success { status: 200, shapes: &[TOKENS] },
    // The session authorizes the call; IAM has no say in it.
    operations: &[],
    calls_cognito: true,
    environment: &[env::CLIENT_ID, env::CLIENT_SECRET],
    errors: &[ErrorCode::InvalidRequest, ErrorCode::InvalidSession],
    summary: "Proves the passkey and answers tokens. A passkey that is refused uses the session up: begin again.",
};

const OPERATION: &str = "RespondToAuthChallenge";

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken = (fields.take(&EMAIL), fields.take(&SEALED_SESSION), fields.take(&CREDENTIAL));
    let (email, session, credential) = fields.finish(taken)?;

    match sign_in(app, &email, &session, credential).await {
        Ok(output) => Reply::json(200, &Tokens::of(output.authentication_result(), OPERATION)?),
        Err(failure) => {
            // Cognito refuses a session that is none sooner than a passkey that it had to look at.
            if failure.code() == ErrorCode::InvalidSession {
                timing::level(request.received()).await;
            }
            Err(failure)
        }
    }
}

async fn sign_in(
    app: &App,
    email: &str,
    sealed: &Secret,
    credential: Map<String, Value>,
) -> Result<RespondToAuthChallengeOutput, Failure> {
    use RespondToAuthChallengeError as Refused;
    let (client_id, secret) = (app.config.client_id()?, app.config.client_secret()?);
    let refused = |cause: String| Failure::new(ErrorCode::InvalidSession).because(cause);
    let session = Envelope::of(secret, &ChallengeNameType::WebAuthn, email)?.open(sealed);
    let session = session.ok_or_else(|| {
        refused("a session that was not begun here for this address and this flow".to_owned())
    })?;
    // "You must use the username and not an alias in the ChallengeResponses", and Cognito's samples of this challenge tell none.
    // That the address does as well is believed; authenticators say whose each discoverable passkey is (CTAP 2.1, 6.2.3), and
    // Cognito asks for no others.
    let username = user_of(&credential).unwrap_or_else(|| email.to_owned());
    // The session works once: a second attempt would lose the tokens that the first one is about to bring.
    let result = app
        .cognito()?
        .respond_to_auth_challenge()
        .client_id(client_id)
        .challenge_name(ChallengeNameType::WebAuthn)
        .session(session.expose())
        .challenge_responses("USERNAME", &username)
        .challenge_responses("CREDENTIAL", Value::Object(credential).to_string())
        .challenge_responses("SECRET_HASH", secret_hash(secret, client_id, &username)?)
        .customize()
        .config_override(aws::once())
        .send()
        .await;
    result.map_err(|error| match error.as_service_error() {
        // One answer for all that only a session of Cognito's own can come to: it would tell that the address is a user's.
        Some(
            Refused::NotAuthorizedException(_)
            | Refused::InvalidParameterException(_)
            | Refused::CodeMismatchException(_)
            | Refused::ExpiredCodeException(_)
            | Refused::PasswordResetRequiredException(_)
            | Refused::UserNotConfirmedException(_)
            | Refused::UserNotFoundException(_),
        ) => refused(upstream::cause(OPERATION, &error)),
        _ => upstream::failure(OPERATION, &error),
    })
}

/// Whose passkey it says to be: Cognito's registration gives authenticators the `sub`, which is the username. Who names somebody
/// else here has no session of his.
fn user_of(credential: &Map<String, Value>) -> Option<String> {
    let handle = credential.get("response")?.get("userHandle")?.as_str()?;
    let id = URL_SAFE_NO_PAD.decode(handle).ok()?;
    formats::user_id(str::from_utf8(&id).ok()?).ok()
}
