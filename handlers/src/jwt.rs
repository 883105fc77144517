//! What a token of Cognito's holds. Owns how it is read; looks at no signature. So it is good for tokens that Cognito just
//! answered, for refusing, and for nothing else.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::de::DeserializeOwned;

/// The claims, if it is a token that has them.
#[must_use]
pub fn claims<T: DeserializeOwned>(token: &str) -> Option<T> {
    let (_header, rest) = token.split_once('.')?;
    let (payload, signature) = rest.split_once('.')?;
    if signature.contains('.') {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::claims;
    use serde_json::{Value, json};

    #[test]
    fn the_middle_of_three_parts_is_read() {
        // printf %s '{"sub":"jane"}' | base64
        assert_eq!(claims::<Value>("e30.eyJzdWIiOiJqYW5lIn0.c2ln"), Some(json!({"sub": "jane"})));
    }

    #[test]
    fn what_is_no_token_has_no_claims() {
        for text in ["", ".", "..", "a.b.c", "e30.e30", "e30.e30.e30.e30", "e30.e30=.e30", "e30.é.e30"] {
            assert_eq!(claims::<Value>(text), None, "{text}");
        }
    }
}
