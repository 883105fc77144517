//! The Lambda functions: one library, two binaries (`api`, `triggers`), the function chosen by `_HANDLER`.
//!
//! The deployer reads [`registry`], [`endpoint`], [`schema`], [`error`] and [`config::env`] to derive the API body, the
//! functions, their roles, their environment and the documents; everything else is only used inside a function.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod access;
pub mod access_token;
pub mod app;
pub mod authenticator;
pub mod aws;
pub mod bound_session;
pub mod challenge;
pub mod config;
pub mod derived;
pub mod document;
pub mod email;
pub mod endpoint;
pub mod endpoints;
pub mod error;
pub mod field;
pub mod formats;
pub mod invitation;
pub mod jwt;
pub mod log;
pub mod member;
pub mod mfa_reset;
pub mod otpauth;
pub mod passkey_options;
pub mod passkeys;
pub mod password_policy;
pub mod random;
pub mod reaction;
pub mod recovery;
pub mod registry;
pub mod reply;
pub mod request;
pub mod runtime;
pub mod schema;
pub mod sealed_session;
pub mod secret;
pub mod serve;
pub mod ses;
pub mod sign_out;
pub mod temporary_password;
pub mod timing;
pub mod tokens;
pub mod triggers;
pub mod upstream;
pub mod user;
