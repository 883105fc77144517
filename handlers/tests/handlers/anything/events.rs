//! One target a trigger: events like the ones that Cognito sends.

use super::{assert_is_harmless, hold, values::near};
use crate::support::*;
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_types::body::SdkBody;
use cogapi_handlers::{app::Needs, endpoint::Trigger, registry, registry::TRIGGERS, runtime};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

/// Events like the first one of a session, or like one that comes after an answer.
fn events(trigger: &Trigger) -> impl Strategy<Value = Value> + use<> {
    let first = right_event(trigger);
    let mut later = first.clone();
    later["request"]["session"] = json!([{
        "challengeName": "CUSTOM_CHALLENGE",
        "challengeResult": true,
        "challengeMetadata": MAILED_CODE,
    }]);
    prop_oneof![near(&first), near(&later)]
}

async fn reaction_to(trigger: &Trigger, event: &Value) -> Option<Value> {
    let mails = infallible_client_fn(|_| http::Response::new(SdkBody::from("{}")));
    let app = app_that_mails(Needs::from(trigger), mails, &[]);
    let (_, handle) = registry::trigger(trigger.name).unwrap();
    let invocation = invocation(trigger.name, Duration::from_millis(9500)).of_trigger();
    let (result, line) = runtime::react(&app, trigger, handle, event.clone(), &invocation).await;
    assert_is_harmless(&serde_json::from_str(&line).expect("every log line is JSON"));
    result.ok()
}

#[test]
fn every_event_of_cognito_goes_back_or_is_refused() {
    for trigger in TRIGGERS {
        hold(trigger.name, events(trigger), async |event| {
            let Some(reacted) = reaction_to(trigger, &event).await else { return };
            assert_eq!(unanswered(&reacted), unanswered(&event));
        });
    }
}

#[test]
fn nobody_is_let_in_without_a_code_that_was_right() {
    for trigger in TRIGGERS {
        hold(trigger.name, events(trigger), async |event| {
            let Some(reacted) = reaction_to(trigger, &event).await else { return };
            let (request, response) = (&event["request"], &reacted["response"]);
            let is_ours = |round: &Value| round["challengeName"] == "CUSTOM_CHALLENGE";
            let rounds = request["session"].as_array();
            let won = rounds.is_some_and(|rounds| {
                rounds.iter().all(is_ours) && rounds.last().is_some_and(|it| it["challengeResult"] == true)
            });
            let known = request["userNotFound"] != true && event["callerContext"]["clientId"] == "client1";
            assert!(response["issueTokens"] != true || (won && known));
            let code = request["privateChallengeParameters"]["code"].as_str().unwrap_or_default();
            let answered =
                request["challengeAnswer"].as_str().is_some_and(|it| code.split('-').next() == Some(it));
            assert!(response["answerCorrect"] != true || (answered && request["userNotFound"] != true));
        });
    }
}
