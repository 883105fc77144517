//! The steps that a plan comes down to, and what each waits for. Pure; `apply` does them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Action, Address, Failure, Plan, State, graph};

/// One call on one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Make it, or change it.
    Put,
    /// Delete the present object.
    Delete,
    /// Delete the replaced objects.
    Sweep,
}

/// A step of one resource.
pub(crate) type Key = (Address, Step);

/// All steps of `plan` with what each waits for.
pub(crate) fn steps(plan: &Plan, state: &State) -> Result<BTreeMap<Key, BTreeSet<Key>>, Failure> {
    let mut steps: BTreeMap<Key, BTreeSet<Key>> = BTreeMap::new();
    for (address, change) in &plan.changes {
        let mut add = |step| steps.insert((address.clone(), step), BTreeSet::new());
        if matches!(change.action, Action::Create | Action::Update | Action::Replace) {
            add(Step::Put);
        }
        if change.action == Action::Delete || (change.action == Action::Replace && !change.create_first) {
            add(Step::Delete);
        }
        if change.deposed > 0 || (change.action == Action::Replace && change.create_first) {
            add(Step::Sweep);
        }
    }
    let mut order = Order { steps };
    for (address, change) in &plan.changes {
        if change.action == Action::Replace && !change.create_first {
            order.must((address, Step::Put), (address, Step::Delete));
        }
        order.must((address, Step::Sweep), (address, Step::Put));
        for dependency in &change.dependencies {
            order.must((address, Step::Put), (dependency, Step::Put));
        }
    }
    graph::topological(&order.steps).map_err(|cycle| {
        let names: Vec<String> = cycle.iter().map(|(address, step)| format!("{step:?} {address}")).collect();
        Failure::new("the changes wait for each other in a circle", names.join(" -> "))
    })?;
    // Whoever used something has moved over, or is gone, before that something goes. What goes before its new self is made
    // comes last, for it is the one that may have to give way.
    let replaced_first = |address: &Address| {
        plan.changes
            .get(address)
            .is_some_and(|change| change.action == Action::Replace && !change.create_first)
    };
    for giving_way in [false, true] {
        for (user, change) in &plan.changes {
            let remembered =
                state.resources.get(user).map_or(&change.dependencies, |entry| &entry.dependencies);
            for used in remembered.iter().filter(|used| replaced_first(used) == giving_way) {
                for leaving in [Step::Delete, Step::Sweep] {
                    for moving in [Step::Put, Step::Delete, Step::Sweep] {
                        order.should((used, leaving), (user, moving));
                    }
                }
            }
        }
    }
    Ok(order.steps)
}

struct Order {
    steps: BTreeMap<Key, BTreeSet<Key>>,
}

impl Order {
    /// `step` waits for `on`.
    fn must(&mut self, step: (&Address, Step), on: (&Address, Step)) {
        let (step, on) = ((step.0.clone(), step.1), (on.0.clone(), on.1));
        if self.steps.contains_key(&on)
            && let Some(waits) = self.steps.get_mut(&step)
        {
            waits.insert(on);
        }
    }

    /// `step` waits for `on`, unless `on` already waits for `step`: what goes before its new self is made can't wait for
    /// those that need the new one.
    fn should(&mut self, step: (&Address, Step), on: (&Address, Step)) {
        let (from, to) = ((on.0.clone(), on.1), (step.0.clone(), step.1));
        if !self.waits_for(&from, &to) {
            self.must(step, on);
        }
    }

    fn waits_for(&self, from: &Key, to: &Key) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(key) = open.pop() {
            if key == to {
                return true;
            }
            if seen.insert(key) {
                open.extend(self.steps.get(key).into_iter().flatten());
            }
        }
        false
    }
}
