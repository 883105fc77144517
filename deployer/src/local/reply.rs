//! Replies that are made here, all of which a cache must ask for again.

use std::convert::Infallible;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

/// Any error on the way to or from another process.
pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// A body that is made here or comes from the emulator.
pub(super) type Body = UnsyncBoxBody<Bytes, BoxError>;
/// A reply.
pub(super) type Reply = Response<Body>;

/// A body that is there as a whole.
pub(super) fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// A reply of one content type.
pub(super) fn reply(status: StatusCode, content_type: &'static str, bytes: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(whole(bytes));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    reply
}

/// A document.
pub(super) fn document(status: StatusCode, document: &Value) -> Reply {
    reply(status, "application/json", document.to_string())
}

/// An error in the shape of the API's own.
pub(super) fn refusal(status: StatusCode, code: &str, message: &str) -> Reply {
    document(status, &json!({ "code": code, "message": message }))
}
