//! What holds whatever the endpoint.

use crate::support::*;
use aws_smithy_http_client::test_util::NeverClient;
use cogapi_handlers::{
    app::App,
    error::ErrorCode,
    registry::{ENDPOINTS, Handle, React, trigger},
    runtime::{Invocation, answer, react},
};
use lambda_runtime::Context;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

fn login() -> Value {
    post(&json!({"email": EMAIL, "password": PASSWORD}))
}

fn repeated(call: impl Fn() -> Call) -> Vec<Call> {
    std::iter::repeat_with(call).take(3).collect()
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_aws_is_upstream_unavailable() {
    for status in [500, 502, 503, 504] {
        let answer = call("login", login(), &repeated(|| breaks("AdminInitiateAuth", status))).await;
        assert_eq!(answer.error(), (503, "upstream_unavailable"), "{status}");
    }
    let failed = fails("AdminInitiateAuth", "InternalErrorException", "Something went wrong");
    assert_eq!(call("login", login(), &[failed]).await.error(), (503, "upstream_unavailable"));
}

#[tokio::test(start_paused = true)]
async fn one_bad_moment_of_aws_is_not_noticed() {
    let parameters = json!({"USER_ID_FOR_SRP": USER_ID});
    let session =
        json!({"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": SESSION, "ChallengeParameters": parameters});
    let calls = [breaks("AdminInitiateAuth", 500), succeeds("AdminInitiateAuth", session)];
    assert_eq!(call("login", login(), &calls).await.status, 200);
}

#[tokio::test]
async fn an_endpoint_that_does_not_declare_it_has_no_client() {
    let get = |app: App| app.cognito().map(|_| ()).map_err(|failure| failure.code());
    for &it in ENDPOINTS {
        let expected = if it.calls_cognito { Ok(()) } else { Err(ErrorCode::Internal) };
        assert_eq!(get(App::load(it, variable).unwrap()), expected, "{}", it.name);
    }
}

#[tokio::test]
async fn a_refusal_by_iam_is_our_defect_and_its_cause_is_only_logged() {
    let message = "User: arn:aws:sts::123456789012:assumed-role/login is not authorized to perform: cognito-idp:AdminInitiateAuth";
    let answer =
        call("login", login(), &[fails("AdminInitiateAuth", "AccessDeniedException", message)]).await;
    assert_eq!(answer.error(), (500, "internal"));
    assert!(answer.log["cause"].as_str().unwrap().contains(message));
    assert!(!answer.body.to_string().contains("arn:aws"));
}

#[tokio::test]
async fn a_message_that_may_quote_the_request_is_not_logged() {
    let message = format!("Value '{PASSWORD}' at 'password' failed to satisfy constraint");
    let answer =
        call("login", login(), &[fails("AdminInitiateAuth", "InvalidParameterException", &message)]).await;
    assert_eq!(answer.error(), (500, "internal"));
    assert_eq!(
        answer.log["cause"],
        "AdminInitiateAuth: InvalidParameterException (aws request aws-request-1)"
    );
}

#[tokio::test]
async fn the_log_says_which_request_did_what_how_long() {
    let answer = call("login", post(&json!({})), &[]).await;
    let log = &answer.log;
    assert_eq!(log["request_id"], REQUEST_ID);
    assert_eq!(log["invocation_id"], "lambda-invocation-1");
    assert_eq!(log["level"], "WARN");
    assert!(log["duration_ms"].is_u64());
    assert!(log["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn the_log_is_read_as_metrics_by_endpoint_and_outcome() {
    let answer = call("login", post(&json!({})), &[]).await;
    let log = &answer.log;
    let metrics = &log["_aws"]["CloudWatchMetrics"];
    assert_eq!(
        *metrics,
        json!([{
            "Namespace": "cogapi/shop-dev",
            "Dimensions": [["endpoint", "outcome"]],
            "Metrics": [
                {"Name": "count", "Unit": "Count"},
                {"Name": "duration_ms", "Unit": "Milliseconds"},
            ],
        }])
    );
    assert!(log["_aws"]["Timestamp"].as_u64().is_some_and(|it| it > 1_700_000_000_000), "{log}");
    assert_eq!((&log["endpoint"], &log["outcome"]), (&json!("login"), &json!("invalid_request")));
    // What is named must be there, or CloudWatch drops the line.
    assert!(log["count"] == 1 && log["duration_ms"].is_u64());
}

#[tokio::test]
async fn what_a_client_sends_is_not_logged_even_as_a_fields_name() {
    let answer = call("login", post(&json!({PASSWORD: 1})), &[]).await;
    assert_eq!(answer.error(), (400, "invalid_request"));
}

#[tokio::test]
async fn the_error_says_the_request_id_that_the_gateway_gave() {
    assert_eq!(call("login", post(&json!({})), &[]).await.body["request_id"], REQUEST_ID);
    assert_eq!(call("login", json!({}), &[]).await.body["request_id"], "lambda-invocation-1");
}

#[tokio::test]
async fn every_reply_carries_the_origin_that_may_read_it() {
    let error = call("login", post(&json!({})), &[]).await;
    assert_eq!(error.headers["Access-Control-Allow-Origin"], "https://app.example");
    assert_eq!(error.headers["Vary"], "Origin");
    let event = with_claims(post(&json!({})), &id_token_claims());
    let good = call("userinfo", event.clone(), &[]).await;
    assert_eq!(
        (good.status, good.headers["Access-Control-Allow-Origin"].as_str()),
        (200, "https://app.example")
    );
    assert_eq!(good.headers["Access-Control-Allow-Methods"], "GET,OPTIONS");
    let any = call_in("userinfo", &[("CORS_ORIGINS", "*")], event, &[]).await;
    assert_eq!(any.headers["Access-Control-Allow-Origin"], "*");
}

async fn answered_by(handle: Handle, budget: Duration) -> (u16, Value, String) {
    let app = app_over("login", NeverClient::new(), &[]);
    let invocation = invocation("login", budget);
    let event = serde_json::from_value(login()).unwrap();
    let (response, line) = answer(&app, endpoint("login"), handle, event, &invocation).await;
    (response.status_code, serde_json::from_str(&response.body).unwrap(), line)
}

#[tokio::test]
async fn a_panic_is_answered_in_the_contracts_shape_and_the_next_request_works() {
    let panicking: Handle = |_, _| Box::pin(async { panic!("with {PASSWORD}") });
    let (status, body, line) = answered_by(panicking, Duration::from_secs(9)).await;
    assert_eq!((status, &body["code"], &body["request_id"]), (500, &json!("internal"), &json!(REQUEST_ID)));
    assert!(!line.contains(PASSWORD) && !body.to_string().contains(PASSWORD));
    // So the metrics count it as such.
    assert!(line.contains(r#""outcome":"internal""#) && line.contains(r#""_aws":"#), "{line}");
    assert_eq!(call("login", post(&json!({})), &[]).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_request_is_answered_before_lambda_would_cut_it_off() {
    let endless: Handle = |_, _| Box::pin(std::future::pending());
    let (status, body, _) = answered_by(endless, Duration::from_secs(2)).await;
    assert_eq!((status, &body["code"]), (503, &json!("upstream_unavailable")));
}

#[test]
fn the_time_that_is_left_leaves_room_for_the_reply() {
    let left = |until: SystemTime| {
        let since = until.duration_since(UNIX_EPOCH).unwrap();
        let mut context = Context::default();
        context.deadline = u64::try_from(since.as_millis()).unwrap();
        Invocation::from(&context).budget
    };
    let (hour, room) = (Duration::from_hours(1), Duration::from_millis(500));
    let budget = left(SystemTime::now() + hour);
    assert!(budget + room <= hour && budget > hour / 2, "{budget:?}");
    assert_eq!(left(SystemTime::now()), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_trigger_gives_up_before_cognito_does() {
    let endless: React = |_, _| Box::pin(std::future::pending());
    let (trigger, _) = trigger("custom-message").unwrap();
    let app = App::load(trigger, variable).unwrap();
    for seconds in [10, 29] {
        let invocation = invocation(trigger.name, Duration::from_secs(seconds)).of_trigger();
        let asked = Instant::now();
        let (result, line) = react(&app, trigger, endless, json!({}), &invocation).await;
        assert!(line.contains("cogapi/shop-dev\""), "{line}");
        assert!(result.is_err() && asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    }
    let little = invocation(trigger.name, Duration::from_secs(1)).of_trigger();
    assert_eq!(little.budget, Duration::from_secs(1));
}
