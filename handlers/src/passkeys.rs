//! The passkeys that a user has. Owns how they are listed and deleted, with the user's access token; must not know a request.

use crate::{
    access_token,
    app::App,
    error::{Failure, FieldProblem},
    field::ACCESS_TOKEN,
    secret::Secret,
    upstream,
};
use aws_sdk_cognitoidentityprovider::{
    error::{ProvideErrorMetadata, SdkError},
    operation::delete_web_authn_credential::DeleteWebAuthnCredentialError,
    types::WebAuthnCredentialDescription,
};

/// The most passkeys that a user can have, and that Cognito lists at once.
const MOST: i32 = 20;

/// All of the user's passkeys.
pub async fn list(app: &App, token: &Secret) -> Result<Vec<WebAuthnCredentialDescription>, Failure> {
    let mut passkeys = Vec::new();
    let mut next = None;
    loop {
        let request = app.cognito()?.list_web_authn_credentials().access_token(token.expose());
        let result = request.max_results(MOST).set_next_token(next).send().await;
        let page = result.map_err(|error| access_token::failure("ListWebAuthnCredentials", &error))?;
        passkeys.extend(page.credentials);
        next = page.next_token;
        if next.is_none() {
            return Ok(passkeys);
        }
    }
}

/// Deletes a passkey. One that is not there is deleted: the call may be the second one, after an answer that was lost.
///
/// The user's preference for passkeys is left as it is after the last one, too: without a passkey it means nothing, and the next
/// registration switches it on again.
pub async fn delete(app: &App, token: &Secret, id: &str) -> Result<(), Failure> {
    let request = app.cognito()?.delete_web_authn_credential().access_token(token.expose());
    match request.credential_id(id).send().await {
        Ok(_) => Ok(()),
        Err(error) => match error.as_service_error() {
            Some(DeleteWebAuthnCredentialError::ResourceNotFoundException(_)) => Ok(()),
            _ => Err(access_token::failure("DeleteWebAuthnCredential", &error)),
        },
    }
}

/// The failure of one passkey too many.
pub fn too_many<E>(operation: &str, error: &SdkError<E>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let field = ACCESS_TOKEN.member.name.to_owned();
    let problem = "is of a user who has 20 passkeys, the most there can be: delete one first";
    Failure::invalid(vec![FieldProblem { field, problem }]).because(upstream::cause(operation, error))
}
