//! Artifacts in the bucket: each once, and never another one under its name.

use aws_sdk_s3::primitives::ByteStream;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cogapi::artifacts::{Artifact, Artifacts, Upload, upload, upload_all};
use sha2::{Digest as _, Sha256};

use crate::World;

fn artifact(name: &'static str, content: &str) -> Artifact {
    Artifact {
        name,
        zip: content.as_bytes().to_vec(),
        sha256_base64: STANDARD.encode(Sha256::digest(content)),
        // Only needs to differ here.
        sha256_hex: content.to_owned(),
        key: format!("artifacts/{content}.zip"),
    }
}

#[tokio::test]
async fn an_artifact_is_uploaded_once() {
    let world = World::bootstrapped().await;
    let bucket = &world.location.bucket;
    let artifacts = Artifacts { api: artifact("api", "a"), triggers: artifact("triggers", "t") };
    let first = upload_all(&world.clients, bucket, &artifacts).await.unwrap();
    assert_eq!(first, [Upload::Uploaded, Upload::Uploaded]);
    let (reads, writes, calls) = world
        .calls(async {
            let second = upload_all(&world.clients, bucket, &artifacts).await.unwrap();
            assert_eq!(second, [Upload::Present, Upload::Present]);
        })
        .await;
    assert_eq!((reads, writes), (2, 0), "{calls}");
    let stored = world.clients.s3.get_object().bucket(bucket).key(&artifacts.api.key).send().await;
    assert_eq!(stored.unwrap().body.collect().await.unwrap().to_vec(), b"a");
}

#[tokio::test]
async fn of_uploads_that_race_all_succeed_and_one_is_stored() {
    let world = World::bootstrapped().await;
    let bucket = &world.location.bucket;
    let artifact = artifact("api", "content");
    let race = (0..6).map(|_| upload(&world.clients, bucket, &artifact));
    let results = futures::future::try_join_all(race).await.unwrap();
    assert_eq!(results.iter().filter(|result| **result == Upload::Uploaded).count(), 1);
    let versions = world.clients.s3.list_object_versions().bucket(bucket).send().await.unwrap();
    assert_eq!(versions.versions().len(), 1);
}

#[tokio::test]
async fn a_corrupted_artifact_is_not_run() {
    let world = World::bootstrapped().await;
    let bucket = &world.location.bucket;
    let good = artifact("api", "good");
    let evil = artifact("api", "evil");
    world
        .clients
        .s3
        .put_object()
        .bucket(bucket)
        .key(&good.key)
        .checksum_sha256(&evil.sha256_base64)
        .body(ByteStream::from_static(b"evil"))
        .send()
        .await
        .unwrap();
    let failure = upload(&world.clients, bucket, &good).await.unwrap_err();
    assert!(failure.hint.is_some_and(|hint| hint.contains("delete")), "{}", failure.detail);
}
