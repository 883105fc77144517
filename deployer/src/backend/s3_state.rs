//! One environment's state as an S3 object. Owns the conditions that keep a second writer out, not the state's content.

use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use cogapi_engine::backend::BackendError;
use cogapi_engine::{Failure, State, StateVersion};
use jiff::Timestamp;

use super::{Location, bucket};
use crate::aws::errors::{is_code, is_missing};

/// How often a conditional write that met another one is tried.
const ATTEMPTS: u32 = 5;

/// The object.
#[derive(Debug, Clone)]
pub(super) struct StateObject {
    s3: aws_sdk_s3::Client,
    location: Location,
    key: String,
}

impl StateObject {
    pub(super) fn new(s3: aws_sdk_s3::Client, location: &Location, key: String) -> Self {
        Self { s3, location: location.clone(), key }
    }

    /// The stored state; `None` when the object or the whole bucket is not there.
    pub(super) async fn load(&self) -> Result<Option<(State, StateVersion)>, BackendError> {
        const SUMMARY: &str = "reading the state failed";
        let answer = self
            .s3
            .get_object()
            .bucket(&self.location.bucket)
            .expected_bucket_owner(&self.location.account)
            .key(&self.key)
            .send()
            .await;
        let object = match answer {
            Ok(object) => object,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(bucket::refusal(SUMMARY, &self.location, &error).into()),
        };
        let Some(version) = object.e_tag().map(|etag| StateVersion(etag.to_owned())) else {
            return Err(Failure::new(SUMMARY, "S3 named no ETag").into());
        };
        let bytes = object.body.collect().await.map_err(|error| Failure::new(SUMMARY, error.to_string()))?;
        let state = State::from_json(&bytes.into_bytes()).map_err(BackendError::Corrupt)?;
        Ok(Some((state, version)))
    }

    /// When it was last stored.
    pub(super) async fn stored_at(&self) -> Result<Option<Timestamp>, BackendError> {
        let Location { bucket, account, .. } = &self.location;
        let head = self.s3.head_object().bucket(bucket).expected_bucket_owner(account).key(&self.key).send();
        match head.await {
            Ok(head) => Ok(head.last_modified().and_then(|at| Timestamp::from_second(at.secs()).ok())),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(bucket::refusal("reading the state failed", &self.location, &error).into()),
        }
    }

    /// Stores the state if the stored version is still `expected`.
    pub(super) async fn store(
        &self,
        state: &State,
        expected: Option<&StateVersion>,
    ) -> Result<StateVersion, BackendError> {
        const SUMMARY: &str = "storing the state failed";
        let body = state.to_json();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let put = self
                .s3
                .put_object()
                .bucket(&self.location.bucket)
                .expected_bucket_owner(&self.location.account)
                .key(&self.key)
                .content_type("application/json")
                .body(ByteStream::from(body.clone()));
            let put = match expected {
                Some(StateVersion(etag)) => put.if_match(etag),
                None => put.if_none_match("*"),
            };
            match put.send().await {
                Ok(stored) => {
                    return stored
                        .e_tag
                        .map(StateVersion)
                        .ok_or_else(|| Failure::new(SUMMARY, "S3 named no ETag").into());
                }
                // 412: the condition does not hold. 404 under If-Match: what we read has been deleted since.
                Err(error) if is_code(&error, &["PreconditionFailed", "NoSuchKey"]) => {
                    return Err(BackendError::Conflict);
                }
                // 409: another conditional write was in flight. It says nothing about who wins, so the condition is tried again.
                Err(error) if is_code(&error, &["ConditionalRequestConflict"]) && attempt < ATTEMPTS => {
                    tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
                }
                Err(error) => return Err(bucket::refusal(SUMMARY, &self.location, &error).into()),
            }
        }
    }
}
