//! What people and pipelines read: texts made from plans, events and errors. Makes strings and writes them; decides nothing.

pub mod building;
pub mod error;
pub mod outputs;
pub mod plan;
pub mod progress;
pub mod status;

use std::io::Write as _;

/// Writes a result to standard output. A reader that has gone away (`cogapi outputs | head -1`) is no error.
pub fn result(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A number and what there is so many of: `1 change`, `2 changes`.
pub(crate) fn count(number: usize, one: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {one}{s}")
}

/// Writes a note on what happens to standard error, where it never mixes with results.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
