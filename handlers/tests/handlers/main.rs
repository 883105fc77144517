//! The promises of the functions, kept against a replayed Cognito: a call that a test does not expect fails it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "tests fail by panicking")]

mod anything;
mod authenticator;
mod binaries;
mod change_password;
mod cognito;
mod confirm_mfa;
mod confirm_password;
mod confirm_user;
mod create_user;
mod custom_message;
mod declarations;
mod delete_user;
mod every_request;
mod login;
mod other_users;
mod recovery;
mod reset_password;
mod ses;
mod support;
mod user;
mod userinfo;
