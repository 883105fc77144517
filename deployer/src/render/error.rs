//! Errors as text: what happened, why, what to do.

use std::fmt::Write as _;

use cogapi_engine::{Applied, Failure};
use miette::{GraphicalReportHandler, GraphicalTheme};

use crate::commands::Error;
use crate::config::ConfigError;

/// The error for a person.
#[must_use]
pub fn text(error: &Error) -> String {
    match error {
        Error::Config(error) => config(error),
        Error::Failed(failure) => one(failure),
        Error::Resources(failures) => {
            let each = failures.iter().map(|(address, failure)| format!("error: {address}: {failure}"));
            each.collect::<Vec<_>>().join("\n")
        }
        Error::Locked { environment, holder } => format!(
            "error: {environment} is locked: {holder}\n  hint: wait until that has ended. If it was killed, its lock ends by itself at {:.0};\n        `cogapi unlock --env {environment}` removes it before that",
            holder.expires
        ),
        Error::Refused(violations) => {
            let mut text = "error: this plan is refused, and nothing was touched".to_owned();
            for violation in violations {
                let _ = write!(
                    text,
                    "\n  {}: {}\n    hint: {}",
                    violation.address, violation.problem, violation.hint
                );
            }
            text
        }
        Error::Incomplete(applied) => incomplete(applied),
        Error::NotStored { cause, saved, command } => {
            let saved = match saved {
                Ok(file) => format!("it was written to {}; put it back with\n    {command}", file.display()),
                Err(error) => format!("writing it to a file failed, too: {error}"),
            };
            format!("error: what was done could not be stored: {cause}\n  hint: {saved}")
        }
        Error::Declined => "nothing was done".to_owned(),
    }
}

fn one(failure: &Failure) -> String {
    format!("error: {failure}")
}

fn config(error: &ConfigError) -> String {
    let mut text = format!("error: {error}");
    // The places in the file, below the plain lines that editors and pipelines parse.
    if !error.problems().is_empty() {
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::none()).with_width(80);
        let mut places = String::new();
        if handler.render_report(&mut places, error).is_ok() {
            text = format!("{text}\n{}", places.trim_end());
        }
    } else if let Some(help) = miette::Diagnostic::help(error) {
        let _ = write!(text, "\n  hint: {help}");
    }
    text
}

fn incomplete(applied: &Applied) -> String {
    let mut text = String::new();
    for (address, failure) in &applied.failed {
        let _ = writeln!(text, "error: {address}: {failure}");
    }
    if !applied.skipped.is_empty() {
        let names: Vec<&str> = applied.skipped.keys().map(cogapi_engine::Address::as_str).collect();
        let _ = writeln!(text, "not tried, because they need what failed: {}", names.join(", "));
    }
    if applied.interrupted {
        let _ = writeln!(text, "stopped as asked");
    }
    let _ = write!(
        text,
        "{} changes are done and stored. Run the same command again to go on from here.",
        applied.done
    );
    text
}
