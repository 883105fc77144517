//! A plan for people: sorted by what it is about, alike changes told once, with what they mean. `text` and `markdown` show the
//! same `View`; neither leaves anything out that would be done.

mod fields;
mod markdown;
#[cfg(test)]
pub(super) mod tests;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::Style;
use cogapi_engine::diff::FieldChange;
use cogapi_engine::{Action, Address, Change, Plan, Reason};

pub(super) use fields::leaves;
pub use markdown::markdown;

use super::consequences::{self, Consequence};
use super::style::{CHANGED, FAINT, GONE, MADE, REFUSED, REPLACED, STRONG, WARNING, paint};
use super::{WIDTH, count, json, sentence};
use crate::resources::{kinds, topic};

/// So many alike resources are still named one by one.
const FEW: usize = 3;
/// What stands before the lines of a resource.
const INDENT: usize = 6;
/// How the line of a function begins whose handler was built anew.
const CODE: &str = "code: ";
/// What is done to a resource that is changed as the configuration says.
const CHANGE: &str = "change";

/// What is shown, whatever shows it.
struct View {
    /// What was changed outside cogapi.
    drift: Vec<Entry>,
    /// What is done, by topic.
    sections: Vec<(&'static str, Vec<Entry>)>,
}

/// One resource, or several with which the same is done.
#[derive(Default)]
struct Entry {
    sign: Sign,
    /// The addresses, of one kind.
    addresses: Vec<Address>,
    /// What it is called, where not by its addresses.
    title: Option<String>,
    /// What is done, and why.
    what: String,
    /// The fields that change.
    lines: Vec<String>,
    consequences: Vec<Consequence>,
    /// Why it must not be done.
    refused: Vec<String>,
    /// Whether another entry says all of it.
    told_before: bool,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Create,
    #[default]
    Update,
    Replace,
    Delete,
    Forget,
    Drift,
}

impl Sign {
    fn mark(self) -> (char, Style) {
        match self {
            Self::Create => ('+', MADE),
            Self::Update => ('~', CHANGED),
            Self::Replace => ('±', REPLACED),
            Self::Delete => ('-', GONE),
            Self::Forget => ('x', FAINT),
            Self::Drift => ('!', WARNING),
        }
    }
}

impl View {
    fn of(plan: &Plan, verbose: bool) -> Self {
        let drifted = plan.changes.iter().filter(|(_, change)| !change.drift.is_empty());
        let drift = told_once(drifted.map(|(address, change)| Entry::drift(address, change)), verbose);
        let changed: Vec<_> = plan.changes.iter().filter(|(_, change)| change.is_change()).collect();
        let section = |topic: &&'static str| {
            let about = changed.iter().filter(|(address, _)| topic_of(address) == *topic);
            let entries = about.map(|(address, change)| Entry::of(plan, address, change));
            (*topic, told_once(entries, verbose))
        };
        let sections = topic::ALL.iter().map(section).filter(|(_, entries)| !entries.is_empty()).collect();
        Self { drift, sections }
    }
}

/// What a resource is about. Each kind says it, and plans are made of known kinds.
fn topic_of(address: &Address) -> &'static str {
    kinds().of(address).map_or(topic::API, |kind| kind.topic())
}

/// Puts together what differs in nothing but the resource.
fn told_once(entries: impl Iterator<Item = Entry>, verbose: bool) -> Vec<Entry> {
    let entries: Vec<Entry> = entries.collect();
    if verbose {
        return entries;
    }
    let (code, entries) = code_of_many(entries);
    let mut alike: Vec<Vec<Entry>> = Vec::new();
    for entry in entries {
        match alike.iter_mut().find(|same| same[0].is_like(&entry)) {
            Some(same) => same.push(entry),
            None => alike.push(vec![entry]),
        }
    }
    let together = |mut same: Vec<Entry>| {
        if same.len() <= FEW {
            return same;
        }
        let addresses = same.iter().flat_map(|entry| entry.addresses.clone()).collect();
        let first = same.swap_remove(0);
        vec![Entry { addresses, ..first }]
    };
    code.into_iter().chain(alike.into_iter().flat_map(together)).collect()
}

