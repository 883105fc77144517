//! What a client of the deployed API sees, over HTTP through API Gateway.

use serde_json::{Value, json};

use crate::client::{Api, Reply};
use crate::world::CONFIGURATION;

fn jane() -> Value {
    json!({ "full_name": "Jane Doe", "email": "jane@example.com", "mobile_phone_number": "+33612345678" })
}

#[test]
fn a_new_user_is_created_and_gets_a_temporary_password_by_mail() {
    let api = Api::deployed_as(CONFIGURATION);
    let made = api.post("/v1/users", &jane());
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!((&made.body["email"], &made.body["status"]), (&json!("jane@example.com"), &json!("CREATED")));
    assert!(made.body["user_id"].as_str().is_some_and(|id| id.len() == 36), "{}", made.body);
    assert_eq!(made.header("cache-control"), "no-store");
    assert_eq!(made.header("access-control-allow-origin"), "https://shop.example.com");

    let mail = api.mail_to("jane@example.com").to_string();
    assert!(mail.contains("Jane Doe") && !mail.contains("{####}") && !mail.contains("{username}"), "{mail}");

    let again = api.post("/v1/users", &jane());
    assert_eq!((again.status, &again.body["code"]), (409, &json!("user_exists")));
}

#[test]
fn a_user_of_any_name_is_invited() {
    let api = Api::deployed_as(CONFIGURATION);
    // Joiners and no-break spaces, which Cognito takes in no text of a mail.
    for (at, name) in
        ["علی\u{200c}رضا", "👩\u{200d}💻 Jane", "Jean\u{a0}Paul", "evil.example"].iter().enumerate()
    {
        let mut user = jane();
        user["full_name"] = json!(name);
        user["email"] = json!(format!("user{at}@example.com"));
        let made = api.post("/v1/users", &user);
        assert_eq!(made.status, 201, "{name}: {}", made.body);
        let mail = api.mail_to(&format!("user{at}@example.com"));
        assert_eq!(mail["subject"], "Your account is ready", "{name}");
        assert!(!mail["html"].as_str().unwrap().contains("evil"), "{mail}");
    }
}

#[test]
fn a_mail_that_cannot_be_sent_is_told() {
    let api = Api::deployed_as(CONFIGURATION);
    for (at, setting) in ["mail_refused", "mail_quota_used_up"].iter().enumerate() {
        api.world.emulator("POST", "settings", &json!({ *setting: true }).to_string());
        let mut user = jane();
        user["email"] = json!(format!("user{at}@example.com"));
        let made = api.post("/v1/users", &user);
        assert_eq!((made.status, &made.body["code"]), (502, &json!("email_delivery_failed")), "{setting}");
        assert_eq!(made.header("retry-after"), "", "{setting}");
        api.world.emulator("POST", "settings", &json!({ *setting: false }).to_string());
        // The user is there all the same.
        assert_eq!(api.post("/v1/users", &user).status, 409, "{setting}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forced_reset_is_told_whatever_the_password() {
    let api = Api::deployed_as(CONFIGURATION);
    assert_eq!(api.post("/v1/users", &jane()).status, 201);
    let cognito = api.world.clients().cognito;
    let outputs = api.world.outputs();
    let pool = outputs["user_pool_id"].as_str().unwrap();
    let set = cognito.admin_set_user_password().user_pool_id(pool).username("jane@example.com");
    set.password("Correct-Horse-12!").permanent(true).send().await.unwrap();
    let reset = cognito.admin_reset_user_password().user_pool_id(pool).username("jane@example.com");
    reset.send().await.unwrap();
    for password in ["Correct-Horse-12!", "Wrong-Horse-12!"] {
        let login = api.post("/v1/login", &json!({ "email": "jane@example.com", "password": password }));
        assert_eq!(
            (login.status, &login.body["code"]),
            (403, &json!("password_reset_required")),
            "{password}"
        );
    }
}

#[test]
fn a_wrong_body_is_answered_with_every_wrong_field() {
    let api = Api::deployed_as(CONFIGURATION);
    let body =
        json!({ "full_name": "", "email": "jane", "mobile_phone_number": "0612345678", "role": "admin" });
    let refused = api.post("/v1/users", &body);
    assert_eq!((refused.status, &refused.body["code"]), (400, &json!("invalid_request")), "{}", refused.body);
    let mut fields: Vec<&str> = refused.body["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["field"].as_str().unwrap())
        .collect();
    fields.sort_unstable();
    assert_eq!(fields, ["email", "full_name", "mobile_phone_number", "role"]);
    assert!(refused.body["request_id"].as_str().is_some_and(|id| !id.is_empty()));
    for body in ["", "[]", "{", "\"x\"", "null"] {
        assert_eq!(api.send("POST", "/v1/users", body, None).status, 400, "{body}");
    }
}

#[test]
fn the_gateways_own_answers_have_the_contracts_shape() {
    let api = Api::deployed_as(CONFIGURATION);
    for (method, path, status) in [("GET", "/v1/userinfo", 401), ("GET", "/v1/nothing", 403)] {
        let refused = api.send(method, path, "", None);
        assert_eq!(refused.status, status, "{method} {path}: {}", refused.body);
        for field in ["code", "message", "request_id"] {
            assert!(
                refused.body[field].as_str().is_some_and(|text| !text.is_empty()),
                "{path}: {}",
                refused.body
            );
        }
        assert_eq!(refused.header("cache-control"), "no-store");
        assert!(!refused.header("access-control-allow-origin").is_empty());
    }
}

#[test]
fn a_preflight_is_answered_without_a_body_however_many_origins_there_are() {
    let one = CONFIGURATION;
    let several = one.replace(
        r#"["https://shop.example.com"]"#,
        r#"["https://shop.example.com", "https://admin.example.com"]"#,
    );
    let any = one.replace(r#"["https://shop.example.com"]"#, r#"["*"]"#);
    for (configuration, origin) in [
        (one, "https://shop.example.com"),
        (several.as_str(), "https://shop.example.com"),
        (any.as_str(), "*"),
    ] {
        let preflight = Api::deployed_as(configuration).send("OPTIONS", "/v1/login", "", None);
        assert_eq!((preflight.status, &preflight.body), (204, &json!("")), "{configuration}");
        assert_eq!(preflight.header("access-control-allow-origin"), origin);
        assert!(preflight.header("access-control-allow-methods").contains("POST"));
        assert!(preflight.header("access-control-allow-headers").to_lowercase().contains("authorization"));
    }
}

#[test]
fn login_tells_an_unknown_address_and_a_wrong_password_alike() {
    let api = Api::deployed_as(CONFIGURATION);
    assert_eq!(api.post("/v1/users", &jane()).status, 201);
    let login =
        |email: &str| api.post("/v1/login", &json!({ "email": email, "password": "Wrong-Horse-12!" }));
    let (known, unknown) = (login("jane@example.com"), login("nobody@example.com"));
    assert_eq!((known.status, unknown.status), (401, 401));
    let without_id = |reply: &Reply| (reply.body["code"].clone(), reply.body["message"].clone());
    assert_eq!(without_id(&known), without_id(&unknown));
    assert_eq!(known.body["code"], "invalid_credentials");
}
