//! Doing what was planned: in dependency order, many at once, every intent stored before its call.
//!
//! One task drives everything, so the working state needs no lock: calls and writes are futures that it waits for.
//! Writes are group-committed: while one is under way, all intents and results gather for the next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::backend::{BackendError, StateVersion};
use crate::event::{Event, Observer};
use crate::kind::Observation;
use crate::reference::{self, Reference};
use crate::refresh::output;
use crate::state::{Entry, Object, Phase};
use crate::steps::{Key, Step, steps};
use crate::{Action, Address, Change, Failure, Kinds, Plan, Session, State, session};

/// How to apply.
#[derive(Debug, Clone)]
pub struct ApplyOptions {
    /// At most this many changes run at once.
    pub parallel: usize,
    /// At most this many run at once for one service; others are bounded by `parallel` alone.
    pub per_service: BTreeMap<&'static str, usize>,
    /// Cancelled when the user asks to stop.
    pub cancel: CancellationToken,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self { parallel: 10, per_service: BTreeMap::new(), cancel: CancellationToken::new() }
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Applied {
    /// How many steps ended well.
    pub done: usize,
    /// Root causes, each once.
    pub failed: Vec<(Address, Failure)>,
    /// What was not tried, and the root cause.
    pub skipped: BTreeMap<Address, Address>,
    /// Whether it was asked to stop before everything was started.
    pub interrupted: bool,
    /// Why the state could not be stored. The session's state is then the only true one: save it.
    pub not_stored: Option<BackendError>,
}

impl Applied {
    /// Whether everything that was planned is done and stored.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty() && !self.interrupted && self.not_stored.is_none()
    }
}

/// Applies a plan. A plan with violations, or one made from another state, is refused before anything is touched.
pub async fn apply<C: Send + Sync + 'static>(
    session: &mut Session,
    kinds: &Kinds<C>,
    cx: &C,
    plan: &Plan,
    options: &ApplyOptions,
    observer: Observer<'_>,
) -> Result<Applied, Failure> {
    if let Some(violation) = plan.violations.first() {
        return Err(Failure::new(
            "the plan is refused",
            format!("{}: {}", violation.address, violation.problem),
        )
        .with_hint(violation.hint.clone()));
    }
    if (&plan.lineage, plan.serial) != (&session.state.lineage, session.state.serial)
        && session.version().is_some()
    {
        return Err(Failure::new("the plan is stale", "the state was changed after the plan was made")
            .with_hint("plan again"));
    }
    let waits = steps(plan, &session.state)?;
    let changes = plan.changes.values().filter(|change| change.is_change()).count();
    observer(Event::ApplyStarted { changes });
    let run = Run {
        kinds,
        cx,
        plan,
        options,
        observer,
        lost: session.lost(),
        version: session.version(),
        state: session.state.clone(),
        waits,
        active: BTreeMap::new(),
        pending: Vec::new(),
        dirty: false,
        begun: 0,
        durable: 0,
        applied: Applied::default(),
    };
    Ok(run.drive(session).await)
}

/// A step whose intent is recorded.
struct Pending {
    key: Key,
    /// The number of the write that carries its intent.
    write: u64,
    /// The entry as it was, for the case that the step is never begun.
    before: Option<Entry>,
}

/// What a step's call gives back.
struct Outcome {
    key: Key,
    elapsed: Duration,
    result: Result<Done, Failure>,
}

enum Done {
    Put { inputs: serde_json::Value, outputs: serde_json::Value },
    Deleted,
}

type Write = (State, Result<StateVersion, BackendError>);

struct Run<'a, C> {
    kinds: &'a Kinds<C>,
    cx: &'a C,
    plan: &'a Plan,
    options: &'a ApplyOptions,
    observer: Observer<'a>,
    lost: CancellationToken,
    version: Option<StateVersion>,
    state: State,
    /// Steps not started yet, with what each waits for.
    waits: BTreeMap<Key, BTreeSet<Key>>,
    /// Started and not ended, by service.
    active: BTreeMap<&'static str, usize>,
    pending: Vec<Pending>,
    /// Whether the working state holds something that no write carries yet.
    dirty: bool,
    /// How many writes were begun, and how many of them ended well.
    begun: u64,
    durable: u64,
    applied: Applied,
}

