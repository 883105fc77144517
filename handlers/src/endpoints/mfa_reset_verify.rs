//! `POST /v1/mfa-reset/verify`: proves password and mailbox, and answers the secret of a new authenticator.

use crate::{
    app::App,
    authenticator::{self, NewAuthenticator, Opened},
    aws::{self, secret_hash},
    challenge,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::{ACCESS_TOKEN, CODE, EMAIL, PASSWORD, SEALED_SESSION},
    member::{OTPAUTH_URI, QR_CODE_SECRET},
    reply::Reply,
    request::Request,
    schema::Member,
    sealed_session::Envelope,
    secret::Secret,
    upstream,
};
use aws_sdk_cognitoidentityprovider::{
    error::SdkError,
    operation::respond_to_auth_challenge::{RespondToAuthChallengeError, RespondToAuthChallengeOutput},
    types::ChallengeNameType,
};
use serde::Serialize;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "mfa-reset-verify",
    method: "POST",
    path: "/v1/mfa-reset/verify",
    chapter: Chapter::MfaReset,
    only_with: None,
    authorization: Authorization::Open,
    request: &[EMAIL.member, SEALED_SESSION.member, CODE.member, PASSWORD.member],
    reply: Success {
        status: 200,
        shapes: &[&[QR_CODE_SECRET, OTPAUTH_URI, ACCESS_TOKEN.member, Member::status(ISSUED)]],
    },
    // The other calls are authorized by session and token.
    operations: &["cognito-idp:AdminInitiateAuth"],
    calls_cognito: true,
    environment: &[env::USER_POOL_ID, env::CLIENT_ID, env::CLIENT_SECRET, env::MFA_ISSUER],
    errors: &[
        ErrorCode::InvalidRequest,
        ErrorCode::InvalidCredentials,
        ErrorCode::InvalidSession,
        ErrorCode::InvalidCode,
        ErrorCode::PasswordChangeRequired,
        ErrorCode::PasswordResetRequired,
    ],
    summary: "Proves password and mailed code, and answers a new authenticator's secret. After a wrong code, go on with the \
              error's `session`; without one, begin again.",
};

const RESPOND: &str = "RespondToAuthChallenge";
const ISSUED: &str = "NEW_TOTP_ISSUED";

#[derive(Serialize)]
struct Issued<'a> {
    #[serde(flatten)]
    authenticator: NewAuthenticator,
    access_token: &'a str,
    status: &'static str,
}

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken =
        (fields.take(&EMAIL), fields.take(&SEALED_SESSION), fields.take(&CODE), fields.take(&PASSWORD));
    let (email, sealed, code, password) = fields.finish(taken)?;

    // What opens was begun for this very address: the password's user and the session's are one.
    let envelope = Envelope::of(app.config.client_secret()?, &ChallengeNameType::CustomChallenge, &email)?;
    let session = envelope.open(&sealed).ok_or_else(|| {
        Failure::new(ErrorCode::InvalidSession)
            .because("a session that was not begun here for this address and this flow")
    })?;
    // Before the code: a wrong password costs no try. The sign-in that it begins is left as it is, and nobody has its session. An
    // authenticator may be lost before it was ever confirmed, so it may also be one that wants a set-up.
    let (_, user) = challenge::second_factor(app, request.received(), &email, &password).await?;
    let output = answer(app, &user.id, &session, &code).await?;
    let access_token = match output.challenge_name() {
        None => upstream::told(RESPOND, "access token", access_token(&output))?,
        Some(ChallengeNameType::CustomChallenge) => {
            // Cognito's sessions are for one use and nothing is kept here, so the client takes the next one along: without it there
            // would be one try, and not the three that there are.
            let next = upstream::told(RESPOND, "session", output.session())?;
            let failure = Failure::new(ErrorCode::InvalidCode).because(format!("{RESPOND}: asks again"));
            return Err(failure.going_on_with(envelope.seal(&Secret::new(next))?));
        }
        Some(_) => {
            return Err(Failure::internal(format!("{RESPOND}: a challenge that this API does not use")));
        }
    };
    let (authenticator, _) = authenticator::set_up(app, &email, Opened::Token(&access_token)).await?;
    Reply::json(200, &Issued { authenticator, access_token: access_token.expose(), status: ISSUED })
}

async fn answer(
    app: &App,
    user_id: &str,
    session: &Secret,
    code: &Secret,
) -> Result<RespondToAuthChallengeOutput, Failure> {
    let client_id = app.config.client_id()?;
    let request = app
        .cognito()?
        .respond_to_auth_challenge()
        .client_id(client_id)
        .challenge_name(ChallengeNameType::CustomChallenge)
        .session(session.expose())
        .challenge_responses("USERNAME", user_id)
        .challenge_responses("ANSWER", code.expose())
        .challenge_responses("SECRET_HASH", secret_hash(app.config.client_secret()?, client_id, user_id)?);
    // The session works once: a second attempt after a lost answer would only find it used.
    let result = request.customize().config_override(aws::once()).send().await;
    result.map_err(|error| refusal(&error))
}

fn access_token(output: &RespondToAuthChallengeOutput) -> Option<Secret> {
    output.authentication_result()?.access_token().map(Secret::new)
}

fn refusal(error: &SdkError<RespondToAuthChallengeError>) -> Failure {
    use RespondToAuthChallengeError as Refused;
    let code = match error.as_service_error() {
        // What Cognito says when our trigger ends the flow: the last try was wrong, or the code has expired. Of sessions that it
        // does not know it says "Invalid session for the user…".
        Some(Refused::NotAuthorizedException(refused))
            if refused.message() == Some("Incorrect username or password.") =>
        {
            ErrorCode::InvalidCode
        }
        Some(
            Refused::NotAuthorizedException(_)
            | Refused::UserNotFoundException(_)
            | Refused::UserNotConfirmedException(_),
        ) => ErrorCode::InvalidSession,
        Some(Refused::PasswordResetRequiredException(_)) => ErrorCode::PasswordResetRequired,
        _ => return upstream::failure(RESPOND, error),
    };
    Failure::new(code).because(upstream::cause(RESPOND, error))
}
