//! Takes the backend away: refuses while it is in use, removes every version of every object, and says that it is gone only
//! after looking. Never touches a stack.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use aws_types::request_id::RequestId as _;
use cogapi_engine::{Backend as _, Failure, State};
use futures::future::try_join_all;
use jiff::Timestamp;

use super::{Location, S3Backend, bucket, dynamodb_lock, table};
use crate::artifacts::is_artifact_key;
use crate::aws::Clients;
use crate::aws::errors::{is_code, is_missing};
use crate::aws::retry::Waits;

/// Why a backend is not destroyed.
#[derive(Debug)]
pub enum DestroyError {
    /// Environments still need it; the failure says which.
    InUse(Failure),
    /// Something failed.
    Failed(Failure),
}

impl From<Failure> for DestroyError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<DestroyError> for Failure {
    fn from(error: DestroyError) -> Self {
        match error {
            DestroyError::InUse(failure) | DestroyError::Failed(failure) => failure,
        }
    }
}

const REMOVING: &str = "removing the state bucket failed";
/// The most that DeleteObjects takes.
const BATCH: usize = 1000;

/// What was removed; nothing at all when there was no backend.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destroyed {
    /// The bucket was there.
    pub bucket: bool,
    /// Versions of objects and delete markers that were in it.
    pub versions: usize,
    /// The table of locks was there, and went.
    pub table: bool,
    /// The table of locks stays: states in other buckets have their locks in it.
    pub table_shared: bool,
}

/// Removes the bucket and the table of locks, if no environment has resources and no lock is held.
pub async fn destroy(clients: &Clients, location: &Location) -> Result<Destroyed, DestroyError> {
    let mut destroyed = Destroyed::default();
    let mut waits = Waits::default();
    // What is looked at is listed before the checks, so nothing that they have not seen is deleted: an object written later
    // keeps the bucket from being deleted, and the checks are made again.
    while let Some(versions) = list(clients, location).await? {
        check(clients, location, &versions).await?;
        delete_versions(clients, location, &versions).await?;
        destroyed.versions += versions.len();
        if delete_bucket(clients, location).await? {
            destroyed.bucket = true;
            break;
        }
        waits.still(REMOVING, "somebody writes to it").await?;
    }
    if !destroyed.bucket {
        check_locks(clients, location).await?;
    }
    while list(clients, location).await?.is_some() {
        waits.still(REMOVING, &format!("{} is there", location.bucket)).await?;
    }
    let table = &location.lock_table;
    destroyed.table_shared = dynamodb_lock::forget(&clients.dynamodb, table, &location.bucket).await?;
    if !destroyed.table_shared {
        destroyed.table = table::remove(clients, table).await?;
    }
    Ok(destroyed)
}

/// One version of an object, or a delete marker.
struct Version {
    key: String,
    id: String,
}

/// Every version and marker; `None` when there is no bucket.
async fn list(clients: &Clients, location: &Location) -> Result<Option<Vec<Version>>, Failure> {
    let mut versions = Vec::new();
    let (mut key_marker, mut id_marker) = (None, None);
    loop {
        let answer = clients
            .s3
            .list_object_versions()
            .bucket(&location.bucket)
            .expected_bucket_owner(&location.account)
            .set_key_marker(key_marker)
            .set_version_id_marker(id_marker)
            .send()
            .await;
        let page = match answer {
            Ok(page) => page,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(bucket::refusal(REMOVING, location, &error)),
        };
        let objects = page.versions.into_iter().flatten().map(|version| (version.key, version.version_id));
        let markers = page.delete_markers.into_iter().flatten().map(|marker| (marker.key, marker.version_id));
        versions.extend(objects.chain(markers).filter_map(|(key, id)| Some(Version { key: key?, id: id? })));
        (key_marker, id_marker) = (page.next_key_marker, page.next_version_id_marker);
        if page.is_truncated != Some(true) || key_marker.is_none() {
            return Ok(Some(versions));
        }
    }
}

/// Refuses, naming every reason, while anything would be lost.
async fn check(clients: &Clients, location: &Location, versions: &[Version]) -> Result<(), DestroyError> {
    let keys: BTreeSet<&str> = versions.iter().map(|version| version.key.as_str()).collect();
    let (states, others): (BTreeSet<_>, BTreeSet<_>) =
        keys.into_iter().partition(|key| environment_of(key).is_some());
    let foreign: Vec<_> = others.into_iter().filter(|key| !is_artifact_key(key)).collect();
    if let Some(first) = foreign.first() {
        return Err(Failure::new(
            "the state bucket holds objects that cogapi did not make",
            format!("{} of them in {}, the first is `{first}`", foreign.len(), location.bucket),
        )
        .with_hint("move them elsewhere, all versions of them, and run the same command again")
        .into());
    }
    let environments = states.into_iter().filter_map(environment_of);
    let used = try_join_all(environments.map(|environment| in_use(clients, location, environment)));
    let (used, locked) = futures::try_join!(used, held_locks(clients, location))?;
    let reasons: Vec<_> = used.into_iter().flatten().chain(locked).collect();
    refuse(&reasons)
}

