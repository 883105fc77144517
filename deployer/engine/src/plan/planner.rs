//! Finding what is to be done: a pure function of the desired state, the remembered state and the observed cloud. Owns every
//! decision of a plan; what a plan is made of stands in the module above.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Action, Change, Mode, Plan, Reason, Reinstated, Violation};
use crate::diff::{FieldChange, diff};
use crate::kind::{Kind, Observation};
use crate::reference::{self, Reference};
use crate::refresh::output;
use crate::resource::Declaration;
use crate::state::{Entry, Object, Phase};
use crate::{Address, Desired, Failure, Kinds, Observed, Replacement, State, graph};

/// Plans. The only errors are those of declarations: a reference to nothing, a cycle, an unknown kind.
pub fn plan<C: Send + Sync + 'static>(
    kinds: &Kinds<C>,
    desired: &Desired,
    state: &State,
    observed: &Observed,
    mode: Mode,
) -> Result<Plan, Failure> {
    let edges: BTreeMap<Address, BTreeSet<Address>> = desired
        .resources
        .iter()
        .map(|(address, declaration)| (address.clone(), declaration.dependencies()))
        .collect();
    for (address, dependencies) in &edges {
        if let Some(missing) = dependencies.iter().find(|dependency| !edges.contains_key(*dependency)) {
            return Err(Failure::new(
                "a reference leads nowhere",
                format!("{address} refers to {missing}, which is not declared"),
            ));
        }
    }
    let order = graph::topological(&edges).map_err(|cycle| {
        let names: Vec<&str> = cycle.iter().map(Address::as_str).collect();
        Failure::new("resources depend on each other in a circle", names.join(" -> "))
    })?;

    let mut planner = Planner { state, observed, mode, changes: BTreeMap::new(), violations: Vec::new() };
    for address in order {
        let kind = kinds.of(&address)?;
        planner.wanted(kind.as_ref(), &address, &desired.resources[&address], &edges[&address]);
    }
    for (address, entry) in &state.resources {
        if !desired.resources.contains_key(address) {
            planner.unwanted(kinds.of(address)?.as_ref(), address, entry);
        }
    }
    Ok(Plan {
        lineage: state.lineage.clone(),
        serial: state.serial,
        changes: planner.changes,
        violations: planner.violations,
        outputs: desired.outputs.clone(),
    })
}

struct Planner<'a> {
    state: &'a State,
    observed: &'a Observed,
    mode: Mode,
    changes: BTreeMap<Address, Change>,
    violations: Vec<Violation>,
}

