//! Setting up an authenticator app: a new secret from Cognito, as the client needs it. Owns the call; what opens the way to it, a
//! session or an access token, is the endpoint's.

use crate::{app::App, error::Failure, otpauth, secret::Secret, upstream};
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
    let output = request.send().await.map_err(|error| upstream::failure(OPERATION, &error))?;
    let secret = upstream::told(OPERATION, "secret", output.secret_code)?;
    let otpauth_uri = otpauth::uri(app.config.mfa_issuer()?, email, &secret);
    Ok((NewAuthenticator { qr_code_secret: secret, otpauth_uri }, output.session))
}
