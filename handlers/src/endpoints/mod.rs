//! The HTTP endpoints, a file each: its declaration (`ENDPOINT`) and its function (`handle`).

pub mod create_user;
pub mod login;
pub mod logout;
pub mod mfa_verify;
pub mod passkeys_delete;
pub mod passkeys_list;
pub mod passkeys_login_complete;
pub mod passkeys_login_start;
pub mod passkeys_register_complete;
pub mod passkeys_register_start;
pub mod refresh_token;
pub mod userinfo;