impl Planner<'_> {
    /// The value of a reference, if it is known before apply: its resource exists and stays the one it is.
    fn known(&self, reference: &Reference) -> Option<String> {
        let change = self.changes.get(&reference.address)?;
        if !matches!(change.action, Action::None | Action::Update) {
            return None;
        }
        output(change.observed.existing()?.1, &reference.output)
    }

    fn violation(&mut self, address: &Address, problem: impl Into<String>, hint: impl Into<String>) {
        self.violations.push(Violation {
            address: address.clone(),
            problem: problem.into(),
            hint: hint.into(),
        });
    }

    fn wanted<C: Send + Sync>(
        &mut self,
        kind: &dyn Kind<C>,
        address: &Address,
        declaration: &Declaration,
        dependencies: &BTreeSet<Address>,
    ) {
        let observed = self.observed.resources.get(address).cloned().unwrap_or(Observation::Missing);
        let entry = self.state.resources.get(address);
        let inputs = reference::resolve(&declaration.inputs, &|reference| self.known(reference));
        let prior = entry.and_then(|entry| entry.phase.object());
        let mut change = Change {
            action: Action::None,
            reason: Reason::Unchanged,
            fields: Vec::new(),
            drift: Vec::new(),
            create_first: false,
            deposed: entry.map_or(0, |entry| entry.deposed.len()),
            dependencies: dependencies.clone(),
            protect: declaration.protect,
            desired: Some(declaration.inputs.clone()),
            observed,
            settle: None,
            reinstated: None,
        };
        if let Some(reinstated) = self.reinstated(kind, address, &change.observed, &inputs) {
            change.action = Action::Update;
            change.reason = Reason::Unfinished;
            change.fields = reinstated.0.existing().map_or_else(Vec::new, |(found, _)| diff(found, &inputs));
            change.deposed -= usize::from(reinstated.1.instead_of.is_none());
            (change.observed, change.reinstated) = (reinstated.0, Some(reinstated.1));
            self.changes.insert(address.clone(), change);
            return;
        }
        match change.observed.existing() {
            None => {
                change.action = Action::Create;
                change.reason = missing_because(entry);
                change.fields = diff(&Value::Null, &inputs);
            }
            Some((found, outputs)) => {
                change.fields = diff(found, &inputs);
                change.drift = drift(entry, found);
                change.reason = existing_because(entry, &change, prior.as_ref(), &inputs);
                if change.fields.is_empty() {
                    let settled = entry.is_some_and(|entry| is_settled(entry, &change, &inputs, outputs));
                    change.settle = (!settled).then(|| inputs.clone());
                } else {
                    change.action = Action::Update;
                    if change.fields.iter().any(|field| replaces(kind, field)) {
                        self.replace(kind, address, &mut change);
                    }
                }
            }
        }
        self.refuse_unowned(address, &change, entry);
        self.changes.insert(address.clone(), change);
    }

    /// The replaced object that is as desired where the one in its place is not there or would have to be replaced.
    fn reinstated<C: Send + Sync>(
        &self,
        kind: &dyn Kind<C>,
        address: &Address,
        present: &Observation,
        inputs: &Value,
    ) -> Option<(Observation, Reinstated)> {
        let fits = |found: &Value| !diff(found, inputs).iter().any(|field| replaces(kind, field));
        let entry = self.state.resources.get(address)?;
        let deposed = self.observed.deposed.get(address)?;
        let (again, outputs) = deposed.iter().find_map(|object| {
            object.existing().filter(|(found, _)| fits(found)).map(|found| (object, found.1))
        })?;
        let instead_of = match present.existing() {
            // It was looked for by what makes it recognisable, and this very object was found.
            Some((_, found)) if found == outputs => None,
            Some((found, _)) if fits(found) => return None,
            Some((found, present)) => {
                let inputs = entry.phase.object().map_or_else(|| found.clone(), |object| object.inputs);
                Some(Object { inputs, outputs: Some(present.clone()) })
            }
            None => None,
        };
        Some((again.clone(), Reinstated { outputs: outputs.clone(), instead_of }))
    }

    fn replace<C: Send + Sync>(&mut self, kind: &dyn Kind<C>, address: &Address, change: &mut Change) {
        change.action = Action::Replace;
        let fields: Vec<String> = change
            .fields
            .iter()
            .filter(|field| replaces(kind, field))
            .map(|field| field.path.join("."))
            .collect();
        let fields = fields.join(", ");
        change.create_first = kind.replacement() == Replacement::CreateFirst;
        if let Replacement::Never(reason) = kind.replacement() {
            self.violation(
                address,
                format!("changing {fields} would replace it: {reason}"),
                format!(
                    "put {fields} back as it was, or make a new environment beside this one and move over"
                ),
            );
        } else if self.is_protected(address, change.protect) {
            self.violation(
                address,
                format!("it is protected, and changing {fields} would replace it"),
                format!("put {fields} back as it was, or take the protection away first"),
            );
        } else if matches!(self.observed.ahead.get(address), Some(Observation::Unowned { .. })) {
            self.violation(
                address,
                format!("with another {fields} it would be where something is already that is not marked as belonging to this environment"),
                format!("put {fields} back as it was, choose another, or remove what is there"),
            );
        }
    }

    fn is_protected(&self, address: &Address, declared: bool) -> bool {
        let remembered = self.state.resources.get(address).is_some_and(|entry| entry.protect);
        declared || (remembered && !self.mode.lift_protection)
    }

    fn refuse_unowned(&mut self, address: &Address, change: &Change, entry: Option<&Entry>) {
        let remembered =
            entry.is_some_and(|entry| matches!(entry.phase, Phase::Live { .. } | Phase::Updating { .. }));
        if matches!(change.observed, Observation::Unowned { .. }) && !self.mode.adopt && !remembered {
            self.violation(
                address,
                "it exists already under this name and is not marked as belonging to this environment",
                "use --adopt to take it over as it is, or give this environment another name",
            );
        }
    }

    fn unwanted<C: Send + Sync>(&mut self, kind: &dyn Kind<C>, address: &Address, entry: &Entry) {
        let observed = self.observed.resources.get(address).cloned().unwrap_or(Observation::Missing);
        let ours = match &observed {
            _ if kind.shared() => false,
            Observation::Missing => false,
            Observation::Owned { .. } => true,
            // Never known to be made by us, and not marked as ours: somebody else's.
            Observation::Unowned { .. } => {
                entry.phase.object().is_some_and(|object| object.outputs.is_some())
            }
        };
        if ours && self.is_protected(address, false) {
            self.violation(
                address,
                "it is protected and would be deleted",
                "take the protection away (`[protection] deletion = false`) and try again, or keep it in the configuration",
            );
        }
        let change = Change {
            action: if ours { Action::Delete } else { Action::Forget },
            reason: match entry.phase {
                _ if kind.shared() && observed != Observation::Missing => Reason::Shared,
                Phase::Live { .. } if !ours => Reason::DeletedOutside,
                Phase::Live { .. } => Reason::Dropped,
                _ => Reason::Unfinished,
            },
            fields: Vec::new(),
            drift: Vec::new(),
            create_first: false,
            deposed: entry.deposed.len(),
            dependencies: entry.dependencies.clone(),
            protect: false,
            desired: None,
            observed,
            settle: None,
            reinstated: None,
        };
        self.changes.insert(address.clone(), change);
    }
}

