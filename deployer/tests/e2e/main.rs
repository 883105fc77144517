//! The promises as a user sees them: the real binary, over the network, against the real emulator.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]
#![allow(unreachable_pub, reason = "the harness is shared with other test binaries")]

#[path = "../common/mod.rs"]
mod common;

mod access;
mod administrators;
mod api;
mod authenticator;
mod bad_cases;
mod check;
mod client;
mod configuration;
mod credentials;
mod domain;
mod drift;
mod each;
mod enumeration;
mod every_endpoint;
mod exclusive;
mod faults;
mod flows;
mod init;
mod killed;
mod least;
mod life;
mod local;
mod local_kept;
mod local_port;
mod logs;
mod machines;
mod mfa_reset;
mod options;
mod passkey;
mod passkeys;
mod permissions;
mod person;
mod pipelines;
mod recovery;
mod right;
mod screens;
mod secrets;
mod shown_logs;
mod silent;
mod stopped;
mod terminal;
mod walks;
mod world;
mod writers;
mod zone;
