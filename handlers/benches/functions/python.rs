//! A login in Python, measured in the same run where Python and boto3 are at hand. Nothing is installed for it.

use crate::{
    Function,
    aws::Aws,
    measure::{Effort, measure},
    report::Row,
};
use std::{path::Path, process::Command};

const LOGIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/functions/login.py");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/programs/tls/root.pem");

/// Where Python is (what is called so may be a script that looks for it), and which.
const WHICH: &str = "import boto3, platform, sys
print(sys.executable)
print('Python', platform.python_version() + ', boto3', boto3.__version__)";

/// What it needs for the same event as the login that is ours.
pub(crate) fn measured(login: &Function<'_>, aws: &Aws, effort: Effort) -> Option<Row> {
    let output =
        Command::new("python3").args(["-c", WHICH]).output().ok().filter(|it| it.status.success())?;
    let output = String::from_utf8(output.stdout).ok()?;
    let (python, name) = output.trim().split_once('\n')?;
    let command = || {
        let mut command = login.command(Path::new(python), aws);
        command.arg(LOGIN).env("AWS_CA_BUNDLE", ROOT);
        command
    };
    let measured = measure(command, &login.event, effort, |reply| reply["statusCode"] == 200);
    Some(Row { name: name.to_owned(), measured, zip: None })
}
