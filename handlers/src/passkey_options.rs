//! What a browser needs to sign in with a passkey. Owns the options' form, which is the same for everybody, and what stands in for
//! the passkeys that an address does not have; calls nothing.

use crate::{
    derived::{self, derived},
    error::Failure,
    random,
    secret::Secret,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// Milliseconds that the browser gives the user: what WebAuthn recommends where the user is verified. The session lives longer.
const TIMEOUT: u32 = 300_000;
/// Cognito's challenges have 16 bytes: seen in options that others published. None of its documents says so.
const CHALLENGE_LENGTH: usize = 16;

/// What `navigator.credentials.get()` takes as `publicKey`, in its JSON form. Of Cognito's options, only what differs from user
/// to user is taken over: whatever else it may add would tell them from ours.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Options<'a> {
    challenge: String,
    timeout: u32,
    rp_id: &'a str,
    allow_credentials: Vec<Credential>,
    user_verification: &'static str,
}

/// What differs from one sign-in to another. Read from Cognito's options.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    challenge: String,
    #[serde(default)]
    allow_credentials: Vec<Credential>,
}

#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Credential {
    r#type: String,
    id: String,
    /// Cognito leaves them empty where the authenticator did not tell.
    #[serde(default)]
    transports: Vec<String>,
}

impl Asked {
    /// Asks for nothing that anybody could answer.
    pub fn in_vain() -> Result<Self, Failure> {
        let challenge = URL_SAFE_NO_PAD.encode(random::bytes::<CHALLENGE_LENGTH>()?);
        Ok(Self { challenge, allow_credentials: Vec::new() })
    }

    /// The options for the user with this address. Who has no passkey is shown some that do not exist.
    pub fn options<'a>(
        mut self,
        relying_party_id: &'a str,
        client_secret: &Secret,
        email: &str,
    ) -> Result<Options<'a>, Failure> {
        if self.allow_credentials.is_empty() {
            self.allow_credentials = stand_ins(client_secret, email)?;
        }
        for passkey in &mut self.allow_credentials {
            // In the order in which browsers tell them, whatever Cognito makes of it.
            passkey.transports.sort_unstable();
        }
        Ok(Options {
            challenge: self.challenge,
            timeout: TIMEOUT,
            rp_id: relying_party_id,
            allow_credentials: self.allow_credentials,
            // As the pool is deployed: a passkey replaces the second factor only where the user is verified.
            user_verification: "required",
        })
    }
}

/// What common authenticators make: how many bytes their ids have, and how a browser reaches them.
const KINDS: [(usize, &[&str]); 4] = [
    // Google's password manager, Bitwarden, 1Password
    (16, &["hybrid", "internal"]),
    // iCloud's keychain
    (20, &["hybrid", "internal"]),
    // Windows Hello, Chrome's profile
    (32, &["internal"]),
    // Whose registration told no transports.
    (16, &[]),
];

/// The passkeys of an address that has none: always the same, as those of others do not change between two calls, either. Some
/// addresses have several, or several passkeys would be a user's alone: a quarter of them a second one, a quarter of these a third.
fn stand_ins(client_secret: &Secret, email: &str) -> Result<Vec<Credential>, Failure> {
    let [dice, kinds @ ..] = derived(client_secret, "passkey kinds", email)?;
    let count = 1 + dice.trailing_zeros() / 2;
    (0..count).zip(kinds).map(|(at, kind)| Credential::stand_in(client_secret, email, at, kind)).collect()
}

impl Credential {
    fn stand_in(client_secret: &Secret, email: &str, at: u32, kind: u8) -> Result<Self, Failure> {
        let id: [u8; derived::LENGTH] = derived(client_secret, &format!("passkey id {at}"), email)?;
        let (length, transports) = KINDS[usize::from(kind) % KINDS.len()];
        Ok(Self {
            r#type: "public-key".to_owned(),
            id: URL_SAFE_NO_PAD.encode(&id[..length]),
            transports: transports.iter().map(|&it| it.to_owned()).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::collections::HashSet;

    fn options(asked: Asked, email: &str) -> Value {
        let options = asked.options("example.com", &Secret::new("s3cret"), email).unwrap();
        serde_json::to_value(options).unwrap()
    }

    /// As Cognito's, seen in the wild.
    fn cognitos() -> Value {
        json!({
            "challenge": "vde3h8WwZJjW1xZph3t8qQ",
            "timeout": 180_000,
            "rpId": "example.com",
            "allowCredentials": [
                {"type": "public-key", "id": "hP0cxpqhgN1K0R4pICOOOA", "transports": ["internal", "hybrid"]},
                {"type": "public-key", "id": "1oG8PrTycHFuWdHAjIelCg", "transports": []},
            ],
            "userVerification": "required",
        })
    }

    #[test]
    fn the_passkeys_and_the_challenge_are_cognitos_and_the_rest_is_ours() {
        let mut more = cognitos();
        more["hints"] = json!([]);
        more["attestation"] = json!("none");
        let mut expected = cognitos();
        expected["timeout"] = json!(TIMEOUT);
        expected["allowCredentials"][0]["transports"] = json!(["hybrid", "internal"]);
        assert_eq!(options(serde_json::from_value(more).unwrap(), "jane@example.com"), expected);
    }

    #[test]
    fn who_has_no_passkey_is_shown_one_of_the_same_form() {
        let real = options(serde_json::from_value(cognitos()).unwrap(), "jane@example.com");
        let stand_in = options(Asked::in_vain().unwrap(), "joe@example.com");
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&real), names(&stand_in));
        assert_eq!(names(&real["allowCredentials"][0]), names(&stand_in["allowCredentials"][0]));
        for same in ["timeout", "rpId", "userVerification"] {
            assert_eq!(real[same], stand_in[same]);
        }
        let length = |value: &Value| value["challenge"].as_str().unwrap().len();
        assert_eq!(length(&real), length(&stand_in));
    }

    #[test]
    fn the_passkey_that_stands_in_stays_and_the_challenge_does_not() {
        let twice = [(); 2].map(|()| options(Asked::in_vain().unwrap(), "joe@example.com"));
        assert_eq!(twice[0]["allowCredentials"], twice[1]["allowCredentials"]);
        assert_ne!(twice[0]["challenge"], twice[1]["challenge"]);
    }

    #[test]
    fn passkeys_that_stand_in_are_as_various_as_others() {
        let shown: Vec<_> = (0..200)
            .map(|at| stand_ins(&Secret::new("s3cret"), &format!("{at}@example.com")).unwrap())
            .collect();
        for several in 1..=3 {
            assert!(shown.iter().any(|it| it.len() == several), "{several}");
        }
        assert!(shown.iter().filter(|it| it.len() == 1).count() > 100);
        let all: Vec<_> = shown.iter().flatten().collect();
        assert_eq!(all.iter().map(|it| &it.id).collect::<HashSet<_>>().len(), all.len());
        let kinds: HashSet<_> = all.iter().map(|it| (it.id.len(), it.transports.len())).collect();
        assert_eq!(kinds, HashSet::from([(22, 2), (27, 2), (43, 1), (22, 0)]));
    }

    #[test]
    fn transports_are_told_in_one_order_whoever_told_them() {
        for email in ["jane@example.com", "joe@example.com", "jim@example.com"] {
            for asked in [serde_json::from_value(cognitos()).unwrap(), Asked::in_vain().unwrap()] {
                for passkey in options(asked, email)["allowCredentials"].as_array().unwrap() {
                    let transports = passkey["transports"].as_array().unwrap();
                    assert!(transports.is_sorted_by_key(|it| it.as_str()), "{passkey}");
                }
            }
        }
    }
}
