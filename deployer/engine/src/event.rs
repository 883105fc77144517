//! What happens, as data, for whoever shows it. The engine never prints.

use std::time::Duration;

use serde::Serialize;

use crate::{Action, Address, Failure};

/// Something happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Reading the cloud begins.
    RefreshStarted {
        /// How many resources are to be read.
        resources: usize,
    },
    /// One resource was read.
    Refreshed {
        /// Which one.
        address: Address,
    },
    /// Applying begins.
    ApplyStarted {
        /// How many changes there are.
        changes: usize,
    },
    /// A change begins: its intent is stored.
    Started {
        /// Which resource.
        address: Address,
        /// What is done to it.
        action: Action,
    },
    /// A change ended well: its result will be stored.
    Finished {
        /// Which resource.
        address: Address,
        /// What was done to it.
        action: Action,
        /// How long the calls took.
        elapsed: Duration,
    },
    /// A change failed.
    Failed {
        /// Which resource.
        address: Address,
        /// What was tried.
        action: Action,
        /// Why it failed.
        failure: Failure,
    },
    /// A change was not tried because something that it needs failed.
    Skipped {
        /// Which resource.
        address: Address,
        /// What would have been done.
        action: Action,
        /// The root cause.
        because: Address,
    },
    /// It stops before its end, asked to or by itself: what runs is finished, nothing new is started.
    Interrupted {
        /// How many changes still run.
        running: usize,
    },
}

/// Receives events; must return at once.
pub type Observer<'a> = &'a (dyn Fn(Event) + Send + Sync);
