//! One writer at a time: holds the lock, renews its lease, and stores the state conditionally.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::backend::{Backend, BackendError, LockInfo, LockToken, StateVersion};
use crate::{Failure, State};

/// How long a lease lasts; after a crash the environment is locked for at most this long.
pub const LEASE: Duration = Duration::from_mins(1);

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
    renewal: JoinHandle<()>,
    lost: CancellationToken,
    /// The state. Change it only through `apply`.
    pub state: State,
    version: Option<StateVersion>,
}

impl Session {
    /// Takes the lock, starts renewing it, and loads the state.
    pub async fn open(backend: Arc<dyn Backend>, holder: &Holder) -> Result<Self, SessionError> {
        let now = Timestamp::now();
        let info = LockInfo {
            id: uuid::Uuid::new_v4().to_string(),
            owner: holder.owner.clone(),
            host: holder.host.clone(),
            operation: holder.operation.clone(),
            since: now,
            expires: now + LEASE,
        };
        let token = backend.lock(&info).await?;
        let loaded = match backend.load().await {
            Ok(loaded) => loaded,
            Err(error) => {
                // The first error is the one to tell; the lease ends by itself if this fails, too.
                let _ = backend.unlock(&token).await;
                return Err(error);
            }
        };
        let (state, version) = match loaded {
            Some((state, version)) => (state, Some(version)),
            None => (State::default(), None),
        };
        let lost = CancellationToken::new();
        let renewal = tokio::spawn(keep_renewing(Arc::clone(&backend), token.clone(), lost.clone()));
        Ok(Self { backend, token, renewal, lost, state, version })
    }

    /// Cancelled once the lock is known to be lost.
    #[must_use]
    pub fn lost(&self) -> CancellationToken {
        self.lost.clone()
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

async fn keep_renewing(backend: Arc<dyn Backend>, token: LockToken, lost: CancellationToken) {
    let mut renewed = tokio::time::Instant::now();
    loop {
        tokio::time::sleep(LEASE / 4).await;
        match backend.renew(&token, Timestamp::now() + LEASE).await {
            Ok(()) => renewed = tokio::time::Instant::now(),
            Err(BackendError::LockLost(_)) => return lost.cancel(),
            // A passing failure: the lease still runs for a while, so try again before giving up.
            Err(_) if renewed.elapsed() < LEASE => {}
            Err(_) => return lost.cancel(),
        }
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
            Err(BackendError::Failed(Failure { .. })) if attempt < STORE_ATTEMPTS => {
                tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
            }
            result => return (state, result),
        }
    }
}

/// The SDK retries by itself already; this is for storage that is away for some seconds, while work is in flight.
const STORE_ATTEMPTS: u32 = 4;
