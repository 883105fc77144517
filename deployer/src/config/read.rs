//! Reads spanned TOML tables key by key, and reports what has the wrong type, is missing, or is not known.
//!
//! Serde stops at the first error; this goes on, so that a user mends a file once. It knows no key of ours and no
//! rule but one: no text holds the engine's mark for references.

use cogapi_engine::reference::MARK;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Checked, Place, Problems, Reported};

/// A value of the file and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Written<T> {
    pub(super) value: T,
    pub(super) at: Place,
}

/// A key that must be there.
pub(super) type Needed<T> = Checked<Written<T>>;
/// A key that may be left out.
pub(super) type Given<T> = Checked<Option<Written<T>>>;
/// The elements of an array, each readable or not by itself.
pub(super) type List<T> = Vec<Needed<T>>;
/// A table whose keys the user chooses.
pub(super) type Entries<T> = Vec<(Written<String>, Checked<T>)>;

/// What a TOML value can be read as.
pub(super) trait Read: Sized {
    /// What a user is told to write.
    const EXPECTED: &'static str;

    /// The value, if it has the right type.
    fn read(value: &DeValue<'_>, at: &Place, problems: &mut Problems) -> Checked<Self>;
}

/// One table of the file while its keys are taken out of it.
pub(super) struct Section<'a, 'p> {
    state: State<'a>,
    at: Place,
    asked: Vec<&'static str>,
    problems: &'p mut Problems,
}

#[derive(Clone, Copy)]
enum State<'a> {
    Table(&'a DeTable<'a>),
    Absent,
    /// Not a table at all: reported once, so that its keys are not also called missing.
    Broken(Reported),
}

impl<'a, 'p> Section<'a, 'p> {
    /// Reads the whole file; problems at the root point to `end`, where something could be added.
    pub(super) fn root<T>(
        table: &'a DeTable<'a>,
        end: usize,
        problems: &'p mut Problems,
        read: impl FnOnce(&mut Section<'a, '_>) -> T,
    ) -> T {
        let at = Place { key: String::new(), span: end..end };
        Self::within(State::Table(table), at, problems, read)
    }

    fn within<T>(
        state: State<'a>,
        at: Place,
        problems: &'p mut Problems,
        read: impl FnOnce(&mut Section<'a, '_>) -> T,
    ) -> T {
        let mut section = Section { state, at, asked: Vec::new(), problems };
        let value = read(&mut section);
        section.refuse_unknown();
        value
    }

    /// A key that must be there; `example` shows what to write if it is not.
    pub(super) fn needed<T: Read>(&mut self, key: &'static str, example: &str) -> Needed<T> {
        if let Some(written) = self.given(key)? {
            return Ok(written);
        }
        let at = Place { key: join(&self.at.key, key), span: self.at.span.clone() };
        Err(self.problems.report(&at, "is missing", format!("add {key} = {example}")))
    }

    /// A key that may be left out.
    pub(super) fn given<T: Read>(&mut self, key: &'static str) -> Given<T> {
        match self.take(key) {
            Ok(Some((value, at))) => {
                let value = T::read(value.get_ref(), &at, self.problems)?;
                Ok(Some(Written { value, at }))
            }
            Ok(None) => Ok(None),
            Err(reported) => Err(reported),
        }
    }

