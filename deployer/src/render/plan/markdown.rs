//! A plan as a comment on a pull request: what it comes to, what it costs somebody, and the rest to be unfolded.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use cogapi_engine::Plan;

use super::{Entry, View, summary};
use crate::render::consequences::Consequence;

/// GitHub takes comments of at most 65,536 characters; some are left for what a pipeline adds.
const MOST: usize = 64_000;

/// The plan as GitHub and GitLab show it.
#[must_use]
pub fn markdown(plan: &Plan, stack: &str) -> String {
    let view = View::of(plan, false);
    let mut text = format!("### `{stack}`: {}\n", summary(plan));
    let entries = || view.sections.iter().flat_map(|(_, entries)| entries);
    let mut told = String::new();
    for entry in entries() {
        for problem in &entry.refused {
            let _ = writeln!(told, "- **Refused**: `{}`: {problem}", entry.title());
        }
        for consequence in &entry.consequences {
            let label = match consequence {
                Consequence::Warning(_) => "**Warning**: ",
                Consequence::Note(_) => "",
            };
            let _ = writeln!(told, "- {label}`{}`: {}", entry.title(), consequence.text());
        }
    }
    if !told.is_empty() {
        let _ = write!(text, "\n{told}");
    }
    if !view.drift.is_empty() {
        details(&mut text, "Changed outside cogapi (found -> what cogapi had set)", &view.drift);
    }
    for (topic, entries) in &view.sections {
        let resources: BTreeSet<_> = entries.iter().flat_map(|entry| &entry.addresses).collect();
        details(&mut text, &format!("{topic}: {}", super::count(resources.len(), "change")), entries);
    }
    text.trim_end().to_owned()
}

/// A folded block, or where it would become too much a sentence instead.
fn details(text: &mut String, head: &str, entries: &[Entry]) {
    let mut block = format!("\n<details><summary>{head}</summary>\n\n```diff\n");
    for entry in entries {
        let what = if entry.what.is_empty() { String::new() } else { format!("  ({})", entry.what) };
        let _ = writeln!(block, "{} {}{what}", sign(entry), entry.title());
        for line in &entry.lines {
            // Three backticks would end the block.
            let _ = writeln!(block, "    {}", line.replace("```", "` ` `"));
        }
    }
    block.push_str("```\n\n</details>\n");
    let left_out = format!("\n{head}: too long for a comment, see the log of `cogapi plan`.\n");
    // A little is kept free, so that each of the topics can say so.
    let room = MOST.saturating_sub(text.chars().count());
    text.push_str(if block.chars().count() + 2_000 <= room { &block } else { &left_out });
}

/// In a block of the language `diff`, only these begin a coloured line.
fn sign(entry: &Entry) -> char {
    match entry.sign.mark().0 {
        '±' | '~' => '!',
        mark => mark,
    }
}
