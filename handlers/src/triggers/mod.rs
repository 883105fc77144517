//! The Cognito triggers, a file each: its declaration (`TRIGGER`) and its function (`handle`).

pub mod create_auth_challenge;
pub mod custom_message;
pub mod define_auth_challenge;
pub mod verify_auth_challenge_response;
