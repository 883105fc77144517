//! The HTTP endpoints, a file each: its declaration (`ENDPOINT`) and its function (`handle`).

pub mod change_password;
pub mod confirm_mfa;
pub mod confirm_password;
pub mod confirm_user;
pub mod create_user;
pub mod delete_user;
pub mod forgot_password;
pub mod login;
pub mod logout;
pub mod mfa_reset_confirm;
pub mod mfa_reset_start;
pub mod mfa_reset_verify;
pub mod mfa_verify;
pub mod passkeys_delete;
pub mod passkeys_list;
pub mod passkeys_login_complete;
pub mod passkeys_login_start;
pub mod passkeys_register_complete;
pub mod passkeys_register_start;
pub mod refresh_token;
pub mod resend_confirmation_code;
pub mod reset_password;
pub mod userinfo;
