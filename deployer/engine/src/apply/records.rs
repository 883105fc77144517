//! The working state of a run: intents before the calls, results after them. Owns what is remembered when, and where
//! references get their values from; makes no call and no write.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::steps::{Key, Step};
use crate::reference::{self, Reference};
use crate::refresh::output;
use crate::state::{Entry, Object, Phase};
use crate::{Action, Address, Change, Failure, Plan, State};

/// What a call has done.
pub(super) enum Done {
    /// It is there now.
    Put {
        /// The inputs that it was given.
        inputs: Value,
        /// Its outputs.
        outputs: Value,
    },
    /// It is gone.
    Deleted,
}

/// The working state, and the plan that it moves along.
pub(super) struct Records<'a> {
    plan: &'a Plan,
    state: State,
    /// Whether it holds something that was not taken to be written yet.
    changed: bool,
}

impl<'a> Records<'a> {
    pub(super) fn new(plan: &'a Plan, state: State) -> Self {
        Self { plan, state, changed: false }
    }

    /// Whether there is something to write.
    pub(super) fn changed(&self) -> bool {
        self.changed
    }

    /// The state to be written next.
    pub(super) fn checkpoint(&mut self) -> State {
        self.state.serial += 1;
        self.changed = false;
        self.state.clone()
    }

    /// The state as it is now, to be kept elsewhere because it could not be stored.
    pub(super) fn into_state(self) -> State {
        self.state
    }

    /// The same where the last write may have arrived all the same: above what it stored.
    pub(super) fn into_newer_state(mut self) -> State {
        self.state.serial += 1;
        self.state
    }

    /// What is remembered of a resource.
    pub(super) fn entry(&self, address: &Address) -> Option<&Entry> {
        self.state.resources.get(address)
    }

