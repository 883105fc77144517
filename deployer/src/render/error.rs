//! Errors as text: what happened, why, what to do.

use std::fmt::Write as _;

use cogapi_engine::{Applied, Failure};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use crate::commands::Error;
use crate::config::{ConfigError, Problem};

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
        Error::Interrupted => "stopped as asked".to_owned(),
    }
}

fn one(failure: &Failure) -> String {
    format!("error: {failure}")
}

/// What is wrong with a configuration, each fault in its place.
pub(crate) fn config(error: &ConfigError) -> String {
    let ConfigError::Invalid { source, problems } = error else {
        let hint = error.hint().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
        return format!("error: {error}{hint}");
    };
    let mut text = match problems.len() {
        1 => format!("error: {} has a problem", source.name()),
        several => format!("error: {} has {several} problems", source.name()),
    };
    // Too wide to break a line: pipelines and editors look for `file:line:`, and a terminal wraps by itself.
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(1000);
    for problem in problems {
        let mut place = String::new();
        if handler.render_report(&mut place, &InPlace { problem, source }).is_err() {
            place = problem.to_string();
        }
        let _ = write!(text, "\n{}", place.trim_end());
    }
    text
}

/// A problem with the lines around it.
#[derive(Debug)]
struct InPlace<'a> {
    problem: &'a Problem,
    source: &'a NamedSource<String>,
}

impl std::fmt::Display for InPlace<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.problem.fmt(f)
    }
}

impl std::error::Error for InPlace<'_> {}

impl Diagnostic for InPlace<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        // What is missing has no place of its own; the line names it.
        (!self.problem.span.is_empty()).then_some(self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let Problem { span, .. } = self.problem;
        Some(Box::new(std::iter::once(LabeledSpan::new(None, span.start, span.len()))))
    }
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
