//! A lost authenticator is replaced by who has both the password and the mailbox, and by nobody else.

use cogapi_handlers::error::ErrorCode::{InvalidCode, InvalidCredentials, InvalidSession, InvalidToken};
use serde_json::json;

use crate::client::Api;
use crate::exclusive::TIMED;
use crate::person::Person;

#[test]
fn three_wrong_codes_end_the_session_and_the_right_one_comes_too_late() {
    let api = Api::shared();
    let right = Person::enrolled(api).begins_mfa_reset();
    let mut next = right.clone();
    for _ in 0..2 {
        let told = api.ask(&next.clone().with("code", "00000000")).refused(InvalidCode);
        next = next.with("session", told.text("session"));
    }
    let told = api.ask(&next.clone().with("code", "00000000")).refused(InvalidCode);
    assert!(told.body["session"].is_null(), "{}", told.body);
    for used in [next, right] {
        api.ask(&used).refused(InvalidSession);
    }
}

#[test]
fn triggers_whose_answers_are_lost_are_asked_again_and_nothing_counts_twice() {
    let api = TIMED.turn();
    let mut jane = Person::enrolled(&api);
    api.world.settings(&json!({ "cognito_trigger_answers_lost": 1 }));
    let mut next = jane.begins_mfa_reset();
    for _ in 0..2 {
        let told = api.ask(&next.clone().with("code", "00000000")).refused(InvalidCode);
        next = next.with("session", told.text("session"));
    }
    let verified = api.ask(&next).ok();
    jane.scans(&verified);
    let fields = json!({ "access_token": verified.text("access_token"), "otp": jane.code() });
    jane.asks("mfa-reset-confirm", fields).ok();
    jane.signs_in();
}

#[test]
fn a_wrong_code_and_a_wrong_password_leave_the_right_ones_their_turn() {
    let api = Api::shared();
    let right = Person::enrolled(api).begins_mfa_reset();
    api.ask(&right.clone().with("password", "Wrong-Horse-12!")).refused(InvalidCredentials);
    let told = api.ask(&right.clone().with("code", "00000000")).refused(InvalidCode);
    api.ask(&right.with("session", told.text("session"))).ok();
}

#[test]
fn the_old_authenticator_counts_until_the_new_one_is_confirmed() {
    let api = Api::shared();
    let mut jane = Person::enrolled(api);
    api.ask(&jane.begins_mfa_reset()).ok();
    jane.signs_in();
}

#[test]
fn the_recovery_session_ends_with_the_recovery() {
    let api = Api::shared();
    let mut jane = Person::enrolled(api);
    let token = jane.replaces_authenticator();
    for endpoint in ["passkeys-list", "passkeys-register-start", "logout"] {
        jane.asks(endpoint, json!({ "access_token": token })).refused(InvalidToken);
    }
    jane.signs_in();
}

#[test]
fn a_new_code_is_another_one_and_goes_with_its_own_session_only() {
    let api = Api::shared();
    let jane = Person::enrolled(api);
    let (first, second) = (jane.begins_mfa_reset(), jane.begins_mfa_reset());
    assert_ne!(first.body["code"], second.body["code"]);
    api.ask(&second.clone().with("code", first.body["code"].clone())).refused(InvalidCode);
    api.ask(&first).ok();
}
