//! Values that a command can be given as arguments, and asks for at a terminal otherwise. Knows no command.

use std::io::{ErrorKind, IsTerminal as _};

use cogapi_engine::Failure;
use dialoguer::theme::SimpleTheme;
use dialoguer::{Confirm, Input, Select};

use super::Error;

/// The choice that leads to typing.
const OTHER: &str = "another";

/// Whether anybody is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker {
    asks: bool,
    takes_defaults: bool,
}

/// What is asked for, and how it can be given without.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    /// The argument, e.g. `--region`.
    pub(super) argument: &'a str,
    /// What a person reads.
    pub(super) prompt: &'a str,
}

impl Asker {
    /// Asks at a terminal, unless told to take the defaults.
    pub(super) fn new(takes_defaults: bool) -> Self {
        Self { asks: !takes_defaults && std::io::stdin().is_terminal(), takes_defaults }
    }

    /// Whether there is somebody to ask.
    pub(super) fn asks(self) -> bool {
        self.asks
    }

    /// A value: as it was given, else as it is answered, else the default. `wrong` says what is wrong with one.
    pub(super) fn value(
        self,
        question: Question<'_>,
        given: Option<String>,
        default: Option<String>,
        choices: &[String],
        wrong: impl Fn(&str) -> Option<String>,
    ) -> Result<String, Error> {
        let Question { argument, prompt } = question;
        if let Some(given) = given {
            return match wrong(&given) {
                None => Ok(given),
                Some(problem) => {
                    Err(Failure::new(format!("{argument} can't be \"{given}\""), problem).into())
                }
            };
        }
        if !self.asks {
            return default.filter(|_| self.takes_defaults).ok_or_else(|| self.missing(argument));
        }
        if let Some(chosen) = choose(prompt, default.as_deref(), choices)? {
            return Ok(chosen);
        }
        let mut input = Input::<String>::with_theme(&SimpleTheme).with_prompt(prompt);
        input = input.validate_with(|typed: &String| wrong(typed.trim()).map_or(Ok(()), Err));
        if let Some(default) = default {
            // An empty default is a way to say no.
            input = input.allow_empty(default.is_empty()).show_default(!default.is_empty()).default(default);
        }
        Ok(input.interact_text().map_err(unanswered)?.trim().to_owned())
    }

    /// Yes or no, as it was given, else as it is answered, else the default.
    pub(super) fn confirm(self, prompt: &str, given: Option<bool>, default: bool) -> Result<bool, Error> {
        match given {
            Some(given) => Ok(given),
            None if !self.asks => Ok(default),
            None => Confirm::with_theme(&SimpleTheme)
                .with_prompt(prompt)
                .default(default)
                .interact()
                .map_err(unanswered),
        }
    }

    fn missing(self, argument: &str) -> Error {
        let detail =
            if self.takes_defaults { "it has no default" } else { "standard input is not a terminal" };
        Failure::new(format!("{argument} is missing"), detail)
            .with_hint(format!("give it as {argument}; with --yes, whatever has a default may be left out"))
            .into()
    }
}

/// One of several, where there are; `None`: something else, to be typed.
fn choose(prompt: &str, default: Option<&str>, choices: &[String]) -> Result<Option<String>, Error> {
    if choices.is_empty() {
        return Ok(None);
    }
    let first = choices.iter().position(|choice| Some(choice.as_str()) == default).unwrap_or_default();
    let select =
        Select::with_theme(&SimpleTheme).with_prompt(prompt).items(choices).item(OTHER).default(first);
    let chosen = select.max_length(12).interact().map_err(unanswered)?;
    Ok(choices.get(chosen).cloned())
}

fn unanswered(error: dialoguer::Error) -> Error {
    let dialoguer::Error::IO(error) = error;
    if error.kind() == ErrorKind::Interrupted {
        return Error::Interrupted;
    }
    Failure::new("there was no answer", error.to_string()).with_hint("give the values as arguments").into()
}
