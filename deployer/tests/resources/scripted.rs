//! A Lambda that plays a script, for what the emulator can't be made to do at the right moment: an exact order of calls, each
//! with its answer. A call that is not in the script fails the test. And an IAM that refuses one operation.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_sdk_lambda::Client;
use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use cogapi::resources::Context;
use serde_json::{Value, json};

use crate::support::World;

/// One expected call, by method and the end of its path, and its answer: status and body.
pub(crate) type Scene = (&'static str, u16, Value);

/// What is left of a script.
#[derive(Debug, Clone)]
pub(crate) struct Script(Arc<Mutex<VecDeque<Scene>>>);

impl Script {
    /// A context whose Lambda plays these scenes; everything else is the world's.
    pub(crate) fn of(world: &World, scenes: impl IntoIterator<Item = Scene>) -> (Context, Self) {
        let script = Self(Arc::new(Mutex::new(scenes.into_iter().collect())));
        let connector = SharedHttpConnector::new(script.clone());
        let http = http_client_fn(move |_, _| connector.clone());
        let mut cx = world.cx();
        let config = cx.clients.lambda.config().to_builder().http_client(http);
        cx.clients.lambda = Client::from_conf(config.build());
        (cx, script)
    }

    /// Demands that it was played to its end.
    pub(crate) fn is_over(&self) {
        let left = self.0.lock().unwrap();
        assert!(left.is_empty(), "never called: {left:?}");
    }
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let path = request.uri().split('?').next().unwrap();
        let called = format!("{} {path}", request.method());
        let Some((expected, status, body)) = self.0.lock().unwrap().pop_front() else {
            panic!("{called} after the end of the script")
        };
        let (method, end) = expected.split_once(' ').unwrap();
        assert!(called.starts_with(method) && called.ends_with(end), "{called} instead of {expected}");
        let status = status.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body.to_string()))))
    }
}

/// A context whose IAM refuses one operation, and does all others.
pub(crate) fn refusing(world: &World, operation: &str) -> Context {
    let mut cx = world.cx();
    let config = cx.clients.iam.config();
    let (operation, real) = (format!("Action={operation}&"), config.http_client().unwrap());
    let http = http_client_fn(move |settings, components| {
        let others = real.http_connector(settings, components);
        SharedHttpConnector::new(Refusal { operation: operation.clone(), others })
    });
    cx.clients.iam = aws_sdk_iam::Client::from_conf(config.to_builder().http_client(http).build());
    cx
}

/// Refuses one operation of a service that speaks the query protocol.
#[derive(Debug)]
struct Refusal {
    operation: String,
    others: SharedHttpConnector,
}

impl HttpConnector for Refusal {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if !request.body().bytes().unwrap().starts_with(self.operation.as_bytes()) {
            return self.others.call(request);
        }
        let body =
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
        HttpConnectorFuture::ready(Ok(HttpResponse::new(403.try_into().unwrap(), SdkBody::from(body))))
    }
}

/// An error as Lambda answers it.
pub(crate) fn refusal(code: &str, message: &str) -> Value {
    json!({"__type": code, "message": message})
}

/// What Lambda answers when a change is in progress.
pub(crate) fn busy() -> Value {
    let message =
        "The operation cannot be performed at this time. An update is in progress for resource: arn";
    refusal("ResourceConflictException", message)
}
