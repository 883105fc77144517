//! What a failed or incomplete answer of AWS means for the client. Owns the mapping that is the same for every operation; what an
//! operation's own errors mean is decided where it is called.

use crate::error::{ErrorCode, Failure};
use aws_sdk_cognitoidentityprovider::{
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId,
};

/// Seconds to wait after "Attempt limit exceeded, please try after some time": such limits are in the order of minutes.
const LIMIT_RETRY_AFTER: u32 = 900;

/// Errors that say that one user tried too often.
const LIMITED: &[&str] = &["LimitExceededException", "TooManyFailedAttemptsException"];

/// Errors that say that a mail could not be sent: Cognito's, which it raises although what was to be mailed is done, and SES's for
/// recipients that its sandbox does not know, senders that nobody verified, and accounts that may not send.
const NOT_MAILED: &[&str] = &[
    "CodeDeliveryFailureException",
    "MessageRejected",
    "MailFromDomainNotVerifiedException",
    "SendingPausedException",
    "AccountSuspendedException",
];

/// Errors whose message says something about the deployment, not about the request. Other messages may quote what was sent
/// (`Value '…' at 'session' failed to satisfy constraint`), so they stay out of the log. These go in without what may be an
/// address: SES names the recipients it refuses.
const TELLING: &[&str] = &[
    "AccessDeniedException",
    "AccountSuspendedException",
    "CodeDeliveryFailureException",
    "InvalidUserPoolConfigurationException",
    "LimitExceededException",
    "MailFromDomainNotVerifiedException",
    "MessageRejected",
    "NotAuthorizedException",
    "ResourceNotFoundException",
    "SendingPausedException",
    "UnrecognizedClientException",
];

/// Errors that say "slower".
const THROTTLED: &[&str] = &["TooManyRequestsException", "ThrottlingException", "RequestLimitExceeded"];

/// Errors that come without a 5xx status and yet pass by themselves. The last: a trigger could not be run at all.
const LATER: &[&str] =
    &["ConcurrentModificationException", "InternalErrorException", "UnexpectedLambdaException"];

/// The failure for an error that the caller of `operation` has no own answer for.
pub fn failure<E>(operation: &str, error: &SdkError<E>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let code = match error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
            ErrorCode::UpstreamUnavailable
        }
        SdkError::ServiceError(service) => {
            let status = service.raw().status();
            let is_one_of = |codes: &[&str]| error.code().is_some_and(|code| codes.contains(&code));
            if is_one_of(NOT_MAILED) || is_out_of_mails(error) {
                ErrorCode::EmailDeliveryFailed
            } else if is_one_of(THROTTLED) || is_one_of(LIMITED) || status.as_u16() == 429 {
                ErrorCode::TooManyRequests
            } else if is_one_of(LATER) || status.is_server_error() {
                ErrorCode::UpstreamUnavailable
            } else {
                ErrorCode::Internal
            }
        }
        _ => ErrorCode::Internal,
    };
    let failure = Failure::new(code).because(cause(operation, error));
    if code == ErrorCode::TooManyRequests && error.code().is_some_and(|code| LIMITED.contains(&code)) {
        failure.retry_after(LIMIT_RETRY_AFTER)
    } else {
        failure
    }
}

/// What a reply must hold and AWS's types allow to be missing.
pub fn told<T>(operation: &str, what: &str, value: Option<T>) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::internal(format!("{operation}: the reply has no {what}")))
}

/// Whether no more mails are sent today. Cognito's `LimitExceededException` has two meanings: one user's attempts, over in minutes,
/// and the account's mails (50 a day without SES): "Exceeded daily email limit for the operation or the account. …". So has SES's
/// `TooManyRequestsException`: "Maximum sending rate exceeded.", over in a second, and "Daily message quota exceeded.".
fn is_out_of_mails<E>(error: &SdkError<E>) -> bool
where
    E: ProvideErrorMetadata,
{
    let message = error.message().unwrap_or_default().to_ascii_lowercase();
    let is_limited = error.code().is_some_and(|code| THROTTLED.contains(&code) || LIMITED.contains(&code));
    is_limited && (message.contains("email limit") || message.contains("message quota"))
}

/// The message with every word that holds an `@` replaced.
fn without_addresses(message: &str) -> String {
    let words: Vec<&str> =
        message.split(' ').map(|word| if word.contains('@') { "(address)" } else { word }).collect();
    words.join(" ")
}

/// One line for the log: operation, kind or code, AWS's request id, and the message where it is known to be harmless.
pub fn cause<E>(operation: &str, error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let kind = match error {
        SdkError::TimeoutError(_) => "timed out",
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "timed out on the connection",
        SdkError::DispatchFailure(failure) if failure.is_io() => {
            "could not be sent or its reply not be received"
        }
        SdkError::DispatchFailure(_) => "could not be sent",
        SdkError::ResponseError(_) => "got a reply that can't be read",
        SdkError::ServiceError(_) => error.code().unwrap_or("failed without a code"),
        _ => "could not be built",
    };
    let mut cause = format!("{operation}: {kind}");
    if let (Some(code), Some(message)) = (error.code(), error.message())
        && TELLING.contains(&code)
    {
        cause.push_str(": ");
        cause.push_str(&without_addresses(message));
    }
    if let Some(id) = error.request_id() {
        cause.push_str(" (aws request ");
        cause.push_str(id);
        cause.push(')');
    }
    cause
}
