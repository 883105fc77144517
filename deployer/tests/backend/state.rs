//! The state in S3: what is stored is what is loaded, and one of two writers is refused.

use cogapi_engine::state::{Entry, Phase};
use cogapi_engine::{Address, Backend as _, BackendError, State, StateVersion};
use serde_json::json;

use crate::World;

/// A state with one resource.
pub(crate) fn state(serial: u64) -> State {
    let entry = Entry {
        protect: false,
        dependencies: [].into(),
        phase: Phase::Live { inputs: json!({"name": "é"}), outputs: json!({"arn": "x"}) },
        deposed: Vec::new(),
    };
    let address: Address = serde_json::from_value(json!("role.login")).unwrap();
    State { serial, resources: [(address, entry)].into(), ..State::default() }
}

async fn put_text(world: &World, key: &str, text: &'static str) {
    let body = aws_sdk_s3::primitives::ByteStream::from_static(text.as_bytes());
    let bucket = &world.location.bucket;
    world.clients.s3.put_object().bucket(bucket).key(key).body(body).send().await.unwrap();
}

#[tokio::test]
async fn before_the_first_deploy_there_is_no_state_and_no_lock() {
    let world = World::empty();
    assert_eq!(world.backend("dev").load().await.unwrap(), None);
    assert_eq!(world.backend("dev").holder().await.unwrap(), None);
    let world = World::bootstrapped().await;
    assert_eq!(world.backend("dev").load().await.unwrap(), None);
    assert_eq!(world.backend("dev").holder().await.unwrap(), None);
}

#[tokio::test]
async fn what_is_stored_is_what_is_loaded() {
    let world = World::bootstrapped().await;
    let backend = world.backend("dev");
    let first = backend.store(&state(1), None).await.unwrap();
    let second = state(2);
    let version = backend.store(&second, Some(&first)).await.unwrap();
    assert_eq!(backend.load().await.unwrap(), Some((second, version)));
}

#[tokio::test]
async fn of_writers_that_race_one_wins_and_the_others_are_told() {
    let world = World::bootstrapped().await;
    let backend = world.backend("dev");
    let mut expected: Option<StateVersion> = None;
    for round in 0..4 {
        let states: Vec<_> = (0..8).map(|_| state(round)).collect();
        let race = states.iter().map(|state| backend.store(state, expected.as_ref()));
        let results = futures::future::join_all(race).await;
        let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().enumerate().partition(|(_, r)| r.is_ok());
        assert_eq!(won.len(), 1);
        assert!(lost.iter().all(|(_, result)| matches!(result, Err(BackendError::Conflict))), "{lost:?}");
        let (stored, version) = backend.load().await.unwrap().unwrap();
        assert_eq!(stored, states[won[0].0]);
        assert_eq!(won[0].1.as_ref().unwrap(), &version);
        expected = Some(version);
    }
}

#[tokio::test]
async fn a_writer_that_read_an_older_state_cannot_overwrite_a_newer_one() {
    let world = World::bootstrapped().await;
    let backend = world.backend("dev");
    let read = backend.store(&state(1), None).await.unwrap();
    let newer = state(2);
    backend.store(&newer, Some(&read)).await.unwrap();
    assert!(matches!(backend.store(&state(2), Some(&read)).await, Err(BackendError::Conflict)));
    assert!(matches!(backend.store(&state(2), None).await, Err(BackendError::Conflict)));
    assert_eq!(backend.load().await.unwrap().unwrap().0, newer);
}

#[tokio::test]
async fn a_writer_whose_state_was_deleted_is_told() {
    let world = World::bootstrapped().await;
    let backend = world.backend("dev");
    let version = backend.store(&state(1), None).await.unwrap();
    let bucket = &world.location.bucket;
    world.clients.s3.delete_object().bucket(bucket).key("dev/state.json").send().await.unwrap();
    assert_eq!(backend.load().await.unwrap(), None);
    assert!(matches!(backend.store(&state(2), Some(&version)).await, Err(BackendError::Conflict)));
}

#[tokio::test]
async fn a_lost_answer_does_not_pass_for_success() {
    let world = World::bootstrapped().await;
    let backend = world.backend("dev");
    world.ask("POST", "faults", r#"[{"operation":"PutObject","kind":"hangup_after","times":1}]"#);
    // The repeated call meets what the first one wrote. The engine finds out that it was its own.
    let written = state(1);
    let result = backend.store(&written, None).await;
    assert!(matches!(result, Err(BackendError::Conflict)), "{result:?}");
    assert_eq!(backend.load().await.unwrap().unwrap().0, written);
}

#[tokio::test]
async fn throttling_passes_unnoticed() {
    let world = World::bootstrapped().await;
    let backend = world.backend("dev");
    world.ask("POST", "faults", r#"[{"kind":"throttle","times":2},{"kind":"error500","times":1}]"#);
    let version = backend.store(&state(1), None).await.unwrap();
    assert_eq!(backend.load().await.unwrap().unwrap().1, version);
}

#[tokio::test]
async fn environments_in_one_bucket_do_not_meet() {
    let world = World::bootstrapped().await;
    let (dev, prod) = (world.backend("dev"), world.backend("prod"));
    dev.store(&state(1), None).await.unwrap();
    assert_eq!(prod.load().await.unwrap(), None);
    let theirs = state(7);
    prod.store(&theirs, None).await.unwrap();
    assert_eq!(dev.load().await.unwrap().unwrap().0.serial, 1);
    assert_eq!(prod.load().await.unwrap().unwrap().0, theirs);
}

#[tokio::test]
async fn a_state_that_cannot_be_understood_is_never_taken_for_none() {
    let world = World::bootstrapped().await;
    for (text, why) in [("{", "EOF"), ("", "EOF"), (r#"{"format":99}"#, "newer cogapi")] {
        put_text(&world, "dev/state.json", text).await;
        match world.backend("dev").load().await {
            Err(BackendError::Corrupt(problem)) => assert!(problem.contains(why), "{problem}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}