impl<'a, C: Send + Sync + 'static> Run<'a, C> {
    async fn drive(mut self, session: &mut Session) -> Applied {
        let mut running: FuturesUnordered<BoxFuture<'a, Outcome>> = FuturesUnordered::new();
        let mut write: Option<BoxFuture<'static, Write>> = None;
        let mut stopped = false;
        let cancel = self.options.cancel.clone();
        let lost = self.lost.clone();
        self.settle();
        loop {
            if !self.stopping() {
                self.start_ready();
            } else if !stopped {
                stopped = true;
                (self.observer)(Event::Interrupted { running: running.len() });
                self.unstart();
            }
            if self.dirty && write.is_none() && self.applied.not_stored.is_none() {
                write = Some(self.begin_write(session));
            }
            for pending in self.take_durable() {
                running.push(self.launch(&pending.key));
            }
            if running.is_empty() && write.is_none() {
                if self.finish_outputs() {
                    continue;
                }
                break;
            }
            tokio::select! {
                Some(outcome) = running.next(), if !running.is_empty() => self.record(outcome),
                (state, result) = wait(&mut write), if write.is_some() => {
                    write = None;
                    self.written(session, state, result);
                }
                () = async { tokio::select! { () = cancel.cancelled() => {}, () = lost.cancelled() => {} } }, if !stopped => {}
            }
        }
        self.applied.interrupted |= !self.waits.is_empty() && self.applied.not_stored.is_none();
        if self.lost.is_cancelled() && self.applied.not_stored.is_none() {
            self.applied.not_stored = Some(BackendError::LockLost("its lease could not be renewed".into()));
        }
        // Also where it could not be stored: the caller saves it elsewhere.
        session.state = self.state;
        self.applied
    }

    fn stopping(&self) -> bool {
        self.options.cancel.is_cancelled() || self.lost.is_cancelled() || self.applied.not_stored.is_some()
    }

    fn change(&self, address: &Address) -> &'a Change {
        &self.plan.changes[address]
    }

    /// Puts the memory right where the cloud needs nothing.
    fn settle(&mut self) {
        for (address, change) in &self.plan.changes {
            match change.action {
                Action::None => {
                    if let (Some(inputs), Some((_, outputs))) = (&change.settle, change.observed.existing()) {
                        let (inputs, outputs) = (inputs.clone(), outputs.clone());
                        self.set_phase(address, Phase::Live { inputs, outputs });
                        self.dirty = true;
                    }
                }
                Action::Forget => {
                    self.remove(address);
                    self.dirty = true;
                }
                Action::Create | Action::Update | Action::Replace | Action::Delete => {}
            }
        }
    }

    /// Starts all steps that wait for nothing, within the limits: records their intents.
    fn start_ready(&mut self) {
        let ready: Vec<Key> =
            self.waits.iter().filter(|(_, waits)| waits.is_empty()).map(|(key, _)| key.clone()).collect();
        for key in ready {
            if !self.waits.contains_key(&key) {
                continue; // Skipped meanwhile.
            }
            let service = self.service(&key.0);
            let limit = self.options.per_service.get(service).copied().unwrap_or(usize::MAX);
            if self.active.values().sum::<usize>() >= self.options.parallel
                || self.active.get(service).copied().unwrap_or(0) >= limit
            {
                continue;
            }
            self.waits.remove(&key);
            let before = self.state.resources.get(&key.0).cloned();
            match self.record_intent(&key) {
                Ok(()) => {
                    let changed = self.state.resources.get(&key.0) != before.as_ref();
                    self.dirty |= changed;
                    *self.active.entry(service).or_default() += 1;
                    // A state that is not dirty is carried by the last write that was begun.
                    let write = self.begun + u64::from(self.dirty);
                    self.pending.push(Pending { key, write, before });
                }
                Err(failure) => self.fail(&key, failure),
            }
        }
    }

    fn service(&self, address: &Address) -> &'static str {
        self.kinds.of(address).map_or("", |kind| kind.service())
    }

    /// Takes back the intents of steps that were not begun.
    fn unstart(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            self.release(&pending.key);
            match pending.before {
                Some(entry) => {
                    self.state.resources.insert(pending.key.0.clone(), entry);
                }
                None => {
                    self.state.resources.remove(&pending.key.0);
                }
            }
            self.dirty = true;
            self.waits.insert(pending.key, BTreeSet::new());
        }
    }

    fn release(&mut self, key: &Key) {
        let service = self.service(&key.0);
        if let Some(count) = self.active.get_mut(service) {
            *count = count.saturating_sub(1);
        }
    }

    fn record_intent(&mut self, (address, step): &Key) -> Result<(), Failure> {
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
        Ok(())
    }

    /// The object that is there now: as observed, with the inputs that we remember where we do.
    fn present(&self, address: &Address) -> Result<Object, Failure> {
        let remembered = self.state.resources.get(address).and_then(|entry| entry.phase.object());
        let observed = self.change(address).observed.existing();
        let inputs = remembered.as_ref().map(|object| &object.inputs).or(observed.map(|(inputs, _)| inputs));
        let inputs = inputs.ok_or_else(|| Failure::new("there is nothing to delete", address.to_string()))?;
        let outputs = observed.map(|(_, outputs)| outputs.clone()).or_else(|| remembered.clone()?.outputs);
        Ok(Object { inputs: inputs.clone(), outputs })
    }

    /// Moves the present object aside, to be deleted when nothing needs it any more.
    fn depose(&mut self, address: &Address) {
        if let (Ok(object), Some(entry)) = (self.present(address), self.state.resources.get_mut(address)) {
            entry.deposed.push(object);
        } else if let Ok(object) = self.present(address) {
            let entry = Entry {
                protect: false,
                dependencies: BTreeSet::new(),
                phase: Phase::Gone,
                deposed: vec![object],
            };
            self.state.resources.insert(address.clone(), entry);
        }
    }

    fn set_phase(&mut self, address: &Address, phase: Phase) {
        let change = self.change(address);
        let before = self.state.resources.remove(address);
        let mut dependencies = change.dependencies.clone();
        let (remembered, deposed) =
            before.map(|entry| (entry.dependencies, entry.deposed)).unwrap_or_default();
        if !matches!(phase, Phase::Live { .. }) || !deposed.is_empty() {
            // Until the call has ended, and while replaced objects are left, what the old one needed is needed.
            dependencies.extend(remembered);
        }
        let entry = Entry { protect: change.protect, dependencies, phase, deposed };
        self.state.resources.insert(address.clone(), entry);
    }

    /// Forgets an object; the entry stays while deposed ones are left.
    fn remove(&mut self, address: &Address) {
        if let Some(entry) = self.state.resources.get_mut(address) {
            entry.phase = Phase::Gone;
            if entry.deposed.is_empty() {
                self.state.resources.remove(address);
            }
        }
    }

    /// The desired inputs with every reference resolved from what exists now.
    fn resolve(&self, change: &Change) -> Result<serde_json::Value, Failure> {
        let desired = change.desired.as_ref().unwrap_or(&serde_json::Value::Null);
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

    fn begin_write(&mut self, session: &Session) -> BoxFuture<'static, Write> {
        self.state.serial += 1;
        self.begun += 1;
        self.dirty = false;
        session::store(Arc::clone(session.backend()), self.state.clone(), self.version.clone()).boxed()
    }

    fn written(&mut self, session: &mut Session, state: State, result: Result<StateVersion, BackendError>) {
        match result {
            Ok(version) => {
                self.durable = self.begun;
                self.version = Some(version.clone());
                session.stored(state, version);
            }
            Err(error) => self.applied.not_stored = Some(error),
        }
    }

    /// The pending steps whose intents are stored.
    fn take_durable(&mut self) -> Vec<Pending> {
        if self.stopping() {
            return Vec::new();
        }
        let durable = self.durable;
        let (ready, waiting) =
            std::mem::take(&mut self.pending).into_iter().partition(|pending| pending.write <= durable);
        self.pending = waiting;
        ready
    }

    fn launch(&self, key: &Key) -> BoxFuture<'a, Outcome> {
        let (address, step) = key.clone();
        let action = self.action(key);
        (self.observer)(Event::Started { address: address.clone(), action });
        let change = self.change(&address);
        let entry = self.state.resources.get(&address).cloned();
        let (kinds, cx) = (self.kinds, self.cx);
        async move {
            let start = Instant::now();
            let result = call(kinds, cx, &address, step, change, entry).await;
            Outcome { key: (address, step), elapsed: start.elapsed(), result }
        }
        .boxed()
    }

    fn action(&self, (address, step): &Key) -> Action {
        match step {
            Step::Put => self.change(address).action,
            Step::Delete | Step::Sweep => Action::Delete,
        }
    }

    fn record(&mut self, Outcome { key, elapsed, result }: Outcome) {
        self.release(&key);
        let done = match result {
            Ok(done) => done,
            // The intent stays: nobody knows how far the call got.
            Err(failure) => return self.fail(&key, failure),
        };
        let address = &key.0;
        match (key.1, done) {
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
        self.dirty = true;
        self.applied.done += 1;
        (self.observer)(Event::Finished { address: address.clone(), action: self.action(&key), elapsed });
        for waiting in self.waits.values_mut() {
            waiting.remove(&key);
        }
    }

    /// Records a root cause and skips everything that waits for it, directly or not.
    fn fail(&mut self, key: &Key, failure: Failure) {
        let (address, action) = (key.0.clone(), self.action(key));
        (self.observer)(Event::Failed { address: address.clone(), action, failure: failure.clone() });
        self.applied.failed.push((address.clone(), failure));
        let mut causes = vec![key.clone()];
        while let Some(cause) = causes.pop() {
            let stopped: Vec<Key> = self
                .waits
                .iter()
                .filter(|(_, waits)| waits.contains(&cause))
                .map(|(key, _)| key.clone())
                .collect();
            for key in stopped {
                self.waits.remove(&key);
                let action = self.action(&key);
                if key.0 != address && self.applied.skipped.insert(key.0.clone(), address.clone()).is_none() {
                    (self.observer)(Event::Skipped {
                        address: key.0.clone(),
                        action,
                        because: address.clone(),
                    });
                }
                causes.push(key);
            }
        }
    }

    /// After a complete run: stores the declared outputs if they changed. Says whether there is something to write.
    fn finish_outputs(&mut self) -> bool {
        if self.stopping() || !self.applied.failed.is_empty() || !self.waits.is_empty() {
            return self.dirty && self.applied.not_stored.is_none();
        }
        let resolve = |text: &String| reference::resolve_text(text, &|reference| self.lookup(reference));
        let outputs = self.plan.outputs.iter().map(|(name, text)| (name.clone(), resolve(text))).collect();
        if self.state.outputs != outputs {
            self.state.outputs = outputs;
            self.dirty = true;
        }
        self.dirty
    }
}

