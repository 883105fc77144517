//! How long each function takes to start and to answer, and what it needs for it: the deployed binaries, run as Lambda runs them,
//! against a Cognito and an SES on this machine behind TLS. Beside them a function that does nothing, and a login in Python.
//!
//! Times hold for this machine and this run only, so what is asked of them is said and never asserted. `make bench` runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark fails by panicking")]
#![allow(missing_docs, dead_code, reason = "the harness is shared with the tests")]

mod aws;
mod binaries;
mod callgrind;
mod measure;
mod python;
mod report;

#[path = "../../tests/handlers/cognito.rs"]
mod cognito;
#[path = "../../tests/handlers/healthy.rs"]
mod healthy;
#[path = "../../tests/handlers/lambda.rs"]
mod lambda;
#[path = "../../tests/handlers/support.rs"]
mod support;
#[path = "../../tests/handlers/wire.rs"]
mod wire;

use aws::Aws;
use binaries::{Binaries, Binary};
use cogapi_handlers::registry::{ENDPOINTS, TRIGGERS};
use measure::{Effort, measure};
use report::Row;
use serde_json::{Value, json};
use std::{path::Path, process::Command, time::Duration};

/// The one that is compared. It calls Cognito once, as most do.
const LOGIN: &str = "login";
/// As often as measurements of Python and of other ways to build it were made.
const THOROUGH: Effort = Effort { starts: 50, requests: 200, at_most: Duration::from_mins(1) };
/// Enough to see which one falls out of line. Those that answer on whole seconds are stopped by the time.
const SWIFT: Effort = Effort { starts: 10, requests: 30, at_most: Duration::from_secs(4) };

/// A function that can be measured.
struct Function<'a> {
    name: &'static str,
    binary: &'a Binary,
    environment: &'static [&'static str],
    event: Value,
    /// The status of its reply; none of a trigger's.
    status: Option<u16>,
}

impl Function<'_> {
    fn command(&self, program: &Path, aws: &Aws) -> Command {
        let mut command = lambda::command(program, self.name, self.environment);
        command.env("AWS_ENDPOINT_URL", aws.url());
        command
    }

    fn measured(&self, effort: Effort, aws: &Aws) -> Row {
        let measured = measure(
            || self.command(&self.binary.path, aws),
            &self.event,
            effort,
            |reply| self.status.is_none_or(|status| reply["statusCode"] == status),
        );
        Row { name: self.name.to_owned(), measured, zip: Some(self.binary.zip) }
    }
}

/// All that are deployed.
fn functions(binaries: &Binaries) -> Vec<Function<'_>> {
    let endpoints = ENDPOINTS.iter().map(|endpoint| Function {
        name: endpoint.name,
        binary: &binaries.api,
        environment: endpoint.environment,
        event: support::right(endpoint),
        status: Some(endpoint.reply.status),
    });
    let triggers = TRIGGERS.iter().map(|trigger| Function {
        name: trigger.name,
        binary: &binaries.triggers,
        environment: trigger.environment,
        event: support::right_event(trigger),
        status: None,
    });
    endpoints.chain(triggers).collect()
}

fn main() {
    let binaries = Binaries::build();
    let aws = Aws::start(&binaries.aws);
    let functions = functions(&binaries);
    let login = functions.iter().find(|it| it.name == LOGIN).expect("an endpoint");
    let nothing = Function {
        name: "does nothing",
        binary: &binaries.nothing,
        environment: &[],
        event: json!({}),
        status: None,
    };

    let rows = [login.measured(THOROUGH, &aws), nothing.measured(THOROUGH, &aws)];
    let python = python::measured(login, &aws, THOROUGH);
    report::compared(THOROUGH, &rows, python.as_ref());
    let rows: Vec<Row> = functions.iter().map(|function| function.measured(SWIFT, &aws)).collect();
    report::all(SWIFT, &rows);
    report::instructions([login, &nothing].map(|it| (it.name, callgrind::instructions(it, &aws))));
}