    fn change(&self, address: &Address) -> &'a Change {
        &self.plan.changes[address]
    }

    /// Puts the memory right where the cloud needs nothing.
    pub(super) fn settle(&mut self) {
        for (address, change) in &self.plan.changes {
            match change.action {
                Action::None => {
                    if let (Some(inputs), Some((_, outputs))) = (&change.settle, change.observed.existing()) {
                        let (inputs, outputs) = (inputs.clone(), outputs.clone());
                        self.set_phase(address, Phase::Live { inputs, outputs });
                    }
                }
                Action::Forget => self.remove(address),
                Action::Create | Action::Update | Action::Replace | Action::Delete => {}
            }
        }
    }

    /// Records the intent of a step. Gives back the entry as it was, for the case that the step is never begun.
    pub(super) fn intend(&mut self, (address, step): &Key) -> Result<Option<Entry>, Failure> {
        let before = self.entry(address).cloned();
        let change = self.change(address);
        match step {
            Step::Put => {
                let inputs = self.resolve(change)?;
                let phase = match (change.action, change.observed.existing()) {
                    (Action::Update, Some((_, outputs))) => {
                        Phase::Updating { inputs, outputs: outputs.clone() }
                    }
                    _ => Phase::Creating { inputs },
                };
                if change.action == Action::Replace && change.create_first {
                    self.depose(address);
                }
                if let (Some(again), Some(entry)) =
                    (&change.reinstated, self.state.resources.get_mut(address))
                {
                    entry.deposed.retain(|object| object.outputs.as_ref() != Some(&again.outputs));
                    entry.deposed.extend(again.instead_of.clone());
                    self.changed = true;
                }
                self.set_phase(address, phase);
            }
            Step::Delete => {
                let object = self.present(address)?;
                self.set_phase(address, Phase::Deleting { inputs: object.inputs, outputs: object.outputs });
            }
            // The list of deposed objects is itself the intent.
            Step::Sweep => {}
        }
        Ok(before)
    }

    /// Takes an intent back: its call was never made.
    pub(super) fn take_back(&mut self, address: &Address, before: Option<Entry>) {
        match before {
            Some(entry) => self.state.resources.insert(address.clone(), entry),
            None => self.state.resources.remove(address),
        };
        self.changed = true;
    }

    /// Records a result.
    pub(super) fn done(&mut self, (address, step): &Key, done: Done) {
        match (step, done) {
            (_, Done::Put { inputs, outputs }) => self.set_phase(address, Phase::Live { inputs, outputs }),
            (Step::Sweep, Done::Deleted) => {
                if let Some(entry) = self.state.resources.get_mut(address) {
                    entry.deposed.clear();
                    entry.dependencies.clone_from(&self.plan.changes[address].dependencies);
                    if entry.phase == Phase::Gone {
                        self.state.resources.remove(address);
                    }
                }
            }
            (_, Done::Deleted) => self.remove(address),
        }
        self.changed = true;
    }

    /// Resolves the declared outputs: after a complete run.
    pub(super) fn resolve_outputs(&mut self) {
        let resolve = |text: &String| reference::resolve_text(text, &|reference| self.lookup(reference));
        let outputs: BTreeMap<String, String> =
            self.plan.outputs.iter().map(|(name, text)| (name.clone(), resolve(text))).collect();
        if self.state.outputs != outputs {
            self.state.outputs = outputs;
            self.changed = true;
        }
    }

    /// The object that is there now: as observed, with the inputs that we remember where we do.
    fn present(&self, address: &Address) -> Result<Object, Failure> {
        let remembered = self.entry(address).and_then(|entry| entry.phase.object());
        let observed = self.change(address).observed.existing();
        let inputs = remembered.as_ref().map(|object| &object.inputs).or(observed.map(|(inputs, _)| inputs));
        let inputs = inputs.ok_or_else(|| Failure::new("there is nothing to delete", address.to_string()))?;
        let outputs = observed.map(|(_, outputs)| outputs.clone()).or_else(|| remembered.clone()?.outputs);
        Ok(Object { inputs: inputs.clone(), outputs })
    }

    /// Moves the present object aside, to be deleted when nothing needs it any more.
    fn depose(&mut self, address: &Address) {
        let Ok(object) = self.present(address) else { return };
        let nothing = || Entry {
            protect: false,
            dependencies: BTreeSet::new(),
            phase: Phase::Gone,
            deposed: Vec::new(),
        };
        let entry = self.state.resources.entry(address.clone()).or_insert_with(nothing);
        entry.deposed.push(object);
        self.changed = true;
    }

    fn set_phase(&mut self, address: &Address, phase: Phase) {
        let change = self.change(address);
        let before = self.state.resources.remove(address);
        let mut dependencies = change.dependencies.clone();
        let deposed = before.as_ref().map_or_else(Vec::new, |entry| entry.deposed.clone());
        if !matches!(phase, Phase::Live { .. }) || !deposed.is_empty() {
            // Until the call has ended, and while replaced objects are left, what the old one needed is needed.
            dependencies.extend(before.iter().flat_map(|entry| entry.dependencies.clone()));
        }
        let entry = Entry { protect: change.protect, dependencies, phase, deposed };
        self.changed |= before.as_ref() != Some(&entry);
        self.state.resources.insert(address.clone(), entry);
    }

    /// Forgets an object; the entry stays while deposed ones are left.
    fn remove(&mut self, address: &Address) {
        if let Some(entry) = self.state.resources.get_mut(address) {
            entry.phase = Phase::Gone;
            if entry.deposed.is_empty() {
                self.state.resources.remove(address);
            }
            self.changed = true;
        }
    }

    /// The desired inputs with every reference resolved from what exists now.
    fn resolve(&self, change: &Change) -> Result<Value, Failure> {
        let desired = change.desired.as_ref().unwrap_or(&Value::Null);
        let inputs = reference::resolve(desired, &|reference| self.lookup(reference));
        match reference::find(&inputs).pop_first() {
            None => Ok(inputs),
            Some(missing) => Err(Failure::new(
                "a reference has no value",
                format!("{} has no output `{}`", missing.address, missing.output),
            )),
        }
    }

    /// Only what is remembered as live has values: whoever refers to it waits for its step, and what needs no step is settled
    /// before the first one.
    fn lookup(&self, reference: &Reference) -> Option<String> {
        match &self.state.resources.get(&reference.address)?.phase {
            Phase::Live { outputs, .. } => output(outputs, &reference.output),
            _ => None,
        }
    }
}
