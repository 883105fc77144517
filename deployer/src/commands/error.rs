//! Why a command failed, and with which exit code. How it reads is `render::error`'s.

use std::path::PathBuf;

use cogapi_engine::{Address, Applied, BackendError, Failure, LockInfo, Violation};

use crate::artifacts::ArtifactError;
use crate::aws::is_about_credentials;
use crate::config::ConfigError;

/// As shells tell of a program that Ctrl-C ended: 128 and the number of SIGINT.
const INTERRUPTED: u8 = 130;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Error {
    /// The configuration is not valid.
    Config(ConfigError),
    /// There are no credentials that AWS takes, or they are of another account.
    Credentials(Failure),
    /// Something failed.
    Failed(Failure),
    /// Several independent things failed, each at its resource.
    Resources(Vec<(Address, Failure)>),
    /// Somebody else works on the environment.
    Locked {
        /// Which one.
        environment: String,
        /// Who holds the lock.
        holder: Box<LockInfo>,
    },
    /// The plan must not be done.
    Refused(Vec<Violation>),
    /// It was not done to its end; what was done is stored.
    Incomplete(Box<Applied>),
    /// It stopped by itself: another run has the environment now, or storage failed. What was done is stored.
    Stopped {
        /// Which environment.
        environment: String,
        /// Why.
        cause: Box<BackendError>,
        /// How many changes were done.
        done: usize,
    },
    /// It was done, and the state could not be stored.
    NotStored {
        /// Why.
        cause: Box<BackendError>,
        /// Where the state was written instead.
        saved: Result<PathBuf, std::io::Error>,
        /// The command that puts it back.
        command: String,
    },
    /// The plan of `deploy --plan` is not what there is to do any more.
    Stale(String),
    /// The person said no.
    Declined,
    /// A signal came before there was anything to finish.
    Interrupted,
}

impl Error {
    /// The exit code of the process. 2 is kept for `plan --detailed-exitcode`.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Locked { .. } => 3,
            Self::Stopped { cause, .. } if cause.is_takeover() => 3,
            Self::Refused(_) => 4,
            Self::Config(_) => 5,
            Self::Credentials(_) => 6,
            Self::Stale(_) => 7,
            Self::Interrupted => INTERRUPTED,
            Self::Incomplete(applied) if applied.interrupted => INTERRUPTED,
            Self::Failed(_)
            | Self::Resources(_)
            | Self::Incomplete(_)
            | Self::Stopped { .. }
            | Self::NotStored { .. }
            | Self::Declined => 1,
        }
    }

    /// A name for programs, and what it stands for.
    #[must_use]
    pub fn sort(&self) -> (&'static str, &'static str) {
        match self {
            Self::Config(_) => ("configuration", "the environment's file is not valid"),
            Self::Credentials(_) => ("credentials", "the credentials are not the ones that it takes"),
            Self::Failed(_) => ("failed", "it failed"),
            Self::Resources(_) => ("unreadable", "looking at resources failed"),
            Self::Locked { .. } => ("locked", "another run holds the environment's lock"),
            Self::Refused(_) => ("refused", "the plan is refused, and nothing was touched"),
            Self::Incomplete(applied) if applied.interrupted => ("interrupted", "it was stopped as asked"),
            Self::Incomplete(_) => ("incomplete", "a part of it failed"),
            Self::Stopped { .. } => ("stopped", "it stopped by itself; what was done is stored"),
            Self::NotStored { .. } => ("not_stored", "what was done could not be stored"),
            Self::Stale(_) => ("stale_plan", "the plan is stale, and nothing was touched"),
            Self::Declined => ("declined", "the question was not answered with yes"),
            Self::Interrupted => ("interrupted", "it was stopped as asked"),
        }
    }

    /// A backend's error, of this environment.
    #[must_use]
    pub fn backend(environment: &str, error: BackendError) -> Self {
        match error {
            BackendError::Locked(holder) => Self::Locked { environment: environment.to_owned(), holder },
            BackendError::Failed(failure) => failure.into(),
            other => Self::Failed(Failure::new("the stored state can't be used", other.to_string())),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        if is_about_credentials(&failure) { Self::Credentials(failure) } else { Self::Failed(failure) }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<ArtifactError> for Error {
    fn from(error: ArtifactError) -> Self {
        Self::Failed(error.into())
    }
}
