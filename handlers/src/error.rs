//! Every way a request can fail, as the client sees it. Owns the codes, their statuses and their JSON; must not know AWS.
//! The cause travels beside the code to the log and is never part of the reply.

use crate::secret::Secret;
use serde::Serialize;

/// An error code of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The request's shape or a field's format is wrong.
    InvalidRequest,
    /// The new password does not meet the user pool's policy.
    PasswordPolicy,
    /// Address and password do not belong together; also the answer for an unknown address.
    InvalidCredentials,
    /// The session is unknown, used or expired.
    InvalidSession,
    /// The one-time code is wrong or expired.
    InvalidCode,
    /// The token is missing, expired, revoked or not for this API.
    InvalidToken,
    /// The caller is known and may not do this.
    Forbidden,
    /// The password is a temporary one.
    PasswordChangeRequired,
    /// An administrator has forced a password reset.
    PasswordResetRequired,
    /// The address is taken.
    UserExists,
    /// AWS throttles us, or the caller tried too often.
    TooManyRequests,
    /// What was asked is done, but its mail could not be sent.
    EmailDeliveryFailed,
    /// AWS did not answer, or answered with a failure of its own.
    UpstreamUnavailable,
    /// A defect of ours.
    Internal,
}

impl ErrorCode {
    /// Every code, in the order of the documents.
    pub const ALL: &'static [Self] = &[
        Self::InvalidRequest,
        Self::PasswordPolicy,
        Self::InvalidCredentials,
        Self::InvalidSession,
        Self::InvalidCode,
        Self::InvalidToken,
        Self::Forbidden,
        Self::PasswordChangeRequired,
        Self::PasswordResetRequired,
        Self::UserExists,
        Self::TooManyRequests,
        Self::EmailDeliveryFailed,
        Self::UpstreamUnavailable,
        Self::Internal,
    ];

    /// What any endpoint may answer, whatever it does: [`Endpoint::errors`](crate::endpoint::Endpoint::errors) leaves these out.
    pub const COMMON: &'static [Self] = &[Self::TooManyRequests, Self::UpstreamUnavailable, Self::Internal];

    const fn row(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::InvalidRequest => (400, "invalid_request", "The request is not valid."),
            Self::PasswordPolicy => (400, "password_policy", "The password does not meet the policy."),
            Self::InvalidCredentials => {
                (401, "invalid_credentials", "The e-mail address or the password is wrong.")
            }
            Self::InvalidSession => (401, "invalid_session", "The session is not valid or has expired."),
            Self::InvalidCode => (401, "invalid_code", "The code is wrong or has expired."),
            Self::InvalidToken => (401, "invalid_token", "The token is not valid or has expired."),
            Self::Forbidden => (403, "forbidden", "You may not do this."),
            Self::PasswordChangeRequired => {
                (403, "password_change_required", "The temporary password must be changed first.")
            }
            Self::PasswordResetRequired => {
                (403, "password_reset_required", "The password must be reset first.")
            }
            Self::UserExists => (409, "user_exists", "A user with this e-mail address exists."),
            Self::TooManyRequests => (429, "too_many_requests", "Too many requests. Try again later."),
            Self::EmailDeliveryFailed => (502, "email_delivery_failed", "The e-mail could not be sent."),
            Self::UpstreamUnavailable => {
                (503, "upstream_unavailable", "The service is not available now. Try again later.")
            }
            Self::Internal => (500, "internal", "Something went wrong on our side."),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.row().0
    }

    /// The code as clients see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().1
    }

    /// The sentence that goes with it: for people, constant, without anything of the request in it.
    #[must_use]
    pub const fn message(self) -> &'static str {
        self.row().2
    }
}

/// What is wrong with a field whose value only AWS refuses.
pub const NOT_ACCEPTED: &str = "is not accepted";

/// One thing that is wrong with one field of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// The field's name; [`BODY`](crate::request::BODY) when it is the whole of it.
    pub field: String,
    /// What is wrong.
    pub problem: &'static str,
}

/// Why a request failed: the code for the client, the cause for the log.
#[derive(Debug, Clone)]
pub struct Failure {
    code: ErrorCode,
    fields: Vec<FieldProblem>,
    retry_after: Option<u32>,
    session: Option<Secret>,
    cause: Option<String>,
}

/// Seconds to wait when AWS throttles: its quotas are per second.
const THROTTLED_RETRY_AFTER: u32 = 2;

