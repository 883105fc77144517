use crate::support::*;
use aws_sdk_cognitoidentityprovider::config::HttpClient;
use aws_smithy_http_client::test_util::{NeverClient, StaticReplayClient};
use cogapi_handlers::{
    app::{App, Needs},
    mfa_reset::Code,
    registry,
    timing::GRID,
};
use serde_json::{Value, json};
use std::time::SystemTime;
use tokio::time::Instant;

const NAME: &str = "create-auth-challenge";

fn app(http_client: impl HttpClient + 'static) -> App {
    app_that_mails(Needs::from(registry::trigger(NAME).unwrap().0), http_client, &[])
}

/// An SES that takes one mail, or none.
fn ses(status: Option<u16>, body: &Value) -> StaticReplayClient {
    let replies = status
        .into_iter()
        .map(|status| exchange(&Call { operation: "SendEmail", status, reply: body.clone() }));
    StaticReplayClient::new(replies.collect())
}

fn takes_one() -> StaticReplayClient {
    ses(Some(200), &json!({"MessageId": "m-1"}))
}

fn takes_none() -> StaticReplayClient {
    ses(None, &json!(null))
}

fn sent(ses: &StaticReplayClient) -> Vec<Value> {
    ses.actual_requests().map(|it| serde_json::from_slice(it.body().bytes().unwrap()).unwrap()).collect()
}

fn jane() -> Value {
    json!({"challengeName": "CUSTOM_CHALLENGE", "session": [], "userAttributes": {"sub": USER_ID, "email": EMAIL, "email_verified": "true"}})
}

fn nobody() -> Value {
    json!({"challengeName": "CUSTOM_CHALLENGE", "session": [], "userAttributes": {}, "userNotFound": true})
}

async fn created(ses: &StaticReplayClient, request: &Value) -> Value {
    reaction(&app(ses.clone()), NAME, challenge_event(request)).await.unwrap()
}

/// The code in a response, where its parts agree.
fn code(response: &Value) -> Code {
    let written = response["challengeMetadata"].as_str().unwrap();
    assert_eq!(
        response,
        &json!({"publicChallengeParameters": {}, "privateChallengeParameters": {"code": written}, "challengeMetadata": written})
    );
    Code::read(written).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_code_is_mailed_to_the_user_as_text_and_html() {
    let ses = takes_one();
    let code = code(&created(&ses, &jane()).await);
    assert!(code.lives(SystemTime::now()));
    let [mail] = &sent(&ses)[..] else { panic!("one mail") };
    assert_eq!(mail["Destination"], json!({"ToAddresses": [EMAIL]}));
    let content = &mail["Content"]["Simple"];
    assert_eq!(content["Subject"]["Data"], "Your MFA reset");
    assert_eq!(content["Body"]["Text"]["Data"], format!("Your code is {}.", code.digits()));
    let html = content["Body"]["Html"]["Data"].as_str().unwrap();
    assert!(html.contains(&format!("<p>Your code is {}&#46;</p>", code.digits())), "{html}");
}

#[tokio::test(start_paused = true)]
async fn every_session_has_a_code_of_its_own() {
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(code(&created(&takes_one(), &jane()).await).digits().to_owned());
    }
    codes.dedup();
    assert_eq!(codes.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_second_try_is_for_the_same_code_and_brings_no_mail() {
    for mut request in [jane(), nobody()] {
        let first = "48151623-4102444800";
        let round = json!({"challengeName": "CUSTOM_CHALLENGE", "challengeResult": false, "challengeMetadata": first});
        for session in [json!([round]), json!([round, round])] {
            request["session"] = session;
            let response = created(&takes_none(), &request).await;
            assert_eq!(code(&response).written(), first);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn somebody_unknown_gets_no_mail_and_an_answer_that_looks_the_same_and_takes_as_long() {
    let mut seen = Vec::new();
    let mut unverified = jane();
    unverified["userAttributes"]["email_verified"] = json!("false");
    for (request, ses) in [(jane(), takes_one()), (nobody(), takes_none()), (unverified, takes_none())] {
        let asked = Instant::now();
        let response = created(&ses, &request).await;
        seen.push((asked.elapsed(), response.to_string().len()));
        assert_eq!(code(&response).digits().len(), 8);
    }
    assert!(seen.iter().all(|it| it.0 == GRID && *it == seen[0]), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_can_not_be_sent_fails_and_tells_no_code() {
    let rejected = json!({"__type": "MessageRejected", "message": "Email address is not verified."});
    let log = reaction(&app(ses(Some(400), &rejected)), NAME, challenge_event(&jane())).await.unwrap_err();
    assert_eq!(log["outcome"], "email_delivery_failed");
    assert_eq!(
        log["cause"],
        "SendEmail: MessageRejected: Email address is not verified. (aws request aws-request-1)"
    );
}

#[tokio::test(start_paused = true)]
async fn an_ses_that_never_answers_is_given_up_before_cognito_gives_up() {
    let log = reaction(&app(NeverClient::new()), NAME, challenge_event(&jane())).await.unwrap_err();
    assert_eq!(log["outcome"], "upstream_unavailable");
}

#[tokio::test]
async fn what_is_no_event_ends_in_an_error_without_a_mail() {
    for request in [json!(null), json!({"session": {}}), json!({"userAttributes": {"email": 1}})] {
        let log = reaction(&app(takes_none()), NAME, challenge_event(&request)).await.unwrap_err();
        assert_eq!(log["cause"], "not an event of a challenge trigger", "{request}");
    }
}
