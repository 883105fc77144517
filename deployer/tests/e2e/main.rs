//! The promises as a user sees them: the real binary, over the network, against the real emulator.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]
#![allow(unreachable_pub, reason = "the harness is shared with other test binaries")]

#[path = "../common/mod.rs"]
mod common;

mod api;
mod check;
mod configuration;
mod domain;
mod drift;
mod faults;
mod killed;
mod life;
mod local;
mod options;
mod recovery;
mod secrets;
mod stopped;
mod world;
mod writers;
mod zone;
