//! A backend in memory, and the troubles that a real one has.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Fuse, guard};
use crate::backend::{Backend, BackendError, LockInfo, LockToken, StateVersion};
use crate::{Failure, State};

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It fails, and nothing is done.
    Fails,
    /// It is done, and the answer gets lost.
    LosesAnswers,
    /// It never ends, and nothing is done.
    Hangs,
}

/// The troubles of the next calls.
#[derive(Debug, Clone, Copy, Default)]
struct Troubles {
    trouble: Option<Trouble>,
    left: usize,
}

impl Troubles {
    fn next(&mut self) -> Option<Trouble> {
        self.left = self.left.checked_sub(1)?;
        self.trouble
    }
}

/// Does what such a call does, around `call`.
async fn troubled<T>(
    trouble: Option<Trouble>,
    call: impl FnOnce() -> Result<T, BackendError>,
) -> Result<T, BackendError> {
    let refused = || Failure::new("the fake backend refused", "as asked").into();
    match trouble {
        None => call(),
        Some(Trouble::Fails) => Err(refused()),
        Some(Trouble::LosesAnswers) => {
            let _ = call();
            Err(refused())
        }
        Some(Trouble::Hangs) => std::future::pending().await,
    }
}

#[derive(Debug, Clone, Default)]
struct Stored {
    state: Option<Vec<u8>>,
    version: u64,
    lock: Option<LockInfo>,
    stores: usize,
    storing: Troubles,
    renewing: Troubles,
}

/// A backend in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryBackend {
    stored: Arc<Mutex<Stored>>,
    fuse: Fuse,
}

impl MemoryBackend {
    /// An empty one that passes through `fuse`.
    #[must_use]
    pub fn new(fuse: Fuse) -> Self {
        Self { stored: Arc::default(), fuse }
    }

    /// An independent copy with the same content and another fuse; the lock is not copied.
    #[must_use]
    pub fn fork(&self, fuse: Fuse) -> Self {
        let stored = Stored { lock: None, ..guard(&self.stored).clone() };
        Self { stored: Arc::new(Mutex::new(stored)), fuse }
    }

    /// Removes the lock, as a lease does that runs out.
    pub fn expire_lock(&self) {
        guard(&self.stored).lock = None;
    }

    /// Forgets the state, as an emptied bucket does.
    pub fn lose_state(&self) {
        guard(&self.stored).state = None;
    }

    /// The stored state.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        guard(&self.stored).state.as_ref().and_then(|bytes| State::from_json(bytes).ok())
    }

    /// How often the state was stored.
    #[must_use]
    pub fn stores(&self) -> usize {
        guard(&self.stored).stores
    }

    /// Troubles the next stores.
    pub fn trouble_stores(&self, trouble: Trouble, count: usize) {
        guard(&self.stored).storing = Troubles { trouble: Some(trouble), left: count };
    }

    /// Troubles the next renewals of the lease.
    pub fn trouble_renewals(&self, trouble: Trouble, count: usize) {
        guard(&self.stored).renewing = Troubles { trouble: Some(trouble), left: count };
    }

    /// Stores something behind the engine's back.
    pub fn meddle(&self, state: &State) {
        let mut stored = guard(&self.stored);
        stored.state = Some(state.to_json());
        stored.version += 1;
    }
}

#[async_trait]
impl Backend for MemoryBackend {
    async fn lock(&self, info: &LockInfo) -> Result<LockToken, BackendError> {
        let mut stored = guard(&self.stored);
        match &stored.lock {
            Some(held) if held.expires > Timestamp::now() => {
                Err(BackendError::Locked(Box::new(held.clone())))
            }
            _ => {
                stored.lock = Some(info.clone());
                Ok(LockToken(info.id.clone()))
            }
        }
    }

    async fn renew(&self, token: &LockToken, expires: Timestamp) -> Result<(), BackendError> {
        let trouble = guard(&self.stored).renewing.next();
        troubled(trouble, || match guard(&self.stored).lock.as_mut().filter(|held| held.id == token.0) {
            Some(held) => {
                held.expires = expires;
                Ok(())
            }
            None => Err(BackendError::LockLost("somebody else holds it".into())),
        })
        .await
    }

    async fn unlock(&self, token: &LockToken) -> Result<(), BackendError> {
        let mut stored = guard(&self.stored);
        if stored.lock.as_ref().is_some_and(|held| held.id == token.0) {
            stored.lock = None;
        }
        Ok(())
    }

    async fn holder(&self) -> Result<Option<LockInfo>, BackendError> {
        Ok(guard(&self.stored).lock.clone())
    }

    async fn load(&self) -> Result<Option<(State, StateVersion)>, BackendError> {
        let stored = guard(&self.stored);
        let Some(bytes) = &stored.state else { return Ok(None) };
        let state = State::from_json(bytes).map_err(BackendError::Corrupt)?;
        Ok(Some((state, StateVersion(stored.version.to_string()))))
    }

    async fn store(
        &self,
        state: &State,
        expected: Option<&StateVersion>,
    ) -> Result<StateVersion, BackendError> {
        self.fuse.step().await;
        let trouble = guard(&self.stored).storing.next();
        let version = troubled(trouble, || {
            let mut stored = guard(&self.stored);
            let current = stored.state.as_ref().map(|_| stored.version.to_string());
            if expected.map(|version| &version.0) != current.as_ref() {
                return Err(BackendError::Conflict);
            }
            stored.state = Some(state.to_json());
            stored.version += 1;
            stored.stores += 1;
            Ok(StateVersion(stored.version.to_string()))
        })
        .await?;
        self.fuse.step().await;
        Ok(version)
    }

    fn recovery_command(&self, file: &str) -> String {
        format!("recover {file}")
    }
}
