//! Passkeys: registered, listed, used and deleted, with everything that a browser would check on the way.

use cogapi_handlers::error::ErrorCode::InvalidSession;
use serde_json::json;

use crate::client::{Api, RELYING_PARTY};
use crate::person::Person;

#[test]
fn a_passkey_signs_in_without_password_and_code() {
    let (jane, tokens) = Person::signed_in(Api::shared());
    let mut passkey = jane.registers_passkey(&tokens);
    for _ in 0..2 {
        let tokens = jane.signs_in_with(&mut passkey);
        let me = jane.api.ask(&jane.request("userinfo", json!(null)).bearing(&tokens.id)).ok();
        assert_eq!(me.text("user_id"), jane.id);
        jane.refreshes(&tokens).ok();
    }
}

#[test]
fn passkeys_are_listed_until_they_are_deleted() {
    let (jane, tokens) = Person::signed_in(Api::shared());
    let token = json!({ "access_token": tokens.access });
    let listed = || jane.asks("passkeys-list", token.clone()).ok().body["passkeys"].clone();
    assert_eq!(listed(), json!([]));
    let (mut first, second) = (jane.registers_passkey(&tokens), jane.registers_passkey(&tokens));
    let both = listed();
    for (passkey, shown) in [&first, &second].into_iter().zip(both.as_array().unwrap()) {
        assert_eq!(shown["credential_id"], passkey.id());
        assert_eq!(shown["relying_party_id"], RELYING_PARTY);
        assert_eq!(shown["authenticator_attachment"], "platform");
        assert_eq!(shown["transports"], json!(["internal", "hybrid"]));
    }
    jane.api.ask(&jane.request("passkeys-delete", token.clone()).with("credential_id", first.id())).ok();
    assert_eq!(listed(), json!([both[1]]));

    // A browser does not even offer it; who sends it all the same is refused.
    let started = jane.asks("passkeys-login-start", json!({})).ok();
    assert!(second.is_asked_for(&started.body["options"]) && !first.is_asked_for(&started.body["options"]));
    let credential = first.get_unasked(&started.body["options"]);
    jane.api.ask(&jane.proves(&started, credential)).refused(InvalidSession);
}

#[test]
fn who_deletes_the_last_passkey_signs_in_as_before() {
    let (mut jane, tokens) = Person::signed_in(Api::shared());
    let passkey = jane.registers_passkey(&tokens);
    let fields = json!({ "access_token": tokens.access, "credential_id": passkey.id() });
    jane.asks("passkeys-delete", fields).ok();
    let tokens = jane.signs_in();
    let mut another = jane.registers_passkey(&tokens);
    jane.signs_in_with(&mut another);
}

#[test]
fn a_registration_whose_answer_was_lost_can_be_sent_again() {
    let scene = crate::right::scene(Api::shared(), "passkeys-register-complete");
    scene.ask().ok();
    scene.ask().ok();
}
