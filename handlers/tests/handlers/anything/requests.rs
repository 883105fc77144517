//! One target an endpoint: requests like the one that its declaration shows.

use super::{
    assert_is_harmless,
    claims::claims_like,
    hold,
    values::{any_text, near_members, near_text},
};
use crate::{healthy, support::*};
use aws_smithy_http_client::test_util::StaticReplayClient;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use cogapi_handlers::{endpoint::Endpoint, registry::ENDPOINTS};
use proptest::{option, prelude::*, sample::Index};
use serde_json::{Value, json};

/// The text of an object, with each member as often as it is named.
fn object(members: &[(String, Value)]) -> String {
    let members: Vec<_> = members.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    format!("{{{}}}", members.join(","))
}

/// Bodies like this one.
fn bodies(right: &Value) -> impl Strategy<Value = String> + use<> {
    let members = right.as_object().expect("bodies are objects");
    let whole = near_members(members).prop_map(|members| object(&members)).boxed();
    prop_oneof![
        8 => whole.clone(),
        1 => (whole.clone(), any::<Index>()).prop_map(|(body, end)| {
            let ends: Vec<usize> = body.char_indices().map(|(place, _)| place).collect();
            body[..*end.get(&ends)].to_owned()
        }),
        1 => whole.prop_flat_map(|body| near_text(&body)),
        1 => any_text(),
    ]
}

/// Whether a body is in base64, and whether it is said to be.
fn encodings() -> impl Strategy<Value = (bool, bool)> {
    prop_oneof![
        8 => Just((false, false)),
        2 => Just((true, true)),
        1 => any::<(bool, bool)>(),
    ]
}

/// Whom a path may name.
fn users() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => Just(USER_ID.to_owned()),
        2 => Just(EMAIL.to_owned()),
        2 => Just(EMAIL.replace('@', "%40")),
        1 => near_text(USER_ID),
        1 => near_text(&EMAIL.replace('@', "%40")),
        1 => any_text(),
    ]
}

/// Requests like the one that is right.
fn requests(endpoint: &Endpoint) -> impl Strategy<Value = Value> + use<> {
    let right = right(endpoint);
    let claims = &right["requestContext"]["authorizer"]["claims"];
    let headers = prop::collection::hash_map(any_text(), any_text(), 0..3);
    let parts = (
        option::weighted(0.95, bodies(&right_body(endpoint))),
        encodings(),
        option::weighted(0.95, users()),
        option::weighted(0.95, prop_oneof![2 => Just(claims.clone()), 1 => claims_like(claims)]),
        option::of(headers),
        option::of(any_text()),
    );
    parts.prop_map(move |(body, (encoded, said), user, claims, headers, signer)| {
        let mut event = right.clone();
        event["isBase64Encoded"] = json!(said);
        event["body"] = json!(body.map(|body| if encoded { STANDARD.encode(body) } else { body }));
        event["pathParameters"] = json!(user.map(|user| json!({"user_id": user})));
        event["requestContext"]["authorizer"] = json!({"claims": claims});
        event["requestContext"]["identity"] = json!({"userArn": signer});
        event["headers"] = json!(headers);
        event
    })
}

#[test]
fn every_request_gets_one_of_the_contracts_replies() {
    for endpoint in ENDPOINTS {
        hold(endpoint.name, (requests(endpoint), any::<bool>()), async |(event, well)| {
            let app = if well {
                app_over(endpoint.name, healthy::cognito(), &[])
            } else {
                // None that could be reached.
                app_over(endpoint.name, StaticReplayClient::new(vec![]), &[])
            };
            // All that holds for every reply is checked in here.
            let answer = ask(&app, endpoint.name, event).await;
            assert_ne!(answer.status, 500, "{}", answer.log);
            assert_is_harmless(&answer.log);
        });
    }
}
