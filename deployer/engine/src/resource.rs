//! What a resource kind is to the engine, and the declarations that make up the desired state.
//! Owns no life cycle: `plan` decides, `apply` does.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::reference::{self, Reference};
use crate::{Address, Failure};

/// What a kind's `read` finds in the cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<R: Resource> {
    /// There is no such thing.
    Missing,
    /// It is there and ours: recorded in the state, tagged as ours, or part of something of ours.
    Owned {
        /// The inputs as they are in the cloud now.
        inputs: R,
        /// Its outputs.
        outputs: R::Outputs,
    },
    /// It is there under our name, and nothing says that it is ours.
    Unowned {
        /// The inputs as they are in the cloud now.
        inputs: R,
        /// Its outputs.
        outputs: R::Outputs,
    },
}

impl<R: Resource> Found<R> {
    /// Something is there: ours, or somebody else's.
    #[must_use]
    pub fn there(ours: bool, inputs: R, outputs: R::Outputs) -> Self {
        if ours { Self::Owned { inputs, outputs } } else { Self::Unowned { inputs, outputs } }
    }

    /// Inputs and outputs where there is something, whoever owns it.
    pub fn existing(&self) -> Option<(&R, &R::Outputs)> {
        match self {
            Self::Missing => None,
            Self::Owned { inputs, outputs } | Self::Unowned { inputs, outputs } => Some((inputs, outputs)),
        }
    }
}

/// How a resource is replaced when an input changes that the cloud can't change in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// The new one is made, dependants move over, the old one goes.
    CreateFirst,
    /// The old one goes first, because both can't exist at once.
    DeleteFirst,
    /// Never: refused at plan time with this reason.
    Never(&'static str),
}

/// A kind of resource. `Self` holds the inputs: exactly what we set, fully resolved.
///
/// Every method may be called again after a crash at any point: `reconcile` observes, ensures, syncs and returns, and
/// `delete` of what is gone succeeds.
pub trait Resource: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// What the kind needs to work: clients, names, caches.
    type Context: Send + Sync;
    /// What others may refer to: a flat struct of strings. Never a secret, for it is stored.
    type Outputs: Serialize + DeserializeOwned + Clone + Send + Sync;
    /// The kind in addresses, snake case.
    const KIND: &'static str;
    /// What it is about, for whoever reads a plan: kinds with the same topic are shown together.
    const TOPIC: &'static str;
    /// The service whose rate limits it counts against.
    const SERVICE: &'static str;
    /// The input fields without which it can't be looked up. While one of them is unknown, it is taken as missing.
    const LOCATED_BY: &'static [&'static str];
    /// The input fields that can't be changed in place.
    const REPLACE_ON: &'static [&'static str] = &[];
    /// How it is replaced when one of them changes.
    const REPLACEMENT: Replacement = Replacement::DeleteFirst;

    /// Whether more than this stack relies on it, like a setting that an account has once. It is never deleted: where it is no longer
    /// wanted, it is only forgotten.
    const SHARED: bool = false;

    /// Looks it up. `prior` are the outputs that the state remembers; with them, what is found is ours.
    fn read(
        &self,
        cx: &Self::Context,
        prior: Option<&Self::Outputs>,
    ) -> impl Future<Output = Result<Found<Self>, Failure>> + Send;

    /// Makes the cloud hold `self`, starting from what was found. Where nothing differs it makes no mutating call.
    fn reconcile(
        &self,
        cx: &Self::Context,
        found: Found<Self>,
    ) -> impl Future<Output = Result<Self::Outputs, Failure>> + Send;

    /// Removes what `self` (the inputs as last seen) and `outputs` describe. `None`: it may never have been made.
    fn delete(
        &self,
        cx: &Self::Context,
        outputs: Option<&Self::Outputs>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A declared resource of kind `R`, to take references from.
#[derive(Debug, Clone)]
pub struct Handle<R> {
    address: Address,
    kind: PhantomData<fn() -> R>,
}

impl<R: Resource> Handle<R> {
    /// A token for one of its outputs, to be put into other resources' inputs.
    #[must_use]
    pub fn output(&self, field: &str) -> String {
        Reference { address: self.address.clone(), output: field.to_owned() }.token()
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }
}

/// One desired resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// Its inputs, references still as tokens.
    pub inputs: Value,
    /// Whether it must not be deleted or replaced.
    pub protect: bool,
    /// Dependencies that no reference shows.
    pub after: BTreeSet<Address>,
}

impl Declaration {
    /// All that must exist before it: references and explicit dependencies.
    #[must_use]
    pub fn dependencies(&self) -> BTreeSet<Address> {
        let referred = reference::find(&self.inputs).into_iter().map(|reference| reference.address);
        referred.chain(self.after.iter().cloned()).collect()
    }
}

/// All that should exist, and the outputs to show. Empty: everything is to go.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Desired {
    /// The resources by address.
    pub resources: BTreeMap<Address, Declaration>,
    /// What the user is shown at the end; values may hold references.
    pub outputs: BTreeMap<String, String>,
}

impl Desired {
    /// Nothing at all: what `destroy` wants.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Declares a resource.
    ///
    /// # Panics
    /// If the inputs don't serialize to JSON or the address is taken: both are bugs of the caller, not of its input.
    pub fn declare<R: Resource>(&mut self, name: &str, inputs: &R) -> Handle<R> {
        let address = Address::new(R::KIND, name);
        let inputs = serde_json::to_value(inputs).unwrap_or_else(|error| panic!("{address}: {error}"));
        let declaration = Declaration { inputs, protect: false, after: BTreeSet::new() };
        assert!(self.resources.insert(address.clone(), declaration).is_none(), "{address} is declared twice");
        Handle { address, kind: PhantomData }
    }

    /// Protects a declared resource against deletion and replacement.
    pub fn protect(&mut self, address: &Address) {
        if let Some(declaration) = self.resources.get_mut(address) {
            declaration.protect = true;
        }
    }

    /// Adds a dependency that no reference shows.
    pub fn after(&mut self, address: &Address, dependency: &Address) {
        if let Some(declaration) = self.resources.get_mut(address) {
            declaration.after.insert(dependency.clone());
        }
    }

    /// Declares an output to show; `value` may hold references.
    pub fn output(&mut self, name: &str, value: impl Into<String>) {
        self.outputs.insert(name.to_owned(), value.into());
    }
}
