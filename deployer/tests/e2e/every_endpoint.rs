//! What holds for every endpoint, over HTTP, from the registry: right requests are answered; those that are wrong in any field, path,
//! token or method are refused, and change nothing.

use cogapi_handlers::endpoint::{Authorization, Endpoint};
use cogapi_handlers::error::ErrorCode;
use cogapi_handlers::field::ACCESS_TOKEN;
use cogapi_handlers::registry::ENDPOINTS;
use cogapi_handlers::request::{BODY, MAX_BODY};
use cogapi_handlers::schema::{Kind, Member};
use cogapi_handlers::user::PATH_PARAMETER;
use serde_json::{Value, json};

use crate::client::{Api, Request};
use crate::each::each;
use crate::exclusive::TIMED;
use crate::person::Person;
use crate::right::scene;

/// What is neither a name nor anything else that has a form.
const OF_NO_FORM: &str = "\u{7}";

#[test]
fn a_request_with_wrong_fields_is_refused_and_the_right_one_works_afterwards() {
    let api = Api::shared();
    each(ENDPOINTS, |endpoint| {
        let scene = scene(api, endpoint.name);
        for (field, body) in wrong_bodies(endpoint, &scene.request.body) {
            let refused = api.ask_in_words(&scene.request, &body).refused(ErrorCode::InvalidRequest);
            let told: Vec<_> = refused.problems().into_keys().collect();
            assert_eq!(told, [field], "{}: {}", endpoint.name, &body[..body.len().min(200)]);
        }
        if scene.request.user.is_some() {
            for user in ["jane", "%", "jane@", "@", "00000000-0000"] {
                let refused = api.ask(&scene.request.clone().about(user)).refused(ErrorCode::InvalidRequest);
                assert!(refused.problems().contains_key(PATH_PARAMETER.name), "{}: {user}", endpoint.name);
            }
        }
        scene.ask().ok();
    });
}

/// Bodies that are wrong, each in one field.
fn wrong_bodies<'a>(endpoint: &'a Endpoint, right: &Value) -> Vec<(&'a str, String)> {
    let mut bodies = Vec::new();
    if endpoint.request.is_empty() {
        return bodies;
    }
    for member in endpoint.request {
        let mut without = right.clone();
        without.as_object_mut().unwrap().remove(member.name);
        bodies.push((member.name, without.to_string()));
        for value in wrong_values(member) {
            let mut body = right.clone();
            body[member.name] = value;
            bodies.push((member.name, body.to_string()));
        }
    }
    let mut unknown = right.clone();
    unknown["remember_me"] = json!(true);
    bodies.push(("remember_me", unknown.to_string()));
    let too_large = format!("{}{right}", " ".repeat(MAX_BODY));
    let no_objects = ["", "{", "[]", "null", "\"text\"", &too_large];
    bodies.extend(no_objects.map(|text| (BODY, text.to_owned())));
    bodies
}

/// Values that a field refuses, whatever its form.
fn wrong_values(member: &Member) -> Vec<Value> {
    let mut values = vec![json!(null), json!(true), json!(["text"])];
    match member.schema.kind {
        Kind::Text(text) => {
            values.push(json!(""));
            // A password may be of any form; whether it is right, only Cognito knows.
            if text.format != Some("password") {
                values.push(json!(OF_NO_FORM));
            }
            // What does not fit into a body is refused as a whole.
            if text.longest < MAX_BODY / 2 {
                values.push(json!("x".repeat(text.longest + 1)));
            }
        }
        Kind::Constant(_) => values.push(json!("something else")),
        _ => values.push(json!("text")),
    }
    values
}

#[test]
fn a_token_that_is_none_or_of_another_kind_is_refused_and_the_right_one_works_afterwards() {
    let api = Api::shared();
    let (_, tokens) = Person::signed_in(api);
    each(ENDPOINTS, |endpoint| {
        let scene = scene(api, endpoint.name);
        if is_behind_an_authorizer(endpoint) {
            let right = scene.request.token.clone().unwrap();
            let wrong = [
                None,
                Some(String::new()),
                Some("token".to_owned()),
                Some(forged(&right)),
                Some(tokens.access.clone()),
            ];
            for token in wrong {
                api.ask(&Request { token, ..scene.request.clone() }).refused(ErrorCode::InvalidToken);
            }
        }
        if takes(endpoint, ACCESS_TOKEN.member.name) {
            let right = scene.request.body[ACCESS_TOKEN.member.name].as_str().unwrap();
            for token in ["token", "a.b.c", &forged(right), &tokens.id] {
                let request = scene.request.clone().with(ACCESS_TOKEN.member.name, token);
                api.ask(&request).refused(ErrorCode::InvalidToken);
            }
        }
        scene.ask().ok();
    });
}

#[test]
fn a_token_that_has_expired_is_refused_by_every_endpoint_that_takes_one() {
    let api = TIMED.turn();
    let taking: Vec<_> = ENDPOINTS
        .iter()
        .filter(|endpoint| is_behind_an_authorizer(endpoint) || takes(endpoint, ACCESS_TOKEN.member.name))
        .collect();
    let requests = each(&taking, |endpoint| scene(&api, endpoint.name).request);
    // Tokens live for an hour, unless the configuration says otherwise.
    api.goes_on(61 * 60);
    each(&requests, |request| api.ask(request).refused(ErrorCode::InvalidToken));
}

fn is_behind_an_authorizer(endpoint: &Endpoint) -> bool {
    matches!(endpoint.authorization, Authorization::IdToken | Authorization::Admin)
}

fn takes(endpoint: &Endpoint, field: &str) -> bool {
    endpoint.request.iter().any(|member| member.name == field)
}

/// A token with another signature.
fn forged(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{signed}.{other}{}", &signature[1..])
}

#[test]
fn what_the_gateway_does_not_know_never_reaches_a_function() {
    let api = Api::shared();
    each(ENDPOINTS, |endpoint| {
        let path = Request::to(endpoint.name, Value::Null).about("jane@example.com").path();
        for (method, path) in [
            ("PUT", path.clone()),
            ("PATCH", path.clone()),
            (endpoint.method, format!("{path}/more")),
            (endpoint.method, path.replacen("/v1/", "/v2/", 1)),
            (endpoint.method, path.to_uppercase()),
        ] {
            let refused = api.send(method, &path, "{}", None).refused(ErrorCode::Forbidden);
            assert_eq!(refused.text("message"), ErrorCode::Forbidden.message(), "{method} {path}");
            assert!(!refused.text("request_id").is_empty(), "{method} {path}");
        }
    });
}

#[test]
fn a_browser_may_ask_every_endpoint_before_it_calls() {
    let api = Api::shared();
    each(ENDPOINTS, |endpoint| {
        let path = Request::to(endpoint.name, Value::Null).about("jane@example.com").path();
        let preflight = api.send("OPTIONS", &path, "", None);
        assert_eq!((preflight.status, &preflight.body), (204, &json!("")), "{path}");
        assert!(preflight.header("access-control-allow-methods").contains(endpoint.method), "{path}");
    });
}
