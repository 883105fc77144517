//! Where texts go: results to standard output, everything else to standard error, around the lines that are drawn there.
//! Owns what the person asked of this process's output; makes no texts.

use std::io::IsTerminal as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, OnceLock};

use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;

use super::json::Event;

/// What was asked of all output.
#[derive(Debug, Clone, Copy, Default)]
pub struct Output {
    /// What standard output is.
    pub form: Form,
    /// Only results, questions, warnings and errors.
    pub quiet: bool,
    /// Everything is named.
    pub verbose: bool,
}

/// What standard output is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// For people.
    #[default]
    Text,
    /// One JSON object, or what is JSON already.
    Object,
    /// JSON: an event a line.
    Events,
}

impl Output {
    /// Whether standard output is for programs.
    #[must_use]
    pub fn is_json(self) -> bool {
        self.form != Form::Text
    }
}

static OUTPUT: OnceLock<Output> = OnceLock::new();

/// Sets it, once and before anything is written.
pub fn set(output: Output) {
    let _ = OUTPUT.set(output);
}

/// What was asked.
#[must_use]
pub fn output() -> Output {
    OUTPUT.get().copied().unwrap_or_default()
}

/// The lines that are drawn again and again. Nothing is drawn where nobody would see it move.
pub(super) static DRAWN: LazyLock<MultiProgress> = LazyLock::new(|| {
    let hushed = output().quiet || output().is_json();
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if hushed || dumb || !std::io::stderr().is_terminal() {
        MultiProgress::with_draw_target(ProgressDrawTarget::hidden())
    } else {
        MultiProgress::new()
    }
});

/// Writes a result to standard output. A reader that has gone away (`cogapi outputs | head -1`) is no error.
pub fn result(text: &str) {
    if output().is_json() {
        return tell(&Event::Result { text: anstream::adapter::strip_str(text).to_string() });
    }
    let _ = try_result(text);
}

/// The same in whatever form it has, for whoever has to end when nobody reads any more.
pub fn try_result(text: &str) -> std::io::Result<()> {
    DRAWN.suspend(|| writeln!(anstream::stdout(), "{text}"))
}

/// Writes the one JSON object that is a command's whole result.
pub fn object(object: &impl Serialize) {
    BEGUN.store(true, Ordering::Relaxed);
    write_json(&serde_json::to_string_pretty(object));
}

/// Whether any JSON was written.
static BEGUN: AtomicBool = AtomicBool::new(false);

/// Writes an event as a line of the stream that `--json` makes of standard output; the first line tells the stream's version.
pub fn tell(event: &Event) {
    if output().form != Form::Events {
        return;
    }
    if !BEGUN.swap(true, Ordering::Relaxed) {
        write_json(&serde_json::to_string(&Event::version()));
    }
    write_json(&serde_json::to_string(event));
}

/// What is written holds strings and numbers only, so it always serializes.
fn write_json(text: &serde_json::Result<String>) {
    if let Ok(text) = text {
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }
}

/// Writes a note on what happens to standard error, where it never mixes with results.
pub fn note(text: &str) {
    DRAWN.suspend(|| {
        let _ = writeln!(anstream::stderr(), "{text}");
    });
}

/// A text as standard error shows it: with its colours, or without.
pub(super) fn coloured(text: &str) -> String {
    match anstream::AutoStream::choice(&std::io::stderr()) {
        anstream::ColorChoice::Never => anstream::adapter::strip_str(text).to_string(),
        _ => text.to_owned(),
    }
}

/// Tells of an error, as the last thing that this process does. Where one object is awaited, it is the error unless the result
/// was written before.
pub fn fail(error: &crate::commands::Error) {
    let _ = DRAWN.clear();
    let event = Event::Error(error.into());
    if output().form == Form::Object && !BEGUN.load(Ordering::Relaxed) {
        object(&event);
    }
    tell(&event);
    note(&super::error::text(error));
}