    /// A table that is read as an empty one where it is left out.
    pub(super) fn section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'a, '_>) -> T,
    ) -> T {
        let (state, at) = self.subsection(key);
        Section::within(state, at, self.problems, read)
    }

    /// A table that means something by being there.
    pub(super) fn given_section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'a, '_>) -> T,
    ) -> Checked<Option<T>> {
        match self.subsection(key) {
            (State::Broken(reported), _) => Err(reported),
            (State::Absent, _) => Ok(None),
            (state, at) => Ok(Some(Section::within(state, at, self.problems, read))),
        }
    }

    /// A table whose keys the user chooses, each holding a table.
    pub(super) fn entries_of<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&mut Section<'a, '_>) -> T,
    ) -> Checked<Entries<T>> {
        self.entries(key, |value, at, problems| match value {
            DeValue::Table(table) => Ok(Section::within(State::Table(table), at.clone(), problems, &read)),
            other => Err(wrong_type(other, "a table", at, problems)),
        })
    }

    /// A table whose keys the user chooses, each holding a plain value.
    pub(super) fn entries_with<T: Read>(&mut self, key: &'static str) -> Checked<Entries<Written<T>>> {
        self.entries(key, |value, at, problems| {
            Ok(Written { value: T::read(value, at, problems)?, at: at.clone() })
        })
    }

    fn entries<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&'a DeValue<'a>, &Place, &mut Problems) -> Checked<T>,
    ) -> Checked<Entries<T>> {
        let (state, section) = self.subsection(key);
        let table = match state {
            State::Table(table) => table,
            State::Absent => return Ok(Vec::new()),
            State::Broken(reported) => return Err(reported),
        };
        let entries = table.iter().map(|(name, value)| {
            let key = join(&section.key, name.get_ref());
            let name = Written {
                value: name.get_ref().clone().into_owned(),
                at: Place { key: key.clone(), span: name.span() },
            };
            let at = Place { key, span: span_to_show(&name.at, value) };
            let value = read(value.get_ref(), &at, self.problems);
            (name, value)
        });
        Ok(entries.collect())
    }

    fn subsection(&mut self, key: &'static str) -> (State<'a>, Place) {
        match self.take(key) {
            Err(reported) => (State::Broken(reported), self.at.clone()),
            Ok(None) => (State::Absent, Place { key: join(&self.at.key, key), span: self.at.span.clone() }),
            Ok(Some((value, at))) => match value.get_ref() {
                DeValue::Table(table) => (State::Table(table), at),
                other => (State::Broken(wrong_type(other, "a table", &at, self.problems)), at),
            },
        }
    }

    fn take(&mut self, key: &'static str) -> Checked<Option<(&'a Spanned<DeValue<'a>>, Place)>> {
        self.asked.push(key);
        match self.state {
            State::Broken(reported) => Err(reported),
            State::Absent => Ok(None),
            State::Table(table) => Ok(table.get_key_value(key).map(|(name, value)| {
                let name = Place { key: join(&self.at.key, key), span: name.span() };
                let span = span_to_show(&name, value);
                (value, Place { key: name.key, span })
            })),
        }
    }

    /// Whatever was never asked for is not known. So the readers are the only list of keys.
    fn refuse_unknown(self) {
        let State::Table(table) = self.state else { return };
        for name in table.keys() {
            let key = name.get_ref().as_ref();
            if self.asked.contains(&key) {
                continue;
            }
            let at = Place { key: join(&self.at.key, key), span: name.span() };
            let help = match closest(key, &self.asked) {
                Some(meant) => format!("did you mean {meant}?"),
                None if self.at.key.is_empty() => format!("known here are: {}", self.asked.join(", ")),
                None => format!("[{}] knows: {}", self.at.key, self.asked.join(", ")),
            };
            self.problems.report(&at, "is not a known key", help);
        }
    }
}

/// A table's own text can be long: its key stands for it.
fn span_to_show(name: &Place, value: &Spanned<DeValue<'_>>) -> std::ops::Range<usize> {
    if value.get_ref().is_table() { name.span.clone() } else { value.span() }
}

/// The one of `known` that was probably meant.
pub(crate) fn closest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    let written = written.to_lowercase();
    let likeness = |candidate: &&str| strsim::jaro_winkler(&written, &candidate.to_lowercase());
    let best = known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    // Below this, jaro-winkler starts to pair words that share a first letter and little more.
    (likeness(&best) >= 0.8).then_some(best)
}

/// A dotted key, its last part quoted where TOML needs quotes.
fn join(section: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let key = if bare { key.to_owned() } else { format!("{key:?}") };
    if section.is_empty() { key } else { format!("{section}.{key}") }
}

fn wrong_type(value: &DeValue<'_>, expected: &str, at: &Place, problems: &mut Problems) -> Reported {
    let found = match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    problems.report(at, format!("is {found}"), format!("write {expected}"))
}

impl Read for String {
    const EXPECTED: &'static str = "text in double quotes";

    fn read(value: &DeValue<'_>, at: &Place, problems: &mut Problems) -> Checked<Self> {
        match value {
            DeValue::String(text) if text.contains(MARK) => Err(problems.report(
                at,
                format!("contains {MARK}, which cogapi uses itself"),
                "write it without that mark",
            )),
            DeValue::String(text) => Ok(text.clone().into_owned()),
            other => Err(wrong_type(other, Self::EXPECTED, at, problems)),
        }
    }
}

impl Read for bool {
    const EXPECTED: &'static str = "true or false, without quotes";

    fn read(value: &DeValue<'_>, at: &Place, problems: &mut Problems) -> Checked<Self> {
        value.as_bool().ok_or_else(|| wrong_type(value, Self::EXPECTED, at, problems))
    }
}

impl Read for i64 {
    const EXPECTED: &'static str = "a whole number, without quotes";

    fn read(value: &DeValue<'_>, at: &Place, problems: &mut Problems) -> Checked<Self> {
        let DeValue::Integer(integer) = value else {
            return Err(wrong_type(value, Self::EXPECTED, at, problems));
        };
        Self::from_str_radix(integer.as_str(), integer.radix())
            .map_err(|_| problems.report(at, "is too large", "write a smaller whole number"))
    }
}

impl<T: Read> Read for List<T> {
    const EXPECTED: &'static str = "a list in square brackets";

    fn read(value: &DeValue<'_>, at: &Place, problems: &mut Problems) -> Checked<Self> {
        let DeValue::Array(array) = value else {
            return Err(wrong_type(value, Self::EXPECTED, at, problems));
        };
        let elements = array.iter().enumerate().map(|(index, element)| {
            let at = Place { key: format!("{}[{index}]", at.key), span: element.span() };
            Ok(Written { value: T::read(element.get_ref(), &at, problems)?, at })
        });
        Ok(elements.collect())
    }
}
