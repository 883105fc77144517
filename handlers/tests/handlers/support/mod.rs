//! A function with its environment and a replayed Cognito: who takes part in the tests, and what all of them share.

mod app;
mod asking;
mod aws;
mod events;
mod reacting;
mod secrecy;
mod sessions;

pub(crate) use app::*;
pub(crate) use asking::*;
pub(crate) use aws::*;
pub(crate) use events::*;
#[allow(unused_imports, reason = "the benchmark has no word on triggers")]
pub(crate) use reacting::*;
pub(crate) use sessions::*;

use cogapi_handlers::{endpoint::Endpoint, registry};

pub(crate) const EMAIL: &str = "jane@example.com";
pub(crate) const USER_ID: &str = "5f0e2b7a-0001-4c5e-9d55-7c1a0f1d2e3b";
pub(crate) const PASSWORD: &str = "Corr3ct-horse!battery";
pub(crate) const TEMPORARY_PASSWORD: &str = "Kf7m_Tq9x_We3r_Hn8p_Cv5k";
pub(crate) const NEW_PASSWORD: &str = "Pl3nty-of-new-staples!";
/// Somebody else.
pub(crate) const OTHER_EMAIL: &str = "joe@example.com";
pub(crate) const OTHER_ID: &str = "7a1b2c3d-0002-4c5e-9d55-7c1a0f1d2e3b";
pub(crate) const SESSION: &str = "AYABe-session-of-the-password";
pub(crate) const SECOND_SESSION: &str = "AYABe-session-of-the-secret";
pub(crate) const TOTP_SECRET: &str = "JBSWY3DPEHPK3PXP";
pub(crate) const CLIENT_SECRET: &str = "client-secret-nobody-may-see";
pub(crate) const NEW_REFRESH_TOKEN: &str = "eyJjdHkiOiJKV1QifQ.the-next-refresh-token";
pub(crate) const REQUEST_ID: &str = "gateway-request-1";

/// The code of an MFA reset that lives as long as these tests: `mfa_reset::Code`.
pub(crate) const MAILED_CODE: &str = "48151623-4102444800";

pub(crate) fn variable(name: &str) -> Option<String> {
    let value = match name {
        "AWS_REGION" => "eu-west-1",
        "AWS_ACCESS_KEY_ID" => "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY" => "lambda-secret-key",
        "USER_POOL_ID" => "eu-west-1_pool",
        "CLIENT_ID" => "client1",
        "CLIENT_SECRET" => CLIENT_SECRET,
        "MFA_ISSUER" => "My Co",
        "CORS_ORIGINS" => "https://app.example,https://other.example",
        "PASSWORD_MIN_LENGTH" => "14",
        "REGISTRATION" => "open",
        "ADMIN" => "group",
        "MFA_RESET_SUBJECT" => "Your MFA reset",
        "MFA_RESET_MESSAGE" => "Your code is {code}.",
        "EMAIL_FROM" => "hello@example.com",
        "PASSKEY_RELYING_PARTY_ID" => "example.com",
        _ => return None,
    };
    Some(value.to_owned())
}

pub(crate) fn endpoint(name: &str) -> &'static Endpoint {
    registry::endpoint(name).expect("a registered endpoint").0
}
