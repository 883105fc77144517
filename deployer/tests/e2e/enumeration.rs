//! Nobody learns which addresses have an account: what is answered to an address that nobody has looks like what is answered to
//! anybody. How long it takes is the benchmark's (`benches/enumeration.rs`).

use std::collections::BTreeSet;

use cogapi_handlers::error::ErrorCode;
use serde_json::{Value, json};

use crate::client::{Api, Reply};
use crate::each::each;
use crate::person::Person;
use crate::silent::SILENT;

/// What may differ between two replies to the same person.
const DIFFERENT_EACH_TIME: [&str; 3] = ["date", "x-amz-request-id", "x-amzn-requestid"];

#[test]
fn an_address_that_nobody_has_is_answered_like_any_other() {
    let api = Api::shared();
    let (with_passkey, tokens) = Person::signed_in(api);
    with_passkey.registers_passkey(&tokens);
    let disabled = Person::enrolled(api);
    disabled.is_disabled();
    let known =
        [with_passkey, disabled, Person::enrolled(api), Person::invited(api), Person::setting_up(api).0];
    let nobody = Person::stranger(api);
    each(&SILENT, |silent| {
        let answer = |person: &Person<'_>| looks(person, &api.ask(&silent.request(person)));
        let unknown = answer(&nobody);
        for person in &known {
            assert_eq!(answer(person), unknown, "{}", silent.endpoint);
        }
    });
    nobody.logs_in().refused(ErrorCode::InvalidCredentials);
}

#[test]
fn the_passkeys_that_nobody_has_stay_the_same_from_call_to_call() {
    let api = Api::shared();
    let asked = |person: &Person<'_>| {
        person.asks("passkeys-login-start", json!({})).ok().body["options"]["allowCredentials"].clone()
    };
    let (one, another) = (Person::stranger(api), Person::stranger(api));
    assert_eq!(asked(&one), asked(&one));
    assert_ne!(asked(&one), asked(&another));
}

/// Status, headers and the form of the body.
fn looks(person: &Person<'_>, reply: &Reply) -> (u16, Vec<String>, Value) {
    let headers = reply.headers.iter().filter(|(name, _)| !DIFFERENT_EACH_TIME.contains(&name.as_str()));
    // Real passkeys have ids of several lengths, and so have those that nobody has.
    let same_length = reply.body["options"].is_null();
    let headers = headers.filter(|(name, _)| same_length || *name != "content-length");
    let mut headers: Vec<String> =
        headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    headers.sort();
    (reply.status, headers, form(person, &reply.body))
}

/// What a value looks like, without what it says.
fn form(person: &Person<'_>, value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| match name.as_str() {
                "allowCredentials" => (name.clone(), json!(forms_of_passkeys(member))),
                _ => (name.clone(), form(person, member)),
            })
            .collect(),
        Value::Array(values) => values.iter().map(|value| form(person, value)).collect(),
        Value::String(text) if *text == person.address => json!("the address"),
        Value::String(text) if is_made_up(text) => json!(format!("{} characters", text.len())),
        same => same.clone(),
    }
}

/// How passkeys look, without how many there are, how long their ids are and which transports they have: that differs from user to
/// user and from one authenticator to another.
fn forms_of_passkeys(shown: &Value) -> BTreeSet<String> {
    let form = |passkey: &Value| {
        let members = passkey.as_object().unwrap();
        let names: BTreeSet<_> = members.keys().collect();
        assert!(members["id"].is_string() && members["transports"].is_array(), "{passkey}");
        format!("{} with {names:?}", members["type"])
    };
    shown.as_array().unwrap().iter().map(form).collect()
}

/// Sessions, challenges, ids: what has no two the same.
fn is_made_up(text: &str) -> bool {
    let is_of = |characters: fn(&char) -> bool| text.chars().all(|one| characters(&one));
    text.len() >= 16
        && is_of(|one| one.is_ascii_alphanumeric() || "-_".contains(*one))
        && !is_of(|one| one.is_ascii_uppercase() || *one == '_')
}