/// Takes the lines out that say nothing but new code, where several functions have them, into entries of their own: that is
/// what almost every deploy changes.
fn code_of_many(mut entries: Vec<Entry>) -> (Vec<Entry>, Vec<Entry>) {
    let mut codes: BTreeMap<String, Vec<Address>> = BTreeMap::new();
    for entry in &entries {
        if let Some(line) = entry.code() {
            codes.entry(line.to_owned()).or_default().extend(entry.addresses.clone());
        }
    }
    codes.retain(|_, addresses| addresses.len() > 1);
    for entry in &mut entries {
        if entry.code().is_some_and(|line| codes.contains_key(line)) {
            entry.lines.retain(|line| !line.starts_with(CODE));
            entry.told_before = entry.lines.is_empty();
        }
    }
    entries.retain(|entry| !entry.told_before);
    let told = codes.into_iter().map(|(line, addresses)| Entry {
        sign: Sign::Update,
        title: Some(format!("code of {}: {}", kinds_of(&addresses), line.trim_start_matches(CODE))),
        addresses,
        ..Entry::default()
    });
    (told.collect(), entries)
}

impl Entry {
    fn of(plan: &Plan, address: &Address, change: &Change) -> Self {
        let (sign, what) = match change.action {
            Action::Create => (Sign::Create, "create"),
            Action::Update => (Sign::Update, CHANGE),
            Action::Replace if change.create_first => (Sign::Replace, "replace, the new one first"),
            Action::Replace => (Sign::Replace, "replace, the old one goes first"),
            Action::Delete => (Sign::Delete, "delete"),
            Action::Forget if change.reason == Reason::Shared => {
                (Sign::Forget, "forget, it stays for the whole account")
            }
            Action::Forget => (Sign::Forget, "forget, it is gone already"),
            Action::None => (Sign::Replace, "delete the one that it replaced earlier"),
        };
        let why = match change.reason {
            Reason::Drifted => ", changed outside cogapi",
            Reason::DeletedOutside if change.action == Action::Create => ", deleted outside cogapi",
            Reason::Unfinished => ", left unfinished by an earlier run",
            Reason::Adopted => ", taken over",
            Reason::Dropped => ", no longer configured",
            Reason::New | Reason::Changed | Reason::Unchanged | Reason::DeletedOutside | Reason::Shared => "",
        };
        let shown = matches!(change.action, Action::Update | Action::Replace);
        let fields = change.fields.iter().filter(|_| shown);
        let violations = plan.violations.iter().filter(|violation| violation.address == *address);
        Self {
            sign,
            addresses: vec![address.clone()],
            what: format!("{what}{why}"),
            lines: fields.flat_map(|field| fields::lines(field, INDENT)).collect(),
            consequences: consequences::of(address, change),
            refused: violations.map(|violation| violation.problem.clone()).collect(),
            ..Self::default()
        }
    }

    /// What was found, and what cogapi had set.
    fn drift(address: &Address, change: &Change) -> Self {
        let back = |field: &FieldChange| FieldChange {
            before: field.after.clone(),
            after: field.before.clone(),
            ..field.clone()
        };
        Self {
            sign: Sign::Drift,
            addresses: vec![address.clone()],
            lines: change.drift.iter().flat_map(|field| fields::lines(&back(field), INDENT)).collect(),
            ..Self::default()
        }
    }

    /// Whether it differs in nothing but the resource.
    fn is_like(&self, other: &Self) -> bool {
        let kind = |entry: &Self| entry.addresses.first().map(|address| address.kind().to_owned());
        kind(self) == kind(other)
            && (self.sign, &self.what, &self.lines) == (other.sign, &other.what, &other.lines)
            && (&self.consequences, &self.refused) == (&other.consequences, &other.refused)
    }

    /// The line about new code, where it only changes something.
    fn code(&self) -> Option<&str> {
        let found = self.lines.iter().find(|line| line.starts_with(CODE));
        found.filter(|_| self.what == CHANGE).map(String::as_str)
    }

    /// The resources.
    fn title(&self) -> String {
        match (&self.title, &self.addresses[..]) {
            (Some(title), _) => title.clone(),
            (None, [address]) => address.to_string(),
            (None, several) => kinds_of(several),
        }
    }
}

/// How many there are of the kind that all have.
fn kinds_of(addresses: &[Address]) -> String {
    let kind = addresses.first().map_or_else(String::new, |address| address.kind().replace('_', " "));
    count(addresses.len(), &kind)
}

