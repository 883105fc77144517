//! The SDK: clients, what their errors mean, and what is worth trying again. Knows no resource kind.

pub mod account;
mod advice;
pub mod clients;
pub mod errors;
pub mod log_events;
mod pace;
mod rates;
pub mod retry;
pub mod sesv2;
pub mod signed;
pub mod wafv2;

pub(crate) use advice::is_about_credentials;
pub(crate) use clients::partition;
pub use clients::{Clients, is_local};
pub use errors::failure;
