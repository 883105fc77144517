//! The HTTP endpoints, a file each: its declaration (`ENDPOINT`) and its function (`handle`).

pub mod create_user;
pub mod login;
pub mod logout;
pub mod mfa_verify;
pub mod refresh_token;
pub mod userinfo;
