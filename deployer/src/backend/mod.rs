//! Where the state and the lock of an environment live: an S3 bucket and a DynamoDB table.
//!
//! `bootstrap` makes both, `s3_state` and `dynamodb_lock` use them, `destroy` takes them away. Nothing else in the project
//! touches them, but for the artifacts that are uploaded to the bucket. What is stored is the engine's business.

mod bootstrap;
mod bucket;
mod destroy;
mod dynamodb_lock;
mod policy;
mod s3_state;
mod table;

use async_trait::async_trait;
use cogapi_engine::backend::BackendError;
use cogapi_engine::{Backend, Failure, LockInfo, LockToken, State, StateVersion};
use jiff::Timestamp;

pub use bootstrap::{Step, ensure};
pub use bucket::exists as bucket_exists;
pub use destroy::{DestroyError, Destroyed, destroy};
pub use table::exists as table_exists;

use crate::aws::Clients;
use crate::permissions::Grant;
use dynamodb_lock::LockItem;
use s3_state::StateObject;

/// What it takes to make, use and remove a backend.
pub(crate) const GRANTS: &[Grant] = &[
    Grant::of(
        &[
            "s3:CreateBucket",
            "s3:DeleteBucket",
            "s3:GetBucketPolicy",
            "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketTagging",
            "s3:GetBucketVersioning",
            "s3:GetEncryptionConfiguration",
            "s3:ListBucket",
            "s3:ListBucketVersions",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketTagging",
            "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration",
        ],
        &["arn:{partition}:s3:::{bucket}"],
    ),
    Grant::of(
        &["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"],
        &["arn:{partition}:s3:::{bucket}/*"],
    ),
    Grant::of(
        &[
            "dynamodb:CreateTable",
            "dynamodb:DeleteItem",
            "dynamodb:DeleteTable",
            "dynamodb:DescribeTable",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Scan",
            "dynamodb:TagResource",
            "dynamodb:UpdateItem",
        ],
        &["arn:{partition}:dynamodb:{region}:{account}:table/{lock_table}"],
    ),
];

/// Where the states of all environments of a project are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The bucket.
    pub bucket: String,
    /// The table of locks, in the same region.
    pub lock_table: String,
    /// The account that both are in. Bucket names are global: without it, a bucket that somebody else made under our name
    /// and opened to the world would be given our state, and would give us code to run.
    pub account: String,
}

/// The object that holds an environment's state.
fn state_key(environment: &str) -> String {
    format!("{environment}/state.json")
}

/// The lock of an environment. The bucket is part of it, because several buckets may share a table.
fn lock_id(location: &Location, environment: &str) -> String {
    format!("{}/{}", location.bucket, state_key(environment))
}

/// The state and the lock of one environment.
#[derive(Debug, Clone)]
pub struct S3Backend {
    environment: String,
    state: StateObject,
    lock: LockItem,
}

impl S3Backend {
    /// The backend of `environment`. Calls nothing; the bucket and the table need not exist yet.
    #[must_use]
    pub fn new(clients: &Clients, location: &Location, environment: &str) -> Self {
        Self {
            environment: environment.to_owned(),
            state: StateObject::new(clients.s3.clone(), location, state_key(environment)),
            lock: LockItem::new(
                clients.dynamodb.clone(),
                location.lock_table.clone(),
                lock_id(location, environment),
            ),
        }
    }

    /// When the state was last stored; `None` where there is none.
    pub async fn stored_at(&self) -> Result<Option<Timestamp>, BackendError> {
        self.state.stored_at().await
    }

    /// Removes the lock that `holder` holds, for a person who knows that nothing works under it any more. Says `false`
    /// when the lock is no longer that one: what was shown to the person is not what would be removed.
    pub async fn force_unlock(&self, holder: &LockInfo) -> Result<bool, Failure> {
        self.lock.release(&holder.id).await
    }
}

#[async_trait]
impl Backend for S3Backend {
    async fn lock(&self, info: &LockInfo) -> Result<LockToken, BackendError> {
        self.lock.take(info).await?;
        Ok(LockToken(info.id.clone()))
    }

    async fn renew(&self, token: &LockToken, expires: Timestamp) -> Result<(), BackendError> {
        self.lock.renew(&token.0, expires).await
    }

    async fn unlock(&self, token: &LockToken) -> Result<(), BackendError> {
        self.lock.release(&token.0).await?;
        Ok(())
    }

    async fn holder(&self) -> Result<Option<LockInfo>, BackendError> {
        self.lock.holder().await
    }

    async fn load(&self) -> Result<Option<(State, StateVersion)>, BackendError> {
        self.state.load().await
    }

    async fn store(
        &self,
        state: &State,
        expected: Option<&StateVersion>,
    ) -> Result<StateVersion, BackendError> {
        self.state.store(state, expected).await
    }

    fn recovery_command(&self, file: &str) -> String {
        format!("cogapi recover-state --env {} {}", self.environment, quoted(file))
    }
}

/// A word for a shell, quoted where it must be.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recovery_command_can_be_pasted_into_a_shell() {
        assert_eq!(quoted("/tmp/dev-state_1.json"), "/tmp/dev-state_1.json");
        assert_eq!(quoted("my state.json"), "'my state.json'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }

    #[test]
    fn buckets_that_share_a_table_do_not_share_locks() {
        let at = |bucket: &str| Location {
            bucket: bucket.to_owned(),
            lock_table: "locks".to_owned(),
            account: "000000000000".to_owned(),
        };
        assert_ne!(lock_id(&at("a"), "dev"), lock_id(&at("b"), "dev"));
        assert_ne!(lock_id(&at("a"), "dev"), lock_id(&at("a"), "prod"));
    }
}
