//! Setting up an authenticator app: a new secret from Cognito, as the client needs it. Owns the call; what opens the way to it, a
//! session or an access token, is the endpoint's.

use crate::{
    app::App,
    bound_session,
    error::{ErrorCode, Failure},
    otpauth,
    secret::Secret,
    upstream,
    user::User,
};
use aws_sdk_cognitoidentityprovider::{
    operation::associate_software_token::AssociateSoftwareTokenError, types::ChallengeNameType,
};
use serde::Serialize;

/// What is called.
pub const OPERATION: &str = "AssociateSoftwareToken";

/// What authorizes the set-up; IAM has no say in it.
#[derive(Debug, Clone, Copy)]
pub enum Opened<'a> {
    /// The session of a sign-in that asks for it. It is spent.
    Session(&'a str),
    /// The user's access token.
    Token(&'a Secret),
}

/// A secret that the user's authenticator app is to learn: two members of a reply. Has no `Debug`: it is a secret.
#[derive(Serialize)]
pub struct NewAuthenticator {
    qr_code_secret: String,
    otpauth_uri: String,
}

/// Asks for a new secret; with it comes the session to go on with, if it was a session that opened the way.
pub async fn set_up(
    app: &App,
    email: &str,
    opened: Opened<'_>,
) -> Result<(NewAuthenticator, Option<String>), Failure> {
    let request = app.cognito()?.associate_software_token();
    let request = match opened {
        Opened::Session(session) => request.session(session),
        Opened::Token(token) => request.access_token(token.expose()),
    };
    let output = request.send().await.map_err(|error| match (opened, error.as_service_error()) {
        // The session was opened just now, and is for one use: an attempt whose reply was lost has spent it.
        (Opened::Session(_), Some(AssociateSoftwareTokenError::NotAuthorizedException(_))) => {
            Failure::new(ErrorCode::UpstreamUnavailable).because(upstream::cause(OPERATION, &error))
        }
        _ => upstream::failure(OPERATION, &error),
    })?;
    let secret = upstream::told(OPERATION, "secret", output.secret_code)?;
    let otpauth_uri = otpauth::uri(app.config.mfa_issuer()?, email, &secret);
    Ok((NewAuthenticator { qr_code_secret: secret, otpauth_uri }, output.session))
}

/// A set-up in the middle of a sign-in: what the client needs to go on with `confirm-mfa`. Has no `Debug`: it is all secret.
#[derive(Serialize)]
pub struct SetUp {
    mfa_session: String,
    #[serde(flatten)]
    authenticator: NewAuthenticator,
}

/// Begins it in the session of the user who is signing in.
pub async fn begin(app: &App, user: &User, session: &str) -> Result<SetUp, Failure> {
    let (authenticator, session) = set_up(app, &user.email, Opened::Session(session)).await?;
    let session = upstream::told(OPERATION, "session", session)?;
    Ok(SetUp {
        mfa_session: bound_session::bind(
            app.config.client_secret()?,
            &ChallengeNameType::MfaSetup,
            user,
            &session,
        )?,
        authenticator,
    })
}
