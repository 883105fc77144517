//! The set-up of an authenticator app in the middle of a sign-in. Owns how it begins; must not know what an endpoint answers beside it.

use crate::{
    app::App,
    bound_session,
    error::{ErrorCode, Failure},
    otpauth, upstream,
    user::User,
};
use aws_sdk_cognitoidentityprovider::operation::associate_software_token::AssociateSoftwareTokenError;
use serde::Serialize;

/// What the client needs to go on with `confirm-mfa`. Has no `Debug`: it is all secret.
#[derive(Serialize)]
pub struct SetUp {
    mfa_session: String,
    qr_code_secret: String,
    otpauth_uri: String,
}

/// Asks Cognito for a new secret (`AssociateSoftwareToken`, which is authorized by its session alone).
pub async fn set_up(app: &App, user: &User, session: &str) -> Result<SetUp, Failure> {
    const OPERATION: &str = "AssociateSoftwareToken";
    let result = app.cognito()?.associate_software_token().session(session).send().await;
    let output = result.map_err(|error| match error.as_service_error() {
        // The session is for one use and was opened just now: an attempt whose reply was lost has spent it.
        Some(AssociateSoftwareTokenError::NotAuthorizedException(_)) => {
            Failure::new(ErrorCode::UpstreamUnavailable).because(upstream::cause(OPERATION, &error))
        }
        _ => upstream::failure(OPERATION, &error),
    })?;
    let lacks = |what| Failure::internal(format!("{OPERATION}: the reply has no {what}"));
    let secret = output.secret_code().ok_or_else(|| lacks("secret"))?;
    let session = output.session().ok_or_else(|| lacks("session"))?;
    Ok(SetUp {
        mfa_session: bound_session::bind(app.config.client_secret()?, user, session)?,
        qr_code_secret: secret.to_owned(),
        otpauth_uri: otpauth::uri(app.config.mfa_issuer()?, &user.email, secret),
    })
}
