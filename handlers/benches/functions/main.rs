//! How long each function takes to start and to answer, and what it needs for it: the deployed binaries, run as Lambda runs them,
//! against a Cognito and an SES on this machine behind TLS. Beside them a function that does nothing, and a login in Python.
//!
//! Times hold for this machine and this run only, so what is asked of them is said and never asserted. `make bench` runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark fails by panicking")]
#![allow(missing_docs, dead_code, reason = "the harness is shared with the tests")]

mod aws;
mod binaries;
mod callgrind;
mod function;
mod measure;
mod report;

#[path = "../../tests/handlers/cognito.rs"]
mod cognito;
#[path = "../../tests/handlers/healthy.rs"]
mod healthy;
#[path = "../../tests/handlers/lambda.rs"]
mod lambda;
#[path = "../../tests/handlers/support/mod.rs"]
mod support;
#[path = "../../tests/handlers/wire.rs"]
mod wire;

use aws::Aws;
use binaries::Binaries;
use function::Function;
use measure::{Effort, measure};
use std::time::Duration;

/// As often as it was measured when the ways to build it were compared.
const THOROUGH: Effort = Effort { starts: 50, requests: 200, at_most: Duration::from_mins(1) };
/// Enough to see which one falls out of line. Those that answer on whole seconds are stopped by the time.
const SWIFT: Effort = Effort { starts: 10, requests: 30, at_most: Duration::from_secs(4) };

fn main() {
    let binaries = Binaries::build();
    let aws = Aws::start(&binaries.aws);
    report::machine();
    let compared = Function::compared(&binaries);
    report::compared(THOROUGH, &measure(&compared, THOROUGH, &aws));
    report::all(SWIFT, &measure(&Function::deployed(&binaries), SWIFT, &aws));
    let [login, nothing, ..] = compared.as_slice() else { unreachable!("these two are always compared") };
    report::instructions([login, nothing].map(|it| (it.name.as_str(), callgrind::instructions(it, &aws))));
}
