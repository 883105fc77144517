//! Makes the backend: observes what there is, adds what is missing, and changes nothing that is as it should be. Can be
//! killed between any two calls and run by two at once: what one leaves undone, the next one does.

use std::collections::BTreeMap;
use std::fmt;

use cogapi_engine::Failure;

use super::{Location, bucket, table};
use crate::aws::Clients;

/// Something that was done to the backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The bucket was created.
    BucketCreated,
    /// Versioning was switched on.
    Versioned,
    /// Encryption was switched on.
    Encrypted,
    /// Public access was blocked.
    MadePrivate,
    /// Requests without TLS were forbidden.
    TlsOnly,
    /// Tags were added to the bucket.
    Tagged,
    /// The table of locks was created.
    TableCreated,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BucketCreated => "state bucket created",
            Self::Versioned => "state bucket: versioning on",
            Self::Encrypted => "state bucket: encryption on",
            Self::MadePrivate => "state bucket: public access blocked",
            Self::TlsOnly => "state bucket: TLS only",
            Self::Tagged => "state bucket: tagged",
            Self::TableCreated => "table of locks created",
        })
    }
}

/// Makes sure that the bucket and the table of locks exist and are as they should be. Returns what had to be done.
///
/// All environments of a project share the backend, so `tags` should be those of the project. Missing ones are added to
/// the bucket and others are left, or two environments would change them back and forth; the table gets them when it is made.
pub async fn ensure(
    clients: &Clients,
    location: &Location,
    tags: &BTreeMap<String, String>,
) -> Result<Vec<Step>, Failure> {
    let (mut steps, table) = futures::try_join!(
        Box::pin(bucket::ensure(clients, location, tags)),
        Box::pin(table::ensure(clients, &location.lock_table, tags))
    )?;
    steps.extend(table);
    Ok(steps)
}
