//! Brings artifacts into the environment's bucket, each once.

use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumMode;
use cogapi_engine::Failure;
use futures::future::try_join_all;

use super::{Artifact, Artifacts};
use crate::aws::Clients;
use crate::aws::errors::{failure, is_code, is_missing};

const SUMMARY: &str = "uploading the handlers failed";
/// How often a conditional write that met another one is tried.
const ATTEMPTS: u32 = 4;

/// What was done about an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upload {
    /// It is there now.
    Uploaded,
    /// It was there already.
    Present,
}

/// Uploads what is not there yet.
pub async fn upload_all(
    clients: &Clients,
    bucket: &str,
    artifacts: &Artifacts,
) -> Result<Vec<Upload>, Failure> {
    try_join_all(artifacts.iter().map(|artifact| upload(clients, bucket, artifact))).await
}

/// Uploads `artifact` unless it is there. Asking first costs one small call and saves megabytes in almost every deploy.
pub async fn upload(clients: &Clients, bucket: &str, artifact: &Artifact) -> Result<Upload, Failure> {
    if is_there(clients, bucket, artifact).await? {
        return Ok(Upload::Present);
    }
    let mut attempt = 0;
    loop {
        attempt += 1;
        let result = clients
            .s3
            .put_object()
            .bucket(bucket)
            .key(&artifact.key)
            // Never overwrites: a function may be running from it. 412 is "it is there", 409 "somebody is at it: try again".
            .if_none_match("*")
            // S3 refuses the object if what arrives hashes to something else.
            .checksum_sha256(&artifact.sha256_base64)
            .content_type("application/zip")
            .body(ByteStream::from(artifact.zip.clone()))
            .send()
            .await;
        match result {
            Ok(_) => return Ok(Upload::Uploaded),
            // Somebody was faster, with whatever it is: look again.
            Err(error) if is_code(&error, &["PreconditionFailed"]) => {
                if is_there(clients, bucket, artifact).await? {
                    return Ok(Upload::Present);
                }
                return Err(failure(SUMMARY, &error));
            }
            Err(error) if is_code(&error, &["ConditionalRequestConflict"]) && attempt < ATTEMPTS => {
                tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
            }
            Err(error) => return Err(failure(SUMMARY, &error)),
        }
    }
}

async fn is_there(clients: &Clients, bucket: &str, artifact: &Artifact) -> Result<bool, Failure> {
    let head = clients
        .s3
        .head_object()
        .bucket(bucket)
        .key(&artifact.key)
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await;
    let found = match head {
        Ok(found) => found,
        Err(error) if is_missing(&error) => return Ok(false),
        Err(error) => return Err(failure(SUMMARY, &error)),
    };
    // An object without a stored checksum was not written by us, but its name still says what it is.
    match found.checksum_sha256() {
        Some(checksum) if checksum != artifact.sha256_base64 => Err(Failure::new(
            "an uploaded artifact is not what its name says",
            format!("s3://{bucket}/{} has the SHA-256 {checksum}", artifact.key),
        )
        .with_hint("somebody overwrote it: delete the object and run the same command again")),
        _ => Ok(true),
    }
}