impl Failure {
    /// A failure without more to say than its code.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        let retry_after = (code == ErrorCode::TooManyRequests).then_some(THROTTLED_RETRY_AFTER);
        Self { code, fields: Vec::new(), retry_after, session: None, cause: None }
    }

    /// A bad request, with every problem that was found.
    #[must_use]
    pub fn invalid(fields: Vec<FieldProblem>) -> Self {
        Self { fields, ..Self::new(ErrorCode::InvalidRequest) }
    }

    /// A bad request with one problem.
    #[must_use]
    pub fn wrong(field: &str, problem: &'static str) -> Self {
        Self::invalid(vec![FieldProblem { field: field.to_owned(), problem }])
    }

    /// A defect of ours.
    #[must_use]
    pub fn internal(cause: impl Into<String>) -> Self {
        Self::new(ErrorCode::Internal).because(cause)
    }

    /// Adds the cause, for the log only. Must not hold anything of the request.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Says how many seconds to wait.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Says in which session to try again.
    #[must_use]
    pub fn going_on_with(mut self, session: impl Into<String>) -> Self {
        self.session = Some(Secret::new(session));
        self
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The problems of a bad request.
    #[must_use]
    pub fn fields(&self) -> &[FieldProblem] {
        &self.fields
    }

    /// Seconds for the `Retry-After` header.
    #[must_use]
    pub fn wait(&self) -> Option<u32> {
        self.retry_after
    }

    /// The cause, for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The reply's body.
    #[must_use]
    pub fn body(&self, request_id: &str) -> String {
        let mut body = serde_json::json!({
            "code": self.code.as_str(),
            "message": self.code.message(),
            "request_id": request_id,
        });
        if !self.fields.is_empty() {
            body["fields"] = serde_json::json!(self.fields);
        }
        if let Some(session) = &self.session {
            body["session"] = serde_json::json!(session.expose());
        }
        body.to_string()
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_has_its_own_name_and_the_contracts_status() {
        let expected = [
            (400, "invalid_request"),
            (400, "password_policy"),
            (401, "invalid_credentials"),
            (401, "invalid_session"),
            (401, "invalid_code"),
            (401, "invalid_token"),
            (403, "forbidden"),
            (403, "password_change_required"),
            (403, "password_reset_required"),
            (409, "user_exists"),
            (429, "too_many_requests"),
            (502, "email_delivery_failed"),
            (503, "upstream_unavailable"),
            (500, "internal"),
        ];
        let actual: Vec<_> = ErrorCode::ALL.iter().map(|code| (code.status(), code.as_str())).collect();
        assert_eq!(actual, expected);
        assert_eq!(actual.iter().collect::<HashSet<_>>().len(), actual.len());
    }

    #[test]
    fn the_cause_is_not_in_what_the_client_is_told() {
        let failure = Failure::internal("the database is on fire");
        let body: serde_json::Value = serde_json::from_str(&failure.body("r-1")).unwrap();
        assert_eq!(
            body,
            serde_json::json!({"code": "internal", "message": ErrorCode::Internal.message(), "request_id": "r-1"})
        );
        assert_eq!(failure.cause(), Some("the database is on fire"));
    }

    #[test]
    fn a_bad_request_names_its_fields() {
        let failure =
            Failure::invalid(vec![FieldProblem { field: "otp".into(), problem: "must be 6 digits" }]);
        let body: serde_json::Value = serde_json::from_str(&failure.body("r-1")).unwrap();
        assert_eq!(body["fields"], serde_json::json!([{"field": "otp", "problem": "must be 6 digits"}]));
    }

    #[test]
    fn a_session_to_go_on_with_is_told_and_never_printed() {
        let failure = Failure::new(ErrorCode::InvalidCode).going_on_with("s3ssion");
        let body: serde_json::Value = serde_json::from_str(&failure.body("r-1")).unwrap();
        assert_eq!(body["session"], "s3ssion");
        assert!(!format!("{failure:?}").contains("s3ssion"));
    }

    #[test]
    fn whoever_is_told_to_slow_down_is_told_for_how_long() {
        assert!(Failure::new(ErrorCode::TooManyRequests).wait().is_some());
        assert_eq!(Failure::new(ErrorCode::TooManyRequests).retry_after(900).wait(), Some(900));
    }
}
