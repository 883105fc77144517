//! Errors as text: what happened, why, what to do.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use cogapi_engine::{Applied, BackendError, Failure};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use super::{count, sentence};
use crate::commands::Error;
use crate::config::{ConfigError, Problem};

/// The error for a person.
#[must_use]
pub fn text(error: &Error) -> String {
    match error {
        Error::Config(error) => config(error),
        Error::Credentials(failure) | Error::Failed(failure) => one(failure),
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
        Error::Stopped { environment, cause, done } => stopped(environment, cause, *done),
        Error::NotStored { cause, saved, command } => not_stored(cause, saved, command),
        Error::Stale(why) => format!(
            "error: the plan is stale, and nothing was touched: {why}\n  hint: make a new one with `cogapi plan --out FILE`, and look at it"
        ),
        Error::Declined => "nothing was done".to_owned(),
        Error::Interrupted => "stopped as asked".to_owned(),
    }
}

/// It stopped by itself, and there is nothing to save.
fn stopped(environment: &str, cause: &BackendError, done: usize) -> String {
    let done = match done {
        0 => "nothing was changed".to_owned(),
        1 => "1 change is done and stored, and nothing new was begun".to_owned(),
        done => format!("{done} changes are done and stored, and nothing new was begun"),
    };
    if cause.is_takeover() {
        format!(
            "error: stopped, as another run may have taken over {environment}: {cause}\n  {done}\n  hint: run the same command again once the other run has ended"
        )
    } else {
        format!(
            "error: stopped, as the state can't be stored: {cause}\n  {done}\n  hint: run the same command again to go on from here"
        )
    }
}

/// It stopped by itself, with results that are stored nowhere else.
fn not_stored(cause: &BackendError, saved: &Result<PathBuf, std::io::Error>, command: &str) -> String {
    let way_on = match (cause, saved) {
        // Putting ours back would undo theirs, and they need it not: what was begun here was noted in the state that they went
        // on from.
        (BackendError::Conflict, Ok(file)) => format!(
            "another run went on from what was begun here: run the same command again once that has ended;\n        what was done last is in {}, should it ever be needed",
            file.display()
        ),
        (_, Ok(file)) => format!("it was written to {}; put it back with\n    {command}", file.display()),
        (_, Err(error)) => format!("writing it to a file failed, too: {error}"),
    };
    format!("error: what was done could not be stored: {cause}\n  hint: {way_on}")
}

/// On a terminal broken between words; a pipeline's log is searched, and a line there stays one.
fn one(failure: &Failure) -> String {
    if std::io::stderr().is_terminal() { wrapped(failure) } else { format!("error: {failure}") }
}

/// A failure in lines of a terminal.
pub(crate) fn wrapped(failure: &Failure) -> String {
    let Failure { summary, detail, hint, request_id } = failure;
    let mut text = String::new();
    sentence(&mut text, "error:", summary);
    sentence(&mut text, " ", detail);
    if let Some(id) = request_id {
        sentence(&mut text, "  request id:", id);
    }
    if let Some(hint) = hint {
        sentence(&mut text, "  hint:", hint);
    }
    text.trim_end().to_owned()
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
        "done and stored: {}. Run the same command again to go on from here.",
        count(applied.done, "change")
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped(cause: BackendError, done: usize) -> Error {
        Error::Stopped { environment: "dev".to_owned(), cause: Box::new(cause), done }
    }

    fn not_stored(cause: BackendError) -> Error {
        Error::NotStored {
            cause: Box::new(cause),
            saved: Ok("dev-state-8.json".into()),
            command: "cogapi recover-state --env dev dev-state-8.json".to_owned(),
        }
    }

    #[test]
    fn whoever_lost_the_environment_to_another_run_is_told_so_and_to_run_again() {
        let lost =
            stopped(BackendError::LockLost("joe@desk runs `deploy` since 9:00 took it over".to_owned()), 2);
        insta::assert_snapshot!(text(&lost), @r"
        error: stopped, as another run may have taken over dev: the lock was lost: joe@desk runs `deploy` since 9:00 took it over
          2 changes are done and stored, and nothing new was begun
          hint: run the same command again once the other run has ended
        ");
        assert_eq!(lost.exit_code(), 3);
        let conflict = stopped(BackendError::Conflict, 0);
        insta::assert_snapshot!(text(&conflict), @r"
        error: stopped, as another run may have taken over dev: the stored state was changed by somebody else since it was read
          nothing was changed
          hint: run the same command again once the other run has ended
        ");
        assert_eq!(conflict.exit_code(), 3);
    }

    #[test]
    fn storage_that_fails_with_nothing_unsaved_leads_to_no_file() {
        let error = stopped(Failure::new("storing the state failed", "AccessDenied").into(), 1);
        insta::assert_snapshot!(text(&error), @r"
        error: stopped, as the state can't be stored: storing the state failed: AccessDenied
          1 change is done and stored, and nothing new was begun
          hint: run the same command again to go on from here
        ");
        assert_eq!(error.exit_code(), 1);
    }

    #[test]
    fn a_saved_state_is_put_back_unless_another_run_went_on_from_what_it_tells() {
        let failed = not_stored(Failure::new("storing the state failed", "AccessDenied").into());
        insta::assert_snapshot!(text(&failed), @r"
        error: what was done could not be stored: storing the state failed: AccessDenied
          hint: it was written to dev-state-8.json; put it back with
            cogapi recover-state --env dev dev-state-8.json
        ");
        let conflict = not_stored(BackendError::Conflict);
        insta::assert_snapshot!(text(&conflict), @r"
        error: what was done could not be stored: the stored state was changed by somebody else since it was read
          hint: another run went on from what was begun here: run the same command again once that has ended;
                what was done last is in dev-state-8.json, should it ever be needed
        ");
    }
}
