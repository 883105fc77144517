//! The Cognito triggers, a file each: its declaration (`TRIGGER`) and its function (`handle`).

pub mod custom_message;