async fn wait(write: &mut Option<BoxFuture<'static, Write>>) -> Write {
    match write {
        Some(write) => write.await,
        None => std::future::pending().await,
    }
}

async fn call<C: Send + Sync + 'static>(
    kinds: &Kinds<C>,
    cx: &C,
    address: &Address,
    step: Step,
    change: &Change,
    entry: Option<Entry>,
) -> Result<Done, Failure> {
    let kind = kinds.of(address)?;
    let entry = entry.ok_or_else(|| Failure::new("the intent is missing", address.to_string()))?;
    match step {
        Step::Put => {
            let Some(Object { inputs, .. }) = entry.phase.object() else {
                return Err(Failure::new("the intent is missing", address.to_string()));
            };
            let found =
                if change.action == Action::Update { &change.observed } else { &Observation::Missing };
            let outputs = kind.reconcile(cx, &inputs, found).await?;
            Ok(Done::Put { inputs, outputs })
        }
        Step::Delete => {
            if let Some(Object { inputs, outputs }) = entry.phase.object() {
                kind.delete(cx, &inputs, outputs.as_ref()).await?;
            }
            Ok(Done::Deleted)
        }
        Step::Sweep => {
            for Object { inputs, outputs } in &entry.deposed {
                kind.delete(cx, inputs, outputs.as_ref()).await?;
            }
            Ok(Done::Deleted)
        }
    }
}
