//! What an SDK error means, in a sentence that helps. Owns no policy on trying again (`retry` does).

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use cogapi_engine::Failure;

/// Turns an SDK error into a [`Failure`]: AWS's own code, message and request id, and what to do about the frequent ones.
pub fn failure<E>(summary: &str, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let request_id = error.request_id().map(ToOwned::to_owned);
    let (detail, hint) = match (error, error.code()) {
        (SdkError::ServiceError(service), Some(code)) => {
            let message = service.err().message().unwrap_or("no message");
            (format!("{code}: {message}"), service_hint(code, message))
        }
        // An answer to HEAD has no body, and so no code.
        (SdkError::ServiceError(service), None) => {
            (format!("HTTP status {}", service.raw().status().as_u16()), None)
        }
        (SdkError::TimeoutError(_), _) => ("no answer in time".to_owned(), Some(NETWORK)),
        (SdkError::DispatchFailure(_), _) => {
            let detail = chain(error);
            let hint = if detail.contains("credentials") { CREDENTIALS } else { NETWORK };
            (detail, Some(hint))
        }
        _ => {
            let detail = chain(error);
            let hint = detail.contains("credentials").then_some(CREDENTIALS);
            (detail, hint)
        }
    };
    let status = error.raw_response().map(HttpResponse::status);
    let hint = hint.or_else(|| status.filter(|status| status.is_server_error()).map(|_| THEIRS));
    let failure = Failure::new(summary, detail).with_request_id(request_id);
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

const NETWORK: &str = "check the network, the region, and AWS_ENDPOINT_URL if it is set";
const THEIRS: &str =
    "this is a failure of AWS, which mostly passes: run the same command again, it goes on from here";
const CREDENTIALS: &str = "set AWS_PROFILE, `profile` in the environment's [aws] section, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

/// What services call that we may not do something.
const DENIED: [&str; 3] = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"];

fn service_hint(code: &str, message: &str) -> Option<&'static str> {
    match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            Some("the credentials have expired: sign in again (`aws sso login`)")
        }
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch" => Some(CREDENTIALS),
        _ if DENIED.contains(&code) => Some(
            "the deploying principal may not do this: allow the action that the message names in its IAM policy",
        ),
        "LimitExceededException" | "LimitExceeded" | "ServiceQuotaExceededException" => {
            Some("a quota of the account is reached: raise it in Service Quotas, or remove what is unused")
        }
        _ if is_throttling(code) && !message.is_empty() => {
            Some("AWS was still throttling after many attempts: wait a minute and run the same command again")
        }
        _ => None,
    }
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

/// The action that a refusal names: most services write `perform: iam:GetRole`, SES quotes it instead.
pub(crate) fn missing_action(failure: &Failure) -> Option<&str> {
    let (_, rest) = failure.detail.split_once("is not authorized to perform")?;
    let action = rest.trim_start_matches([':', ' ', '`']);
    action.split([' ', '\'']).next().filter(|action| action.contains(':'))
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
