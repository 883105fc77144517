//! What programs read: the events of `--json`, one a line, and what they are made of. Owns the form and its version; a form
//! changes only with [`FORMAT`]. `docs/events.schema.json` is generated from these types.

use std::collections::BTreeMap;
use std::time::Duration;

use cogapi_engine::diff::FieldChange;
use cogapi_engine::{Action, Address, Failure, Reason, Violation};
use serde::Serialize;
use serde_json::Value;

use crate::commands;

/// The version of the form.
pub const FORMAT: u32 = 1;

/// One line of the stream.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The first line, always.
    Version {
        /// The form's version. It grows when something changes or goes; what is new comes without.
        format: u32,
        /// The version of cogapi.
        cogapi: String,
    },
    /// Something that a person would be told; nothing to act on.
    Message {
        /// The sentence.
        text: String,
        /// Since the start.
        elapsed_ms: u64,
    },
    /// An artifact is built.
    Artifact {
        /// `api` or `triggers`.
        name: String,
        /// The size of its zip.
        bytes: usize,
        /// The zip's SHA-256, in hexadecimal.
        sha256: String,
    },
    /// Reading the cloud begins.
    Looking {
        /// How many resources are read.
        resources: usize,
    },
    /// What is going to be done.
    Plan(Plan),
    /// Doing it begins.
    Applying {
        /// How many resources change.
        changes: usize,
    },
    /// A change begins.
    Started {
        /// Which resource.
        address: String,
        /// What is done.
        action: ActionName,
    },
    /// AWS takes its time.
    Waiting {
        /// The resource that waits.
        address: Option<String>,
        /// What is waited for.
        what: String,
        /// Why it is not there yet.
        because: String,
        /// For how long already.
        elapsed_ms: u64,
    },
    /// A change ended well.
    Finished {
        /// Which resource.
        address: String,
        /// What was done.
        action: ActionName,
        /// How long it took.
        elapsed_ms: u64,
    },
    /// A change failed.
    Failed {
        /// Which resource.
        address: String,
        /// What was tried.
        action: ActionName,
        /// Why it failed.
        failure: Problem,
    },
    /// A change was not tried.
    Skipped {
        /// Which resource.
        address: String,
        /// What would have been done.
        action: ActionName,
        /// The resource that failed and that it needs.
        because: String,
    },
    /// It was asked to stop: what runs is finished, nothing new is started.
    Stopping {
        /// How many changes still run.
        running: usize,
    },
    /// The environment's outputs.
    Outputs {
        /// By name.
        outputs: BTreeMap<String, String>,
    },
    /// Everything is done.
    Done {
        /// How many changes were made.
        changes: usize,
        /// How many calls to AWS that took.
        calls: usize,
        /// How long it took.
        elapsed_ms: u64,
    },
    /// The result of a command that has only a sentence to say.
    Result {
        /// The sentence.
        text: String,
    },
    /// It did not do what it was asked; the last line.
    Error(Error),
}

impl Event {
    /// The first line.
    #[must_use]
    pub fn version() -> Self {
        Self::Version { format: FORMAT, cogapi: env!("CARGO_PKG_VERSION").to_owned() }
    }

    /// What the engine tells; nothing where it is too little to act on.
    #[must_use]
    pub fn of(event: &cogapi_engine::Event) -> Option<Self> {
        use cogapi_engine::Event;
        Some(match event {
            Event::RefreshStarted { resources } => Self::Looking { resources: *resources },
            Event::Refreshed { .. } => return None,
            Event::ApplyStarted { changes } => Self::Applying { changes: *changes },
            Event::Started { address, action } => {
                Self::Started { address: address.to_string(), action: (*action).into() }
            }
            Event::Finished { address, action, elapsed } => Self::Finished {
                address: address.to_string(),
                action: (*action).into(),
                elapsed_ms: milliseconds(*elapsed),
            },
            Event::Failed { address, action, failure } => Self::Failed {
                address: address.to_string(),
                action: (*action).into(),
                failure: failure.into(),
            },
            Event::Skipped { address, action, because } => Self::Skipped {
                address: address.to_string(),
                action: (*action).into(),
                because: because.to_string(),
            },
            Event::Interrupted { running } => Self::Stopping { running: *running },
        })
    }
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Plan {
    /// The version of this form.
    pub version: u32,
    /// The environment's name.
    pub environment: String,
    /// Whether there is nothing to do.
    pub empty: bool,
    /// What is done, and what was changed outside cogapi.
    pub changes: Vec<Change>,
    /// Why it must not be done.
    pub violations: Vec<Refusal>,
}

/// What is done to a resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Change {
    /// Which one.
    pub address: String,
    /// What it is about, e.g. `User pool`.
    pub topic: String,
    /// What is done.
    pub action: ActionName,
    /// Why.
    pub reason: ReasonName,
    /// What differs between the cloud and the configuration.
    pub fields: Vec<Field>,
    /// What it means for users and operators.
    pub consequences: Vec<String>,
    /// What was changed outside cogapi since the last run.
    pub drift: Vec<Field>,
    /// How many objects that it replaced earlier are deleted, too.
    pub deposed: usize,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Field {
    /// Keys from the root of what is set.
    pub path: Vec<String>,
    /// The old value; `null` where there was none.
    pub before: Option<Value>,
    /// The new value; `null` where there is none.
    pub after: Option<Value>,
    /// The new value is known only after apply.
    pub unknown: bool,
}

/// Something that must not be done.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Refusal {
    /// The resource.
    pub address: String,
    /// What is wrong.
    pub problem: String,
    /// The way out.
    pub hint: String,
}

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActionName {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// A new one takes its place.
    Replace,
    /// It is removed.
    Delete,
    /// Only the memory of it is removed.
    Forget,
    /// Nothing.
    None,
}

