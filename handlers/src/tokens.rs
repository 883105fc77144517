//! What a finished sign-in answers. Owns that no reply goes out with a token missing.

use crate::{error::Failure, upstream};
use aws_sdk_cognitoidentityprovider::types::AuthenticationResultType;
use serde::Serialize;

/// The four members that [`member::TOKENS`](crate::member::TOKENS) declares. Has no `Debug`: it holds tokens.
#[derive(Serialize)]
pub struct Tokens<'a> {
    id_token: &'a str,
    access_token: &'a str,
    refresh_token: &'a str,
    expires_in: i32,
}

impl<'a> Tokens<'a> {
    /// What the operation answered.
    pub fn of(result: Option<&'a AuthenticationResultType>, operation: &str) -> Result<Self, Failure> {
        let tokens = result.and_then(|result| {
            Some(Self {
                id_token: result.id_token()?,
                access_token: result.access_token()?,
                refresh_token: result.refresh_token()?,
                expires_in: result.expires_in(),
            })
        });
        upstream::told(operation, "full set of tokens", tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{member, schema};

    #[test]
    fn a_reply_has_all_tokens_or_none() {
        let all = AuthenticationResultType::builder()
            .id_token("i")
            .access_token("a")
            .refresh_token("r")
            .expires_in(3600)
            .build();
        let reply = serde_json::to_value(Tokens::of(Some(&all), "X").ok().unwrap()).unwrap();
        schema::check(member::TOKENS, reply.as_object().unwrap()).unwrap();
        let without_refresh = AuthenticationResultType::builder().id_token("i").access_token("a").build();
        for result in [None, Some(&without_refresh)] {
            assert_eq!(
                Tokens::of(result, "X").err().unwrap().cause(),
                Some("X: the reply has no full set of tokens")
            );
        }
    }
}
