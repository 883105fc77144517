//! `POST /v1/mfa-verify`: the second factor, which ends a sign-in with tokens.

use crate::{
    app::App,
    aws::{self, secret_hash},
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::{EMAIL_OR_ID, OTP_CODE, VERIFICATION_SESSION, VERIFICATION_TYPE},
    member::TOKENS,
    reply::Reply,
    request::Request,
    secret::Secret,
    timing,
    tokens::Tokens,
    upstream,
    user::{self, UserRef},
};
use aws_sdk_cognitoidentityprovider::{
    error::SdkError,
    operation::admin_respond_to_auth_challenge::{
        AdminRespondToAuthChallengeError, AdminRespondToAuthChallengeOutput,
    },
    types::ChallengeNameType,
};

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "mfa-verify",
    method: "POST",
    path: "/v1/mfa-verify",
    chapter: Chapter::Sessions,
    only_with: None,
    authorization: Authorization::Open,
    request: &[EMAIL_OR_ID.member, VERIFICATION_TYPE.member, VERIFICATION_SESSION.member, OTP_CODE.member],
    reply: Success { status: 200, shapes: &[TOKENS] },
    operations: &["cognito-idp:AdminGetUser", "cognito-idp:AdminRespondToAuthChallenge"],
    calls_cognito: true,
    environment: &[env::USER_POOL_ID, env::CLIENT_ID, env::CLIENT_SECRET],
    errors: &[
        ErrorCode::InvalidRequest,
        ErrorCode::InvalidSession,
        ErrorCode::InvalidCode,
        ErrorCode::PasswordResetRequired,
    ],
    summary: "Proves the second factor and answers the tokens.",
};

const OPERATION: &str = "AdminRespondToAuthChallenge";

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken = (
        fields.take(&EMAIL_OR_ID),
        fields.take(&VERIFICATION_TYPE),
        fields.take(&VERIFICATION_SESSION),
        fields.take(&OTP_CODE),
    );
    let (named, (), session, code) = fields.finish(taken)?;

    let output = match prove(app, named, &session, &code).await {
        Ok(output) => output,
        Err(failure) => {
            // Any session with any address gets here, and for an unknown one there is a call less to wait for.
            if failure.code() == ErrorCode::InvalidSession {
                timing::level(request.received()).await;
            }
            return Err(failure);
        }
    };
    Reply::json(200, &Tokens::of(output.authentication_result(), OPERATION)?)
}

async fn prove(
    app: &App,
    named: UserRef,
    session: &Secret,
    code: &Secret,
) -> Result<AdminRespondToAuthChallengeOutput, Failure> {
    let username = match named {
        UserRef::Id(id) => id,
        // "You must use the username and not an alias in the ChallengeResponses" (AdminInitiateAuth's ChallengeParameters). The
        // username is the id, and login's reply has no place for it.
        UserRef::Email(_) => match user::find(app, &named).await? {
            Some(found) => found.user.id,
            None => return Err(Failure::new(ErrorCode::InvalidSession).because("there is no such user")),
        },
    };
    let client_id = app.config.client_id()?;
    // Session and code work once: a second attempt after a lost answer would only find them used.
    let result = app
        .cognito()?
        .admin_respond_to_auth_challenge()
        .user_pool_id(app.config.user_pool_id()?)
        .client_id(client_id)
        .challenge_name(ChallengeNameType::SoftwareTokenMfa)
        .session(session.expose())
        .challenge_responses("USERNAME", &username)
        .challenge_responses("SOFTWARE_TOKEN_MFA_CODE", code.expose())
        .challenge_responses("SECRET_HASH", secret_hash(app.config.client_secret()?, client_id, &username)?)
        .customize()
        .config_override(aws::once())
        .send()
        .await;
    result.map_err(|error| refusal(&error))
}

fn refusal(error: &SdkError<AdminRespondToAuthChallengeError>) -> Failure {
    use AdminRespondToAuthChallengeError as Refused;
    let code = match error.as_service_error() {
        // The second: the code is right and has been used before.
        Some(Refused::CodeMismatchException(_) | Refused::ExpiredCodeException(_)) => ErrorCode::InvalidCode,
        // The session is used, expired, made up or another user's; the user is locked out, disabled, gone, or has no
        // authenticator any more. Signing in again is the way on, and tells what else is wanted.
        Some(
            Refused::NotAuthorizedException(_)
            | Refused::UserNotFoundException(_)
            | Refused::UserNotConfirmedException(_)
            | Refused::SoftwareTokenMfaNotFoundException(_)
            | Refused::MfaMethodNotFoundException(_),
        ) => ErrorCode::InvalidSession,
        Some(Refused::PasswordResetRequiredException(_)) => ErrorCode::PasswordResetRequired,
        _ => return upstream::failure(OPERATION, error),
    };
    Failure::new(code).because(upstream::cause(OPERATION, error))
}
