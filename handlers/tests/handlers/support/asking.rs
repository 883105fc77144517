//! Asking an endpoint: what was answered, logged and called. What holds for every reply is checked here, so every test proves it.

use super::{Call, app_over, endpoint, exchange, one_too_many, secrecy::assert_is_no_secret_in};
use aws_smithy_http_client::test_util::StaticReplayClient;
use cogapi_handlers::{
    app::App,
    error::ErrorCode,
    registry,
    runtime::{Invocation, answer},
    schema,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<&'static str, String>,
    pub(crate) body: Value,
    pub(crate) log: Value,
    /// The bodies of the calls, in order.
    pub(crate) sent: Vec<Value>,
    /// The IAM actions of the calls that were signed.
    pub(crate) actions: Vec<String>,
}

impl Answer {
    /// Status and code.
    pub(crate) fn error(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().expect("an error reply has a code"))
    }

    /// The fields that are named, sorted.
    pub(crate) fn fields(&self) -> Vec<(&str, &str)> {
        let mut fields: Vec<_> = self.body["fields"]
            .as_array()
            .expect("a bad request names its fields")
            .iter()
            .map(|it| (it["field"].as_str().unwrap(), it["problem"].as_str().unwrap()))
            .collect();
        fields.sort_unstable();
        fields
    }
}

pub(crate) async fn call(name: &str, event: Value, calls: &[Call]) -> Answer {
    call_in(name, &[], event, calls).await
}

/// Calls the endpoint in an environment with these changes, and checks what holds for every request.
pub(crate) async fn call_in(name: &str, changed: &[(&str, &str)], event: Value, calls: &[Call]) -> Answer {
    let replay = StaticReplayClient::new(calls.iter().map(exchange).chain([one_too_many()]).collect());
    let app = app_over(name, replay.clone(), changed);
    let mut answer = ask(&app, name, event).await;

    let requests: Vec<_> = replay.actual_requests().collect();
    let targets: Vec<_> =
        requests.iter().map(|it| it.headers().get("x-amz-target").unwrap_or_default()).collect();
    let expected: Vec<_> =
        calls.iter().map(|it| format!("AWSCognitoIdentityProviderService.{}", it.operation)).collect();
    assert_eq!(targets, expected, "the calls to Cognito");
    answer.sent = requests
        .iter()
        .map(|it| serde_json::from_slice(it.body().bytes().unwrap_or_default()).unwrap())
        .collect();
    answer.actions = requests
        .iter()
        .zip(calls)
        .filter(|(request, _)| request.headers().contains_key("authorization"))
        .map(|(_, call)| format!("cognito-idp:{}", call.operation))
        .collect();
    for password in answer.sent.iter().filter_map(|it| it["TemporaryPassword"].as_str()) {
        let seen = format!("{} {} {:?}", answer.log, answer.body, answer.headers);
        assert!(!seen.contains(password), "a temporary password got out: {seen}");
    }
    let allowed = endpoint(name).operations;
    assert!(
        answer.actions.iter().all(|it| allowed.contains(&it.as_str())),
        "{:?}: {allowed:?}",
        answer.actions
    );
    answer
}

/// What Lambda says of a call of this function.
pub(crate) fn invocation(name: &str, budget: Duration) -> Invocation {
    Invocation { id: "lambda-invocation-1".to_owned(), budget, function: format!("shop-dev-{name}") }
}

/// Calls the endpoint, and checks what holds for every reply and every log line.
pub(crate) async fn ask(app: &App, name: &str, event: Value) -> Answer {
    let (endpoint, handle) = registry::endpoint(name).unwrap();
    let invocation = invocation(name, Duration::from_millis(9500));
    let sent = event["body"].as_str().and_then(|body| serde_json::from_str(body).ok());
    let event = serde_json::from_value(event).unwrap();
    let (response, line) = answer(app, endpoint, handle, event, &invocation).await;

    let body: Value = serde_json::from_str(&response.body).expect("every reply is JSON");
    let log: Value = serde_json::from_str(&line).expect("every log line is JSON");
    assert!(!line.contains('\n'));
    let told = without_own_words(&log);
    assert_is_no_secret_in(&told, sent.as_ref());
    assert_eq!(response.headers["Cache-Control"], "no-store");
    assert_eq!(response.headers["Content-Type"], "application/json");
    assert_eq!((&log["endpoint"], &log["status"]), (&json!(name), &json!(response.status_code)));
    if response.status_code >= 400 {
        assert_eq!(log["outcome"], body["code"]);
        assert_eq!(log["request_id"], body["request_id"]);
        let code =
            *ErrorCode::ALL.iter().find(|it| it.as_str() == body["code"]).expect("a code of the contract");
        assert_eq!(code.status(), response.status_code);
        assert!(
            endpoint.errors.contains(&code) || ErrorCode::COMMON.contains(&code),
            "{code:?} is not declared"
        );
    } else {
        // A failure that the client is not told of has its cause in the log.
        assert!(log["outcome"] == "ok" || log["cause"].is_string(), "{line}");
        assert_is_no_secret_in(&told, Some(&body));
        assert_eq!(response.status_code, endpoint.reply.status);
        let members = body.as_object().expect("a reply is an object");
        let shapes = endpoint.reply.shapes.iter();
        let problems: Vec<_> = shapes.map(|shape| schema::check(shape, members)).collect();
        assert!(problems.iter().any(Result::is_ok), "{body} is not declared: {problems:?}");
    }
    Answer {
        status: response.status_code,
        headers: response.headers,
        body,
        log,
        sent: vec![],
        actions: vec![],
    }
}

/// A log line without the function's name and the outcome, which a client or a reply may name by chance: `logout`, `internal`.
fn without_own_words(log: &Value) -> String {
    let mut told = log.clone();
    for own in ["endpoint", "outcome"] {
        told[own] = Value::Null;
    }
    told.to_string()
}
