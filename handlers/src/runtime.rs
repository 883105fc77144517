//! From Lambda's event to the reply. Owns what holds for every request whatever its endpoint does: a deadline, panics answered,
//! CORS, one log line. Must not know any endpoint.

use crate::{
    app::App,
    endpoint::{Endpoint, TRIGGER_SECONDS, Trigger},
    error::{ErrorCode, Failure},
    log::{self, Entry, Metrics},
    reaction::Reaction,
    registry::{Handle, Pending, React},
    reply::{Cors, ProxyResponse},
    request::{ProxyEvent, Request},
};
use futures_util::FutureExt;
use lambda_runtime::Context;
use serde_json::Value;
use std::{
    panic::AssertUnwindSafe,
    time::{Duration, SystemTime},
};
use tokio::time::{Instant, timeout};

/// What is kept before Lambda's deadline to write the reply.
const DEADLINE_MARGIN: Duration = Duration::from_millis(500);

/// What Lambda says about one invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Lambda's id for it.
    pub id: String,
    /// The time left.
    pub budget: Duration,
    /// The name that the function has in AWS: the stack's, a hyphen, and its own.
    pub function: String,
}

impl From<&Context> for Invocation {
    fn from(context: &Context) -> Self {
        let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        Self {
            id: context.request_id.clone(),
            budget: left.saturating_sub(DEADLINE_MARGIN),
            function: context.env_config.function_name.clone(),
        }
    }
}

impl Invocation {
    /// The same with no more time than Cognito waits for a trigger: what comes later, nobody hears.
    #[must_use]
    pub fn of_trigger(self) -> Self {
        let waited = Duration::from_secs(u64::from(TRIGGER_SECONDS)).saturating_sub(DEADLINE_MARGIN);
        Self { budget: self.budget.min(waited), ..self }
    }
}

/// Answers one request: the response, and the line for the log.
pub async fn answer(
    app: &App,
    endpoint: &Endpoint,
    handle: Handle,
    event: ProxyEvent,
    invocation: &Invocation,
) -> (ProxyResponse, String) {
    let received = Instant::now();
    let request = Request::new(event, received);
    let request_id = request.id().unwrap_or(&invocation.id);
    let result = guarded(invocation.budget, handle(app, &request)).await;

    let (status, failure) = match &result {
        Ok(reply) => (reply.status(), reply.hidden()),
        Err(failure) => (failure.code().status(), Some(failure)),
    };
    let line = line(endpoint.name, request_id, invocation, received, status, failure);
    let cors = Cors { config: &app.config, origin: request.header("Origin"), method: endpoint.method };
    (ProxyResponse::new(result, request_id, cors), line)
}

/// Lets a trigger react to one event: the event with its response, and the line for the log. A failure goes back to Cognito as
/// an error of the function, with its code and nothing else.
pub async fn react(
    app: &App,
    trigger: &Trigger,
    react: React,
    event: Value,
    invocation: &Invocation,
) -> (Result<Value, ErrorCode>, String) {
    let received = Instant::now();
    let result = guarded(invocation.budget, react(app, event)).await;
    let failure = result.as_ref().map_or_else(Some, Reaction::hidden);
    let line = line(trigger.name, &invocation.id, invocation, received, 0, failure);
    (result.map(Reaction::into_event).map_err(|failure| failure.code()), line)
}

fn line(
    endpoint: &str,
    request_id: &str,
    invocation: &Invocation,
    received: Instant,
    status: u16,
    failure: Option<&Failure>,
) -> String {
    let code = failure.map(Failure::code);
    let level = match code {
        None => "INFO",
        Some(code) if code.status() < 500 => "WARN",
        Some(_) => "ERROR",
    };
    Entry {
        timestamp: log::now(),
        level,
        request_id,
        invocation_id: if request_id == invocation.id { "" } else { &invocation.id },
        endpoint,
        outcome: code.map_or("ok", ErrorCode::as_str),
        status,
        duration_ms: u64::try_from(received.elapsed().as_millis()).unwrap_or(u64::MAX),
        cause: failure.and_then(Failure::cause),
        count: 1,
        metrics: Metrics::of(stack(&invocation.function, endpoint)),
    }
    .line()
}

/// The stack that a function of this name belongs to.
fn stack<'a>(function: &'a str, name: &str) -> &'a str {
    function.strip_suffix(name).and_then(|rest| rest.strip_suffix('-')).unwrap_or(function)
}

async fn guarded<T>(budget: Duration, work: Pending<'_, T>) -> Result<T, Failure> {
    match timeout(budget, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(result)) => result,
        // What a panic says may hold anything: its place is logged by the hook.
        Ok(Err(_panic)) => Err(Failure::internal("panicked")),
        Err(_elapsed) => {
            Err(Failure::new(ErrorCode::UpstreamUnavailable)
                .because("not done within the function's time limit"))
        }
    }
}
