//! What people and pipelines read: texts made from plans, events and errors. Makes strings and writes them; decides nothing.

pub mod building;
pub mod check;
mod consequences;
pub mod ending;
pub mod error;
pub mod json;
pub mod logs;
pub mod outputs;
pub mod plan;
pub mod progress;
mod span;
pub mod status;
mod style;
mod terminal;

use std::fmt::Write as _;

pub use terminal::{Form, Output, fail, note, object, output, result, set, tell, try_result};

/// The width that lines are kept to.
const WIDTH: usize = 80;

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
