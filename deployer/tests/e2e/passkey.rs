//! A passkey in software, behind what a browser does before it lets a page use one. Owns WebAuthn's formats; every answer is what
//! `credential.toJSON()` gives.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::client::ORIGIN;

/// ES256, as COSE numbers it.
const ES256: i64 = -7;
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// One passkey of one person.
pub(crate) struct Passkey {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    relying_party: String,
    user_handle: String,
    used: u32,
}

impl Passkey {
    /// `navigator.credentials.create()`: a new passkey, and the credential that tells of it.
    #[track_caller]
    pub(crate) fn create(options: &Value) -> (Self, Value) {
        demand_relying_party(&options["rp"]["id"]);
        Self::create_at(ORIGIN, options)
    }

    /// The same on any page, which no browser does.
    #[track_caller]
    pub(crate) fn create_at(origin: &str, options: &Value) -> (Self, Value) {
        let algorithms = options["pubKeyCredParams"].as_array().unwrap();
        assert!(algorithms.iter().any(|one| one["alg"] == ES256 && one["type"] == "public-key"), "{options}");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required", "{options}");
        for text in [&options["rp"]["name"], &options["user"]["name"], &options["user"]["displayName"]] {
            assert!(text.is_string(), "{options}");
        }

        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random).unwrap();
        let passkey = Self {
            id: Sha256::digest(key.public_key()).to_vec(),
            key,
            relying_party: options["rp"]["id"].as_str().unwrap().to_owned(),
            user_handle: options["user"]["id"].as_str().unwrap().to_owned(),
            used: 0,
        };
        let known = options["excludeCredentials"].as_array().into_iter().flatten();
        assert!(known.into_iter().all(|one| one["id"] != passkey.id()), "{options}");
        let data = [passkey.data(ATTESTED), passkey.attested()].concat();
        let credential = passkey.credential(&json!({
            "clientDataJSON": encoded(&client_data("webauthn.create", origin, options)),
            "attestationObject": encoded(&attestation(&data)),
            "authenticatorData": encoded(&data),
            "publicKeyAlgorithm": ES256,
            "transports": ["internal", "hybrid"],
        }));
        (passkey, credential)
    }

    /// `navigator.credentials.get()`, with this passkey.
    #[track_caller]
    pub(crate) fn get(&mut self, options: &Value) -> Value {
        assert!(self.is_asked_for(options), "no passkey for {options}");
        self.get_unasked(options)
    }

    /// The same whether it is asked for or not, which no browser does.
    #[track_caller]
    pub(crate) fn get_unasked(&mut self, options: &Value) -> Value {
        demand_relying_party(&options["rpId"]);
        assert_eq!(options["userVerification"], "required", "{options}");
        self.used += 1;
        let (data, client_data) = (self.data(0), client_data("webauthn.get", ORIGIN, options));
        let signed = [data.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        self.credential(&json!({
            "clientDataJSON": encoded(&client_data),
            "authenticatorData": encoded(&data),
            "signature": encoded(signature.as_ref()),
            "userHandle": self.user_handle,
        }))
    }

    pub(crate) fn is_asked_for(&self, options: &Value) -> bool {
        let asked = options["allowCredentials"].as_array().unwrap();
        options["rpId"] == self.relying_party && asked.iter().any(|one| one["id"] == self.id())
    }

    pub(crate) fn id(&self) -> String {
        encoded(&self.id)
    }

    fn credential(&self, response: &Value) -> Value {
        json!({
            "id": self.id(),
            "rawId": self.id(),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        })
    }

    /// Authenticator data: whose relying party, that a person was there and proved to be the right one, how often it was used.
    fn data(&self, flags: u8) -> Vec<u8> {
        let relying_party = Sha256::digest(&self.relying_party);
        [relying_party.as_slice(), &[flags | PRESENT | VERIFIED], &self.used.to_be_bytes()].concat()
    }

    /// Attested credential data: no model, the id, the public key as COSE writes it in CBOR.
    fn attested(&self) -> Vec<u8> {
        // {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}; the point comes as 4, x, y.
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let cose = [&[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 32][..], x, &[0x22, 0x58, 32], y];
        [&[0; 16][..], &length, &self.id, &cose.concat()].concat()
    }
}

/// A browser takes the page's own domain for a relying party, or one above it.
#[track_caller]
fn demand_relying_party(id: &Value) {
    let id = id.as_str().unwrap();
    let host = ORIGIN.trim_start_matches("https://");
    assert!(host == id || host.ends_with(&format!(".{id}")), "a page of {host} may not use {id}");
}

fn client_data(kind: &str, origin: &str, options: &Value) -> Vec<u8> {
    let data =
        json!({ "type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": false });
    data.to_string().into_bytes()
}

/// An attestation object in CBOR: `{"fmt": "none", "attStmt": {}, "authData": …}`.
fn attestation(data: &[u8]) -> Vec<u8> {
    // Bytes with a length of 8 bits.
    let length = [0x58, u8::try_from(data.len()).unwrap()];
    [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData", &length[..], data].concat()
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
