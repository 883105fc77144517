//! A Cognito that answers by what it is asked, for tests in which the calls are not known beforehand.

use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use serde_json::Value;
use std::{
    fmt,
    sync::{Arc, Mutex},
};

type Answer = dyn Fn(&str, &Value) -> Option<(u16, Value)> + Send + Sync;

#[derive(Clone)]
pub(crate) struct Cognito {
    answer: Arc<Answer>,
    called: Arc<Mutex<Vec<String>>>,
}

impl Cognito {
    /// Answers an operation's request with a status and a body, or never.
    pub(crate) fn new(answer: impl Fn(&str, &Value) -> Option<(u16, Value)> + Send + Sync + 'static) -> Self {
        Self { answer: Arc::new(answer), called: Arc::default() }
    }

    /// The operations that were called, in order.
    pub(crate) fn called(&self) -> Vec<String> {
        self.called.lock().unwrap().clone()
    }
}

impl fmt::Debug for Cognito {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cognito").field("called", &self.called).finish_non_exhaustive()
    }
}

impl HttpConnector for Cognito {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").expect("an operation");
        let operation = target.rsplit('.').next().unwrap();
        self.called.lock().unwrap().push(operation.to_owned());
        let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let answer = (self.answer)(operation, &body);
        HttpConnectorFuture::new(async move {
            let Some((status, body)) = answer else { std::future::pending().await };
            Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string())))
        })
    }
}

impl HttpClient for Cognito {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
