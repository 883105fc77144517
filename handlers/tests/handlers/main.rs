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
mod create_auth_challenge;
mod create_user;
mod custom_message;
mod declarations;
mod define_auth_challenge;
mod delete_user;
mod every_request;
mod login;
mod logout;
mod mfa_verify;
mod other_users;
mod passkeys;
mod passkeys_delete;
mod passkeys_list;
mod passkeys_login_complete;
mod passkeys_login_start;
mod passkeys_register_complete;
mod passkeys_register_start;
mod recovery;
mod refresh_token;
mod reset_password;
mod ses;
mod support;
mod user;
mod userinfo;
mod verify_auth_challenge_response;
