//! Whatever is sent, the reply is one of the contract's, and the mail one that Cognito takes.

use crate::{custom_message::is_taken, support::*};
use aws_smithy_http_client::test_util::StaticReplayClient;
use cogapi_handlers::{
    email::{Mail, Message, Values, write},
    endpoint::Endpoint,
    registry::{ENDPOINTS, TRIGGERS},
};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

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

/// A body that nobody declared, or one near the right one: each declared field absent, right or anything.
#[derive(Debug, Clone)]
enum Body {
    Any(String),
    Near(Vec<Field>),
}

#[derive(Debug, Clone)]
enum Field {
    Absent,
    Right,
    Anything(Value),
}

impl Body {
    fn of(&self, endpoint: &Endpoint) -> String {
        match self {
            Self::Any(text) => text.clone(),
            Self::Near(changes) => {
                let Value::Object(mut body) = right_body(endpoint) else { unreachable!("an object") };
                for (member, change) in endpoint.request.iter().zip(changes) {
                    match change {
                        Field::Absent => body.remove(member.name),
                        Field::Right => None,
                        Field::Anything(value) => body.insert(member.name.to_owned(), value.clone()),
                    };
                }
                Value::Object(body).to_string()
            }
        }
    }
}

fn any_field() -> impl Strategy<Value = Field> {
    prop_oneof![Just(Field::Absent), Just(Field::Right), any_json().prop_map(Field::Anything)]
}

fn any_body() -> impl Strategy<Value = Body> {
    prop_oneof![
        any::<String>().prop_map(Body::Any),
        any_json().prop_map(|it| Body::Any(it.to_string())),
        vec(any_field(), 8).prop_map(Body::Near),
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
    fn every_event_is_answered_or_refused_and_admits_nobody(event in any_json(), request in any_json()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        for trigger in TRIGGERS {
            for event in [event.clone(), challenge_event(&request)] {
                let reaction = runtime.block_on(react_in(trigger.name, &[], event, &[]));
                assert_ne!(reaction.log["cause"], "panicked", "{}", trigger.name);
                let response = reaction.result.map(|event| event["response"].clone()).unwrap_or_default();
                assert!(response["issueTokens"] != true && response["answerCorrect"] != true, "{response}");
            }
        }
    }

    #[test]
    fn every_request_gets_one_of_the_contracts_replies(
        body in any_body(), user in prop_oneof![any::<String>(), Just(USER_ID.to_owned())],
        base64: bool, claims in any_json()
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            for endpoint in ENDPOINTS {
                // Any call to Cognito fails, which is 503 at the end.
                let app = app_over(endpoint.name, StaticReplayClient::new(vec![]), &[]);
                let event = json!({
                    "body": body.of(endpoint),
                    "pathParameters": {"user_id": user},
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
