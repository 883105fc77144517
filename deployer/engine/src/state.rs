//! What the engine remembers between runs: a tagged union, each phase holding only what is valid in it.
//! Owns its format and its verification; where it is stored is the backend's business.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Address;

/// The format that this version writes.
pub const FORMAT: u32 = 1;

/// The state of one environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The format's version.
    pub format: u32,
    /// Made with the first state and never changed: two states with different lineages have nothing to do with each other.
    pub lineage: String,
    /// Grows with every write.
    pub serial: u64,
    /// All resources that exist or may exist.
    pub resources: BTreeMap<Address, Entry>,
    /// The outputs of the last complete deploy.
    pub outputs: BTreeMap<String, String>,
}

/// One resource in the state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Whether it was declared protected; protects it also after it was dropped from the configuration.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// What it depends on, for the order of deletion.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<Address>,
    /// Where in its life it is.
    #[serde(flatten)]
    pub phase: Phase,
    /// Replaced objects that are still to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposed: Vec<Object>,
}

/// An object in the cloud.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// The inputs it was last given, resolved.
    pub inputs: Value,
    /// Its outputs; `None` when it is not known whether it was ever made.
    pub outputs: Option<Value>,
}

/// Where in its life a resource is. All but `live` are intents: written before the call, replaced after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// It is being made; it may or may not exist.
    Creating {
        /// What it is made from, resolved.
        inputs: Value,
    },
    /// It exists.
    Live {
        /// The inputs it was last given, resolved.
        inputs: Value,
        /// Its outputs.
        outputs: Value,
    },
    /// It exists and is being changed.
    Updating {
        /// What it is changed to, resolved.
        inputs: Value,
        /// Its outputs before.
        outputs: Value,
    },
    /// It is being deleted; it may or may not exist.
    Deleting {
        /// The inputs it was last given.
        inputs: Value,
        /// Its outputs, if it was ever known to exist.
        outputs: Option<Value>,
    },
    /// It is gone, only deposed objects of it are left.
    Gone,
}

impl Phase {
    /// The object that the phase speaks of.
    #[must_use]
    pub fn object(&self) -> Option<Object> {
        let (inputs, outputs) = match self {
            Self::Creating { inputs } => (inputs, None),
            Self::Live { inputs, outputs } | Self::Updating { inputs, outputs } => {
                (inputs, Some(outputs.clone()))
            }
            Self::Deleting { inputs, outputs } => (inputs, outputs.clone()),
            Self::Gone => return None,
        };
        Some(Object { inputs: inputs.clone(), outputs })
    }
}

impl Default for State {
    fn default() -> Self {
        Self {
            format: FORMAT,
            lineage: uuid::Uuid::new_v4().to_string(),
            serial: 0,
            resources: BTreeMap::new(),
            outputs: BTreeMap::new(),
        }
    }
}

impl State {
    /// Whether nothing is left that was or may have been made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// Reads a stored state, refusing formats of the future.
    pub fn from_json(bytes: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let Format { format } = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if format > FORMAT {
            return Err(format!(
                "it has format {format} and this cogapi reads up to format {FORMAT}: use the newer cogapi that wrote it"
            ));
        }
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }

    /// The stored form: pretty, because people look at it when something went wrong.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Maps with string keys and plain values always serialize.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// What is wrong with the state of a run that ended well; empty when nothing is.
    #[must_use]
    pub fn verify(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (address, entry) in &self.resources {
            if !matches!(entry.phase, Phase::Live { .. }) {
                wrong.push(format!("{address} is not live: an intent was left behind"));
            }
            if !entry.deposed.is_empty() {
                wrong.push(format!("{address} has {} replaced objects left", entry.deposed.len()));
            }
            for dependency in &entry.dependencies {
                if !self.resources.contains_key(dependency) {
                    wrong.push(format!("{address} depends on {dependency}, which does not exist"));
                }
            }
        }
        wrong
    }
}
