//! The endpoints that must not tell which addresses have an account, and what they are asked for that.

use serde_json::{Value, json};

use crate::client::Request;
use crate::person::Person;

/// One of them.
pub(crate) struct Silent {
    pub(crate) endpoint: &'static str,
    /// A wrong one, where it takes one.
    password: Option<&'static str>,
}

pub(crate) const SILENT: [Silent; 5] = [
    Silent { endpoint: "forgot-password", password: None },
    Silent { endpoint: "resend-confirmation-code", password: None },
    Silent { endpoint: "mfa-reset-start", password: None },
    Silent { endpoint: "passkeys-login-start", password: None },
    Silent { endpoint: "login", password: Some("Wrong-Horse-12!") },
];

impl Silent {
    pub(crate) fn request(&self, person: &Person<'_>) -> Request {
        let fields =
            self.password.map_or(json!({}), |password: &str| -> Value { json!({ "password": password }) });
        person.request(self.endpoint, fields)
    }
}
