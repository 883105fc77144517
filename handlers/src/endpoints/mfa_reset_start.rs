//! `POST /v1/mfa-reset/start`: mails the code of an MFA reset. The same for everybody: that an address is unknown, that its user is
//! disabled or made to reset the password, or that no mail could be sent, shows in nothing.

use crate::{
    app::App,
    aws::{self, secret_hash},
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::{EMAIL, SEALED_SESSION},
    reply::Reply,
    request::Request,
    schema::Member,
    sealed_session::{self, Envelope},
    secret::Secret,
    timing::{self, GRID},
    upstream,
};
use aws_sdk_cognitoidentityprovider::{
    error::SdkError,
    operation::initiate_auth::{InitiateAuthError, InitiateAuthOutput},
    types::{AuthFlowType, ChallengeNameType},
};
use serde::Serialize;
use tokio::time::sleep_until;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "mfa-reset-start",
    method: "POST",
    path: "/v1/mfa-reset/start",
    chapter: Chapter::MfaReset,
    only_with: None,
    authorization: Authorization::Open,
    request: &[EMAIL.member],
    reply: Success { status: 200, shapes: &[&[Member::status(SENT), SEALED_SESSION.member]] },
    // InitiateAuth is open to anybody who has the client's secret; IAM has no say in it.
    operations: &[],
    calls_cognito: true,
    environment: &[env::CLIENT_ID, env::CLIENT_SECRET],
    errors: &[ErrorCode::InvalidRequest],
    summary: "Begins an MFA reset, for who has lost the authenticator. The user gets a mail with a code.",
};

const OPERATION: &str = "InitiateAuth";
const SENT: &str = "MFA_RESET_CODE_SENT";

#[derive(Serialize)]
struct Started {
    status: &'static str,
    session: String,
}

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken = (fields.take(&EMAIL),);
    let (email,) = fields.finish(taken)?;

    let (session, hidden) = match begin(app, &email).await {
        Ok(session) => (session, Ok(())),
        Err(Refusal::Hidden(failure)) => (sealed_session::in_vain()?, Err(failure)),
        Err(Refusal::Told(failure)) => return Err(failure),
    };
    let envelope = Envelope::of(app.config.client_secret()?, &ChallengeNameType::CustomChallenge, &email)?;
    let session = envelope.seal(&session)?;
    // The trigger that mails takes two steps of the grid, mail or not; who is refused before it waits as long.
    sleep_until(request.received() + 2 * GRID).await;
    timing::level(request.received()).await;
    Ok(Reply::json(200, &Started { status: SENT, session })?.hiding(hidden))
}

/// Why there is no session.
enum Refusal {
    /// For a reason that only an address that is known can have.
    Hidden(Failure),
    /// For any other.
    Told(Failure),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Told(failure)
    }
}

async fn begin(app: &App, email: &str) -> Result<Secret, Refusal> {
    let (client_id, secret) = (app.config.client_id()?, app.config.client_secret()?);
    let request = app
        .cognito()?
        .initiate_auth()
        .client_id(client_id)
        .auth_flow(AuthFlowType::CustomAuth)
        .auth_parameters("USERNAME", email)
        .auth_parameters("SECRET_HASH", secret_hash(secret, client_id, email)?);
    // A second attempt after a lost answer would be a second mail, and its code no longer the first one's.
    let result = request.customize().config_override(aws::once()).send().await;
    Ok(session(&result.map_err(|error| refusal(&error))?)?)
}

fn session(output: &InitiateAuthOutput) -> Result<Secret, Failure> {
    match output.challenge_name() {
        Some(ChallengeNameType::CustomChallenge) => {
            upstream::told(OPERATION, "session", output.session()).map(Secret::new)
        }
        Some(_) => Err(Failure::internal(format!("{OPERATION}: a challenge that this API does not use"))),
        None => Err(Failure::internal(format!("{OPERATION}: tokens without a proof"))),
    }
}

fn refusal(error: &SdkError<InitiateAuthError>) -> Refusal {
    use InitiateAuthError as Refused;
    let code = match error.as_service_error() {
        Some(
            Refused::NotAuthorizedException(_)
            | Refused::PasswordResetRequiredException(_)
            | Refused::UserNotConfirmedException(_)
            | Refused::UserNotFoundException(_),
        ) => ErrorCode::InvalidCredentials,
        // The triggers: what lets one fail or take too long may be there for users only, who are mailed to.
        Some(
            Refused::InvalidLambdaResponseException(_)
            | Refused::UnexpectedLambdaException(_)
            | Refused::UserLambdaValidationException(_),
        ) => ErrorCode::EmailDeliveryFailed,
        _ => return Refusal::Told(upstream::failure(OPERATION, error)),
    };
    Refusal::Hidden(Failure::new(code).because(upstream::cause(OPERATION, error)))
}