/// The plan for a person; `verbose` names every resource.
#[must_use]
pub fn text(plan: &Plan, stack: &str, verbose: bool) -> String {
    let view = View::of(plan, verbose);
    let mut text = String::new();
    if !view.drift.is_empty() {
        let head = "Changed outside cogapi (found -> what cogapi had set):";
        let _ = writeln!(text, "{}", paint(STRONG, head));
        for entry in &view.drift {
            entry_text(&mut text, entry);
        }
        text.push('\n');
    }
    if plan.is_empty() {
        let _ = write!(text, "Nothing to do: {stack} is as its configuration says.");
        return text;
    }
    let _ = writeln!(text, "{}\n", paint(STRONG, format!("Changes to {stack}")));
    for (topic, entries) in &view.sections {
        let _ = writeln!(text, "{}", paint(STRONG, topic));
        for entry in entries {
            entry_text(&mut text, entry);
        }
        text.push('\n');
    }
    let mut last = String::new();
    sentence(&mut last, "Plan:", &summary(plan));
    let _ = write!(text, "{}", paint(STRONG, last.trim_end()));
    text
}

fn entry_text(text: &mut String, entry: &Entry) {
    let (mark, style) = entry.sign.mark();
    let title = entry.title();
    let _ = write!(text, "  {} {title}", paint(style, mark));
    if !entry.what.is_empty() {
        let fits = title.chars().count() + entry.what.chars().count() + 8 <= WIDTH;
        let place = if fits { "  ".to_owned() } else { format!("\n{:INDENT$}", "") };
        let _ = write!(text, "{place}{}", paint(FAINT, format!("({})", entry.what)));
    }
    text.push('\n');
    for line in &entry.lines {
        let _ = writeln!(text, "{:INDENT$}{line}", "");
    }
    for consequence in &entry.consequences {
        let (label, style) = match consequence {
            Consequence::Note(_) => ("note:", STRONG),
            Consequence::Warning(_) => ("warning:", WARNING),
        };
        labelled(text, label, style, consequence.text());
    }
    for problem in &entry.refused {
        labelled(text, "refused:", REFUSED, problem);
    }
}

/// A sentence after a label in its style.
fn labelled(text: &mut String, label: &str, style: Style, told: &str) {
    let mut lines = String::new();
    sentence(&mut lines, &format!("{:INDENT$}{label}", ""), told);
    text.push_str(&lines.replacen(label, &paint(style, label), 1));
}

/// What the plan would do, in one sentence.
fn summary(plan: &Plan) -> String {
    let part = |action, word: &str| match plan.count(action) {
        0 => None,
        count => Some(format!("{count} to {word}")),
    };
    let replaced = plan.changes.values().map(|change| change.deposed).sum::<usize>();
    let parts = [
        part(Action::Create, "create"),
        part(Action::Update, "change"),
        part(Action::Replace, "replace"),
        part(Action::Delete, "delete"),
        part(Action::Forget, "forget"),
        (replaced > 0).then(|| format!("{replaced} replaced earlier and still to delete")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let refused = match plan.violations.len() {
        0 => String::new(),
        several => format!(" Refused for {}: nothing of it will be done.", count(several, "reason")),
    };
    let parts = if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") };
    format!("{parts}.{refused}")
}

/// The plan for a program.
#[must_use]
pub fn json(plan: &Plan, environment: &str) -> json::Plan {
    let worth_telling = |change: &Change| change.is_change() || !change.drift.is_empty();
    let fields =
        |fields: &[FieldChange]| fields.iter().map(|field| (&fields::masked(field)).into()).collect();
    let change = |(address, change): (&Address, &Change)| json::Change {
        address: address.to_string(),
        topic: topic_of(address).to_owned(),
        action: change.action.into(),
        reason: change.reason.into(),
        fields: fields(&change.fields),
        consequences: consequences::of(address, change).iter().map(|told| told.text().to_owned()).collect(),
        drift: fields(&change.drift),
        deposed: change.deposed,
    };
    json::Plan {
        version: json::FORMAT,
        environment: environment.to_owned(),
        empty: plan.is_empty(),
        changes: plan.changes.iter().filter(|(_, change)| worth_telling(change)).map(change).collect(),
        violations: plan.violations.iter().map(Into::into).collect(),
    }
}
