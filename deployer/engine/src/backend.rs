//! Where state and lock live, as an interface. Owns no storage: S3 and DynamoDB are the deployer's, memory is `testing`'s.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::State;

/// Who holds the lock, for the person who is kept out by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockInfo {
    /// Unique to this holding of the lock.
    pub id: String,
    /// The user who runs the operation.
    pub owner: String,
    /// The machine that it runs on.
    pub host: String,
    /// What it does, e.g. `deploy`.
    pub operation: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when, unless renewed.
    pub expires: Timestamp,
}

impl fmt::Display for LockInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, host, operation, since, .. } = self;
        write!(f, "{owner}@{host} runs `{operation}` since {since:.0}")
    }
}

/// Proof of holding the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockToken(pub String);

/// A version of the stored state, opaque to the engine (an ETag, say).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateVersion(pub String);

/// Why the backend did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// Somebody else holds the lock.
    #[error("the environment is locked: {0}")]
    Locked(Box<LockInfo>),
    /// The lock that we held is gone: it expired unrenewed, or somebody removed it.
    #[error("the lock was lost: {0}")]
    LockLost(String),
    /// The stored state is not the version that we read.
    #[error("the stored state was changed by somebody else since it was read")]
    Conflict,
    /// The stored state can't be understood.
    #[error("the stored state can't be read: {0}")]
    Corrupt(String),
    /// Storage answered with a failure.
    #[error(transparent)]
    Failed(#[from] crate::Failure),
}

impl BackendError {
    /// Whether it is no failure of storage, but another writer who has the environment now, or may have it.
    #[must_use]
    pub fn is_takeover(&self) -> bool {
        matches!(self, Self::LockLost(_) | Self::Conflict)
    }
}

/// Storage of one environment's state, and its lock.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Takes the lock, or says who holds it. An expired lock is taken over.
    async fn lock(&self, info: &LockInfo) -> Result<LockToken, BackendError>;
    /// Extends the lease of a held lock to `expires`. May be given up in the middle and called again.
    async fn renew(&self, token: &LockToken, expires: Timestamp) -> Result<(), BackendError>;
    /// Gives the lock back. Fine when it is gone already.
    async fn unlock(&self, token: &LockToken) -> Result<(), BackendError>;
    /// Who holds the lock, expired or not.
    async fn holder(&self) -> Result<Option<LockInfo>, BackendError>;
    /// The stored state, `None` before the first store.
    async fn load(&self) -> Result<Option<(State, StateVersion)>, BackendError>;
    /// Stores `state` if the stored version is still `expected` (`None`: nothing is stored).
    async fn store(
        &self,
        state: &State,
        expected: Option<&StateVersion>,
    ) -> Result<StateVersion, BackendError>;
    /// The command that puts a locally saved state file back, for a message.
    fn recovery_command(&self, file: &str) -> String;
}
