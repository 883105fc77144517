//! The caller as the authorizer tells it: the groups in all their forms, and tokens that are not for this API.

use super::{
    assert_is_harmless, hold,
    values::{near, near_text},
};
use crate::{healthy, support::*};
use cogapi_handlers::{
    config::ADMIN_GROUP,
    endpoint::{Authorization, Endpoint},
    registry::ENDPOINTS,
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

/// The endpoints that ask who is calling.
fn asking() -> impl Iterator<Item = &'static Endpoint> {
    ENDPOINTS.iter().copied().filter(|it| it.authorization != Authorization::Open)
}

/// How one answers a request that is right but for these claims, where registration is for administrators, too.
async fn answer_to(endpoint: &Endpoint, claims: &Value) -> Answer {
    let app = app_over(endpoint.name, healthy::cognito(), &[("REGISTRATION", "admin")]);
    let answer = ask(&app, endpoint.name, with_claims(right(endpoint), claims)).await;
    assert_is_harmless(&answer.log);
    answer
}

/// A list of groups as it may arrive: as a list, or as a text with or without brackets.
fn written(groups: &[String], (list, brackets, separator): (bool, bool, &str)) -> Value {
    let joined = groups.join(separator);
    if list { json!(groups) } else { json!(if brackets { format!("[{joined}]") } else { joined }) }
}

fn forms() -> impl Strategy<Value = (bool, bool, &'static str)> {
    (prop::bool::weighted(0.2), any::<bool>(), select(&[",", ", ", " ", ",  ", "\n"][..]))
}

/// Names that Cognito takes for groups, many of them nearly the administrators'.
fn groups() -> impl Strategy<Value = Vec<String>> {
    let printed = |it: &char| !it.is_whitespace() && !it.is_control() && !",[]".contains(*it);
    let named = move |name: String| name.chars().filter(printed).take(128).collect::<String>();
    let name = prop_oneof![
        2 => Just(ADMIN_GROUP.to_owned()),
        2 => near_text(ADMIN_GROUP).prop_map(named).prop_filter("a name", |name| !name.is_empty()),
        1 => "[A-Za-z0-9._+=@-]{1,12}",
    ];
    vec(name, 0..5)
}

/// The most characters of an attribute.
const LONGEST: usize = 2048;

/// Claims like these. What Cognito does not take as an id, an address, a group's name or an attribute is in no token that it signed.
pub(super) fn claims_like(right: &Value) -> impl Strategy<Value = Value> + use<> {
    let right = right.clone();
    let near = near(&right).prop_filter("claims are an object", Value::is_object);
    (near, groups(), forms()).prop_map(move |(mut claims, groups, form)| {
        claims["email"] = right["email"].clone();
        if claims["sub"].as_str().is_some_and(|sub| !sub.is_empty()) {
            claims["sub"] = right["sub"].clone();
        }
        if claims["cognito:groups"].is_string() || claims["cognito:groups"].is_array() {
            claims["cognito:groups"] = written(&groups, form);
        }
        for claim in claims.as_object_mut().into_iter().flat_map(Map::values_mut) {
            if let Value::String(text) = claim {
                *text = text.chars().take(LONGEST).collect();
            }
        }
        claims
    })
}

#[test]
fn an_administrator_is_who_is_in_the_group_however_groups_are_written() {
    let by_group = |it: &&Endpoint| it.authorization != Authorization::IdToken;
    for endpoint in asking().filter(by_group) {
        hold(endpoint.name, (groups(), forms()), async |(groups, form)| {
            let mut claims = id_token_claims();
            claims["cognito:groups"] = written(&groups, form);
            let answer = answer_to(endpoint, &claims).await;
            let expected =
                if groups.iter().any(|it| it == ADMIN_GROUP) { endpoint.reply.status } else { 403 };
            assert_eq!(answer.status, expected, "{claims}");
        });
    }
}

#[test]
fn nobody_gets_through_with_a_token_that_is_not_for_this_api() {
    for endpoint in asking() {
        let claims = &right(endpoint)["requestContext"]["authorizer"]["claims"];
        hold(endpoint.name, claims_like(claims), async |claims| {
            let answer = answer_to(endpoint, &claims).await;
            let text = |name: &str| claims[name].as_str().unwrap_or_default();
            let ours = text("token_use") == "id"
                && text("aud") == "client1"
                && text("iss").ends_with("/eu-west-1_pool")
                && !text("sub").is_empty();
            assert!(ours || answer.error() == (401, "invalid_token"), "{claims}");
        });
    }
}
