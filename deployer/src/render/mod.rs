//! What people and pipelines read: texts made from plans, events and errors. Makes strings and writes them; decides nothing.

pub mod building;
pub mod check;
pub mod error;
pub mod logs;
pub mod outputs;
pub mod plan;
pub mod progress;
pub mod status;

use std::fmt::Write as _;
use std::io::Write as _;

/// The width that lines are kept to.
const WIDTH: usize = 80;

/// Writes a result to standard output. A reader that has gone away (`cogapi outputs | head -1`) is no error.
pub fn result(text: &str) {
    let _ = try_result(text);
}

/// The same, for whoever has to end when nobody reads any more.
pub fn try_result(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}")
}

/// A number and what there is so many of: `1 change`, `2 changes`.
pub(crate) fn count(number: usize, one: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {one}{s}")
}

/// Adds a label and a sentence after it, broken between words; further lines begin below its first word.
fn sentence(text: &mut String, label: &str, sentence: &str) {
    let indent = label.chars().count();
    let mut line = label.to_owned();
    for word in sentence.split_whitespace() {
        let width = line.chars().count();
        if width > indent && width + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{line}");
            line = " ".repeat(indent);
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}

/// Writes a note on what happens to standard error, where it never mixes with results.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
