//! Storing the working state on the way: one write at a time, each conditional on the one before, all that gathers meanwhile
//! in the next. Owns which write carries what and how far they got; what is written is `records`' affair.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::backend::{Backend, BackendError, StateVersion};
use crate::{Session, State, session};

/// A write that ended: what was to be stored, and what came of it.
type Written = (State, Result<StateVersion, BackendError>);

/// The writes of one run.
pub(super) struct Writes {
    backend: Arc<dyn Backend>,
    /// What the next write is conditional on.
    version: Option<StateVersion>,
    in_flight: Option<BoxFuture<'static, Written>>,
    /// How many were begun, and how many of them ended well.
    begun: u64,
    durable: u64,
    /// How many results the last begun one carries, and how many are stored.
    carried: usize,
    stored: usize,
    /// Why nothing more is written.
    failed: Option<BackendError>,
}

impl Writes {
    pub(super) fn new(session: &Session) -> Self {
        Self {
            backend: Arc::clone(session.backend()),
            version: session.version(),
            in_flight: None,
            begun: 0,
            durable: 0,
            carried: 0,
            stored: 0,
            failed: None,
        }
    }

    /// Whether one is under way.
    pub(super) fn in_flight(&self) -> bool {
        self.in_flight.is_some()
    }

    /// The number of the write that was begun last, or will be begun next.
    pub(super) fn last(&self) -> u64 {
        self.begun
    }

    /// Whether the write of this number has ended well.
    pub(super) fn is_durable(&self, number: u64) -> bool {
        number <= self.durable
    }

    /// Begins one that carries so many results, unless one is under way or failed.
    pub(super) fn begin(&mut self, results: usize, state: impl FnOnce() -> State) {
        if self.in_flight.is_none() && self.failed.is_none() {
            self.begun += 1;
            self.carried = results;
            let write = session::store(Arc::clone(&self.backend), state(), self.version.clone());
            self.in_flight = Some(write.boxed());
        }
    }

    /// Waits for the one that is under way, and gives back what is stored now.
    pub(super) async fn ended(&mut self) -> Option<(State, StateVersion)> {
        let Some(write) = &mut self.in_flight else { return std::future::pending().await };
        let (state, result) = write.await;
        self.in_flight = None;
        match result {
            Ok(version) => {
                self.durable = self.begun;
                self.stored = self.carried;
                self.version = Some(version.clone());
                Some((state, version))
            }
            Err(error) => {
                self.failed = Some(error);
                None
            }
        }
    }

    /// Whether one failed: the state can't be stored any more.
    pub(super) fn failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Why one failed, and whether of so many results some are not stored.
    pub(super) fn into_failure(self, results: usize) -> Option<(BackendError, bool)> {
        let unsaved = results > self.stored;
        self.failed.map(|error| (error, unsaved))
    }
}
