//! The deployer.
