//! Whatever is sent, the reply is one of the contract's, and the mail one that Cognito takes.

use crate::{custom_message::is_taken, support::*};
use aws_smithy_http_client::test_util::StaticReplayClient;
use cogapi_handlers::{
    email::{Mail, Message, Values, write},
    registry::ENDPOINTS,
};
use proptest::{collection::vec, option, prelude::*};
use serde_json::{Map, Value, json};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Objects near the right ones: the contract's fields, each absent, right or anything.
fn nearly_right() -> impl Strategy<Value = Value> {
    let field = |name: &'static str, right: &'static str| {
        option::of(prop_oneof![Just(json!(right)), any_json()]).prop_map(move |value| (name, value))
    };
    let fields = (
        field("email", EMAIL),
        field("password", PASSWORD),
        field("full_name", "Jane Doe"),
        field("mobile_phone_number", "+33612345678"),
    );
    fields.prop_map(|(a, b, c, d)| {
        let members = [a, b, c, d].into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(members.collect::<Map<_, _>>())
    })
}

fn any_body() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        any_json().prop_map(|it| it.to_string()),
        nearly_right().prop_map(|it| it.to_string())
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_name_leaves_a_mail_that_cognito_takes_with_its_code_once(name: String, locale in "en|fr") {
        for message in Message::ALL {
            let values = Values { name: &name, code: "{####}", username: "{username}" };
            let Mail { subject, body } = write(*message, Some(&locale), &values);
            assert!(subject.chars().chain(body.chars()).all(is_taken), "{body}");
            assert_eq!(body.matches("{####}").count(), 1, "{body}");
            assert!(body.chars().count() < 20_000);
        }
    }

    #[test]
    fn every_body_gets_one_of_the_contracts_replies(body in any_body(), base64: bool, claims in any_json()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            for endpoint in ENDPOINTS {
                // Any call to Cognito fails, which is 503 at the end.
                let app = app_over(endpoint.name, StaticReplayClient::new(vec![]), &[]);
                let event = json!({
                    "body": body,
                    "isBase64Encoded": base64,
                    "requestContext": {"authorizer": {"claims": if claims.is_object() { claims.clone() } else { json!(null) }}},
                });
                // All that holds for every reply is checked in here.
                let answer = ask(&app, endpoint.name, event).await;
                assert!(answer.status == 503 || (400..=403).contains(&answer.status), "{}", answer.status);
            }
        });
    }
}
