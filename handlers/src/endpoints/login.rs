//! `POST /v1/login`: proves the password and opens the second factor's session. No tokens leave here: MFA is mandatory.

use crate::{
    app::App,
    authenticator::{self, SetUp},
    bound_session, challenge,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::{EMAIL, MFA_SESSION, PASSWORD, VERIFICATION_SESSION, VERIFICATION_TYPE},
    formats::SOFTWARE_TOKEN_MFA,
    member::{OTPAUTH_URI, QR_CODE_SECRET},
    reply::Reply,
    request::Request,
    schema::{Kind, Member},
};
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
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
    verification_session: String,
    verification_type: &'static str,
}

/// The user never finished the set-up of the second factor: this is what is needed to do it now.
#[derive(Serialize)]
struct SetUpWanted<'a> {
    email: &'a str,
    verification_type: &'static str,
    #[serde(flatten)]
    set_up: SetUp,
}

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken = (fields.take(&EMAIL), fields.take(&PASSWORD));
    let (email, password) = fields.finish(taken)?;

    let (challenge, user) = challenge::second_factor(app, request.received(), &email, &password).await?;
    if challenge.name == ChallengeNameType::MfaSetup {
        let set_up = authenticator::begin(app, &user, challenge.session()?).await?;
        return Reply::json(200, &SetUpWanted { email: &email, verification_type: MFA_SETUP, set_up });
    }
    let verification_session = bound_session::bind(
        app.config.client_secret()?,
        &ChallengeNameType::SoftwareTokenMfa,
        &user,
        challenge.session()?,
    )?;
    let verification_type = SOFTWARE_TOKEN_MFA;
    Reply::json(200, &CodeWanted { email: &email, verification_session, verification_type })
}
