//! Doing what was planned: in dependency order, many at once, every intent stored before its call. Owns the run as a whole;
//! what may start is `schedule`'s, what is remembered `records`', and what is stored `writes`'.
//!
//! One task drives everything, so the working state needs no lock: calls and writes are futures that it waits for.

mod records;
mod schedule;
mod steps;
mod writes;

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::records::{Done, Records};
use self::schedule::Schedule;
use self::steps::{Key, Step, steps};
use self::writes::{Writes, Written};
use crate::backend::BackendError;
use crate::event::{Event, Observer};
use crate::kind::Observation;
use crate::state::{Entry, Object};
use crate::{Action, Address, Change, Failure, Kinds, Plan, Session};

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
    let service = |key: &Key| kinds.of(&key.0).map_or("", |kind| kind.service());
    let run = Run {
        kinds,
        cx,
        plan,
        observer,
        cancel: options.cancel.clone(),
        lost: session.lost(),
        schedule: Schedule::new(steps(plan, &session.state)?, service, options),
        records: Records::new(plan, session.state.clone()),
        writes: Writes::new(session),
        pending: Vec::new(),
        applied: Applied::default(),
    };
    let changes = plan.changes.values().filter(|change| change.is_change()).count();
    observer(Event::ApplyStarted { changes });
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

struct Run<'a, C> {
    kinds: &'a Kinds<C>,
    cx: &'a C,
    plan: &'a Plan,
    observer: Observer<'a>,
    cancel: CancellationToken,
    lost: CancellationToken,
    schedule: Schedule,
    records: Records<'a>,
    writes: Writes,
    pending: Vec<Pending>,
    applied: Applied,
}

impl<'a, C: Send + Sync + 'static> Run<'a, C> {
    async fn drive(mut self, session: &mut Session) -> Applied {
        let mut running: FuturesUnordered<BoxFuture<'a, Outcome>> = FuturesUnordered::new();
        let mut stopped = false;
        let (cancel, lost) = (self.cancel.clone(), self.lost.clone());
        self.records.settle();
        loop {
            if !self.stopping() {
                self.start_ready();
            } else if !stopped {
                stopped = true;
                (self.observer)(Event::Interrupted { running: running.len() });
                self.take_back_pending();
            }
            if self.records.changed() && !self.writes.in_flight() && self.applied.not_stored.is_none() {
                self.writes.begin(self.records.checkpoint());
            }
            for pending in self.take_durable() {
                running.push(self.launch(&pending.key));
            }
            if running.is_empty() && !self.writes.in_flight() {
                if self.finish_outputs() {
                    continue;
                }
                break;
            }
            tokio::select! {
                Some(outcome) = running.next(), if !running.is_empty() => self.record(outcome),
                written = self.writes.ended(), if self.writes.in_flight() => self.written(session, written),
                () = async { tokio::select! { () = cancel.cancelled() => {}, () = lost.cancelled() => {} } }, if !stopped => {}
            }
        }
        self.applied.interrupted |= !self.schedule.is_empty() && self.applied.not_stored.is_none();
        if self.lost.is_cancelled() && self.applied.not_stored.is_none() {
            self.applied.not_stored = Some(BackendError::LockLost("its lease could not be renewed".into()));
        }
        // Also where it could not be stored: the caller saves it elsewhere.
        session.state = self.records.into_state();
        self.applied
    }

    fn stopping(&self) -> bool {
        self.cancel.is_cancelled() || self.lost.is_cancelled() || self.applied.not_stored.is_some()
    }

    /// Starts all steps that may: records their intents.
    fn start_ready(&mut self) {
        while let Some(key) = self.schedule.start() {
            match self.records.intend(&key) {
                Ok(before) => {
                    // What is not to be written any more is carried by the last write that was begun.
                    let write = self.writes.last() + u64::from(self.records.changed());
                    self.pending.push(Pending { key, write, before });
                }
                Err(failure) => self.fail(&key, failure),
            }
        }
    }

    /// Takes back the intents of steps that were not begun.
    fn take_back_pending(&mut self) {
        for Pending { key, before, .. } in std::mem::take(&mut self.pending) {
            self.records.take_back(&key.0, before);
            self.schedule.put_back(key);
        }
    }

    /// The pending steps whose intents are stored.
    fn take_durable(&mut self) -> Vec<Pending> {
        if self.stopping() {
            return Vec::new();
        }
        self.pending.extract_if(.., |pending| self.writes.is_durable(pending.write)).collect()
    }

    fn launch(&self, key: &Key) -> BoxFuture<'a, Outcome> {
        let (address, step) = key.clone();
        let action = self.action(key);
        (self.observer)(Event::Started { address: address.clone(), action });
        let change = &self.plan.changes[&address];
        let entry = self.records.entry(&address).cloned();
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
            Step::Put => self.plan.changes[address].action,
            Step::Delete | Step::Sweep => Action::Delete,
        }
    }

    fn record(&mut self, Outcome { key, elapsed, result }: Outcome) {
        match result {
            Ok(done) => {
                self.records.done(&key, done);
                self.schedule.done(&key);
                self.applied.done += 1;
                let action = self.action(&key);
                (self.observer)(Event::Finished { address: key.0, action, elapsed });
            }
            // The intent stays: nobody knows how far the call got.
            Err(failure) => self.fail(&key, failure),
        }
    }

    /// Records a root cause, and everything that is given up for it.
    fn fail(&mut self, key: &Key, failure: Failure) {
        let (address, action) = (key.0.clone(), self.action(key));
        (self.observer)(Event::Failed { address: address.clone(), action, failure: failure.clone() });
        self.applied.failed.push((address.clone(), failure));
        for given_up in self.schedule.failed(key) {
            let action = self.action(&given_up);
            let skipped = given_up.0;
            if skipped != address && self.applied.skipped.insert(skipped.clone(), address.clone()).is_none() {
                (self.observer)(Event::Skipped { address: skipped, action, because: address.clone() });
            }
        }
    }

    fn written(&mut self, session: &mut Session, (state, result): Written) {
        match result {
            Ok(version) => session.stored(state, version),
            Err(error) => self.applied.not_stored = Some(error),
        }
    }

    /// After a complete run: has the declared outputs stored if they changed. Says whether there is something to write.
    fn finish_outputs(&mut self) -> bool {
        if self.applied.not_stored.is_some() {
            return false;
        }
        if !self.stopping() && self.applied.failed.is_empty() && self.schedule.is_empty() {
            self.records.resolve_outputs();
        }
        self.records.changed()
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
