//! `POST /v1/users/{user_id}/confirm`: replaces the invitation's password by the user's own, and begins the set-up of the second factor.

use crate::{
    app::App,
    authenticator::{self, SetUp},
    aws,
    challenge::{self, Challenge, Refusal},
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::{EMAIL, MFA_SESSION, NEW_PASSWORD, TEMPORARY_PASSWORD},
    member::{OTPAUTH_URI, QR_CODE_SECRET, USER_ID},
    password_policy,
    reply::Reply,
    request::Request,
    schema::Member,
    secret::Secret,
    timing, upstream,
    user::User,
};
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use serde::Serialize;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "confirm-user",
    method: "POST",
    path: "/v1/users/{user_id}/confirm",
    chapter: Chapter::Users,
    only_with: None,
    authorization: Authorization::Open,
    request: &[EMAIL.member, TEMPORARY_PASSWORD.member, NEW_PASSWORD.member],
    reply: Success {
        status: 200,
        shapes: &[
            &[
                EMAIL.member,
                USER_ID,
                QR_CODE_SECRET,
                OTPAUTH_URI,
                MFA_SESSION.member,
                Member::status(PENDING_MFA),
            ],
            &[EMAIL.member, USER_ID, Member::status(CONFIRMED)],
        ],
    },
    // AssociateSoftwareToken is authorized by its session alone; IAM has no say in it.
    operations: &["cognito-idp:AdminInitiateAuth", "cognito-idp:AdminRespondToAuthChallenge"],
    calls_cognito: true,
    environment: &[env::USER_POOL_ID, env::CLIENT_ID, env::CLIENT_SECRET, env::MFA_ISSUER],
    errors: &[
        ErrorCode::InvalidRequest,
        ErrorCode::PasswordPolicy,
        ErrorCode::InvalidCredentials,
        ErrorCode::Forbidden,
        ErrorCode::PasswordResetRequired,
    ],
    summary: "Replaces the temporary password, and begins the set-up of the second factor.",
};

const PENDING_MFA: &str = "PENDING_MFA";
const CONFIRMED: &str = "CONFIRMED";

/// What is wrong with a temporary password that was right once.
const EXPIRED: &str = "has expired; resend-confirmation-code mails another one";
/// What is wrong with a temporary password that is the user's own.
const REPLACED: &str = "has been replaced by the user's own password already; log in with that";

#[derive(Serialize)]
struct Confirmed<'a> {
    email: &'a str,
    user_id: &'a str,
    #[serde(flatten)]
    set_up: Option<SetUp>,
    status: &'static str,
}

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken = (
        fields.take_user(request),
        fields.take(&EMAIL),
        fields.take(&TEMPORARY_PASSWORD),
        fields.take(&NEW_PASSWORD),
    );
    let (named, email, temporary, new) = fields.finish(taken)?;
    named.may_be(&email)?;

    let proved = prove(app, &email, &temporary, &new).await;
    let mut challenge = timing::level_refusal(request.received(), proved).await?;
    let user = User { id: challenge.user_id()?.to_owned(), email };
    user.must_be(&named)?;
    if challenge.name == ChallengeNameType::NewPasswordRequired {
        challenge = set_password(app, &user, challenge.session()?, &new).await?;
    }
    let (set_up, status) = match challenge.name {
        ChallengeNameType::MfaSetup => {
            (Some(authenticator::begin(app, &user, challenge.session()?).await?), PENDING_MFA)
        }
        // An invitation to somebody who has an authenticator: an operator gave a temporary password by other means than this API.
        ChallengeNameType::SoftwareTokenMfa => (None, CONFIRMED),
        _ => return Err(challenge.unexpected()),
    };
    Reply::json(200, &Confirmed { email: &user.email, user_id: &user.id, set_up, status })
}

/// Proves the temporary password. Where it is wrong, the new one may be right: then an earlier request set it, and was cut off before
/// its reply arrived. It is gone on with from there.
async fn prove(app: &App, email: &str, temporary: &Secret, new: &Secret) -> Result<Challenge, Failure> {
    let wrong = |problem| Failure::wrong(TEMPORARY_PASSWORD.member.name, problem);
    let refused = match challenge::after_password(app, email, temporary).await {
        Ok(challenge) if challenge.name == ChallengeNameType::NewPasswordRequired => return Ok(challenge),
        Ok(_) => return Err(wrong(REPLACED)),
        Err(Refusal::Expired(cause)) => {
            return Err(wrong(EXPIRED).because(cause.cause().unwrap_or_default()));
        }
        Err(Refusal::Other(failure)) if failure.code() == ErrorCode::InvalidCredentials => failure,
        Err(Refusal::Other(failure)) => return Err(failure),
    };
    match challenge::after_password(app, email, new).await.map_err(Failure::from) {
        Ok(challenge) if challenge.name != ChallengeNameType::NewPasswordRequired => Ok(challenge),
        Err(failure) if failure.code() != ErrorCode::InvalidCredentials => Err(failure),
        _ => Err(refused),
    }
}

async fn set_password(app: &App, user: &User, session: &str, new: &Secret) -> Result<Challenge, Failure> {
    const OPERATION: &str = "AdminRespondToAuthChallenge";
    let answer = challenge::answer(app, ChallengeNameType::NewPasswordRequired, &user.id, session)?;
    let answer = answer.challenge_responses("NEW_PASSWORD", new.expose());
    // The session is for one use: a second attempt after a lost reply would be refused.
    let result = answer.customize().config_override(aws::once()).send().await;
    let output = result.map_err(|error| {
        password_policy::refusal(&error, "password").unwrap_or_else(|| upstream::failure(OPERATION, &error))
    })?;
    Challenge::of(OPERATION, output.challenge_name(), output.session(), output.challenge_parameters())
}
