//! The life cycle with fake resources and a memory backend: one binary, one file per concern.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "tests fail by panicking")]

mod crash;
mod failure;
mod planning;
mod world;
mod writers;
