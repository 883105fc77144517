use crate::support::*;
use aws_smithy_http_client::test_util::NeverClient;
use cogapi_handlers::{error::ErrorCode, mfa_reset::Code, registry, runtime, timing::GRID};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

const NAME: &str = "create-auth-challenge";

fn jane() -> Value {
    json!({"session": [], "userAttributes": {"sub": USER_ID, "email": EMAIL, "email_verified": "true"}})
}

fn nobody() -> Value {
    json!({"session": [], "userAttributes": {}, "userNotFound": true})
}

async fn created(request: &Value, ses: &[Mailed]) -> Reaction {
    react_in(NAME, &[], challenge_event(request), ses).await
}

/// The code in a response whose parts agree.
fn code(reaction: &Reaction) -> Code {
    let response = &reaction.result.as_ref().unwrap()["response"];
    let written = response["challengeMetadata"].as_str().unwrap();
    let expected = json!({
        "publicChallengeParameters": {},
        "privateChallengeParameters": {"code": written},
        "challengeMetadata": written,
    });
    assert_eq!(*response, expected);
    Code::read(written).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_code_is_mailed_to_the_user_as_text_and_html() {
    let reaction = created(&jane(), &[MAILED]).await;
    let code = code(&reaction);
    assert!(code.lives(SystemTime::now()));
    let mail = &reaction.mails[0];
    assert_eq!(mail["Destination"], json!({"ToAddresses": [EMAIL]}));
    let content = &mail["Content"]["Simple"];
    assert_eq!(content["Subject"]["Data"], "Your MFA reset");
    assert_eq!(content["Body"]["Text"]["Data"], format!("Your code is {}.", code.digits()));
    let html = content["Body"]["Html"]["Data"].as_str().unwrap();
    assert!(html.contains(&format!("<p>Your code is {}&#46;</p>", code.digits())), "{html}");
}

#[tokio::test(start_paused = true)]
async fn every_session_has_a_code_of_its_own() {
    let (first, second) = (created(&jane(), &[MAILED]).await, created(&jane(), &[MAILED]).await);
    assert_ne!(code(&first).digits(), code(&second).digits());
}

#[tokio::test(start_paused = true)]
async fn a_second_try_is_for_the_same_code_and_brings_no_mail() {
    let first = "48151623-4102444800";
    let round =
        json!({"challengeName": "CUSTOM_CHALLENGE", "challengeResult": false, "challengeMetadata": first});
    for mut request in [jane(), nobody()] {
        for session in [json!([round]), json!([round, round])] {
            request["session"] = session;
            assert_eq!(code(&created(&request, &[]).await).written(), first);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn somebody_unknown_gets_no_mail_and_an_answer_that_looks_the_same_and_takes_as_long() {
    let mut unverified = jane();
    unverified["userAttributes"]["email_verified"] = json!("false");
    let mut hidden = jane();
    hidden["userNotFound"] = json!(true);
    for (request, ses) in
        [(jane(), &[MAILED][..]), (nobody(), &[]), (json!({}), &[]), (unverified, &[]), (hidden, &[])]
    {
        let asked = Instant::now();
        let reaction = created(&request, ses).await;
        assert_eq!(asked.elapsed(), 2 * GRID, "{request}");
        assert_eq!(code(&reaction).written().len(), "48151623-4102444800".len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_can_not_be_sent_is_told_to_the_log_alone() {
    let (error, message) = ("MessageRejected", "Email address is not verified: jane@example.com");
    let asked = Instant::now();
    let reaction = created(&jane(), &[Mailed { status: 400, error, message }]).await;
    assert_eq!(asked.elapsed(), 2 * GRID);
    assert!(code(&reaction).lives(SystemTime::now()));
    assert_eq!(
        (&reaction.log["level"], &reaction.log["outcome"]),
        (&json!("ERROR"), &json!("email_delivery_failed"))
    );
    assert_eq!(reaction.log["cause"], "SendEmail: MessageRejected: Email address is not verified: (address)");
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_takes_too_long_may_still_arrive_so_its_code_is_good() {
    let (trigger, handle) = registry::trigger(NAME).unwrap();
    let app = app_that_mails(trigger.into(), NeverClient::new(), &[]);
    let invocation = invocation(NAME, Duration::from_secs(9)).of_trigger();
    let asked = Instant::now();
    let (result, line) = runtime::react(&app, trigger, handle, challenge_event(&jane()), &invocation).await;
    assert_eq!(asked.elapsed(), 2 * GRID);
    let written = result.unwrap()["response"]["challengeMetadata"].as_str().unwrap().to_owned();
    assert!(Code::read(&written).is_some_and(|code| code.lives(SystemTime::now())));
    assert!(line.contains(r#""outcome":"upstream_unavailable""#), "{line}");
}

#[tokio::test]
async fn what_is_no_event_ends_in_an_error_without_a_mail() {
    for request in [json!(null), json!({"session": {}}), json!({"userAttributes": {"email": 1}})] {
        let reaction = created(&request, &[]).await;
        assert_eq!(reaction.result, Err(ErrorCode::Internal), "{request}");
        assert_eq!(reaction.log["cause"], "not an event of a challenge trigger");
    }
}
