//! What an SDK error means, in a sentence that helps. Owns no policy on trying again (`retry` does).

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use cogapi_engine::Failure;

use super::advice::{Said, advice, permission};

/// Turns an SDK error into a [`Failure`]: AWS's own code, message and request id, and what to do about the frequent ones.
pub fn failure<E>(summary: &str, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let request_id = error.request_id().map(ToOwned::to_owned);
    let (code, text, detail) = match (error, error.code()) {
        (SdkError::ServiceError(service), Some(code)) => {
            let message = service.err().message().unwrap_or("no message");
            (code, message.to_owned(), format!("{code}: {message}"))
        }
        // An answer to HEAD has no body, and so no code.
        (SdkError::ServiceError(service), None) => {
            let detail = format!("HTTP status {}", service.raw().status().as_u16());
            ("no code", detail.clone(), detail)
        }
        (SdkError::TimeoutError(_), _) => {
            ("", "no answer in time".to_owned(), "no answer in time".to_owned())
        }
        _ => {
            let detail = chain(error);
            ("", detail.clone(), detail)
        }
    };
    let theirs = error.raw_response().is_some_and(|response| response.status().is_server_error());
    let hint = hint(code, &text).or_else(|| theirs.then(|| THEIRS.to_owned()));
    let failure = Failure::new(summary, detail).with_request_id(request_id);
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

const THEIRS: &str =
    "this is a failure of AWS, which mostly passes: run the same command again, it goes on from here";

/// What services call that we may not do something.
const DENIED: [&str; 3] = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"];

/// What to do about it, where it is known.
fn hint(code: &str, text: &str) -> Option<String> {
    if DENIED.contains(&code) {
        return Some(match denied_action(text) {
            Some(action) => permission(action, denied_resource(text)),
            None => "the deploying principal may not do this: `cogapi permissions` prints the policy that allows it".to_owned(),
        });
    }
    if is_throttling(code) {
        return Some(
            "AWS was still throttling after many attempts: wait a minute and run the same command again"
                .to_owned(),
        );
    }
    advice(Said { code, text })
}

/// The code of an error that a service answered.
pub fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    match error {
        SdkError::ServiceError(service) => service.err().code(),
        _ => None,
    }
}

/// Whether the service answered one of `codes`.
pub fn is_code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, codes: &[&str]) -> bool {
    code(error).is_some_and(|code| codes.contains(&code))
}

/// Whether the error says that the thing is not there. Services differ in the word.
pub fn is_missing<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    is_code(
        error,
        &[
            "ResourceNotFoundException",
            "NotFoundException",
            "NoSuchEntity",
            "NoSuchBucket",
            "NoSuchKey",
            "NotFound",
        ],
    )
}

/// Whether a failure is that we may not do it.
pub(crate) fn is_denied(failure: &Failure) -> bool {
    let code = failure.detail.split(':').next().unwrap_or_default();
    // An answer to HEAD has no body, and so no code.
    DENIED.contains(&code) || code == "HTTP status 403"
}

/// The action that a refusal names.
pub(crate) fn missing_action(failure: &Failure) -> Option<&str> {
    denied_action(&failure.detail)
}

/// Most services write `perform: iam:GetRole`, SES quotes it instead.
fn denied_action(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("is not authorized to perform")?;
    let action = rest.trim_start_matches([':', ' ', '`']);
    action.split([' ', '\'']).next().filter(|action| action.contains(':'))
}

/// On what, where the refusal tells.
fn denied_resource(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("on resource")?;
    let resource = rest.trim_start_matches([':', ' ', '`', '"']);
    resource.split([' ', '\'', '"']).next().filter(|resource| resource.starts_with("arn:"))
}

/// Whether the service refused because of its rate, so that nothing was done.
pub(crate) fn is_throttling(code: &str) -> bool {
    // The codes that the SDK's own classifier knows.
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "BandwidthLimitExceeded"
            | "RequestThrottled"
            | "SlowDown"
            | "PriorRequestNotComplete"
            | "EC2ThrottledException"
    )
}

/// The error and all its causes in one line, the last of which tells most.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
    // Some errors repeat what they are caused by.
    let mut causes: Vec<String> = causes.collect();
    causes.dedup_by(|cause, error| error.ends_with(cause.as_str()));
    causes.join(": ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use std::fmt::Write as _;

    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    /// What a service answers, as a failure.
    fn answered(code: &str, message: &str) -> Failure {
        let error = ErrorMetadata::builder().code(code).message(message).build();
        let mut response = HttpResponse::new(StatusCode::try_from(400).unwrap(), SdkBody::empty());
        response.headers_mut().insert("x-amzn-requestid", "0f1e2d3c");
        failure("making it failed", &SdkError::service_error(error, response))
    }

    /// What goes wrong on the way, as a failure.
    fn on_the_way(text: &'static str) -> Failure {
        let error: SdkError<ErrorMetadata, HttpResponse> = SdkError::construction_failure(text);
        failure("making it failed", &error)
    }

    #[test]
    fn the_frequent_errors_say_what_to_do_in_80_columns() {
        let denied = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: lambda:CreateFunction on resource: arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-login because no identity-based policy allows the lambda:CreateFunction action";
        let mut text = String::new();
        for (case, failure) in [
            (
                "no credentials",
                on_the_way(
                    "the credential provider was not enabled: no providers in chain provided credentials",
                ),
            ),
            ("expired SSO session", on_the_way("the SSO token has expired, cannot be refreshed")),
            ("no such profile", on_the_way("profile `prod` was not defined")),
            ("no network", on_the_way("dispatch failure: io error: Connection refused")),
            (
                "no such region",
                on_the_way("dispatch failure: dns error: failed to lookup address information"),
            ),
            (
                "expired token",
                answered("ExpiredToken", "The security token included in the request is expired"),
            ),
            (
                "wrong keys",
                answered("InvalidClientTokenId", "The security token included in the request is invalid."),
            ),
            (
                "clock",
                answered(
                    "SignatureDoesNotMatch",
                    "Signature expired: 20261121T093005Z is now earlier than 20261121T101500Z",
                ),
            ),
            (
                "clock of S3",
                answered(
                    "RequestTimeTooSkewed",
                    "The difference between the request time and the current time is too large.",
                ),
            ),
            ("region not switched on", answered("OptInRequired", "The subscription is required")),
            ("missing permission", answered("AccessDeniedException", denied)),
            ("missing permission, of an organization", answered("AccessDenied", "Access Denied")),
            ("quota", answered("LimitExceededException", "The maximum number of user pools is reached")),
            (
                "identity",
                answered(
                    "InvalidEmailRoleAccessPolicyException",
                    "Cognito is not allowed to use your email identity",
                ),
            ),
            ("throttled to the end", answered("TooManyRequestsException", "Rate exceeded")),
        ] {
            let _ = writeln!(text, "# {case}\n{}\n", crate::render::error::wrapped(&failure));
            assert!(failure.hint.is_some(), "{case}");
        }
        insta::assert_snapshot!(text);
    }
}
