//! What Cognito and SES answer, call by call.

use super::{EMAIL, NEW_REFRESH_TOKEN, USER_ID, access_token, id_token};
use aws_smithy_http_client::test_util::ReplayEvent;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

/// One call that Cognito gets, and its reply.
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    pub(crate) status: u16,
    pub(crate) reply: Value,
}

pub(crate) fn succeeds(operation: &'static str, reply: Value) -> Call {
    Call { operation, status: 200, reply }
}

pub(crate) fn fails(operation: &'static str, error: &str, message: &str) -> Call {
    Call { operation, status: 400, reply: json!({"__type": error, "message": message}) }
}

pub(crate) fn breaks(operation: &'static str, status: u16) -> Call {
    Call { operation, status, reply: json!({}) }
}

pub(crate) fn exchange(call: &Call) -> ReplayEvent {
    let request = http::Request::builder().uri("https://unused").body(SdkBody::empty()).unwrap();
    let response = http::Response::builder()
        .status(call.status)
        .header("x-amzn-requestid", "aws-request-1")
        .body(SdkBody::from(call.reply.to_string()))
        .unwrap();
    ReplayEvent::new(request, response)
}

/// What a call gets that no test expects. It is noted like any other: without an answer it would not be, and where failures are
/// hidden nobody would notice it.
pub(crate) fn one_too_many() -> ReplayEvent {
    exchange(&breaks("none", 500))
}

/// What SES answers.
#[derive(Clone)]
pub(crate) struct Mailed {
    pub(crate) status: u16,
    pub(crate) error: &'static str,
    pub(crate) message: &'static str,
}

impl Mailed {
    pub(crate) fn exchange(&self) -> ReplayEvent {
        let request = http::Request::builder().uri("https://unused").body(SdkBody::empty()).unwrap();
        let reply = http::Response::builder().status(self.status).header("x-amzn-errortype", self.error);
        let body = json!({"message": self.message}).to_string();
        ReplayEvent::new(request, reply.body(SdkBody::from(body)).unwrap())
    }
}

/// A mail is on its way.
pub(crate) const MAILED: Mailed = Mailed { status: 200, error: "", message: "" };

/// How Cognito describes a user.
pub(crate) fn described(id: &str, email: &str, status: &str, enabled: bool) -> Value {
    let attributes = json!([{"Name": "sub", "Value": id}, {"Name": "email", "Value": email}]);
    json!({"Username": id, "UserAttributes": attributes, "UserStatus": status, "Enabled": enabled})
}

/// A user whom Cognito knows in this state.
pub(crate) fn found(status: &str) -> Call {
    succeeds("AdminGetUser", described(USER_ID, EMAIL, status, true))
}

pub(crate) fn found_nobody() -> Call {
    fails("AdminGetUser", "UserNotFoundException", "User does not exist.")
}

/// What Cognito answers at the end of a sign-in of this user.
pub(crate) fn authentication_result(email: &str) -> Value {
    json!({
        "ChallengeParameters": {},
        "AuthenticationResult": {
            "AccessToken": access_token(),
            "IdToken": id_token(email),
            "RefreshToken": NEW_REFRESH_TOKEN,
            "ExpiresIn": 3600,
            "TokenType": "Bearer",
        },
    })
}
