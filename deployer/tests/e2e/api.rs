//! What a client of the deployed API sees before anything else: invitations, bad requests, preflights.

use cogapi_handlers::error::ErrorCode::{InvalidRequest, UserExists};
use serde_json::json;

use crate::client::{Api, ORIGIN, Request};
use crate::person::Person;
use crate::world::CONFIGURATION;

#[test]
fn a_new_user_is_created_and_gets_a_temporary_password_by_mail() {
    let jane = Person::stranger(Api::shared());
    let made = jane.registers().ok();
    assert_eq!((made.text("email"), made.text("status")), (jane.address.as_str(), "CREATED"));
    assert_eq!(made.text("user_id").len(), 36);

    let mail = jane.reads_mail();
    assert!(mail.contains("Jane Doe") && mail.contains(&jane.address), "{mail}");
    assert!(!mail.contains("{####}") && !mail.contains("{username}"), "{mail}");
    jane.registers().refused(UserExists);
}

#[test]
fn a_user_of_any_name_is_invited() {
    let api = Api::shared();
    // Joiners and no-break spaces, which Cognito takes in no text of a mail.
    for name in ["علی\u{200c}رضا", "👩\u{200d}💻 Jane", "Jean\u{a0}Paul", "evil.example"] {
        let user = Person::stranger(api);
        api.ask(&user.registration().with("full_name", name)).ok();
        assert_eq!(api.mail_to(&user.address)["subject"], "Your account is ready", "{name}");
        assert!(!user.reads_mail().contains("evil"), "{name}");
    }
}

#[test]
fn a_wrong_body_is_answered_with_every_wrong_field() {
    let body =
        json!({ "full_name": "", "email": "jane", "mobile_phone_number": "0612345678", "role": "admin" });
    let refused = Api::shared().ask(&Request::to("create-user", body)).refused(InvalidRequest);
    let fields: Vec<_> = refused.problems().into_keys().collect();
    assert_eq!(fields, ["email", "full_name", "mobile_phone_number", "role"]);
}

#[test]
fn a_preflight_is_answered_however_many_origins_there_are() {
    let with = |origins: &str| CONFIGURATION.replace(r#"["https://shop.example.com"]"#, origins);
    let several = Api::deployed_as(&with(r#"["https://shop.example.com", "https://admin.example.com"]"#));
    let any = Api::deployed_as(&with(r#"["*"]"#));
    for (api, origin) in [(Api::shared(), ORIGIN), (&several, ORIGIN), (&any, "*")] {
        let preflight = api.send("OPTIONS", "/v1/login", "", None);
        assert_eq!((preflight.status, &preflight.body), (204, &json!("")));
        assert_eq!(preflight.header("access-control-allow-origin"), origin);
        assert!(preflight.header("access-control-allow-headers").to_lowercase().contains("authorization"));
    }
}
