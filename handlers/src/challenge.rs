//! The challenges between a password and the tokens. Owns how a password is proved and a challenge answered, with the app client's
//! secret; must not know what an endpoint makes of them. Tokens without a second factor end here: MFA is mandatory.

use crate::{
    app::App,
    aws::secret_hash,
    error::{ErrorCode, Failure},
    secret::Secret,
    timing, upstream,
    user::User,
};
use aws_sdk_cognitoidentityprovider::{
    error::SdkError,
    operation::{
        admin_initiate_auth::AdminInitiateAuthError,
        admin_respond_to_auth_challenge::builders::AdminRespondToAuthChallengeFluentBuilder,
    },
    types::{AuthFlowType, ChallengeNameType},
};
use std::collections::HashMap;
use tokio::time::Instant;

/// What Cognito wants next.
pub struct Challenge {
    /// Which challenge it is.
    pub name: ChallengeNameType,
    operation: &'static str,
    session: Option<Secret>,
    user_id: Option<String>,
}

impl Challenge {
    /// What `operation` answered.
    pub fn of(
        operation: &'static str,
        name: Option<&ChallengeNameType>,
        session: Option<&str>,
        parameters: Option<&HashMap<String, String>>,
    ) -> Result<Self, Failure> {
        // It would mean that the pool does not ask for MFA.
        let name = name
            .ok_or_else(|| Failure::internal(format!("{operation}: tokens without a second factor")))?
            .clone();
        let user_id = parameters.and_then(|it| it.get("USER_ID_FOR_SRP")).cloned();
        Ok(Self { name, operation, session: session.map(Secret::new), user_id })
    }

    /// The session in which it is answered.
    pub fn session(&self) -> Result<&str, Failure> {
        upstream::told(self.operation, "session", self.session.as_ref().map(Secret::expose))
    }

    /// The id of the user who is signing in.
    pub fn user_id(&self) -> Result<&str, Failure> {
        upstream::told(self.operation, "user", self.user_id.as_deref())
    }

    /// The failure where it is none that this API knows.
    #[must_use]
    pub fn unexpected(&self) -> Failure {
        Failure::internal(format!("{}: a challenge that this API does not use", self.operation))
    }
}

/// Why a password opened no sign-in.
pub enum Refusal {
    /// The invitation's password was not used in time. Holds what is said where that must not be told.
    Expired(Failure),
    /// Anything else.
    Other(Failure),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Expired(failure) | Refusal::Other(failure) => failure,
        }
    }
}

/// Proves a password (`AdminInitiateAuth`).
pub async fn after_password(app: &App, email: &str, password: &Secret) -> Result<Challenge, Refusal> {
    const OPERATION: &str = "AdminInitiateAuth";
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
    let output = result.map_err(|error| refusal(OPERATION, &error))?;
    Ok(Challenge::of(OPERATION, output.challenge_name(), output.session(), output.challenge_parameters())?)
}

/// Proves the password of a user who has confirmed: what is wanted next is the second factor, or its set-up where it was never
/// finished. Refused is everybody at the same moment: Cognito tells a forced reset whatever the password is, so that answer waits,
/// too. Of an expired temporary password nothing is told, as no other endpoint than the one that takes it need know.
pub async fn second_factor(
    app: &App,
    received: Instant,
    email: &str,
    password: &Secret,
) -> Result<(Challenge, User), Failure> {
    let proved = after_password(app, email, password).await.map_err(Failure::from);
    let challenge = timing::level_refusal(received, proved).await?;
    match challenge.name {
        ChallengeNameType::SoftwareTokenMfa | ChallengeNameType::MfaSetup => {
            let user = User { id: challenge.user_id()?.to_owned(), email: email.to_owned() };
            Ok((challenge, user))
        }
        ChallengeNameType::NewPasswordRequired => Err(ErrorCode::PasswordChangeRequired.into()),
        _ => Err(challenge.unexpected()),
    }
}

fn refusal(operation: &str, error: &SdkError<AdminInitiateAuthError>) -> Refusal {
    let wrong = || Failure::new(ErrorCode::InvalidCredentials).because(upstream::cause(operation, error));
    match error.as_service_error() {
        Some(AdminInitiateAuthError::NotAuthorizedException(refused))
            if refused.message().is_some_and(|it| it.starts_with("Temporary password has expired")) =>
        {
            Refusal::Expired(wrong())
        }
        // One answer for a wrong password, a disabled and an unknown user.
        Some(
            AdminInitiateAuthError::NotAuthorizedException(_)
            | AdminInitiateAuthError::UserNotFoundException(_)
            | AdminInitiateAuthError::UserNotConfirmedException(_),
        ) => Refusal::Other(wrong()),
        Some(AdminInitiateAuthError::PasswordResetRequiredException(_)) => {
            Refusal::Other(ErrorCode::PasswordResetRequired.into())
        }
        _ => Refusal::Other(upstream::failure(operation, error)),
    }
}

/// An answer to a challenge (`AdminRespondToAuthChallenge`), still without what is special to this one.
pub fn answer(
    app: &App,
    name: ChallengeNameType,
    user_id: &str,
    session: &str,
) -> Result<AdminRespondToAuthChallengeFluentBuilder, Failure> {
    let client_id = app.config.client_id()?;
    let answer = app
        .cognito()?
        .admin_respond_to_auth_challenge()
        .user_pool_id(app.config.user_pool_id()?)
        .client_id(client_id)
        .challenge_name(name)
        .session(session)
        .challenge_responses("USERNAME", user_id)
        .challenge_responses("SECRET_HASH", secret_hash(app.config.client_secret()?, client_id, user_id)?);
    Ok(answer)
}
