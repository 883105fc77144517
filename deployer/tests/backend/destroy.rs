//! Taking the backend away: never while it is needed, and then all of it.

use aws_sdk_s3::primitives::ByteStream;
use cogapi::backend::{DestroyError, Destroyed, Location, S3Backend, destroy, ensure};
use cogapi_engine::{Backend as _, Failure, State};
use futures::StreamExt as _;

use crate::state::state;
use crate::{World, lock_of, tags};

async fn put(world: &World, key: &str) {
    let bucket = &world.location.bucket;
    let body = ByteStream::from_static(b"x");
    world.clients.s3.put_object().bucket(bucket).key(key).body(body).send().await.unwrap();
}

#[tokio::test]
async fn nothing_is_left_of_it_old_versions_and_markers_included() {
    let world = World::empty();
    let before = world.inventory();
    ensure(&world.clients, &world.location, &tags()).await.unwrap();
    let backend = world.backend("dev");
    let full = backend.store(&state(1), None).await.unwrap();
    backend.store(&State::default(), Some(&full)).await.unwrap();
    put(&world, "artifacts/ab.zip").await;
    put(&world, "old/state.json").await;
    let bucket = &world.location.bucket;
    world.clients.s3.delete_object().bucket(bucket).key("old/state.json").send().await.unwrap();
    // A lease that is over is nobody's.
    backend.lock(&lock_of("gone", -1)).await.unwrap();
    assert_ne!(world.inventory(), before);

    let destroyed = destroy(&world.clients, &world.location).await.unwrap();
    assert_eq!(destroyed, Destroyed { bucket: true, versions: 5, table: true, table_shared: false });
    assert_eq!(world.inventory(), before);
}

#[tokio::test]
async fn nothing_there_is_nothing_to_destroy() {
    let world = World::empty();
    assert_eq!(destroy(&world.clients, &world.location).await.unwrap(), Destroyed::default());
    let world = World::bootstrapped().await;
    destroy(&world.clients, &world.location).await.unwrap();
    assert_eq!(destroy(&world.clients, &world.location).await.unwrap(), Destroyed::default());
}

#[tokio::test]
async fn half_of_it_gone_is_fine() {
    let world = World::bootstrapped().await;
    let table = &world.location.lock_table;
    world.clients.dynamodb.delete_table().table_name(table).send().await.unwrap();
    let destroyed = destroy(&world.clients, &world.location).await.unwrap();
    assert_eq!(destroyed, Destroyed { bucket: true, versions: 0, table: false, table_shared: false });

    let world = World::bootstrapped().await;
    world.clients.s3.delete_bucket().bucket(&world.location.bucket).send().await.unwrap();
    let destroyed = destroy(&world.clients, &world.location).await.unwrap();
    assert_eq!(destroyed, Destroyed { bucket: false, versions: 0, table: true, table_shared: false });
}

#[tokio::test]
async fn every_environment_that_still_needs_it_is_named_and_nothing_is_touched() {
    let world = World::bootstrapped().await;
    world.backend("dev").store(&state(1), None).await.unwrap();
    world.backend("prod").store(&state(1), None).await.unwrap();
    world.backend("idle").store(&State::default(), None).await.unwrap();
    put(&world, "broken/state.json").await;
    world.backend("busy").lock(&lock_of("jane", 60)).await.unwrap();
    let before = world.inventory();

    let refused = destroy(&world.clients, &world.location).await.unwrap_err();
    let DestroyError::InUse(failure) = refused else { panic!("{refused:?}") };
    for reason in
        ["`dev` has 1 resource", "`prod` has 1 resource", "`broken` ", "busy", "jane@laptop runs `deploy`"]
    {
        assert!(failure.detail.contains(reason), "{reason}: {failure}");
    }
    assert!(!failure.detail.contains("idle"), "{failure}");
    assert_eq!(world.inventory(), before);
}

#[tokio::test]
async fn a_table_that_another_bucket_uses_stays_with_that_ones_locks_and_goes_with_the_last() {
    let world = World::bootstrapped().await;
    let own = world.backend("dev");
    own.unlock(&own.lock(&lock_of("jane", 60)).await.unwrap()).await.unwrap();
    let neighbour = Location { bucket: format!("{}-b", world.location.bucket), ..world.location.clone() };
    ensure(&world.clients, &neighbour, &tags()).await.unwrap();
    let theirs = S3Backend::new(&world.clients, &neighbour, "dev");
    let token = theirs.lock(&lock_of("joe", 60)).await.unwrap();

    let destroyed = destroy(&world.clients, &world.location).await.unwrap();
    assert_eq!(destroyed, Destroyed { bucket: true, versions: 0, table: false, table_shared: true });
    assert_eq!(theirs.holder().await.unwrap().unwrap().owner, "joe");
    assert!(own.holder().await.unwrap().is_none());

    // Nobody works there now, and its environments still need the table.
    theirs.unlock(&token).await.unwrap();
    assert!(destroy(&world.clients, &world.location).await.unwrap().table_shared);
    let destroyed = destroy(&world.clients, &neighbour).await.unwrap();
    assert_eq!(destroyed, Destroyed { bucket: true, versions: 0, table: true, table_shared: false });
}

#[tokio::test]
async fn objects_that_cogapi_did_not_make_are_not_deleted() {
    let world = World::bootstrapped().await;
    put(&world, "holiday/photo.jpg").await;
    put(&world, "artifacts/ab.zip").await;
    let before = world.inventory();
    let failure = Failure::from(destroy(&world.clients, &world.location).await.unwrap_err());
    assert!(failure.detail.contains("holiday/photo.jpg"), "{failure}");
    assert_eq!(world.inventory(), before);
}

#[tokio::test]
async fn more_versions_than_one_page_holds_are_all_removed() {
    let world = World::bootstrapped().await;
    let puts = futures::stream::iter(0..1_010).map(|n| {
        let (world, key) = (&world, format!("artifacts/{}.zip", n % 3));
        async move { put(world, &key).await }
    });
    puts.buffer_unordered(16).collect::<Vec<()>>().await;
    let destroyed = destroy(&world.clients, &world.location).await.unwrap();
    assert_eq!(destroyed, Destroyed { bucket: true, versions: 1_010, table: true, table_shared: false });
}

#[tokio::test]
async fn a_destruction_whose_answers_get_lost_is_finished() {
    let world = World::bootstrapped().await;
    put(&world, "artifacts/ab.zip").await;
    let rule = |operation: &str| format!(r#"{{"operation":"{operation}","kind":"hangup_after","times":1}}"#);
    let rules = ["DeleteObjects", "DeleteBucket", "DeleteTable"].map(rule).join(",");
    world.ask("POST", "faults", &format!("[{rules}]"));
    destroy(&world.clients, &world.location).await.unwrap();
    assert_eq!(destroy(&world.clients, &world.location).await.unwrap(), Destroyed::default());
}
