//! `POST /v1/mfa-verify`: the second factor, which ends a sign-in with tokens.

use crate::{
    app::App,
    aws, bound_session, challenge,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::{EMAIL_OR_ID, OTP_CODE, VERIFICATION_SESSION, VERIFICATION_TYPE},
    member::TOKENS,
    reply::Reply,
    request::Request,
    tokens::Tokens,
    upstream,
};
use aws_sdk_cognitoidentityprovider::{
    error::SdkError, operation::admin_respond_to_auth_challenge::AdminRespondToAuthChallengeError,
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

    let step = ChallengeNameType::SoftwareTokenMfa;
    let (user, session) = bound_session::open(app.config.client_secret()?, &step, &session)?;
    user.must_be(&named)?;
    let answer = challenge::answer(app, step, &user.id, session.expose())?
        .challenge_responses("SOFTWARE_TOKEN_MFA_CODE", code.expose());
    // Session and code work once: a second attempt after a lost answer would only find them used.
    let result = answer.customize().config_override(aws::once()).send().await;
    let output = result.map_err(|error| refusal(&error))?;
    Reply::json(200, &Tokens::of(output.authentication_result(), OPERATION)?)
}

fn refusal(error: &SdkError<AdminRespondToAuthChallengeError>) -> Failure {
    use AdminRespondToAuthChallengeError as Refused;
    let code = match error.as_service_error() {
        // The second: the code is right and has been used before.
        Some(Refused::CodeMismatchException(_) | Refused::ExpiredCodeException(_)) => ErrorCode::InvalidCode,
        // The session is used or expired; the user is locked out, disabled, gone, or has no authenticator any more. Signing in again
        // is the way on, and tells what else is wanted.
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