fn replaces<C: Send + Sync>(kind: &dyn Kind<C>, field: &FieldChange) -> bool {
    field.path.first().is_none_or(|top| kind.replace_on().contains(&top.as_str()))
}

fn missing_because(entry: Option<&Entry>) -> Reason {
    match entry.map(|entry| &entry.phase) {
        None | Some(Phase::Gone) => Reason::New,
        Some(Phase::Live { .. } | Phase::Updating { .. }) => Reason::DeletedOutside,
        Some(Phase::Creating { .. } | Phase::Deleting { .. }) => Reason::Unfinished,
    }
}

fn existing_because(
    entry: Option<&Entry>,
    change: &Change,
    prior: Option<&Object>,
    inputs: &Value,
) -> Reason {
    match entry.map(|entry| &entry.phase) {
        None | Some(Phase::Gone) => Reason::Adopted,
        Some(Phase::Creating { .. } | Phase::Updating { .. } | Phase::Deleting { .. }) => Reason::Unfinished,
        Some(Phase::Live { .. }) if change.fields.is_empty() => Reason::Unchanged,
        Some(Phase::Live { .. }) => {
            let as_last_time = prior.is_some_and(|prior| diff(&prior.inputs, inputs).is_empty());
            if as_last_time { Reason::Drifted } else { Reason::Changed }
        }
    }
}

/// What changed in the cloud since we last wrote it. After an unfinished run nobody can tell, so nothing is claimed.
fn drift(entry: Option<&Entry>, found: &Value) -> Vec<FieldChange> {
    match entry.map(|entry| &entry.phase) {
        Some(Phase::Live { inputs, .. }) => diff(inputs, found),
        _ => Vec::new(),
    }
}

fn is_settled(entry: &Entry, change: &Change, inputs: &Value, outputs: &Value) -> bool {
    let live = Phase::Live { inputs: inputs.clone(), outputs: outputs.clone() };
    entry.phase == live && entry.dependencies == change.dependencies && entry.protect == change.protect
}
