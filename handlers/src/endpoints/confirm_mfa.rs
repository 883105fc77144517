//! `POST /v1/users/{user_id}/confirm-mfa`: ends the set-up of the second factor. The tokens that it leads to never leave: who wants
//! some, logs in.

use crate::{
    app::App,
    aws, bound_session, challenge,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::{EMAIL, MFA_SESSION, OTP},
    member::USER_ID,
    reply::Reply,
    request::Request,
    schema::{Kind, Member},
    secret::Secret,
    upstream,
    user::{User, UserRef},
};
use aws_sdk_cognitoidentityprovider::{
    operation::{
        admin_respond_to_auth_challenge::AdminRespondToAuthChallengeError,
        verify_software_token::VerifySoftwareTokenError,
    },
    types::{ChallengeNameType, VerifySoftwareTokenResponseType},
};
use serde::Serialize;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "confirm-mfa",
    method: "POST",
    path: "/v1/users/{user_id}/confirm-mfa",
    chapter: Chapter::Users,
    only_with: None,
    authorization: Authorization::Open,
    request: &[EMAIL.member, OTP.member, MFA_SESSION.member],
    reply: Success { status: 200, shapes: &[&[EMAIL.member, USER_ID, MFA_STATUS]] },
    // VerifySoftwareToken is authorized by its session alone; IAM has no say in it.
    operations: &["cognito-idp:AdminRespondToAuthChallenge"],
    calls_cognito: true,
    environment: &[env::USER_POOL_ID, env::CLIENT_ID, env::CLIENT_SECRET],
    errors: &[
        ErrorCode::InvalidRequest,
        ErrorCode::InvalidSession,
        ErrorCode::InvalidCode,
        ErrorCode::Forbidden,
        ErrorCode::PasswordResetRequired,
    ],
    summary: "Ends the set-up of the second factor with its first code.",
};

const CONFIRMED: &str = "CONFIRMED";
const MFA_STATUS: Member =
    Member::new("mfa_status", Kind::Constant(CONFIRMED), "The second factor is set up.");

#[derive(Serialize)]
struct Confirmed<'a> {
    email: &'a str,
    user_id: &'a str,
    mfa_status: &'static str,
}

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken =
        (fields.take_user(request), fields.take(&EMAIL), fields.take(&OTP), fields.take(&MFA_SESSION));
    let (named, email, otp, session) = fields.finish(taken)?;
    named.may_be(&email)?;
    let (user, session) =
        bound_session::open(app.config.client_secret()?, &ChallengeNameType::MfaSetup, &session)?;
    user.must_be(&named)?;
    user.must_be(&UserRef::Email(email))?;

    let session = verify(app, &session, &otp).await?;
    sign_in(app, &user, &session).await?;
    Reply::json(200, &Confirmed { email: &user.email, user_id: &user.id, mfa_status: CONFIRMED })
}

/// Enrols the authenticator, and answers the session that goes on.
async fn verify(app: &App, session: &Secret, otp: &Secret) -> Result<Secret, Failure> {
    const OPERATION: &str = "VerifySoftwareToken";
    let request = app.cognito()?.verify_software_token().session(session.expose()).user_code(otp.expose());
    // Session and code are for one use: a second attempt after a lost reply would be refused.
    let result = request.customize().config_override(aws::once()).send().await;
    let output = result.map_err(|error| {
        let code = match error.as_service_error() {
            Some(
                VerifySoftwareTokenError::CodeMismatchException(_)
                | VerifySoftwareTokenError::EnableSoftwareTokenMfaException(_),
            ) => ErrorCode::InvalidCode,
            Some(
                VerifySoftwareTokenError::NotAuthorizedException(_)
                | VerifySoftwareTokenError::UserNotFoundException(_)
                | VerifySoftwareTokenError::UserNotConfirmedException(_),
            ) => ErrorCode::InvalidSession,
            Some(VerifySoftwareTokenError::PasswordResetRequiredException(_)) => {
                ErrorCode::PasswordResetRequired
            }
            _ => return upstream::failure(OPERATION, &error),
        };
        Failure::new(code).because(upstream::cause(OPERATION, &error))
    })?;
    if output.status() != Some(&VerifySoftwareTokenResponseType::Success) {
        return Err(
            Failure::new(ErrorCode::InvalidCode).because("VerifySoftwareToken: the status is not SUCCESS")
        );
    }
    upstream::told(OPERATION, "session", output.session()).map(Secret::new)
}

/// Ends the sign-in that the set-up was a part of. VerifySoftwareToken has "marked the user's software token MFA status as verified";
/// that this call makes it the second factor of the next sign-in, as every client of Cognito makes it, is believed.
async fn sign_in(app: &App, user: &User, session: &Secret) -> Result<(), Failure> {
    let answer = challenge::answer(app, ChallengeNameType::MfaSetup, &user.id, session.expose())?;
    let result = answer.customize().config_override(aws::once()).send().await;
    result.map(drop).map_err(|error| match error.as_service_error() {
        Some(
            AdminRespondToAuthChallengeError::NotAuthorizedException(_)
            | AdminRespondToAuthChallengeError::UserNotFoundException(_),
        ) => Failure::new(ErrorCode::InvalidSession)
            .because(upstream::cause("AdminRespondToAuthChallenge", &error)),
        _ => upstream::failure("AdminRespondToAuthChallenge", &error),
    })
}
