//! Reading the cloud. Owns which resource is read, with which inputs and in which order; makes no mutating call.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::Value;

use crate::kind::Observation;
use crate::reference::{self, Reference};
use crate::state::{Object, Phase};
use crate::{Address, Desired, Event, Failure, Kinds, Observer, State};

/// What is in the cloud.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// By address; every address of the desired state and the state is here.
    pub resources: BTreeMap<Address, Observation>,
    /// Of the desired ones, the replaced objects that the state remembers, in its order.
    pub deposed: BTreeMap<Address, Vec<Observation>>,
    /// What is in the place to which a resource moves: where what it is found by is to change.
    pub ahead: BTreeMap<Address, Observation>,
}

impl Observed {
    /// An output of a resource that was found.
    #[must_use]
    pub fn output(&self, reference: &Reference) -> Option<String> {
        let (_, outputs) = self.resources.get(&reference.address)?.existing()?;
        output(outputs, &reference.output)
    }
}

/// A field of some outputs, as text.
pub(crate) fn output(outputs: &Value, field: &str) -> Option<String> {
    match outputs.get(field)? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

/// At most this many reads run at once: below every published control-plane rate, whatever their service.
const CONCURRENT_READS: usize = 12;

/// Reads everything that is desired or remembered. Independent reads run at once; a desired resource is read after
/// those that its inputs refer to, so that its own inputs are known. Returns every failure, not only the first; what would
/// have to be read after something that could not be read is not tried.
pub async fn refresh<C: Send + Sync + 'static>(
    kinds: &Kinds<C>,
    cx: &C,
    desired: &Desired,
    state: &State,
    observer: Observer<'_>,
) -> Result<Observed, Vec<(Address, Failure)>> {
    let mut waits: BTreeMap<Address, BTreeSet<Address>> =
        state.resources.keys().map(|address| (address.clone(), BTreeSet::new())).collect();
    for (address, declaration) in &desired.resources {
        // What the state remembers is read by what it remembers, and waits for nothing.
        let known = state.resources.get(address).is_some_and(|entry| locator(&entry.phase).is_some());
        let dependencies = if known { BTreeSet::new() } else { declaration.dependencies() };
        waits.insert(address.clone(), dependencies);
    }
    // A reference to something that is not declared is reported by `plan`; here it must only not block.
    let readable: BTreeSet<Address> = waits.keys().cloned().collect();
    for waiting in waits.values_mut() {
        waiting.retain(|dependency| readable.contains(dependency));
    }
    observer(Event::RefreshStarted { resources: waits.len() });

    let mut seen = Observed::default();
    let mut failures = Vec::new();
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < CONCURRENT_READS {
            let Some(address) =
                waits.iter().find(|(_, waiting)| waiting.is_empty()).map(|(address, _)| address.clone())
            else {
                break;
            };
            waits.remove(&address);
            let (inputs, outputs) = lookup(&address, desired, state, &seen);
            let deposed = match (desired.resources.get(&address), state.resources.get(&address)) {
                (Some(_), Some(entry)) => entry.deposed.as_slice(),
                _ => &[],
            };
            running.push(async move {
                let found = async {
                    let present = read(kinds, cx, &address, &inputs, outputs.as_ref()).await?;
                    let ahead = match &moved(kinds, &address, desired, &inputs)? {
                        Some(moved) => Some(read(kinds, cx, &address, moved, None).await?),
                        None => None,
                    };
                    let mut replaced = Vec::new();
                    for object in deposed {
                        replaced.push(read_deposed(kinds, cx, &address, object).await?);
                    }
                    Ok((present, ahead, replaced))
                };
                let found = found.await;
                (address, found)
            });
        }
        let Some((address, found)) = running.next().await else { break };
        match found {
            Ok((present, ahead, deposed)) => {
                for waiting in waits.values_mut() {
                    waiting.remove(&address);
                }
                observer(Event::Refreshed { address: address.clone() });
                seen.resources.insert(address.clone(), present);
                seen.ahead.extend(ahead.map(|ahead| (address.clone(), ahead)));
                if !deposed.is_empty() {
                    seen.deposed.insert(address.clone(), deposed);
                }
            }
            // Whoever waits for it goes on waiting.
            Err(failure) => failures.push((address, failure)),
        }
    }
    if !failures.is_empty() {
        return Err(failures);
    }
    // What is left waits for itself: `plan` names the cycle.
    for address in waits.into_keys() {
        seen.resources.insert(address, Observation::Missing);
    }
    Ok(seen)
}

/// The object of a phase by which it can be looked up.
fn locator(phase: &Phase) -> Option<Object> {
    phase.object()
}

/// With which inputs and outputs an address is looked up: what the state remembers, else what is desired.
fn lookup(
    address: &Address,
    desired: &Desired,
    state: &State,
    observed: &Observed,
) -> (Value, Option<Value>) {
    if let Some(object) = state.resources.get(address).and_then(|entry| locator(&entry.phase)) {
        return (object.inputs, object.outputs);
    }
    let inputs = desired.resources.get(address).map_or(Value::Null, |declaration| {
        reference::resolve(&declaration.inputs, &|reference| observed.output(reference))
    });
    (inputs, None)
}

/// The desired inputs of a resource that is looked up with `inputs` and is to be found in another place.
fn moved<C: Send + Sync + 'static>(
    kinds: &Kinds<C>,
    address: &Address,
    desired: &Desired,
    inputs: &Value,
) -> Result<Option<Value>, Failure> {
    let Some(declaration) = desired.resources.get(address) else { return Ok(None) };
    let located_by = kinds.of(address)?.located_by();
    let wanted = |field: &&'static str| declaration.inputs.get(*field);
    // What belongs to something new is alone there.
    let known = !located_by.iter().filter_map(wanted).any(reference::is_unknown);
    let moves = located_by.iter().any(|field| wanted(field) != inputs.get(*field));
    Ok((known && moves).then(|| declaration.inputs.clone()))
}

async fn read<C: Send + Sync + 'static>(
    kinds: &Kinds<C>,
    cx: &C,
    address: &Address,
    inputs: &Value,
    outputs: Option<&Value>,
) -> Result<Observation, Failure> {
    let kind = kinds.of(address)?;
    let unknown = |field: &str| inputs.get(field).is_some_and(reference::is_unknown);
    if inputs.is_null() || kind.located_by().iter().any(|field| unknown(field)) {
        // What it belongs to does not exist, so it can't either.
        return Ok(Observation::Missing);
    }
    kind.read(cx, inputs, outputs).await
}

/// One that may never have been made has no outputs, and nothing to tell it from its successor by.
async fn read_deposed<C: Send + Sync + 'static>(
    kinds: &Kinds<C>,
    cx: &C,
    address: &Address,
    object: &Object,
) -> Result<Observation, Failure> {
    match &object.outputs {
        Some(outputs) => read(kinds, cx, address, &object.inputs, Some(outputs)).await,
        None => Ok(Observation::Missing),
    }
}
