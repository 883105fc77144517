//! The process: parses, runs, shows the error, and turns it into an exit code.

use std::process::ExitCode;

use clap::Parser as _;
use cogapi::commands::{Cli, Outcome};
use cogapi::render;

/// `EX_USAGE` of sysexits.h. clap's own 2 would read as "there are changes" where `--detailed-exitcode` was meant.
const USAGE: u8 = 64;
/// There are changes to make (`plan --detailed-exitcode`).
const CHANGES: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            render::note(&format!("error: the program could not be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let ended = runtime.block_on(cli.run());
    // Nothing waits for a thread that reads an answer nobody needs any more.
    runtime.shutdown_background();
    match ended {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Changes) => ExitCode::from(CHANGES),
        Ok(Outcome::Problems) => ExitCode::FAILURE,
        Err(error) => {
            render::fail(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
