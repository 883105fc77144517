//! What the API Gateway kinds share: patch operations, tags, and which refusals pass by themselves. Owns no resource kind.

use aws_sdk_apigateway::config::Builder;
use aws_sdk_apigateway::config::retry::RetryConfig;
use aws_sdk_apigateway::types::{Op, PatchOperation};
use cogapi_engine::Failure;

use super::{Context, TagChanges, Tags};

/// `replace` of one value. Values are strings in a patch, numbers and booleans included.
pub(super) fn replace(path: impl Into<String>, value: impl Into<String>) -> PatchOperation {
    PatchOperation::builder().op(Op::Replace).path(path).value(value).build()
}

/// `remove` of what is at `path`.
pub(super) fn remove(path: impl Into<String>) -> PatchOperation {
    PatchOperation::builder().op(Op::Remove).path(path).build()
}

/// Text as one segment of a patch path (JSON Pointer, RFC 6901).
pub(super) fn segment(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

/// A segment of a patch path back as text.
pub(super) fn from_segment(text: &str) -> String {
    text.replace("~1", "/").replace("~0", "~")
}

/// Whether a refusal is only that another change to the same API is under way (`ConflictException`).
pub(super) fn is_concurrent(code: &str, _: &str) -> bool {
    code == "ConflictException"
}

/// Makes changes to the tags of what is at `path` (`/restapis/abc`), called `what` in messages.
pub(super) async fn sync_tags(
    cx: &Context,
    what: &str,
    path: &str,
    changes: TagChanges,
) -> Result<(), Failure> {
    let gateway = &cx.clients.apigateway;
    let arn = format!("arn:{}:apigateway:{}::{path}", cx.clients.partition(), cx.clients.region);
    let set = |set: Tags| {
        gateway.tag_resource().resource_arn(&arn).set_tags(Some(set.into_iter().collect())).send()
    };
    let unset = |unset| gateway.untag_resource().resource_arn(&arn).set_tag_keys(Some(unset)).send();
    changes.make(what, is_concurrent, set, unset).await
}

/// Overrides for a call that must not be sent twice.
pub(super) fn unrepeated() -> Builder {
    Builder::new().retry_config(RetryConfig::disabled())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_being_one_segment() {
        assert_eq!(segment("/v1/~me"), "~1v1~1~0me");
        assert_eq!(from_segment(&segment("/v1/~me")), "/v1/~me");
    }
}
