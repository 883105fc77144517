//! Sessions that look the same whether Cognito opened them or nobody did. Owns the envelope that they leave and come back in; must
//! not know a flow.
//!
//! Cognito opens none for an address that can't go on, and its own are told from made-up ones by their beginning, their length and
//! what they are made of. In an envelope all are encrypted and of one length. As its key is derived from the address and the
//! challenge that is to be answered, a session that comes back with another address, or to answer another challenge, is none.

use crate::{derived::derived, error::Failure, formats::MAX_SESSION, random, secret::Secret};
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// How many characters every sealed session has.
pub const SEALED_LENGTH: usize = (NONCE_LEN + MAX_SESSION + TAG_LENGTH).div_ceil(3) * 4;
const TAG_LENGTH: usize = 16;
/// Fills what a session leaves empty. No session of Cognito's has it in it.
const PADDING: u8 = b' ';

/// The envelope of one address and one challenge.
pub struct Envelope(LessSafeKey);

impl Envelope {
    /// The envelope of the sessions in which this address answers this challenge.
    pub fn of(client_secret: &Secret, challenge: &ChallengeNameType, email: &str) -> Result<Self, Failure> {
        let purpose = format!("sealed session of {}", challenge.as_str());
        let key = derived(client_secret, &purpose, email)?;
        let key = UnboundKey::new(&AES_256_GCM, &key)
            .map_err(|_| Failure::internal("an envelope's key has a wrong length"))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals a session.
    pub fn seal(&self, session: &Secret) -> Result<String, Failure> {
        let mut content = session.expose().as_bytes().to_vec();
        if content.len() > MAX_SESSION {
            return Err(Failure::internal("a session is longer than Cognito's limit"));
        }
        content.resize(MAX_SESSION, PADDING);
        let nonce = random::bytes::<NONCE_LEN>()?;
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut content)
            .map_err(|_| Failure::internal("a session can't be sealed"))?;
        Ok(URL_SAFE_NO_PAD.encode([&nonce[..], &content].concat()))
    }

    /// The session, if this envelope sealed it.
    #[must_use]
    pub fn open(&self, sealed: &Secret) -> Option<Secret> {
        let mut sealed = URL_SAFE_NO_PAD.decode(sealed.expose()).ok()?;
        let (nonce, content) = sealed.split_first_chunk_mut()?;
        let content =
            self.0.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), content).ok()?;
        Some(Secret::new(str::from_utf8(content.trim_ascii_end()).ok()?))
    }
}

/// A session for who can't go on. It goes to Cognito like any other, and is refused.
pub fn in_vain() -> Result<Secret, Failure> {
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(random::bytes::<32>()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn envelope(secret: &str, email: &str) -> Envelope {
        Envelope::of(&Secret::new(secret), &ChallengeNameType::WebAuthn, email).unwrap()
    }

    fn opened(envelope: &Envelope, sealed: &str) -> Option<String> {
        envelope.open(&Secret::new(sealed)).map(|session| session.expose().to_owned())
    }

    #[test]
    fn a_session_comes_back_as_it_was() {
        let envelope = envelope("s3cret", "jane@example.com");
        for session in ["", "AYABe-session-of-a-passkey", &"x".repeat(MAX_SESSION)] {
            let sealed = envelope.seal(&Secret::new(session)).unwrap();
            assert_eq!(opened(&envelope, &sealed).as_deref(), Some(session));
        }
    }

    #[test]
    fn every_sealed_session_has_one_length_and_nothing_in_common() {
        let envelope = envelope("s3cret", "jane@example.com");
        let sealed: HashSet<_> = ["a", "a", "AYABe", &"x".repeat(MAX_SESSION)]
            .map(|session| envelope.seal(&Secret::new(session)).unwrap())
            .into_iter()
            .collect();
        assert_eq!(sealed.len(), 4);
        assert!(sealed.iter().all(|it| it.len() == SEALED_LENGTH));
        assert_eq!(sealed.iter().map(|it| &it[..4]).collect::<HashSet<_>>().len(), 4);
    }

    #[test]
    fn what_another_address_or_client_sealed_or_for_another_challenge_is_no_session() {
        let sealed = envelope("s3cret", "jane@example.com").seal(&Secret::new("session")).unwrap();
        assert_eq!(opened(&envelope("s3cret", "joe@example.com"), &sealed), None);
        assert_eq!(opened(&envelope("other", "jane@example.com"), &sealed), None);
        let secret = Secret::new("s3cret");
        let other = Envelope::of(&secret, &ChallengeNameType::CustomChallenge, "jane@example.com").unwrap();
        assert_eq!(opened(&other, &sealed), None);
    }

    #[test]
    fn what_was_changed_or_made_up_is_no_session() {
        let envelope = envelope("s3cret", "jane@example.com");
        let sealed = envelope.seal(&Secret::new("session")).unwrap();
        for at in [0, 20, SEALED_LENGTH / 2, SEALED_LENGTH - 1] {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'Q' } else { b'A' };
            assert_eq!(opened(&envelope, str::from_utf8(&changed).unwrap()), None, "{at}");
        }
        for made_up in ["", "A", "AYABe", &sealed[4..], &"A".repeat(SEALED_LENGTH), "é"] {
            assert_eq!(opened(&envelope, made_up), None, "{made_up}");
        }
    }

    #[test]
    fn a_session_that_would_not_fit_is_told_and_not_cut() {
        let envelope = envelope("s3cret", "jane@example.com");
        assert!(envelope.seal(&Secret::new("x".repeat(MAX_SESSION + 1))).is_err());
    }
}
