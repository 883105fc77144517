//! The API at `/v1`, and a record of what is asked of it.

use std::sync::PoisonError;
use std::sync::RwLock;
use std::time::Instant;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{HeaderName, ORIGIN, RETRY_AFTER};
use hyper::{HeaderMap, Request, StatusCode};
use serde_json::Value;

use super::events::Events;
use super::reply::{BoxError, Reply, refusal, whole};
use super::requests::{Record, Requests};
use super::upstream::Upstream;

/// API Gateway's id of a request (`$context.requestId`), which functions log and errors tell.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// Where the API's own paths begin.
const PREFIX: &str = "/v1/";

/// The deployed API, as soon as there is one.
#[derive(Debug, Default)]
pub(super) struct Api {
    /// Its path in the emulator: `/_aws/execute-api/ID/STAGE`.
    path: RwLock<Option<String>>,
    pub(super) requests: Requests,
}

impl Api {
    /// Whether `path` is of the API.
    pub(super) fn serves(path: &str) -> bool {
        path.starts_with(PREFIX)
    }

    /// Where the API answers from now on, as `execute_api_url` of the outputs says it.
    pub(super) fn is_at(&self, url: &str) {
        let path = url.split_once("/_aws/").map(|(_, path)| format!("/_aws/{path}"));
        *self.path.write().unwrap_or_else(PoisonError::into_inner) = path;
    }

    /// Answers a request to a name of this machine.
    pub(super) async fn answer(
        &self,
        upstream: &Upstream,
        events: &Events,
        request: Request<Incoming>,
    ) -> Result<Reply, BoxError> {
        let known = self.path.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(api) = known else {
            let mut reply = refusal(
                StatusCode::SERVICE_UNAVAILABLE,
                "upstream_unavailable",
                "The API is not deployed yet: `cogapi local` is still starting.",
            );
            reply.headers_mut().insert(RETRY_AFTER, 1.into());
            return Ok(reply);
        };
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let path = format!("{api}{path}");
        self.recorded(upstream, events, request, Some(&path)).await
    }

    /// Answers a request to a name of the API's own, which the emulator knows.
    pub(super) async fn answer_by_name(
        &self,
        upstream: &Upstream,
        events: &Events,
        request: Request<Incoming>,
    ) -> Result<Reply, BoxError> {
        self.recorded(upstream, events, request, None).await
    }

    async fn recorded(
        &self,
        upstream: &Upstream,
        events: &Events,
        request: Request<Incoming>,
        path: Option<&str>,
    ) -> Result<Reply, BoxError> {
        let mut record = Record {
            id: 0,
            at: jiff::Timestamp::now().to_string(),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            status: 0,
            milliseconds: 0,
            origin: text(request.headers(), ORIGIN),
            code: None,
            request_id: None,
        };
        let begun = Instant::now();
        let mut reply = upstream.pass(request, path).await?;
        record.status = reply.status().as_u16();
        record.request_id = text(reply.headers(), REQUEST_ID);
        if record.status >= 400 {
            (reply, record.code) = with_code(reply).await?;
        }
        record.milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.requests.add(record);
        events.requests_changed();
        Ok(reply)
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// An error, and the code in it. Errors are short.
async fn with_code(reply: Reply) -> Result<(Reply, Option<String>), BoxError> {
    let (head, body) = reply.into_parts();
    let body = body.collect().await?.to_bytes();
    let document: Option<Value> = serde_json::from_slice(&body).ok();
    let code = document.and_then(|document| Some(document.get("code")?.as_str()?.to_owned()));
    Ok((Reply::from_parts(head, whole(body)), code))
}