/// Why it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReasonName {
    /// It was never there.
    New,
    /// The configuration changed.
    Changed,
    /// It was changed outside cogapi.
    Drifted,
    /// It was deleted outside cogapi.
    DeletedOutside,
    /// An earlier run was cut off.
    Unfinished,
    /// It existed without us and is taken over.
    Adopted,
    /// It is no longer configured.
    Dropped,
    /// It is no longer configured, and stays for others.
    Shared,
    /// There is nothing to do.
    Unchanged,
}

/// Why a command did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Error {
    /// The sort of error, e.g. `locked`.
    pub code: String,
    /// What happened.
    pub summary: String,
    /// Why, as a person is told it.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The exit code of the process.
    pub exit_code: u8,
    /// The resources that failed, or for which it is refused.
    pub failures: Vec<Failed>,
}

/// A resource that failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Failed {
    /// Which one.
    pub address: String,
    /// Why.
    #[serde(flatten)]
    pub failure: Problem,
}

/// A failed operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Problem {
    /// A sentence that is the same for every failure of this sort.
    pub summary: String,
    /// What AWS said; empty where it was not asked.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The id to quote to AWS's support.
    pub request_id: Option<String>,
}

/// Whole milliseconds.
#[must_use]
pub fn milliseconds(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

impl From<&commands::Error> for Error {
    fn from(error: &commands::Error) -> Self {
        let text = super::error::text(error);
        let text = text.strip_prefix("error: ").unwrap_or(&text).to_owned();
        let (code, summary) = error.sort();
        let (summary, detail, hint) = match error {
            commands::Error::Credentials(Failure { summary, detail, hint, .. })
            | commands::Error::Failed(Failure { summary, detail, hint, .. }) => {
                (summary.clone(), detail.clone(), hint.clone())
            }
            _ => (summary.to_owned(), text, None),
        };
        let failed = |address: &Address, failure| Failed { address: address.to_string(), failure };
        let failures = |failures: &[(Address, Failure)]| {
            failures.iter().map(|(address, failure)| failed(address, failure.into())).collect()
        };
        let failures = match error {
            commands::Error::Resources(resources) => failures(resources),
            commands::Error::Incomplete(applied) => failures(&applied.failed),
            commands::Error::Refused(violations) => {
                violations.iter().map(|violation| failed(&violation.address, violation.into())).collect()
            }
            _ => Vec::new(),
        };
        Self { code: code.to_owned(), summary, detail, hint, exit_code: error.exit_code(), failures }
    }
}

impl From<&Failure> for Problem {
    fn from(failure: &Failure) -> Self {
        let Failure { summary, detail, hint, request_id } = failure.clone();
        Self { summary, detail, hint, request_id }
    }
}

/// What is refused was never tried, so nothing was answered.
impl From<&Violation> for Problem {
    fn from(violation: &Violation) -> Self {
        let Violation { problem, hint, .. } = violation.clone();
        Self { summary: problem, detail: String::new(), hint: Some(hint), request_id: None }
    }
}

impl From<&FieldChange> for Field {
    fn from(field: &FieldChange) -> Self {
        let FieldChange { path, before, after, unknown } = field.clone();
        Self { path, before, after, unknown }
    }
}

impl From<&Violation> for Refusal {
    fn from(violation: &Violation) -> Self {
        let Violation { address, problem, hint } = violation.clone();
        Self { address: address.to_string(), problem, hint }
    }
}

impl From<Action> for ActionName {
    fn from(action: Action) -> Self {
        match action {
            Action::Create => Self::Create,
            Action::Update => Self::Update,
            Action::Replace => Self::Replace,
            Action::Delete => Self::Delete,
            Action::Forget => Self::Forget,
            Action::None => Self::None,
        }
    }
}

impl From<Reason> for ReasonName {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::New => Self::New,
            Reason::Changed => Self::Changed,
            Reason::Drifted => Self::Drifted,
            Reason::DeletedOutside => Self::DeletedOutside,
            Reason::Unfinished => Self::Unfinished,
            Reason::Adopted => Self::Adopted,
            Reason::Dropped => Self::Dropped,
            Reason::Shared => Self::Shared,
            Reason::Unchanged => Self::Unchanged,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn an_error_tells_a_program_what_failed_why_and_the_exit_code() {
        let address = Address::parse("stage.main").unwrap();
        let failure = Failure::new("making the stage failed", "NotFoundException: no such deployment")
            .with_request_id(Some("4711".to_owned()));
        let violation = Violation {
            address: address.clone(),
            problem: "it is protected and would be deleted".to_owned(),
            hint: "take the protection away".to_owned(),
        };
        let errors = [
            commands::Error::Failed(failure.clone().with_hint("run it again")),
            commands::Error::Resources(vec![(address, failure)]),
            commands::Error::Refused(vec![violation]),
            commands::Error::Stale("another run has changed the environment since".to_owned()),
        ];
        insta::assert_json_snapshot!(errors.iter().map(Error::from).collect::<Vec<_>>());
    }
}
