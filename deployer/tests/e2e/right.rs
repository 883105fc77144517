//! A right request for every endpoint, and whoever makes it: what every generated test starts from. An endpoint that is not here
//! fails those tests.

use serde_json::{Value, json};

use crate::client::{Api, Reply, Request};
use crate::passkey::Passkey;
use crate::person::{Person, Tokens, second_step};

/// Somebody who is about to ask something that will be answered.
pub(crate) struct Scene<'a> {
    pub(crate) person: Person<'a>,
    pub(crate) request: Request,
}

impl Scene<'_> {
    #[track_caller]
    pub(crate) fn ask(&self) -> Reply {
        self.person.api.ask(&self.request)
    }
}

type Set = for<'a> fn(&'a Api) -> Scene<'a>;

const SCENES: &[(&str, Set)] = &[
    ("create-user", |api| stands(Person::stranger(api), |jane| jane.registration())),
    ("confirm-user", |api| {
        stands(Person::invited(api), |jane| {
            let passwords =
                json!({ "temporary_password": jane.temporary_password(), "new_password": jane.password });
            jane.request("confirm-user", passwords)
        })
    }),
    ("confirm-mfa", |api| {
        let (jane, session) = Person::setting_up(api);
        stands(jane, |jane| {
            let fields = json!({ "otp": jane.code(), "mfa_session": session });
            jane.request("confirm-mfa", fields)
        })
    }),
    ("resend-confirmation-code", |api| {
        stands(Person::invited(api), |jane| jane.request("resend-confirmation-code", json!({})))
    }),
    ("forgot-password", |api| {
        stands(Person::enrolled(api), |jane| jane.request("forgot-password", json!({})))
    }),
    ("confirm-password", |api| {
        stands(Person::enrolled(api), |jane| {
            jane.asks("forgot-password", json!({})).ok();
            let fields =
                json!({ "new_password": jane.new_password(), "verification_code": jane.mailed_code() });
            jane.request("confirm-password", fields)
        })
    }),
    ("reset-password", |api| {
        let (_, admin) = Person::admin(api);
        stands(Person::enrolled(api), |jane| jane.request("reset-password", json!({})).bearing(&admin.id))
    }),
    ("change-password", |api| {
        signed_in(api, |jane, tokens| {
            let fields = json!({
                "old_password": jane.password,
                "new_password": jane.new_password(),
                "access_token": tokens.access,
            });
            jane.request("change-password", fields)
        })
    }),
    ("delete-user", |api| {
        signed_in(api, |jane, tokens| jane.request("delete-user", Value::Null).bearing(&tokens.id))
    }),
    ("login", |api| {
        stands(Person::enrolled(api), |jane| jane.request("login", json!({ "password": jane.password })))
    }),
    ("mfa-verify", |api| {
        stands(Person::enrolled(api), |jane| {
            let opened = jane.logs_in().ok();
            let code = jane.code();
            jane.request("mfa-verify", second_step(opened.text("verification_session"), &code))
        })
    }),
    ("refresh-token", |api| {
        signed_in(api, |jane, tokens| {
            jane.request("refresh-token", json!({ "refresh_token": tokens.refresh }))
        })
    }),
    ("userinfo", |api| {
        signed_in(api, |jane, tokens| jane.request("userinfo", Value::Null).bearing(&tokens.id))
    }),
    ("logout", |api| with_token(api, "logout")),
    ("mfa-reset-start", |api| {
        stands(Person::enrolled(api), |jane| jane.request("mfa-reset-start", json!({})))
    }),
    ("mfa-reset-verify", |api| stands(Person::enrolled(api), |jane| jane.begins_mfa_reset())),
    ("mfa-reset-confirm", |api| {
        stands(Person::enrolled(api), |jane| {
            let verified = api.ask(&jane.begins_mfa_reset()).ok();
            jane.scans(&verified);
            let fields = json!({ "access_token": verified.text("access_token"), "otp": jane.code() });
            jane.request("mfa-reset-confirm", fields)
        })
    }),
    ("passkeys-register-start", |api| with_token(api, "passkeys-register-start")),
    ("passkeys-register-complete", |api| {
        signed_in(api, |jane, tokens| {
            let fields = json!({ "access_token": tokens.access });
            let started = jane.asks("passkeys-register-start", fields).ok();
            let (_, credential) = Passkey::create(&started.body["options"]);
            jane.registers_credential(tokens, credential)
        })
    }),
    ("passkeys-list", |api| with_token(api, "passkeys-list")),
    ("passkeys-delete", |api| {
        signed_in(api, |jane, tokens| {
            let passkey = jane.registers_passkey(tokens);
            let fields = json!({ "access_token": tokens.access, "credential_id": passkey.id() });
            jane.request("passkeys-delete", fields)
        })
    }),
    ("passkeys-login-start", |api| {
        signed_in(api, |jane, tokens| {
            jane.registers_passkey(tokens);
            jane.request("passkeys-login-start", json!({}))
        })
    }),
    ("passkeys-login-complete", |api| {
        signed_in(api, |jane, tokens| {
            let mut passkey = jane.registers_passkey(tokens);
            let started = jane.asks("passkeys-login-start", json!({})).ok();
            let credential = passkey.get(&started.body["options"]);
            jane.proves(&started, credential)
        })
    }),
];

/// Somebody with a right request to this endpoint.
#[track_caller]
pub(crate) fn scene<'a>(api: &'a Api, endpoint: &str) -> Scene<'a> {
    let set = SCENES.iter().find(|(name, _)| *name == endpoint);
    let (_, set) = set.unwrap_or_else(|| panic!("{endpoint} has no right request: add it to SCENES"));
    set(api)
}

fn stands<'a>(mut person: Person<'a>, request: impl FnOnce(&mut Person<'a>) -> Request) -> Scene<'a> {
    let request = request(&mut person);
    Scene { person, request }
}

fn signed_in<'a>(api: &'a Api, request: impl FnOnce(&mut Person<'a>, &Tokens) -> Request) -> Scene<'a> {
    let (person, tokens) = Person::signed_in(api);
    stands(person, |person| request(person, &tokens))
}

/// An endpoint that takes an access token and nothing else of its own.
fn with_token<'a>(api: &'a Api, endpoint: &str) -> Scene<'a> {
    signed_in(api, |jane, tokens| jane.request(endpoint, json!({ "access_token": tokens.access })))
}
