use crate::support::*;
use cogapi_handlers::error::ErrorCode;
use serde_json::{Value, json};

const NAME: &str = "verify-auth-challenge-response";
/// Until 2100.
const CODE: &str = "48151623-4102444800";

async fn is_right(request: Value) -> bool {
    let response = react(NAME, challenge_event(&request)).await["response"].take();
    assert_eq!(response.as_object().unwrap().len(), 1);
    response["answerCorrect"].as_bool().unwrap()
}

fn answered(answer: &Value) -> Value {
    json!({"privateChallengeParameters": {"code": CODE}, "challengeAnswer": answer})
}

#[tokio::test]
async fn the_code_is_the_answer_and_nothing_else_is() {
    assert!(is_right(answered(&json!("48151623"))).await);
    for wrong in
        [json!("48151624"), json!("4815162"), json!("481516233"), json!(""), json!(CODE), json!(null)]
    {
        assert!(!is_right(answered(&wrong)).await, "{wrong}");
    }
}

#[tokio::test]
async fn a_code_that_has_expired_is_wrong() {
    let request =
        json!({"privateChallengeParameters": {"code": "48151623-1700000000"}, "challengeAnswer": "48151623"});
    assert!(!is_right(request).await);
}

#[tokio::test]
async fn nobody_unknown_is_ever_right() {
    let mut request = answered(&json!("48151623"));
    request["userNotFound"] = json!(true);
    assert!(!is_right(request).await);
}

#[tokio::test]
async fn without_a_code_no_answer_is_right() {
    for private in [json!({}), json!(null), json!({"code": null}), json!({"code": ""}), json!({"code": "-"})]
    {
        for answer in ["", "48151623", "null"] {
            let request = json!({"privateChallengeParameters": private, "challengeAnswer": answer});
            assert!(!is_right(request).await, "{private}: {answer}");
        }
    }
}

#[tokio::test]
async fn what_is_no_event_ends_in_an_error() {
    for request in
        [json!(null), json!({"challengeAnswer": 48_151_623}), json!({"privateChallengeParameters": CODE})]
    {
        let reaction = react_in(NAME, &[], challenge_event(&request), &[]).await;
        assert_eq!(reaction.result, Err(ErrorCode::Internal));
        assert_eq!(reaction.log["cause"], "not an event of a challenge trigger", "{request}");
    }
}
