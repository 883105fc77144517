//! What users do once they are in: refreshing, changing the password, signing out, deleting; and what ends with it.

use cogapi_handlers::error::ErrorCode::{InvalidCode, InvalidCredentials, InvalidSession, InvalidToken};
use serde_json::{Value, json};

use crate::client::Api;
use crate::exclusive::TIMED;
use crate::person::{Person, Tokens};
use crate::right::scene;

#[test]
fn a_refresh_token_is_exchanged_for_new_tokens_that_work() {
    let (jane, tokens) = Person::signed_in(Api::shared());
    let refreshed = Tokens::of(&jane.refreshes(&tokens).ok());
    assert_ne!(refreshed.refresh, tokens.refresh);
    jane.asks("passkeys-list", json!({ "access_token": refreshed.access })).ok();
    // An answer that was lost can be asked for again, for a moment.
    jane.refreshes(&tokens).ok();
    jane.refreshes(&refreshed).ok();
}

#[test]
fn a_refresh_token_that_comes_again_after_a_minute_is_refused() {
    let api = TIMED.turn();
    let (jane, tokens) = Person::signed_in(&api);
    jane.refreshes(&tokens).ok();
    api.goes_on(90);
    jane.refreshes(&tokens).refused(InvalidToken);
}

#[test]
fn sessions_codes_and_refresh_tokens_end_with_their_time() {
    let api = TIMED.turn();
    let (mut setting_up, mfa_session) = Person::setting_up(&api);
    let (mut verifying, (jane, tokens)) = (Person::enrolled(&api), Person::signed_in(&api));
    let opened = verifying.logs_in().ok();
    let (forgetful, lost) = (scene(&api, "confirm-password"), scene(&api, "mfa-reset-verify"));
    let passkey = scene(&api, "passkeys-login-complete");

    api.goes_on(16 * 60);
    let fields = json!({ "otp": setting_up.code(), "mfa_session": mfa_session });
    setting_up.asks("confirm-mfa", fields).refused(InvalidSession);
    let code = verifying.code();
    verifying.verifies(opened.text("verification_session"), &code).refused(InvalidSession);
    lost.ask().refused(InvalidSession);
    passkey.ask().refused(InvalidSession);

    api.goes_on(61 * 60);
    forgetful.ask().refused(InvalidCode);

    api.goes_on(25 * 3600);
    jane.refreshes(&tokens).refused(InvalidToken);
}

#[test]
fn who_signs_out_is_signed_out_everywhere() {
    let (mut jane, first) = Person::signed_in(Api::shared());
    let second = jane.signs_in();
    jane.signs_out(&first);
    for tokens in [&first, &second] {
        jane.refreshes(tokens).refused(InvalidToken);
        jane.asks("passkeys-list", json!({ "access_token": tokens.access })).refused(InvalidToken);
    }
}

#[test]
fn a_changed_password_is_the_one_that_counts() {
    let scene = scene(Api::shared(), "change-password");
    let old = scene.request.body["old_password"].clone();
    scene.ask().ok();
    let mut jane = scene.person;
    jane.asks("login", json!({ "password": old })).refused(InvalidCredentials);
    jane.signs_in();
}

#[test]
fn a_deleted_user_is_gone_with_all_sessions() {
    let api = Api::shared();
    let (jane, tokens) = Person::signed_in(api);
    let deleted = api.ask(&jane.request("delete-user", Value::Null).bearing(&tokens.id)).ok();
    assert_eq!(deleted.text("user_id"), jane.id);
    jane.refreshes(&tokens).refused(InvalidToken);
    jane.asks("passkeys-list", json!({ "access_token": tokens.access })).refused(InvalidToken);
    jane.logs_in().refused(InvalidCredentials);
}

#[test]
fn an_administrator_deletes_anybody_by_id_or_address() {
    let api = Api::shared();
    let (_, admin) = Person::admin(api);
    for by_id in [true, false] {
        let jane = Person::invited(api);
        let named = if by_id { &jane.id } else { &jane.address };
        let request = jane.request("delete-user", Value::Null).bearing(&admin.id);
        let deleted = api.ask(&request.about(named)).ok();
        assert_eq!(deleted.text("email"), jane.address);
        jane.registers().ok();
    }
}
