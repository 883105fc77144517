//! What can be measured: a function's program, how Lambda starts it, what it is asked and what is right.

use crate::{aws::Aws, binaries::Binaries, lambda, support};
use cogapi_handlers::registry::{ENDPOINTS, TRIGGERS};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The endpoint that is compared. It calls Cognito once, as most do.
const LOGIN: &str = "login";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/functions/login.py");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/programs/tls/root.pem");

/// Where Python is (what is called so may be a script that looks for it), and which.
const WHICH: &str = "import boto3, platform, sys
print(sys.executable)
print('Python', platform.python_version() + ', boto3', boto3.__version__)";

#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) name: String,
    program: PathBuf,
    script: Option<&'static str>,
    environment: &'static [&'static str],
    pub(crate) event: Value,
    /// The status of its reply; none where it answers no client.
    status: Option<u16>,
    /// Bytes of what is deployed.
    pub(crate) zip: Option<usize>,
}

impl Function {
    /// All that are deployed.
    pub(crate) fn deployed(binaries: &Binaries) -> Vec<Self> {
        let endpoints = ENDPOINTS.iter().map(|endpoint| Self {
            name: endpoint.name.to_owned(),
            program: binaries.api.path.clone(),
            script: None,
            environment: endpoint.environment,
            event: support::right(endpoint),
            status: Some(endpoint.reply.status),
            zip: Some(binaries.api.zip),
        });
        let triggers = TRIGGERS.iter().map(|trigger| Self {
            name: trigger.name.to_owned(),
            program: binaries.triggers.path.clone(),
            script: None,
            environment: trigger.environment,
            event: support::right_event(trigger),
            status: None,
            zip: Some(binaries.triggers.zip),
        });
        endpoints.chain(triggers).collect()
    }

    /// A login, one that does nothing, and a login in Python, where Python and boto3 are at hand. Nothing is installed for it.
    pub(crate) fn compared(binaries: &Binaries) -> Vec<Self> {
        let deployed = Self::deployed(binaries);
        let login = deployed.into_iter().find(|it| it.name == LOGIN).expect("it is an endpoint");
        let nothing = Self {
            name: "does nothing".to_owned(),
            program: binaries.nothing.path.clone(),
            script: None,
            environment: &[],
            event: json!({}),
            status: None,
            zip: Some(binaries.nothing.zip),
        };
        let python = python().map(|(program, name)| Self {
            name,
            program,
            script: Some(SCRIPT),
            zip: None,
            ..login.clone()
        });
        [login, nothing].into_iter().chain(python).collect()
    }

    /// How it is started.
    pub(crate) fn command(&self, aws: &Aws) -> Command {
        self.started_by(&self.program, &[], aws)
    }

    /// How a program that watches it starts it.
    pub(crate) fn watched(&self, by: &str, arguments: &[&str], aws: &Aws) -> Command {
        let mut command = self.started_by(Path::new(by), arguments, aws);
        command.arg(&self.program);
        command
    }

    fn started_by(&self, program: &Path, arguments: &[&str], aws: &Aws) -> Command {
        let mut command = lambda::command(program, &self.name, self.environment);
        command.args(arguments).args(self.script);
        command.env("AWS_ENDPOINT_URL", aws.url()).env("AWS_CA_BUNDLE", ROOT);
        command
    }

    /// Whether it did what it was asked.
    pub(crate) fn is_right(&self, reply: &Value) -> bool {
        self.status.is_none_or(|status| reply["statusCode"] == status)
    }
}

fn python() -> Option<(PathBuf, String)> {
    let output =
        Command::new("python3").args(["-c", WHICH]).output().ok().filter(|it| it.status.success())?;
    let output = String::from_utf8(output.stdout).ok()?;
    let (program, name) = output.trim().split_once('\n')?;
    Some((program.into(), name.to_owned()))
}
