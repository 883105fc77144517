use crate::support::*;
use cogapi_handlers::error::ErrorCode;
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};

const NAME: &str = "define-auth-challenge";
/// Until 2100.
const CODE: &str = "48151623-4102444800";
const EXPIRED: &str = "48151623-1700000000";

async fn next(request: Value) -> Value {
    react(NAME, challenge_event(&request)).await["response"].take()
}

fn round(result: bool) -> Value {
    json!({"challengeName": "CUSTOM_CHALLENGE", "challengeResult": result, "challengeMetadata": CODE})
}

fn asked() -> Value {
    json!({"challengeName": "CUSTOM_CHALLENGE", "issueTokens": false, "failAuthentication": false})
}

fn admitted() -> Value {
    json!({"challengeName": null, "issueTokens": true, "failAuthentication": false})
}

fn refused() -> Value {
    json!({"challengeName": null, "issueTokens": false, "failAuthentication": true})
}

#[tokio::test]
async fn a_reset_begins_with_the_code() {
    for request in [json!({"session": []}), json!({"session": null}), json!({})] {
        assert_eq!(next(request.clone()).await, asked(), "{request}");
    }
}

#[tokio::test]
async fn the_code_may_be_tried_three_times() {
    for (results, expected) in [
        (vec![true], admitted()),
        (vec![false], asked()),
        (vec![false, true], admitted()),
        (vec![false, false], asked()),
        (vec![false, false, true], admitted()),
        (vec![false, false, false], refused()),
        (vec![false, false, false, false], refused()),
    ] {
        let session: Vec<Value> = results.iter().map(|result| round(*result)).collect();
        assert_eq!(next(json!({"session": session})).await, expected, "{results:?}");
    }
}

#[tokio::test]
async fn somebody_unknown_is_asked_just_as_often_and_never_admitted() {
    for (results, expected) in [
        (vec![], asked()),
        (vec![false], asked()),
        (vec![false, false], asked()),
        (vec![false, false, false], refused()),
        (vec![true], refused()),
        (vec![false, true], refused()),
    ] {
        let session: Vec<Value> = results.iter().map(|result| round(*result)).collect();
        let request = json!({"session": session, "userNotFound": true});
        assert_eq!(next(request).await, expected, "{results:?}");
    }
}

#[tokio::test]
async fn another_app_client_gets_nothing() {
    for session in [json!([]), json!([round(true)]), json!([round(false)])] {
        let mut event = challenge_event(&json!({"session": session}));
        event["callerContext"]["clientId"] = json!("another");
        assert_eq!(react(NAME, event).await["response"], refused(), "{session}");
    }
}

#[tokio::test]
async fn a_flow_that_began_otherwise_is_refused() {
    for name in [json!("SRP_A"), json!("PASSWORD_VERIFIER"), json!("SOFTWARE_TOKEN_MFA"), json!(null)] {
        let mut other = round(true);
        other["challengeName"] = name.clone();
        assert_eq!(next(json!({"session": [other]})).await, refused(), "{name}");
        assert_eq!(next(json!({"session": [other, round(true)]})).await, refused(), "{name}");
    }
}

#[tokio::test]
async fn a_code_that_has_expired_is_not_asked_for_again() {
    for metadata in [json!(EXPIRED), json!("no code"), json!(null)] {
        let mut first = round(false);
        first["challengeMetadata"] = metadata.clone();
        assert_eq!(next(json!({"session": [first]})).await, refused(), "{metadata}");
    }
}

#[tokio::test]
async fn what_is_no_event_ends_in_an_error_and_admits_nobody() {
    for request in
        [json!(null), json!([]), json!({"session": "all"}), json!({"session": [{"challengeResult": "true"}]})]
    {
        let reaction = react_in(NAME, &[], challenge_event(&request), &[]).await;
        assert_eq!(reaction.result, Err(ErrorCode::Internal));
        assert_eq!(reaction.log["cause"], "not an event of a challenge trigger", "{request}");
    }
}

fn any_round() -> impl Strategy<Value = Value> {
    let name =
        select(vec![json!("CUSTOM_CHALLENGE"), json!("SRP_A"), json!("PASSWORD_VERIFIER"), json!(null)]);
    let result = option::of(any::<bool>());
    let metadata = select(vec![json!(CODE), json!(EXPIRED), json!(null)]);
    (name, result, metadata).prop_map(|(name, result, metadata)| {
        json!({"challengeName": name, "challengeResult": result, "challengeMetadata": metadata})
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nobody_is_admitted_without_a_right_answer_to_our_own_challenge(
        session in vec(any_round(), 0..5), not_found: Option<bool>, client in select(vec!["client1", "another"])
    ) {
        let mut event = challenge_event(&json!({"session": session, "userNotFound": not_found}));
        event["callerContext"]["clientId"] = json!(client);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let next = runtime.block_on(react(NAME, event))["response"].take();
        let said = ["challengeName", "issueTokens", "failAuthentication"].map(|it| next[it].as_bool().unwrap_or(!next[it].is_null()));
        prop_assert_eq!(said.iter().filter(|it| **it).count(), 1, "{}", next);
        if next["issueTokens"] == true {
            let ours = session.iter().all(|it| it["challengeName"] == "CUSTOM_CHALLENGE");
            let won = session.last().is_some_and(|it| it["challengeResult"] == true);
            prop_assert!(ours && won && client == "client1" && not_found != Some(true), "{:?}", session);
        }
    }
}
