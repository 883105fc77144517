//! Letting a trigger react: what it made of its event, logged and mailed. What holds for every reaction is checked here.

use super::{Mailed, app_that_mails, invocation, one_too_many, secrecy::assert_is_no_secret_in};
use aws_smithy_http_client::test_util::StaticReplayClient;
use cogapi_handlers::{app::Needs, error::ErrorCode, registry, runtime};
use serde_json::Value;
use std::time::Duration;

/// What a trigger made of its event.
pub(crate) struct Reaction {
    pub(crate) result: Result<Value, ErrorCode>,
    pub(crate) log: Value,
    /// What SES was sent.
    pub(crate) mails: Vec<Value>,
}

/// Lets the trigger react, in an environment with these changes and to an SES that answers this, and checks what holds for every
/// reaction.
pub(crate) async fn react_in(name: &str, changed: &[(&str, &str)], event: Value, ses: &[Mailed]) -> Reaction {
    let (trigger, handle) = registry::trigger(name).expect("a registered trigger");
    let replay = StaticReplayClient::new(ses.iter().map(Mailed::exchange).chain([one_too_many()]).collect());
    let app = app_that_mails(Needs::from(trigger), replay.clone(), changed);
    let invocation = invocation(name, Duration::from_millis(9500)).of_trigger();
    let (result, line) = runtime::react(&app, trigger, handle, event.clone(), &invocation).await;
    if let Ok(answered) = &result {
        assert_eq!(unanswered(answered), unanswered(&event), "Cognito wants its event back");
    }
    assert_is_no_secret_in(&line, result.as_ref().ok().map(|it| &it["response"]));
    let requests = replay.actual_requests();
    let mails: Vec<Value> =
        requests.map(|it| serde_json::from_slice(it.body().bytes().unwrap_or_default()).unwrap()).collect();
    assert_eq!(mails.len(), ses.len(), "the calls to SES");
    for mail in &mails {
        assert_is_no_secret_in(&line, Some(mail));
    }
    Reaction { result, log: serde_json::from_str(&line).expect("every log line is JSON"), mails }
}

/// A trigger's event without its response.
pub(crate) fn unanswered(event: &Value) -> Value {
    let mut event = event.clone();
    if let Some(members) = event.as_object_mut() {
        members.remove("response");
    }
    event
}

/// Lets a trigger react that sends no mail; its event with the response.
pub(crate) async fn react(name: &str, event: Value) -> Value {
    react_in(name, &[], event, &[]).await.result.unwrap()
}
