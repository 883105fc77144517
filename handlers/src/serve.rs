//! The process: which function it is, its start, its end, its loop with Lambda's runtime API. What happens to one event is
//! [`runtime`](crate::runtime)'s.

use crate::{
    app::App,
    config::ConfigError,
    log, registry,
    request::ProxyEvent,
    runtime::{Invocation, answer, react},
};
use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use serde_json::Value;
use std::{convert::Infallible, process::ExitCode, sync::Arc};

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
pub fn run<F: Future<Output = Result<(), StartError>>>(serve: impl FnOnce(String) -> F) -> ExitCode {
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
pub async fn endpoint(name: String) -> Result<(), StartError> {
    let known = || registry::ENDPOINTS.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
    let (endpoint, handle) =
        registry::endpoint(&name).ok_or_else(|| StartError::UnknownHandler(name, known()))?;
    let app = Arc::new(App::load(endpoint, variable)?);
    app.warm_up();
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
pub async fn trigger(name: String) -> Result<(), StartError> {
    let known = || registry::TRIGGERS.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
    let (trigger, handle) =
        registry::trigger(&name).ok_or_else(|| StartError::UnknownHandler(name, known()))?;
    let app = Arc::new(App::load(trigger, variable)?);
    app.warm_up();
    let service = service_fn(move |event: LambdaEvent<Value>| {
        let app = Arc::clone(&app);
        async move {
            let invocation = Invocation::from(&event.context).of_trigger();
            let (result, line) = react(&app, trigger, handle, event.payload, &invocation).await;
            log::write(&line);
            result.map_err(|code| lambda_runtime::Error::from(code.as_str()))
        }
    });
    Ok(Runtime::new(service).run().await?)
}
