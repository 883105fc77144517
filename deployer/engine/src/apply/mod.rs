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
use self::writes::Writes;
use crate::backend::BackendError;
use crate::event::{Event, Observer};
use crate::kind::Observation;
use crate::lease::Lease;
use crate::state::{Entry, Object};
use crate::{Action, Address, Change, Failure, Kinds, Plan, Session, running};

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
    /// Why it stopped by itself, with all that was done in the stored state: the lock was lost, somebody else stored, or storage
    /// failed before there was anything to lose.
    pub stopped: Option<BackendError>,
    /// Why it stopped by itself, with results that are in no stored state: the session's state alone holds them. Save it. It is
    /// newer than what this run may have stored, but not than what somebody else has.
    pub not_stored: Option<BackendError>,
}

impl Applied {
    /// Whether everything that was planned is done and stored.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty()
            && self.skipped.is_empty()
            && !self.interrupted
            && self.stopped.is_none()
            && self.not_stored.is_none()
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
        lease: session.lease(),
        schedule: Schedule::new(steps(plan, &session.state)?, service, options),
        records: Records::new(plan, session.state.clone()),
        writes: Writes::new(session),
        pending: Vec::new(),
        due: None,
        applied: Applied::default(),
    };
    let changes = plan.changes.values().filter(|change| change.is_change()).count();
    observer(Event::ApplyStarted { changes });
    Ok(run.drive(session).await)
}

/// Results alone wait so long for others to be written with them. A run that is killed meanwhile finds what it made by name, as one
/// that is killed a moment earlier.
const LINGER: Duration = Duration::from_millis(250);

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
    lease: Lease,
    schedule: Schedule,
    records: Records<'a>,
    writes: Writes,
    pending: Vec<Pending>,
    /// Until when what is recorded may wait to be written.
    due: Option<Instant>,
    applied: Applied,
}

impl<'a, C: Send + Sync + 'static> Run<'a, C> {
    async fn drive(mut self, session: &mut Session) -> Applied {
        let mut running: FuturesUnordered<BoxFuture<'a, Outcome>> = FuturesUnordered::new();
        let mut stopped = false;
        let (cancel, lost) = (self.cancel.clone(), self.lease.lost());
        self.records.settle();
        loop {
            let stopping = stopped || self.stopping();
            if !stopping {
                self.start_ready();
            } else if !stopped {
                stopped = true;
                (self.observer)(Event::Interrupted { running: running.len() });
                self.take_back_pending();
            }
            if self.records.changed() && (stopping || running.is_empty() || self.is_due()) {
                self.due = None;
                self.writes.begin(self.applied.done, || self.records.checkpoint());
            }
            if !stopping {
                running.extend(self.take_durable().iter().map(|pending| self.launch(&pending.key)));
            }
            if running.is_empty() && !self.writes.in_flight() {
                if self.finish_outputs() {
                    continue;
                }
                break;
            }
            tokio::select! {
                Some(outcome) = running.next(), if !running.is_empty() => self.record(outcome),
                stored = self.writes.ended(), if self.writes.in_flight() => {
                    if let Some((state, version)) = stored {
                        session.stored(state, version);
                    }
                }
                () = tokio::time::sleep_until(self.due.unwrap_or_else(Instant::now)), if self.due.is_some() && !self.writes.in_flight() => {}
                () = async { tokio::select! { () = cancel.cancelled() => {}, () = lost.cancelled() => {} } }, if !stopped => {}
            }
        }
        self.end(session)
    }

    /// Says why it ended where it is not done.
    fn end(self, session: &mut Session) -> Applied {
        let Self { mut applied, records, .. } = self;
        let left = !self.schedule.is_empty();
        applied.interrupted = left && self.cancel.is_cancelled();
        match self.writes.into_failure(applied.done) {
            // Somebody else's state is there, and they know of every intent of ours: ours must not take its place.
            Some((error @ BackendError::Conflict, true)) => {
                session.state = records.into_state();
                applied.not_stored = Some(error);
            }
            Some((error, true)) => {
                session.state = records.into_newer_state();
                applied.not_stored = Some(error);
            }
            // Who took the lock tells more than that somebody stored.
            Some((BackendError::Conflict, false)) => {
                let lost = self.lease.why_lost().map(BackendError::LockLost);
                applied.stopped = Some(lost.unwrap_or(BackendError::Conflict));
            }
            Some((error, false)) => applied.stopped = Some(error),
            None if left => applied.stopped = self.lease.why_lost().map(BackendError::LockLost),
            None => {}
        }
        applied
    }

    /// Whether what is recorded has to be written now: steps wait for it, or it has waited for others long enough.
    fn is_due(&mut self) -> bool {
        let waited_for = self.pending.iter().any(|pending| pending.write > self.writes.last());
        waited_for || *self.due.get_or_insert_with(|| Instant::now() + LINGER) <= Instant::now()
    }

    /// Whether nothing new is started.
    fn stopping(&self) -> bool {
        self.cancel.is_cancelled() || self.writes.failed() || !self.lease.holds()
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
            let work = call(kinds, cx, &address, step, change, entry);
            let result = running::on(address.clone(), work).await;
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

    /// After all is done: resolves the declared outputs. Says whether there is something to write.
    fn finish_outputs(&mut self) -> bool {
        if self.applied.failed.is_empty() && self.schedule.is_empty() {
            self.records.resolve_outputs();
        }
        self.records.changed() && !self.writes.failed()
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
