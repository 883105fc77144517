//! Storing the working state on the way: one write at a time, each conditional on the one before, all that gathers meanwhile
//! in the next. Owns which write carries what and how far they got; what is written is `records`' affair.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::backend::{Backend, BackendError, StateVersion};
use crate::{Session, State, session};

/// A write that ended: what was to be stored, and what came of it.
pub(super) type Written = (State, Result<StateVersion, BackendError>);

/// The writes of one run.
pub(super) struct Writes {
    backend: Arc<dyn Backend>,
    /// What the next write is conditional on.
    version: Option<StateVersion>,
    in_flight: Option<BoxFuture<'static, Written>>,
    /// How many were begun, and how many of them ended well.
    begun: u64,
    durable: u64,
}

impl Writes {
    pub(super) fn new(session: &Session) -> Self {
        Self {
            backend: Arc::clone(session.backend()),
            version: session.version(),
            in_flight: None,
            begun: 0,
            durable: 0,
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

    /// Begins one. None may be under way.
    pub(super) fn begin(&mut self, state: State) {
        self.begun += 1;
        self.in_flight = Some(session::store(Arc::clone(&self.backend), state, self.version.clone()).boxed());
    }

    /// Waits for the one that is under way.
    pub(super) async fn ended(&mut self) -> Written {
        let Some(write) = &mut self.in_flight else { return std::future::pending().await };
        let (state, result) = write.await;
        self.in_flight = None;
        if let Ok(version) = &result {
            self.durable = self.begun;
            self.version = Some(version.clone());
        }
        (state, result)
    }
}
