//! Every kind of resource on the wire: made where it is missing, left alone where it is as it should be, put right where it is not,
//! gone after it was deleted.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "tests fail by panicking")]
#![allow(unreachable_pub, reason = "the harness is shared with other test binaries")]

mod app_client;
mod base_path_mapping;
mod certificate;
mod code;
mod cognito;
#[path = "../common/mod.rs"]
mod common;
mod deployment;
mod dns_record;
mod domain_name;
mod domains;
mod drift;
mod errors;
mod function;
mod function_changes;
mod function_concurrency;
mod function_deviations;
mod function_environment;
mod gateway_log_role;
mod log_group;
mod matrix;
mod permission;
mod replacing;
mod rest_api;
mod role;
mod scripted;
mod stage;
mod support;
mod user_group;
mod user_pool;
mod user_pool_by_hand;
mod user_pool_triggers;
mod web_acl;
mod web_acl_association;
