//! What must never be logged.

use super::{
    CLIENT_SECRET, NEW_PASSWORD, NEW_REFRESH_TOKEN, PASSWORD, SECOND_SESSION, SESSION, TEMPORARY_PASSWORD,
    TOTP_SECRET,
};
use serde_json::Value;

/// Whatever happens, none of these is ever logged.
const NEVER_LOGGED: &[&str] = &[
    PASSWORD,
    TEMPORARY_PASSWORD,
    NEW_PASSWORD,
    SESSION,
    SECOND_SESSION,
    TOTP_SECRET,
    CLIENT_SECRET,
    NEW_REFRESH_TOKEN,
    "lambda-secret-key",
];

/// Nothing that a client or Cognito said is logged, secret or not; what is short may stand in the log by chance.
pub(super) fn assert_is_no_secret_in(line: &str, said: Option<&Value>) {
    for secret in NEVER_LOGGED {
        assert!(!line.contains(secret), "{secret} was logged: {line}");
    }
    match said {
        Some(Value::String(text)) if text.len() >= 6 => {
            assert!(!line.contains(text.as_str()), "{text} was logged: {line}");
        }
        Some(Value::Array(values)) => {
            for value in values {
                assert_is_no_secret_in(line, Some(value));
            }
        }
        Some(Value::Object(members)) => {
            for value in members.values() {
                assert_is_no_secret_in(line, Some(value));
            }
        }
        _ => {}
    }
}
