//! The deployer as a library: everything but the process. Only `commands`, through `render`, writes to the terminal.

pub mod artifacts;
pub mod aws;
pub mod backend;
pub mod commands;
pub mod config;
pub mod docs;
pub mod emulator;
pub mod local;
pub mod permissions;
pub mod preflight;
pub mod render;
pub mod resources;
pub mod stack;
