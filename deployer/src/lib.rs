//! The deployer as a library: everything but the process. It prints nothing; `main` and `render` do.

pub mod artifacts;
pub mod aws;
pub mod backend;
pub mod config;
pub mod resources;
