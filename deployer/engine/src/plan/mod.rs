//! What is to be done, as data. How it is found is `planner`'s.

mod planner;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::Address;
use crate::diff::FieldChange;
use crate::kind::Observation;
use crate::state::Object;

pub use planner::plan;

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// A new one takes its place.
    Replace,
    /// It is removed.
    Delete,
    /// It is gone already or others rely on it, too; only the memory of it is removed.
    Forget,
    /// Nothing.
    None,
}

/// Why it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It was never there.
    New,
    /// The configuration, or something it refers to, changed.
    Changed,
    /// It was changed outside cogapi.
    Drifted,
    /// It was deleted outside cogapi.
    DeletedOutside,
    /// An earlier run was cut off while working on it.
    Unfinished,
    /// It existed without us and is taken over.
    Adopted,
    /// It is no longer in the configuration.
    Dropped,
    /// It is no longer in the configuration, and stays for all others that rely on it.
    Shared,
    /// There is nothing to do.
    Unchanged,
}

/// Something that the plan must not do; with any of these, nothing is applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The resource in question.
    pub address: Address,
    /// What is wrong.
    pub problem: String,
    /// The way out.
    pub hint: String,
}

/// What is done to one resource, and all that is needed to do it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// What differs between the cloud and the configuration.
    pub fields: Vec<FieldChange>,
    /// What was changed outside cogapi since the last run.
    pub drift: Vec<FieldChange>,
    /// For a replacement: whether the new one is made before the old one goes.
    pub create_first: bool,
    /// Replaced objects of earlier runs that are deleted, too.
    pub deposed: usize,
    /// Dependencies: the desired ones, or for what goes, the remembered ones.
    pub dependencies: BTreeSet<Address>,
    /// Whether it is protected from now on.
    pub protect: bool,
    /// The desired inputs, references still as tokens.
    #[serde(skip)]
    pub desired: Option<Value>,
    /// What was found.
    #[serde(skip)]
    pub observed: Observation,
    /// The inputs to remember where the cloud needs nothing but the memory must be put right. No reference is left in them,
    /// or they would differ from what was found.
    #[serde(skip)]
    pub settle: Option<Value>,
    /// A replaced object that is wanted again and takes its place back.
    #[serde(skip)]
    pub reinstated: Option<Reinstated>,
}

/// A replaced object takes its place back: an unfinished run was turned round. Making an equal one anew would leave two that
/// nothing tells apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Reinstated {
    /// Its outputs.
    pub outputs: Value,
    /// What stood in its place, if that was made.
    pub instead_of: Option<Object>,
}

impl Change {
    /// Whether the cloud is touched.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.action != Action::None || self.deposed > 0
    }
}

/// How to plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mode {
    /// Take over what exists under our names without our mark.
    pub adopt: bool,
    /// The configuration no longer protects: what the state remembers as protected may go.
    pub lift_protection: bool,
}

/// All that is to be done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The state's lineage, to recognise a stale plan.
    pub lineage: String,
    /// The state's serial, to recognise a stale plan.
    pub serial: u64,
    /// Every desired or remembered resource.
    pub changes: BTreeMap<Address, Change>,
    /// What must not be done.
    pub violations: Vec<Violation>,
    /// The declared outputs, references still as tokens.
    pub outputs: BTreeMap<String, String>,
}

impl Plan {
    /// Whether the cloud is as desired.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.values().all(|change| !change.is_change())
    }

    /// How many resources have the action.
    #[must_use]
    pub fn count(&self, action: Action) -> usize {
        self.changes.values().filter(|change| change.action == action).count()
    }
}
