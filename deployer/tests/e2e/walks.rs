//! No dead ends: from every state that a user can be in, the replies lead on until the user is signed in; and who may not come in is
//! told what somebody unknown is told.

use cogapi_handlers::error::ErrorCode::{
    EmailDeliveryFailed, InvalidCredentials, PasswordChangeRequired, PasswordResetRequired, UserExists,
};
use serde_json::{Value, json};

use crate::client::Api;
use crate::exclusive::TIMED;
use crate::person::Person;
use crate::right::scene;

/// Signs in, and asks who that is.
#[track_caller]
fn arrives(jane: &mut Person<'_>) {
    let tokens = jane.signs_in();
    let me = jane.api.ask(&jane.request("userinfo", Value::Null).bearing(&tokens.id)).ok();
    assert_eq!((me.text("email"), me.text("user_id")), (jane.address.as_str(), jane.id.as_str()));
}

#[test]
fn who_is_invited_is_told_to_change_the_password_and_arrives() {
    let mut jane = Person::invited(Api::shared());
    let temporary = jane.temporary_password();
    jane.asks("login", json!({ "password": temporary })).refused(PasswordChangeRequired);
    let session = jane.confirms();
    jane.confirms_code(&session);
    arrives(&mut jane);
}

#[test]
fn who_lost_the_invitation_gets_another_one_by_either_way_and_the_first_is_void() {
    for endpoint in ["resend-confirmation-code", "forgot-password"] {
        let mut jane = Person::invited(Api::shared());
        let first = jane.temporary_password();
        jane.asks(endpoint, json!({})).ok();
        assert_ne!(jane.temporary_password(), first, "{endpoint}");
        jane.asks("login", json!({ "password": first })).refused(InvalidCredentials);
        let session = jane.confirms();
        jane.confirms_code(&session);
        arrives(&mut jane);
    }
}

#[test]
fn whose_invitation_could_not_be_mailed_gets_it_when_mails_are_sent_again() {
    let api = TIMED.turn();
    for obstacle in ["mail_refused", "mail_quota_used_up"] {
        let mut jane = Person::stranger(&api);
        api.world.settings(&json!({ obstacle: true }));
        let told = jane.registers().refused(EmailDeliveryFailed);
        assert_eq!(told.header("retry-after"), "", "{obstacle}");
        api.world.settings(&json!({ obstacle: false }));
        // The user is there all the same.
        jane.registers().refused(UserExists);
        jane.asks("resend-confirmation-code", json!({})).ok();
        jane.id.clone_from(&jane.address);
        let session = jane.confirms();
        jane.confirms_code(&session);
        jane.signs_in();
    }
}

#[test]
fn whose_invitation_expired_is_told_so_and_gets_another_one() {
    let api = TIMED.turn();
    let mut jane = Person::invited(&api);
    let expired = jane.temporary_password();
    api.goes_on(2 * 24 * 3600);
    jane.asks("login", json!({ "password": expired })).refused(InvalidCredentials);
    let passwords = json!({ "temporary_password": expired, "new_password": jane.password });
    let told = jane.asks("confirm-user", passwords);
    assert!(told.problems()["temporary_password"].contains("resend-confirmation-code"), "{}", told.body);
    jane.asks("resend-confirmation-code", json!({})).ok();
    let session = jane.confirms();
    jane.confirms_code(&session);
    arrives(&mut jane);
}

#[test]
fn who_has_a_password_and_no_authenticator_sets_one_up_at_the_next_login() {
    let (mut jane, _) = Person::setting_up(Api::shared());
    let opened = jane.logs_in().ok();
    assert_eq!(opened.text("verification_type"), "MFA_SETUP");
    jane.scans(&opened);
    jane.confirms_code(opened.text("mfa_session"));
    arrives(&mut jane);
}

#[test]
fn whose_password_an_administrator_took_away_sets_a_new_one() {
    let api = Api::shared();
    let scene = scene(api, "reset-password");
    scene.ask().ok();
    let mut jane = scene.person;
    jane.logs_in().refused(PasswordResetRequired);
    // The mail with the code is gone: asking for another one is no way round.
    jane.asks("forgot-password", json!({})).ok();
    jane.confirms_new_password();
    arrives(&mut jane);
}

#[test]
fn who_forgot_the_password_sets_a_new_one_knowing_nothing_but_the_address() {
    let mut jane = Person::enrolled(Api::shared());
    let forgotten = jane.password.clone();
    jane.asks("forgot-password", json!({})).ok();
    let id = std::mem::replace(&mut jane.id, jane.address.clone());
    jane.confirms_new_password();
    jane.id = id;
    jane.asks("login", json!({ "password": forgotten })).refused(InvalidCredentials);
    arrives(&mut jane);
}

#[test]
fn who_lost_the_authenticator_gets_a_new_one_by_password_and_mail() {
    let mut jane = Person::enrolled(Api::shared());
    let lost = jane.code();
    jane.replaces_authenticator();
    let opened = jane.logs_in().ok();
    assert!(jane.verifies(opened.text("verification_session"), &lost).status == 401);
    arrives(&mut jane);
}

#[test]
fn who_lost_the_authenticator_before_it_was_set_up_gets_one_by_password_and_mail() {
    let (mut jane, _) = Person::setting_up(Api::shared());
    jane.replaces_authenticator();
    arrives(&mut jane);
}

#[test]
fn who_is_disabled_or_deleted_is_told_what_somebody_unknown_is_told() {
    let api = Api::shared();
    let nobody = Person::stranger(api);
    let disabled = Person::enrolled(api);
    disabled.is_disabled();
    let deleted = scene(api, "delete-user");
    deleted.ask().ok();
    for person in [&disabled, &deleted.person] {
        for (endpoint, fields) in [
            ("login", json!({ "password": person.password })),
            ("forgot-password", json!({})),
            ("resend-confirmation-code", json!({})),
            ("mfa-reset-start", json!({})),
            ("passkeys-login-start", json!({})),
        ] {
            let (theirs, unknown) = (person.asks(endpoint, fields.clone()), nobody.asks(endpoint, fields));
            assert_eq!((theirs.status, theirs.code()), (unknown.status, unknown.code()), "{endpoint}");
        }
    }
    // The address of who is gone is free.
    deleted.person.registers().ok();
}
