//! `POST /v1/login`: proves the password and opens the second factor's session. No tokens leave here: MFA is mandatory.

use crate::{
    app::App,
    authenticator::{self, NewAuthenticator, Opened},
    aws::secret_hash,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::{EMAIL, MFA_SESSION, PASSWORD, VERIFICATION_SESSION, VERIFICATION_TYPE},
    formats::SOFTWARE_TOKEN_MFA,
    member::{OTPAUTH_URI, QR_CODE_SECRET},
    reply::Reply,
    request::Request,
    schema::{Kind, Member},
    secret::Secret,
    timing, upstream,
};
use aws_sdk_cognitoidentityprovider::{
    operation::admin_initiate_auth::{AdminInitiateAuthError, AdminInitiateAuthOutput},
    types::{AuthFlowType, ChallengeNameType},
};
use serde::Serialize;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "login",
    method: "POST",
    path: "/v1/login",
    chapter: Chapter::Sessions,
    only_with: None,
    authorization: Authorization::Open,
    request: &[EMAIL.member, PASSWORD.member],
    reply: Success {
        status: 200,
        shapes: &[
            &[EMAIL.member, VERIFICATION_TYPE.member, VERIFICATION_SESSION.member],
            &[EMAIL.member, SET_UP_TYPE, MFA_SESSION.member, QR_CODE_SECRET, OTPAUTH_URI],
        ],
    },
    // AssociateSoftwareToken is authorized by its session alone; IAM has no say in it.
    operations: &["cognito-idp:AdminInitiateAuth"],
    calls_cognito: true,
    environment: &[env::USER_POOL_ID, env::CLIENT_ID, env::CLIENT_SECRET, env::MFA_ISSUER],
    errors: &[
        ErrorCode::InvalidRequest,
        ErrorCode::InvalidCredentials,
        ErrorCode::PasswordChangeRequired,
        ErrorCode::PasswordResetRequired,
    ],
    summary: "Proves e-mail address and password, and opens the session of the second factor.",
};

const INITIATE: &str = "AdminInitiateAuth";
const MFA_SETUP: &str = "MFA_SETUP";
const SET_UP_TYPE: Member = Member::new(
    "verification_type",
    Kind::Constant(MFA_SETUP),
    "The second factor is still to be set up: go on with `confirm-mfa`.",
);

/// The second factor is asked for.
#[derive(Serialize)]
struct CodeWanted<'a> {
    email: &'a str,
    verification_session: &'a str,
    verification_type: &'static str,
}

/// The user never finished the set-up of the second factor: this is what is needed to do it now.
#[derive(Serialize)]
struct SetupWanted<'a> {
    email: &'a str,
    verification_type: &'static str,
    mfa_session: &'a str,
    #[serde(flatten)]
    authenticator: NewAuthenticator,
}

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken = (fields.take(&EMAIL), fields.take(&PASSWORD));
    let (email, password) = fields.finish(taken)?;

    let output = match initiate(app, &email, &password).await {
        Ok(output) => output,
        Err(failure) => {
            // Cognito may take longer to refuse a wrong password than an unknown address. A forced reset it tells whatever the
            // password is (PasswordResetRequiredException comes first), so that answer is levelled, too.
            if matches!(failure.code(), ErrorCode::InvalidCredentials | ErrorCode::PasswordResetRequired) {
                timing::level(request.received()).await;
            }
            return Err(failure);
        }
    };
    match output.challenge_name() {
        Some(ChallengeNameType::SoftwareTokenMfa) => {
            let verification_session = upstream::told(INITIATE, "session", output.session())?;
            let verification_type = SOFTWARE_TOKEN_MFA;
            Reply::json(200, &CodeWanted { email: &email, verification_session, verification_type })
        }
        Some(ChallengeNameType::MfaSetup) => {
            let opened = upstream::told(INITIATE, "session", output.session())?;
            let (authenticator, session) =
                authenticator::set_up(app, &email, Opened::Session(opened)).await?;
            // Sessions are for one use: the one that was opened is spent.
            let mfa_session = &upstream::told(authenticator::OPERATION, "session", session)?;
            let verification_type = MFA_SETUP;
            Reply::json(200, &SetupWanted { email: &email, verification_type, mfa_session, authenticator })
        }
        Some(ChallengeNameType::NewPasswordRequired) => Err(ErrorCode::PasswordChangeRequired.into()),
        // Neither a known challenge nor tokens may go out: tokens here would mean that the pool does not ask for MFA.
        Some(_) => Err(Failure::internal(format!("{INITIATE}: a challenge that this API does not use"))),
        None => Err(Failure::internal(format!("{INITIATE}: tokens without a second factor"))),
    }
}

async fn initiate(app: &App, email: &str, password: &Secret) -> Result<AdminInitiateAuthOutput, Failure> {
    let client_id = app.config.client_id()?;
    let result = app
        .cognito()?
        .admin_initiate_auth()
        .user_pool_id(app.config.user_pool_id()?)
        .client_id(client_id)
        .auth_flow(AuthFlowType::AdminUserPasswordAuth)
        .auth_parameters("USERNAME", email)
        .auth_parameters("PASSWORD", password.expose())
        .auth_parameters("SECRET_HASH", secret_hash(app.config.client_secret()?, client_id, email)?)
        .send()
        .await;
    result.map_err(|error| match error.as_service_error() {
        // One answer for a wrong password, an expired temporary one, a disabled and an unknown user.
        Some(
            AdminInitiateAuthError::NotAuthorizedException(_)
            | AdminInitiateAuthError::UserNotFoundException(_)
            | AdminInitiateAuthError::UserNotConfirmedException(_),
        ) => Failure::new(ErrorCode::InvalidCredentials).because(upstream::cause(INITIATE, &error)),
        Some(AdminInitiateAuthError::PasswordResetRequiredException(_)) => {
            ErrorCode::PasswordResetRequired.into()
        }
        _ => upstream::failure(INITIATE, &error),
    })
}
