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

    /// The options for the user with this address. Who has no passkey is shown one that does not exist.
    pub fn options<'a>(
        mut self,
        relying_party_id: &'a str,
        client_secret: &Secret,
        email: &str,
    ) -> Result<Options<'a>, Failure> {
        if self.allow_credentials.is_empty() {
            self.allow_credentials.push(Credential::stand_in(client_secret, email)?);
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
const KINDS: [(usize, &[&str]); 3] = [
    // Google's password manager, Bitwarden, 1Password
    (16, &["internal", "hybrid"]),
    // iCloud's keychain
    (20, &["internal", "hybrid"]),
    // Windows Hello, Chrome's profile
    (32, &["internal"]),
];

impl Credential {
    /// The passkey of an address that has none: always the same one, as the passkeys of others do not change between two calls,
    /// either.
    fn stand_in(client_secret: &Secret, email: &str) -> Result<Self, Failure> {
        let id: [u8; derived::LENGTH] = derived(client_secret, "passkey id", email)?;
        let kind = derived(client_secret, "passkey kind", email)?[0];
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
        let stand_ins: Vec<_> = (0..100)
            .map(|at| Credential::stand_in(&Secret::new("s3cret"), &format!("{at}@example.com")).unwrap())
            .collect();
        assert_eq!(stand_ins.iter().map(|it| &it.id).collect::<HashSet<_>>().len(), 100);
        let kinds: HashSet<_> = stand_ins.iter().map(|it| (it.id.len(), it.transports.len())).collect();
        assert_eq!(kinds, HashSet::from([(22, 2), (27, 2), (43, 1)]));
    }
}
