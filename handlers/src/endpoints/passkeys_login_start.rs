//! `POST /v1/passkeys/login/start`: what the browser needs to sign in with a passkey. The same for everybody: that an address is
//! unknown, that its user has no passkey, is disabled, invited or made to reset the password, shows in nothing.

use crate::{
    app::App,
    aws::secret_hash,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Feature, Success},
    error::{ErrorCode, Failure},
    field::{EMAIL, SEALED_SESSION},
    member::OPTIONS,
    passkey_options::{Asked, Options},
    reply::Reply,
    request::Request,
    sealed_session::{self, Envelope},
    secret::Secret,
    timing, upstream,
};
use aws_sdk_cognitoidentityprovider::{
    operation::initiate_auth::{InitiateAuthError, InitiateAuthOutput},
    types::{AuthFlowType, ChallengeNameType},
};
use serde::Serialize;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "passkeys-login-start",
    method: "POST",
    path: "/v1/passkeys/login/start",
    chapter: Chapter::Passkeys,
    only_with: Some(Feature::Passkeys),
    authorization: Authorization::Open,
    request: &[EMAIL.member],
    reply: Success { status: 200, shapes: &[&[SEALED_SESSION.member, OPTIONS]] },
    // InitiateAuth is open to anybody who has the client's secret; IAM has no say in it.
    operations: &[],
    calls_cognito: true,
    environment: &[env::CLIENT_ID, env::CLIENT_SECRET, env::PASSKEY_RELYING_PARTY_ID],
    errors: &[ErrorCode::InvalidRequest],
    summary: "Begins a sign-in with a passkey.",
};

const OPERATION: &str = "InitiateAuth";
const WEB_AUTHN: &str = "WEB_AUTHN";

#[derive(Serialize)]
struct Started<'a> {
    session: String,
    options: Options<'a>,
}

/// Cognito's challenge, or one that nobody can answer.
struct Challenge {
    session: Secret,
    asked: Asked,
}

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken = (fields.take(&EMAIL),);
    let (email,) = fields.finish(taken)?;

    let started = start(app, &email).await;
    timing::level(request.received()).await;
    Reply::json(200, &started?)
}

async fn start<'a>(app: &'a App, email: &str) -> Result<Started<'a>, Failure> {
    let secret = app.config.client_secret()?;
    let Challenge { session, asked } = challenge(app, secret, email).await?;
    Ok(Started {
        session: Envelope::of(secret, &ChallengeNameType::WebAuthn, email)?.seal(&session)?,
        options: asked.options(app.config.passkey_relying_party_id()?, secret, email)?,
    })
}

async fn challenge(app: &App, secret: &Secret, email: &str) -> Result<Challenge, Failure> {
    let client_id = app.config.client_id()?;
    let result = app
        .cognito()?
        .initiate_auth()
        .client_id(client_id)
        .auth_flow(AuthFlowType::UserAuth)
        .auth_parameters("USERNAME", email)
        .auth_parameters("PREFERRED_CHALLENGE", WEB_AUTHN)
        .auth_parameters("SECRET_HASH", secret_hash(secret, client_id, email)?)
        .send()
        .await;
    match result {
        Ok(output) => match output.challenge_name() {
            Some(ChallengeNameType::WebAuthn) => Challenge::cognitos(&output),
            // Who has no passkey is offered the other factors; who does not exist, any of the pool's.
            Some(_) => Challenge::in_vain(),
            None => Err(Failure::internal(format!("{OPERATION}: tokens without a proof"))),
        },
        Err(error) => match error.as_service_error() {
            Some(
                InitiateAuthError::NotAuthorizedException(_)
                | InitiateAuthError::PasswordResetRequiredException(_)
                | InitiateAuthError::UserNotConfirmedException(_)
                | InitiateAuthError::UserNotFoundException(_),
            ) => Challenge::in_vain(),
            _ => Err(upstream::failure(OPERATION, &error)),
        },
    }
}

impl Challenge {
    fn cognitos(output: &InitiateAuthOutput) -> Result<Self, Failure> {
        let options = output.challenge_parameters().and_then(|it| it.get("CREDENTIAL_REQUEST_OPTIONS"));
        let asked = options.and_then(|options| serde_json::from_str(options).ok());
        Ok(Self {
            session: Secret::new(upstream::told(OPERATION, "session", output.session())?),
            asked: upstream::told(OPERATION, "options of a passkey", asked)?,
        })
    }

    /// For who can't sign in with a passkey.
    fn in_vain() -> Result<Self, Failure> {
        Ok(Self { session: sealed_session::in_vain()?, asked: Asked::in_vain()? })
    }
}
