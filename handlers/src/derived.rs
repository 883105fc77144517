//! Secrets that need no place of their own, as they are derived from the app client's. Owns how purposes are kept apart; must not
//! know any of them.

use crate::{error::Failure, secret::Secret};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How many bytes are derived.
pub const LENGTH: usize = 32;

/// What only who has the client's secret can tell of an address: the same whenever it is asked for, and another one for each
/// purpose. A `SECRET_HASH` is made with the same key, but never of a text with a NUL in it.
pub fn derived(client_secret: &Secret, purpose: &str, email: &str) -> Result<[u8; LENGTH], Failure> {
    let mut mac = Hmac::<Sha256>::new_from_slice(client_secret.expose().as_bytes())
        .map_err(|_| Failure::internal("the client secret is no HMAC key"))?;
    for part in [purpose, "\0", email] {
        mac.update(part.as_bytes());
    }
    Ok(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn secret_purpose_and_address_each_make_a_difference_and_nothing_else_does() {
        let of = |secret, purpose, email| derived(&Secret::new(secret), purpose, email).unwrap();
        let first = of("s3cret", "id", "jane@example.com");
        assert_eq!(first, of("s3cret", "id", "jane@example.com"));
        let others = [
            of("other", "id", "jane@example.com"),
            of("s3cret", "kind", "jane@example.com"),
            of("s3cret", "id", "joe@example.com"),
            of("s3cret", "idj", "ane@example.com"),
        ];
        assert_eq!(others.iter().chain([&first]).collect::<HashSet<_>>().len(), 5);
    }
}
