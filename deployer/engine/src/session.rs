//! One writer at a time: holds the lock, has its lease renewed, and stores the state conditionally.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::State;
use crate::backend::{Backend, BackendError, LockInfo, LockToken, StateVersion};
use crate::lease::{Lease, Moment};

pub use crate::lease::{LEASE, RELIED_ON};

/// Why a session could not be opened.
pub type SessionError = BackendError;

/// Who opens a session, and for what.
#[derive(Debug, Clone)]
pub struct Holder {
    /// The user.
    pub owner: String,
    /// The machine.
    pub host: String,
    /// The operation, e.g. `deploy`.
    pub operation: String,
}

/// A held lock, and the state as it is stored.
pub struct Session {
    backend: Arc<dyn Backend>,
    token: LockToken,
    lease: Lease,
    renewal: JoinHandle<()>,
    /// The state. Change it only through `apply`.
    pub state: State,
    version: Option<StateVersion>,
}

impl Session {
    /// Takes the lock, starts renewing it, and loads the state.
    pub async fn open(backend: Arc<dyn Backend>, holder: &Holder) -> Result<Self, SessionError> {
        let asked = Moment::now();
        let info = LockInfo {
            id: uuid::Uuid::new_v4().to_string(),
            owner: holder.owner.clone(),
            host: holder.host.clone(),
            operation: holder.operation.clone(),
            since: asked.wall,
            expires: asked.lease_end(),
        };
        let token = backend.lock(&info).await?;
        let lease = Lease::new(asked);
        let renewal = tokio::spawn(lease.clone().keep(Arc::clone(&backend), token.clone()));
        let mut session = Self { backend, token, lease, renewal, state: State::default(), version: None };
        match session.backend.load().await {
            Ok(Some((state, version))) => session.stored(state, version),
            Ok(None) => {}
            Err(error) => {
                // The first error is the one to tell; the lease ends by itself if this fails, too.
                let _ = session.close().await;
                return Err(error);
            }
        }
        Ok(session)
    }

    pub(crate) fn lease(&self) -> Lease {
        self.lease.clone()
    }

    /// The backend, for what needs no lock.
    #[must_use]
    pub fn backend(&self) -> &Arc<dyn Backend> {
        &self.backend
    }

    pub(crate) fn version(&self) -> Option<StateVersion> {
        self.version.clone()
    }

    pub(crate) fn stored(&mut self, state: State, version: StateVersion) {
        self.state = state;
        self.version = Some(version);
    }

    /// Stops renewing and gives the lock back.
    pub async fn close(self) -> Result<(), BackendError> {
        self.renewal.abort();
        self.backend.unlock(&self.token).await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Stores a state. A conflict with ourselves (the answer of an earlier try got lost on its way) is no conflict.
pub(crate) async fn store(
    backend: Arc<dyn Backend>,
    state: State,
    expected: Option<StateVersion>,
) -> (State, Result<StateVersion, BackendError>) {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let result = match backend.store(&state, expected.as_ref()).await {
            Err(BackendError::Conflict) => match backend.load().await {
                Ok(Some((stored, version))) if stored == state => Ok(version),
                Ok(_) => Err(BackendError::Conflict),
                Err(error) => Err(error),
            },
            other => other,
        };
        match result {
            Err(BackendError::Failed(_)) if attempt < STORE_ATTEMPTS => {
                tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
            }
            result => return (state, result),
        }
    }
}

/// The SDK retries by itself already; this is for storage that is away for some seconds, while work is in flight.
const STORE_ATTEMPTS: u32 = 4;
