//! What an access token says about itself, before anybody has looked at its signature. Owns the refusal of tokens that were made
//! for somebody else, and what Cognito's refusal of a token means; verifies nothing. Who needs proof asks
//! [`user::of_token`](crate::user::of_token), or calls Cognito with the token: that call is the proof.

use crate::{
    config::Config,
    error::{ErrorCode, Failure},
    jwt,
    secret::Secret,
    upstream,
};
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use serde::Deserialize;

/// What the token claims. Anybody can write such a token: it is good for refusing, and for being handed to Cognito.
#[derive(Debug, Deserialize)]
pub struct Unverified {
    /// The user's id.
    #[serde(rename = "sub")]
    pub user_id: String,
    token_use: String,
    client_id: String,
}

/// Reads the claims of a token that says to be an access token of our app client. Client ids are unique in a region, so it is
/// one of our pool, too.
pub fn unverified(token: &Secret, config: &Config) -> Result<Unverified, Failure> {
    let refuse = |cause: &str| Failure::new(ErrorCode::InvalidToken).because(cause);
    let claims: Unverified = jwt::claims(token.expose()).ok_or_else(|| refuse("not a token of Cognito"))?;
    if claims.token_use != "access" {
        return Err(refuse("not an access token"));
    }
    if claims.client_id != config.client_id()? {
        return Err(refuse("issued for another app client"));
    }
    Ok(claims)
}

/// The failure of a call that the user's access token authorizes.
pub fn failure<E>(operation: &str, error: &SdkError<E>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error.code() {
        // Expired, revoked, or of a user who is disabled or gone.
        Some("NotAuthorizedException" | "UserNotFoundException" | "UserNotConfirmedException") => {
            Failure::new(ErrorCode::InvalidToken).because(upstream::cause(operation, error))
        }
        Some("PasswordResetRequiredException") => ErrorCode::PasswordResetRequired.into(),
        _ => upstream::failure(operation, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::env;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    fn token(claims: &Value) -> Secret {
        Secret::new(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string())))
    }

    fn read(token: &Secret) -> Result<Unverified, Failure> {
        let config = Config::load(&[env::CLIENT_ID], |_| Some("client1".to_owned())).unwrap();
        unverified(token, &config)
    }

    fn ours() -> Value {
        json!({"sub": "id-1", "token_use": "access", "client_id": "client1", "scope": "any"})
    }

    #[test]
    fn a_token_of_our_client_says_whose_it_is() {
        assert_eq!(read(&token(&ours())).unwrap().user_id, "id-1");
    }

    #[test]
    fn a_token_of_another_kind_or_client_is_refused() {
        for (claim, value) in [
            ("token_use", json!("id")),
            ("token_use", json!(null)),
            ("client_id", json!("another")),
            ("client_id", json!(["client1"])),
            ("sub", json!(null)),
        ] {
            let mut claims = ours();
            claims[claim] = value.clone();
            let refused = read(&token(&claims)).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::InvalidToken, "{claim} = {value}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let right = token(&ours());
        for text in ["", ".", "..", "a.b.c", "e30.e30", "e30.e30.e30", &format!("{}.x", right.expose())] {
            assert!(read(&Secret::new(text)).is_err(), "{text}");
        }
    }
}
