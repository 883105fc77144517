//! What is wrong with a configuration: one [`Problem`] a fault, all of them in one [`ConfigError`].
//!
//! Owns positions and how problems are shown as text. It knows neither the keys nor the rules.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use miette::NamedSource;

use super::read::closest;

/// One fault of an environment file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it was asked for.
    pub file: String,
    /// Line of the value or key, from 1.
    pub line: usize,
    /// Column of the value or key in characters, from 1.
    pub column: usize,
    /// The dotted key, e.g. `tokens.refresh`; empty where the text is not even TOML.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub help: String,
    /// The bytes of the file that are meant.
    pub span: Range<usize>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{} ({})", self.problem, self.help)
    }
}

/// Why there is no [`Environment`](super::Environment).
#[derive(Debug)]
pub enum ConfigError {
    /// The name can't be an environment's.
    Name {
        /// The name that was asked for.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There is no such file.
    Missing {
        /// The name that was asked for.
        name: String,
        /// Where its file would be.
        file: PathBuf,
        /// The environments that exist in the same folder.
        existing: Vec<String>,
    },
    /// The file or folder is there, but can't be read.
    Unreadable {
        /// The file or folder.
        file: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
    /// The file was read, and this is all that is wrong with it.
    Invalid {
        /// The file's text, for showing the faults in place.
        source: NamedSource<String>,
        /// At least one, in the order of the file.
        problems: Vec<Problem>,
    },
}

impl ConfigError {
    /// The faults of the file; none where the file couldn't be had at all.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Invalid { problems, .. } => problems,
            Self::Name { .. } | Self::Missing { .. } | Self::Unreadable { .. } => &[],
        }
    }

    /// What to do about it, where it isn't said with each problem.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { name, existing, .. } => {
                let names: Vec<&str> = existing.iter().map(String::as_str).collect();
                let known = match closest(name, &names) {
                    Some(meant) => format!("did you mean {meant}? There are: {}", existing.join(", ")),
                    None if existing.is_empty() => "there are none yet".to_owned(),
                    None => format!("there are: {}", existing.join(", ")),
                };
                Some(format!("{known}; `cogapi init {name}` makes it"))
            }
            Self::Name { .. } => Some("e.g. dev, prod, team-a".to_owned()),
            Self::Unreadable { .. } | Self::Invalid { .. } => None,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name, problem } => write!(f, "\"{name}\" can't name an environment: {problem}"),
            Self::Missing { name, file, .. } => {
                write!(f, "there is no environment \"{name}\": {} does not exist", file.display())
            }
            Self::Unreadable { file, cause } => write!(f, "{}: can't be read: {cause}", file.display()),
            Self::Invalid { problems, .. } => {
                for (index, problem) in problems.iter().enumerate() {
                    let line_break = if index == 0 { "" } else { "\n" };
                    write!(f, "{line_break}{problem}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { cause, .. } => Some(cause),
            Self::Name { .. } | Self::Missing { .. } | Self::Invalid { .. } => None,
        }
    }
}

/// Where in a file something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The dotted key.
    pub(super) key: String,
    /// Bytes of the file.
    pub(super) span: Range<usize>,
}

/// Proof that a problem was reported: only [`Problems::report`] makes one, so `Err(Reported)` never goes unnoticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reported(());

/// A value, or the proof that the user hears why there is none.
pub(super) type Checked<T> = Result<T, Reported>;

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<(Place, String, String)>,
}

impl Problems {
    /// Keeps a problem, to be shown with all others.
    pub(super) fn report(
        &mut self,
        at: &Place,
        problem: impl Into<String>,
        help: impl Into<String>,
    ) -> Reported {
        self.found.push((at.clone(), problem.into(), help.into()));
        Reported(())
    }

    /// The error that tells them all, in the order of the file; `None` if there are none.
    pub(super) fn into_error(mut self, file: &str, text: &str) -> Option<ConfigError> {
        if self.found.is_empty() {
            return None;
        }
        // A stable sort: what was found at one place stays in the order of the checks.
        self.found.sort_by_key(|(at, ..)| at.span.start);
        // The TOML parser tells of an unclosed bracket once for each that is open.
        self.found.dedup();
        let problems = self.found.into_iter().map(|(at, problem, help)| {
            let (line, column) = position(text, at.span.start);
            Problem { file: file.to_owned(), line, column, key: at.key, problem, help, span: at.span }
        });
        Some(ConfigError::Invalid {
            problems: problems.collect(),
            source: NamedSource::new(file, text.to_owned()).with_language("TOML"),
        })
    }
}

/// Line and column, both from 1, of a byte of the text.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let text = "a\né = 1\n";
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, 2), (2, 1));
        assert_eq!(position(text, "a\né ".len()), (2, 3));
        assert_eq!(position(text, text.len()), (3, 1));
        assert_eq!(position(text, 1000), (3, 1));
    }

    #[test]
    fn problems_are_told_in_the_order_of_the_file() {
        let mut problems = Problems::default();
        problems.report(&Place { key: "b".into(), span: 2..3 }, "is late", "be early");
        problems.report(&Place { key: "a".into(), span: 0..1 }, "is early", "be late");
        let error = problems.into_error("x.toml", "a\nb\n").unwrap();
        insta::assert_snapshot!(error, @r"
        x.toml:1: a: is early (be late)
        x.toml:2: b: is late (be early)
        ");
    }
}
