//! What cargo says while the handlers are built, boiled down: that it takes a while, that it goes on, and what is wrong.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::note;
use super::progress::Progress;

/// The time between two signs of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// Listens to one build.
#[derive(Debug)]
pub struct Building<'a> {
    progress: &'a Progress,
    crates: AtomicUsize,
    told: Mutex<Option<Instant>>,
}

impl<'a> Building<'a> {
    /// Listens to a build that is about to start. Says nothing as long as there is nothing to build.
    #[must_use]
    pub fn new(progress: &'a Progress) -> Self {
        Self { progress, crates: AtomicUsize::new(0), told: Mutex::new(None) }
    }

    /// One line of cargo's.
    pub fn line(&self, line: &str) {
        match Line::of(line) {
            Line::Compiling => {
                let crates = self.crates.fetch_add(1, Ordering::Relaxed) + 1;
                self.sign_of_life(crates);
            }
            Line::Waiting => self.progress.say("waiting for another build to end"),
            Line::Status => {}
            Line::Message => note(line),
        }
    }

    fn sign_of_life(&self, crates: usize) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match *told {
            None => self.progress.busy("building the handlers; the first time takes a minute or two"),
            Some(last) if last.elapsed() < SIGN_OF_LIFE => return,
            Some(_) => self.progress.busy(&format!("building the handlers: {crates} crates so far")),
        }
        *told = Some(Instant::now());
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// A crate is compiled.
    Compiling,
    /// Another cargo works in the same folder.
    Waiting,
    /// Anything else about how far it is.
    Status,
    /// What a compiler has to say about the source.
    Message,
}

impl Line {
    /// Cargo's statuses are a verb that ends in column 12, and a text.
    fn of(line: &str) -> Self {
        let Some((verb, text)) = line.trim_start().split_once(' ') else { return Self::Message };
        let ends_in = line.len() - text.len() - 1;
        let is_status = ends_in == 12 && verb.starts_with(char::is_uppercase);
        match verb {
            _ if !is_status => Self::Message,
            "Compiling" => Self::Compiling,
            "Blocking" if text.contains("artifact directory") || text.contains("build directory") => {
                Self::Waiting
            }
            _ => Self::Status,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    #[test]
    fn only_what_is_about_the_source_is_passed_on() {
        for (line, expected) in [
            ("   Compiling ring v0.17.14", Line::Compiling),
            ("    Finished `lambda-dev` profile [optimized] target(s) in 0.50s", Line::Status),
            ("    Updating crates.io index", Line::Status),
            ("  Downloaded ring v0.17.14", Line::Status),
            (" Downloading crates ...", Line::Status),
            ("    Blocking waiting for file lock on package cache", Line::Status),
            ("    Blocking waiting for file lock on artifact directory", Line::Waiting),
            ("error[E0425]: cannot find value `x` in this scope", Line::Message),
            ("  --> handlers/src/lib.rs:3:5", Line::Message),
            ("   |", Line::Message),
            ("", Line::Message),
            ("warning: unused variable: `x`", Line::Message),
        ] {
            assert_eq!(Line::of(line), expected, "{line}");
        }
    }
}
