//! The two binaries, run as Lambda runs them, against a runtime API on this machine.

use crate::lambda::{self, Function};
use cogapi_handlers::registry::{self, ENDPOINTS, TRIGGERS as TRIGGERS_LISTED};
use serde_json::{Value, json};
use std::process::{Command, Output};

const API: &str = env!("CARGO_BIN_EXE_api");
const TRIGGERS: &str = env!("CARGO_BIN_EXE_triggers");

fn command(binary: &str, handler: &str) -> Command {
    let endpoint = registry::endpoint(handler).map(|(endpoint, _)| endpoint.environment);
    lambda::command(binary, handler, endpoint.unwrap_or_default())
}

/// What the function answers to the events, one by one, and what it logs.
fn invoke(binary: &str, handler: &str, events: &[Value]) -> (Vec<Value>, Vec<Value>) {
    let mut function = Function::start(command(binary, handler));
    let replies = events.iter().map(|event| function.invoke(event).result.unwrap()).collect();
    (replies, function.stop())
}

fn fails_to_start(mut command: Command) -> Value {
    let Output { status, stdout, .. } = command.output().unwrap();
    assert_eq!(status.code(), Some(1));
    serde_json::from_slice(&stdout).expect("one JSON line")
}

#[test]
fn the_handler_variable_chooses_the_endpoint() {
    let claims = crate::support::id_token_claims();
    let event = json!({"requestContext": {"requestId": "r-1", "authorizer": {"claims": claims}}});
    let (replies, logs) = invoke(API, "userinfo", &[event, json!({})]);
    assert_eq!((&replies[0]["statusCode"], &replies[1]["statusCode"]), (&json!(200), &json!(401)));
    assert_eq!(logs.iter().map(|it| &it["outcome"]).collect::<Vec<_>>(), ["ok", "invalid_token"]);
}

#[test]
fn the_handler_variable_chooses_the_trigger() {
    let event = json!({
        "triggerSource": "CustomMessage_ForgotPassword",
        "request": {"userAttributes": {"name": "Jane"}, "codeParameter": "{####}"},
        "response": {},
    });
    let (replies, logs) = invoke(TRIGGERS, "custom-message", &[event]);
    assert_eq!(replies[0]["response"]["emailSubject"], "Reset your password");
    assert_eq!((&logs[0]["endpoint"], &logs[0]["outcome"]), (&json!("custom-message"), &json!("ok")));
}

#[test]
fn an_unknown_function_says_which_there_are() {
    let endpoints = ENDPOINTS.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
    let triggers = TRIGGERS_LISTED.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
    for (binary, known) in [(API, endpoints), (TRIGGERS, triggers)] {
        let log = fails_to_start(command(binary, "nonsense"));
        let message = log["message"].as_str().unwrap();
        assert!(message.contains("\"nonsense\"") && message.contains(&known), "{message}");
    }
}

#[test]
fn a_function_without_its_environment_names_all_that_is_missing() {
    let mut command = command(API, "login");
    for missing in ["USER_POOL_ID", "CLIENT_SECRET", "MFA_ISSUER", "AWS_REGION"] {
        command.env_remove(missing);
    }
    let log = fails_to_start(command);
    assert_eq!(log["level"], "ERROR");
    assert_eq!(
        log["message"],
        "environment variables: USER_POOL_ID is missing; CLIENT_SECRET is missing; MFA_ISSUER is missing; \
         AWS_REGION is missing"
    );
}
