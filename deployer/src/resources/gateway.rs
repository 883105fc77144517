//! What the API Gateway kinds share: patch operations, and which refusals pass by themselves. Makes no call.

use aws_sdk_apigateway::config::Builder;
use aws_sdk_apigateway::config::retry::RetryConfig;
use aws_sdk_apigateway::types::{Op, PatchOperation};

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
