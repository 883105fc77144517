//! The tokens that end a sign-in, as the contract names them. Owns what becomes of Cognito's answer; must not know how the sign-in
//! went.

use crate::error::Failure;
use aws_sdk_cognitoidentityprovider::types::AuthenticationResultType;
use serde::Serialize;

/// The members of [`member::TOKENS`](crate::member::TOKENS). Has no `Debug`: tokens are secrets.
#[derive(Serialize)]
pub struct Tokens<'a> {
    id_token: &'a str,
    access_token: &'a str,
    refresh_token: &'a str,
    expires_in: i32,
}

impl<'a> Tokens<'a> {
    /// What `operation` answered; a defect where any of it is missing.
    pub fn of(operation: &str, result: Option<&'a AuthenticationResultType>) -> Result<Self, Failure> {
        let tokens = || {
            let result = result?;
            Some(Self {
                id_token: result.id_token()?,
                access_token: result.access_token()?,
                refresh_token: result.refresh_token()?,
                expires_in: result.expires_in(),
            })
        };
        tokens().ok_or_else(|| Failure::internal(format!("{operation}: the reply lacks a token")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{member::TOKENS, schema};
    use serde_json::json;

    fn result() -> AuthenticationResultType {
        AuthenticationResultType::builder()
            .id_token("id")
            .access_token("access")
            .refresh_token("refresh")
            .expires_in(3600)
            .build()
    }

    #[test]
    fn tokens_are_named_as_they_are_declared() {
        let result = result();
        let Ok(tokens) = Tokens::of("Op", Some(&result)) else { panic!("all are there") };
        let written = serde_json::to_value(tokens).unwrap();
        let expected = json!({"id_token": "id", "access_token": "access", "refresh_token": "refresh", "expires_in": 3600});
        assert_eq!(written, expected);
        schema::check(TOKENS, written.as_object().unwrap()).unwrap();
    }

    #[test]
    fn an_answer_that_lacks_a_token_is_our_defect_and_not_half_a_sign_in() {
        let mut lacking = [result(), result(), result()];
        lacking[0].id_token = None;
        lacking[1].access_token = None;
        lacking[2].refresh_token = None;
        for result in lacking.iter().map(Some).chain([None]) {
            let Err(failure) = Tokens::of("Op", result) else { panic!("a token is missing") };
            assert_eq!(failure.cause(), Some("Op: the reply lacks a token"));
        }
    }
}
