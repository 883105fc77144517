//! From Lambda's event to the reply. Owns what holds for every request whatever its endpoint does: a deadline, panics answered,
//! CORS, one log line. Must not know any endpoint.

use crate::{
    aws,
    config::Config,
    config::ConfigError,
    endpoint::Endpoint,
    error::{ErrorCode, Failure},
    log::{self, Entry},
    registry::{self, Handle, React},
    reply::{Cors, ProxyResponse},
    request::{ProxyEvent, Request},
};
use aws_sdk_cognitoidentityprovider::Client;
use futures_util::FutureExt;
use lambda_runtime::{Context, LambdaEvent, Runtime, service_fn};
use serde_json::Value;
use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    process::ExitCode,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};
use tokio::time::{Instant, timeout};

/// What is kept before Lambda's deadline to write the reply.
const DEADLINE_MARGIN: Duration = Duration::from_millis(500);

/// What a function has for its whole life.
pub struct App {
    /// What the environment says.
    pub config: Config,
    aws: aws::Environment,
    cognito: OnceLock<Client>,
}

impl App {
    /// The app of the endpoint, from the environment as `get` reads it.
    pub fn load(endpoint: &Endpoint, get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let config = Config::load(endpoint.variables, &get);
        let aws = aws::Environment::load(&get);
        match (config, aws) {
            (Ok(config), Ok(aws)) => Ok(Self { config, aws, cognito: OnceLock::new() }),
            (config, aws) => {
                let problems = [config.err(), aws.err()].into_iter().flatten().flat_map(|error| error.0);
                Err(ConfigError(problems.collect()))
            }
        }
    }

    /// The same app with this client, for tests.
    #[must_use]
    pub fn with_cognito(self, client: Client) -> Self {
        Self { cognito: OnceLock::from(client), ..self }
    }

    /// The Cognito client, built at the first call: an endpoint that never calls AWS never pays for it.
    pub fn cognito(&self) -> Result<&Client, Failure> {
        if let Some(client) = self.cognito.get() {
            return Ok(client);
        }
        let client = self.aws.cognito().map_err(Failure::internal)?;
        Ok(self.cognito.get_or_init(|| client))
    }
}

/// What Lambda says about one invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Lambda's id for it.
    pub id: String,
    /// The time left.
    pub budget: Duration,
}

impl From<&Context> for Invocation {
    fn from(context: &Context) -> Self {
        let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        Self { id: context.request_id.clone(), budget: left.saturating_sub(DEADLINE_MARGIN) }
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
        Ok(reply) => (reply.status(), None),
        Err(failure) => (failure.code().status(), Some(failure)),
    };
    let line = line(endpoint.name, request_id, invocation, received, status, failure);
    let cors =
        Cors { allowed: &app.config.origins, origin: request.header("Origin"), method: endpoint.method };
    (ProxyResponse::new(result, request_id, cors), line)
}

/// Lets a trigger react to one event: the event with its response, and the line for the log. A failure goes back to Cognito as
/// an error of the function, with its code and nothing else.
pub async fn react(
    name: &str,
    react: React,
    event: Value,
    invocation: &Invocation,
) -> (Result<Value, ErrorCode>, String) {
    let received = Instant::now();
    let result = guarded(invocation.budget, react(event)).await;
    let line = line(name, &invocation.id, invocation, received, 0, result.as_ref().err());
    (result.map_err(|failure| failure.code()), line)
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
    }
    .line()
}

async fn guarded<T>(budget: Duration, work: registry::Pending<'_, T>) -> Result<T, Failure> {
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

/// Why a function can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `_HANDLER` names nothing that this binary has.
    #[error("_HANDLER is {0:?}, which is none of this binary's functions: {1}")]
    UnknownHandler(String, String),
    /// The environment is not what the function needs.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Lambda's runtime API failed.
    #[error("Lambda's runtime API: {0}")]
    Runtime(#[from] lambda_runtime::Error),
}

/// Runs the binary's function named by `_HANDLER` until Lambda ends the process.
pub fn run_to_end<F: Future<Output = Result<(), StartError>>>(serve: impl FnOnce(String) -> F) -> ExitCode {
    let name = variable("_HANDLER").unwrap_or_default();
    let hooked = name.clone();
    std::panic::set_hook(Box::new(move |panic| {
        // The place only: the message may quote what was sent.
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        log::event("ERROR", &hooked, &format!("panicked at {place}"));
    }));
    // One invocation at a time and 128 MB: one thread is all there is to use.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(serve(name.clone())),
        Err(error) => Err(StartError::Runtime(Box::new(error))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::event("ERROR", &name, &error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Serves the endpoint with this name.
pub async fn serve_endpoint(name: String) -> Result<(), StartError> {
    let known = || registry::ENDPOINTS.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
    let (endpoint, handle) =
        registry::endpoint(&name).ok_or_else(|| StartError::UnknownHandler(name, known()))?;
    let app = Arc::new(App::load(endpoint, variable)?);
    let service = service_fn(move |event: LambdaEvent<ProxyEvent>| {
        let app = Arc::clone(&app);
        async move {
            let invocation = Invocation::from(&event.context);
            let (response, line) = answer(&app, endpoint, handle, event.payload, &invocation).await;
            log::write(&line);
            Ok::<_, Infallible>(response)
        }
    });
    Ok(Runtime::new(service).run().await?)
}

/// Serves the trigger with this name.
pub async fn serve_trigger(name: String) -> Result<(), StartError> {
    let known = || registry::TRIGGERS.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
    let (trigger, handle) =
        registry::trigger(&name).ok_or_else(|| StartError::UnknownHandler(name, known()))?;
    let service = service_fn(move |event: LambdaEvent<Value>| async move {
        let invocation = Invocation::from(&event.context);
        let (result, line) = react(trigger.name, handle, event.payload, &invocation).await;
        log::write(&line);
        result.map_err(|code| lambda_runtime::Error::from(code.as_str()))
    });
    Ok(Runtime::new(service).run().await?)
}
