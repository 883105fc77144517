//! What can go wrong at each endpoint beside what its fields' forms say: wrong codes and passwords, used sessions, other people's. One
//! table by endpoint; one that is not in it fails.

use cogapi_handlers::error::ErrorCode::{
    Forbidden, InvalidCode, InvalidCredentials, InvalidRequest, InvalidSession, InvalidToken,
    PasswordChangeRequired, PasswordPolicy, PasswordResetRequired, UserExists,
};
use cogapi_handlers::registry::ENDPOINTS;
use serde_json::{Value, json};

use crate::client::{Api, Reply, Request};
use crate::each::each;
use crate::passkey::Passkey;
use crate::person::Person;
use crate::right::scene;

type Case = (&'static str, fn(&Api));

const CASES: &[(&str, &[Case])] = &[
    (
        "create-user",
        &[("an address that is taken, in whatever case", |api| {
            let mut jane = Person::invited(api);
            jane.address = jane.address.to_uppercase();
            jane.registers().refused(UserExists);
        })],
    ),
    (
        "confirm-user",
        &[
            ("a wrong temporary password", |api| {
                with(api, "confirm-user", "temporary_password", "Wrong-Horse-12!")
                    .refused(InvalidCredentials);
            }),
            ("a new password that the policy refuses", |api| {
                with(api, "confirm-user", "new_password", "battery staple").refused(PasswordPolicy);
            }),
            ("an address that nobody has", |api| {
                asked_by_nobody(api, "confirm-user").refused(InvalidCredentials);
            }),
            ("a temporary password that was replaced", |api| {
                let (jane, _) = Person::setting_up(api);
                let passwords = json!({ "temporary_password": jane.temporary_password(), "new_password": "Another-Horse-7!" });
                jane.asks("confirm-user", passwords).refused(InvalidCredentials);
            }),
        ],
    ),
    (
        "confirm-mfa",
        &[
            ("a wrong code", |api| {
                let (jane, session) = Person::setting_up(api);
                let fields = json!({ "otp": jane.wrong_code(), "mfa_session": session });
                jane.asks("confirm-mfa", fields).refused(InvalidCode);
            }),
            ("a session that is made up", |api| {
                with(api, "confirm-mfa", "mfa_session", "x".repeat(64)).refused(InvalidSession);
            }),
            ("a session that was used", |api| {
                replayed(api, "confirm-mfa").refused(InvalidSession);
            }),
        ],
    ),
    (
        "resend-confirmation-code",
        &[
            ("an address that nobody has", |api| {
                gets_no_mail(&Person::stranger(api), "resend-confirmation-code");
            }),
            ("who has confirmed already", |api| {
                gets_no_mail(&Person::enrolled(api), "resend-confirmation-code");
            }),
        ],
    ),
    (
        "forgot-password",
        &[
            ("an address that nobody has", |api| gets_no_mail(&Person::stranger(api), "forgot-password")),
            ("who is disabled", |api| {
                let jane = Person::enrolled(api);
                jane.is_disabled();
                gets_no_mail(&jane, "forgot-password");
            }),
        ],
    ),
    (
        "confirm-password",
        &[
            ("a wrong code", |api| {
                with(api, "confirm-password", "verification_code", "000000").refused(InvalidCode);
            }),
            ("a code that was used", |api| {
                replayed(api, "confirm-password").refused(InvalidCode);
            }),
            ("an address that nobody has", |api| {
                asked_by_nobody(api, "confirm-password").refused(InvalidCode);
            }),
            ("a password that the policy refuses, which leaves the code", |api| {
                let scene = scene(api, "confirm-password");
                api.ask(&scene.request.clone().with("new_password", "battery staple"))
                    .refused(PasswordPolicy);
                scene.ask().ok();
            }),
        ],
    ),
    (
        "reset-password",
        &[
            ("somebody who is no administrator", |api| {
                let (_, tokens) = Person::signed_in(api);
                let request = scene(api, "reset-password").request;
                api.ask(&request.bearing(&tokens.id)).refused(Forbidden);
            }),
            ("an address that nobody has", |api| {
                asked_by_nobody(api, "reset-password").refused(InvalidRequest);
            }),
        ],
    ),
    (
        "change-password",
        &[
            ("a wrong old password", |api| {
                with(api, "change-password", "old_password", "Wrong-Horse-12!").refused(InvalidCredentials);
            }),
            ("a new password that the policy refuses", |api| {
                with(api, "change-password", "new_password", "battery staple").refused(PasswordPolicy);
            }),
            ("the old password again", |api| {
                replayed(api, "change-password").refused(InvalidCredentials);
            }),
            ("a token that was revoked", |api| signed_out(api, "change-password")),
        ],
    ),
    (
        "delete-user",
        &[("somebody else", |api| {
            let (other, request) = (Person::invited(api), scene(api, "delete-user").request);
            api.ask(&request.about(&other.id)).refused(Forbidden);
        })],
    ),
    (
        "login",
        &[
            ("a wrong password", |api| {
                with(api, "login", "password", "Wrong-Horse-12!").refused(InvalidCredentials);
            }),
            ("an address that nobody has", |api| {
                asked_by_nobody(api, "login").refused(InvalidCredentials);
            }),
            ("who is disabled", |api| {
                let jane = Person::enrolled(api);
                jane.is_disabled();
                jane.logs_in().refused(InvalidCredentials);
            }),
            ("the temporary password", |api| {
                let mut jane = Person::invited(api);
                jane.password = jane.temporary_password();
                jane.logs_in().refused(PasswordChangeRequired);
            }),
            ("a password that an administrator took away", |api| {
                let scene = scene(api, "reset-password");
                scene.ask().ok();
                scene.person.logs_in().refused(PasswordResetRequired);
                // Cognito says it before it looks at the password.
                let wrong = json!({ "password": "Wrong-Horse-12!" });
                scene.person.asks("login", wrong).refused(PasswordResetRequired);
            }),
            ("the right password after five wrong ones", |api| {
                let jane = Person::enrolled(api);
                for _ in 0..6 {
                    jane.asks("login", json!({ "password": "Wrong-Horse-12!" })).refused(InvalidCredentials);
                }
                jane.logs_in().refused(InvalidCredentials);
            }),
        ],
    ),
    (
        "mfa-verify",
        &[
            ("a wrong code, after which the session still works", |api| {
                let mut jane = Person::enrolled(api);
                let opened = jane.logs_in().ok();
                let session = opened.text("verification_session");
                jane.verifies(session, &jane.wrong_code()).refused(InvalidCode);
                let code = jane.code();
                jane.verifies(session, &code).ok();
            }),
            ("a code that was used", |api| {
                let mut jane = Person::enrolled(api);
                let (first, second) = (jane.logs_in().ok(), jane.logs_in().ok());
                let code = jane.code();
                jane.verifies(first.text("verification_session"), &code).ok();
                jane.verifies(second.text("verification_session"), &code).refused(InvalidCode);
            }),
            ("a session that was used", |api| {
                replayed(api, "mfa-verify").refused(InvalidSession);
            }),
            ("a session that is made up", |api| {
                with(api, "mfa-verify", "verification_session", "x".repeat(64)).refused(InvalidSession);
            }),
            ("somebody else's session", |api| {
                let (mut jane, john) = (Person::enrolled(api), Person::enrolled(api));
                let (opened, code) = (john.logs_in().ok(), jane.code());
                jane.verifies(opened.text("verification_session"), &code).refused(Forbidden);
            }),
            ("an address that nobody has", |api| {
                asked_by_nobody(api, "mfa-verify").refused(Forbidden);
            }),
        ],
    ),
    (
        "refresh-token",
        &[
            ("a token that is made up", |api| {
                with(api, "refresh-token", "refresh_token", "a.b.c.d.e").refused(InvalidToken);
            }),
            ("a token of somebody else", |api| {
                let john = Person::enrolled(api);
                let request = scene(api, "refresh-token").request.with("email", john.address.as_str());
                api.ask(&request).refused(Forbidden);
            }),
            ("a token that was revoked", |api| {
                let (jane, tokens) = Person::signed_in(api);
                jane.signs_out(&tokens);
                jane.asks("refresh-token", json!({ "refresh_token": tokens.refresh })).refused(InvalidToken);
            }),
        ],
    ),
    // All that it takes is a token, and what can be wrong with that is the same for every endpoint.
    ("userinfo", &[]),
    (
        "logout",
        &[
            ("somebody else's address", |api| {
                let john = Person::enrolled(api);
                with(api, "logout", "email", john.address.as_str()).refused(Forbidden);
            }),
            ("a token that was revoked", |api| {
                replayed(api, "logout").refused(InvalidToken);
            }),
        ],
    ),
    (
        "mfa-reset-start",
        &[("an address that nobody has", |api| gets_no_mail(&Person::stranger(api), "mfa-reset-start"))],
    ),
    (
        "mfa-reset-verify",
        &[
            ("a wrong password, which leaves the code", |api| {
                let scene = scene(api, "mfa-reset-verify");
                let wrong = scene.request.clone().with("password", "Wrong-Horse-12!");
                api.ask(&wrong).refused(InvalidCredentials);
                scene.ask().ok();
            }),
            ("a wrong code", |api| {
                with(api, "mfa-reset-verify", "code", "00000000").refused(InvalidCode);
            }),
            ("a session that was used", |api| {
                replayed(api, "mfa-reset-verify").refused(InvalidSession);
            }),
            ("a session that is made up", |api| {
                with(api, "mfa-reset-verify", "session", "x".repeat(64)).refused(InvalidSession);
            }),
            ("the session of nobody", |api| {
                let started = Person::stranger(api).asks("mfa-reset-start", json!({})).ok();
                with(api, "mfa-reset-verify", "session", started.text("session")).refused(InvalidSession);
            }),
        ],
    ),
    (
        "mfa-reset-confirm",
        &[
            ("a wrong code, after which the right one works", |api| {
                let scene = scene(api, "mfa-reset-confirm");
                let wrong = scene.person.wrong_code();
                api.ask(&scene.request.clone().with("otp", wrong)).refused(InvalidCode);
                scene.ask().ok();
            }),
            ("a recovery that is done", |api| {
                replayed(api, "mfa-reset-confirm").refused(InvalidToken);
            }),
        ],
    ),
    (
        "passkeys-register-start",
        &[("a token that was revoked", |api| signed_out(api, "passkeys-register-start"))],
    ),
    (
        "passkeys-register-complete",
        &[
            ("a token that was revoked", |api| signed_out(api, "passkeys-register-complete")),
            ("a challenge that a later one replaced", |api| {
                let scene = scene(api, "passkeys-register-complete");
                let token = scene.request.body["access_token"].clone();
                scene.person.asks("passkeys-register-start", json!({ "access_token": token })).ok();
                scene.ask().refused(InvalidSession);
            }),
            ("a passkey of another page", |api| {
                let (jane, tokens) = Person::signed_in(api);
                let fields = json!({ "access_token": tokens.access });
                let started = jane.asks("passkeys-register-start", fields).ok();
                let (_, credential) = Passkey::create_at("https://evil.example", &started.body["options"]);
                let complete = jane.registers_credential(&tokens, credential);
                let refused = api.ask(&complete).refused(InvalidRequest);
                assert!(refused.problems().contains_key("credential"));
            }),
        ],
    ),
    ("passkeys-list", &[("a token that was revoked", |api| signed_out(api, "passkeys-list"))]),
    (
        "passkeys-delete",
        &[
            ("a token that was revoked", |api| signed_out(api, "passkeys-delete")),
            ("somebody else's passkey, which stays", |api| {
                let (john, tokens) = Person::signed_in(api);
                let passkey = john.registers_passkey(&tokens);
                with(api, "passkeys-delete", "credential_id", passkey.id()).ok();
                let listed = john.asks("passkeys-list", json!({ "access_token": tokens.access })).ok();
                assert_eq!(listed.body["passkeys"][0]["credential_id"], passkey.id());
            }),
        ],
    ),
    (
        "passkeys-login-start",
        &[("a session for an address that nobody has, which leads nowhere", |api| {
            let (jane, tokens) = Person::signed_in(api);
            let mut passkey = jane.registers_passkey(&tokens);
            let nobody = Person::stranger(api);
            let started = nobody.asks("passkeys-login-start", json!({})).ok();
            let credential = passkey.get_unasked(&started.body["options"]);
            api.ask(&nobody.proves(&started, credential)).refused(InvalidSession);
        })],
    ),
    (
        "passkeys-login-complete",
        &[
            ("a session that was used", |api| {
                replayed(api, "passkeys-login-complete").refused(InvalidSession);
            }),
            ("somebody else's passkey", |api| {
                let ((jane, tokens), (john, johns)) = (Person::signed_in(api), Person::signed_in(api));
                jane.registers_passkey(&tokens);
                let mut passkey = john.registers_passkey(&johns);
                let started = jane.asks("passkeys-login-start", json!({})).ok();
                let credential = passkey.get_unasked(&started.body["options"]);
                api.ask(&jane.proves(&started, credential)).refused(InvalidSession);
            }),
            ("an answer to another challenge", |api| {
                let (jane, tokens) = Person::signed_in(api);
                let mut passkey = jane.registers_passkey(&tokens);
                let first = jane.asks("passkeys-login-start", json!({})).ok();
                let second = jane.asks("passkeys-login-start", json!({})).ok();
                let credential = passkey.get(&first.body["options"]);
                api.ask(&jane.proves(&second, credential)).refused(InvalidSession);
            }),
        ],
    ),
];

#[test]
fn whatever_goes_wrong_at_an_endpoint_is_told_with_its_code() {
    for endpoint in ENDPOINTS {
        assert!(CASES.iter().any(|(name, _)| *name == endpoint.name), "{} has no cases", endpoint.name);
    }
    let all: Vec<_> = CASES
        .iter()
        .flat_map(|(endpoint, cases)| cases.iter().map(move |(what, case)| (endpoint, what, case)))
        .collect();
    each(&all, |(endpoint, what, case)| {
        eprintln!("{endpoint}: {what}");
        case(Api::shared());
    });
}

/// A right request but for one field.
#[track_caller]
fn with(api: &Api, endpoint: &str, field: &str, value: impl Into<Value>) -> Reply {
    api.ask(&scene(api, endpoint).request.with(field, value))
}

/// The answer to a right request that comes twice.
#[track_caller]
fn replayed(api: &Api, endpoint: &str) -> Reply {
    let scene = scene(api, endpoint);
    scene.ask().ok();
    scene.ask()
}

/// The answer to a request that would be right if there were such a user.
#[track_caller]
fn asked_by_nobody(api: &Api, endpoint: &str) -> Reply {
    let nobody = Person::stranger(api).address;
    let request = scene(api, endpoint).request.with("email", nobody.as_str());
    api.ask(&Request { user: request.user.is_some().then_some(nobody), ..request })
}

/// A right request of somebody who signed out before it arrived.
#[track_caller]
fn signed_out(api: &Api, endpoint: &str) {
    let scene = scene(api, endpoint);
    let token = scene.request.body["access_token"].clone();
    scene.person.asks("logout", json!({ "access_token": token })).ok();
    scene.ask().refused(InvalidToken);
}

#[track_caller]
fn gets_no_mail(person: &Person<'_>, endpoint: &str) {
    let before = person.api.mails_to(&person.address).len();
    person.asks(endpoint, json!({})).ok();
    assert_eq!(person.api.mails_to(&person.address).len(), before);
}