async fn check_locks(clients: &Clients, location: &Location) -> Result<(), DestroyError> {
    refuse(&held_locks(clients, location).await?)
}

fn refuse(reasons: &[String]) -> Result<(), DestroyError> {
    if reasons.is_empty() {
        return Ok(());
    }
    let in_use = Failure::new("the backend is still in use", reasons.join("; "));
    Err(DestroyError::InUse(
        in_use.with_hint("destroy each of these environments first: `cogapi destroy-stack --env <name>`"),
    ))
}

/// Why the environment still needs its state, if it does.
async fn in_use(
    clients: &Clients,
    location: &Location,
    environment: &str,
) -> Result<Option<String>, Failure> {
    use cogapi_engine::BackendError;
    let used = match S3Backend::new(clients, location, environment).load().await {
        Ok(None) => None,
        Ok(Some((State { resources, .. }, _))) if resources.is_empty() => None,
        Ok(Some((State { resources, .. }, _))) => match resources.len() {
            1 => Some("has 1 resource".to_owned()),
            count => Some(format!("has {count} resources")),
        },
        Err(BackendError::Failed(failure)) => return Err(failure),
        // It may name resources that nothing else knows of.
        Err(error) => Some(error.to_string()),
    };
    Ok(used.map(|why| format!("`{environment}` {why}")))
}

/// The locks in this bucket whose lease is not over.
async fn held_locks(clients: &Clients, location: &Location) -> Result<Vec<String>, Failure> {
    let locks = dynamodb_lock::all(&clients.dynamodb, &location.lock_table).await?;
    let now = Timestamp::now();
    let ours = locks.into_iter().filter(|(key, _)| key.starts_with(&format!("{}/", location.bucket)));
    let held = ours.filter_map(|(key, info)| Some((key, info.filter(|info| info.expires > now)?)));
    Ok(held.map(|(key, info)| format!("`{key}` is locked: {info}")).collect())
}

/// The environment whose state is at `key`.
fn environment_of(key: &str) -> Option<&str> {
    let environment = key.strip_suffix("/state.json")?;
    (!environment.is_empty() && !environment.contains('/')).then_some(environment)
}

async fn delete_versions(
    clients: &Clients,
    location: &Location,
    versions: &[Version],
) -> Result<(), Failure> {
    let build = |error: aws_sdk_s3::error::BuildError| Failure::new(REMOVING, error.to_string());
    for batch in versions.chunks(BATCH) {
        let objects = batch
            .iter()
            .map(|Version { key, id }| ObjectIdentifier::builder().key(key).version_id(id).build())
            .collect::<Result<Vec<_>, _>>()
            .map_err(build)?;
        let answer = clients
            .s3
            .delete_objects()
            .bucket(&location.bucket)
            .expected_bucket_owner(&location.account)
            .delete(Delete::builder().set_objects(Some(objects)).quiet(true).build().map_err(build)?)
            .send()
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if is_missing(&error) => return Ok(()),
            Err(error) => return Err(bucket::refusal(REMOVING, location, &error)),
        };
        // The call succeeds even if not one object could be deleted.
        if let [first, ..] = answer.errors() {
            let (key, code) = (first.key().unwrap_or("?"), first.code().unwrap_or("no code"));
            let (count, message) = (answer.errors().len(), first.message().unwrap_or("no message"));
            let detail =
                format!("{count} objects could not be deleted, the first is `{key}`: {code}: {message}");
            return Err(
                Failure::new(REMOVING, detail).with_request_id(answer.request_id().map(ToOwned::to_owned))
            );
        }
    }
    Ok(())
}

/// Deletes the bucket; `false`: there is something in it.
async fn delete_bucket(clients: &Clients, location: &Location) -> Result<bool, Failure> {
    let answer = clients
        .s3
        .delete_bucket()
        .bucket(&location.bucket)
        .expected_bucket_owner(&location.account)
        .send()
        .await;
    match answer {
        Ok(_) => Ok(true),
        Err(error) if is_missing(&error) => Ok(true),
        Err(error) if is_code(&error, &["BucketNotEmpty", "OperationAborted"]) => Ok(false),
        Err(error) => Err(bucket::refusal(REMOVING, location, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_found_by_their_key_alone() {
        assert_eq!(environment_of("dev/state.json"), Some("dev"));
        assert_eq!(environment_of("artifacts/state.json"), Some("artifacts"));
        for other in ["/state.json", "state.json", "a/b/state.json", "artifacts/ab.zip", "dev/state.json.bak"]
        {
            assert_eq!(environment_of(other), None, "{other}");
        }
    }
}
