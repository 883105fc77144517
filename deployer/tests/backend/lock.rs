//! The lock in DynamoDB: one holder at a time, who can be named, and whose lease can end.

use std::sync::Arc;

use cogapi_engine::session::Holder;
use cogapi_engine::{Backend as _, BackendError, LockToken, Session};
use jiff::{SignedDuration, Timestamp};

use crate::{World, lock_of};

#[tokio::test]
async fn of_many_takers_one_gets_the_lock_and_the_others_learn_who_has_it() {
    let world = World::bootstrapped().await;
    let backend = world.backend("dev");
    let infos: Vec<_> = (0..8).map(|n| lock_of(&format!("user-{n}"), 60)).collect();
    let results = futures::future::join_all(infos.iter().map(|info| backend.lock(info))).await;
    let winner = results.iter().position(Result::is_ok).unwrap();
    for (taker, result) in results.iter().enumerate().filter(|(taker, _)| *taker != winner) {
        match result {
            Err(BackendError::Locked(holder)) => {
                assert_eq!(holder.id, infos[winner].id);
                assert_eq!(holder.to_string(), infos[winner].to_string());
            }
            other => panic!("{taker}: {other:?}"),
        }
    }
    assert_eq!(backend.holder().await.unwrap().unwrap().id, infos[winner].id);
}

#[tokio::test]
async fn a_released_lock_is_free_and_releasing_twice_is_fine() {
    let world = World::bootstrapped().await;
    let backend = world.backend("dev");
    let token = backend.lock(&lock_of("jane", 60)).await.unwrap();
    backend.unlock(&token).await.unwrap();
    backend.unlock(&token).await.unwrap();
    assert_eq!(backend.holder().await.unwrap(), None);
    backend.lock(&lock_of("joe", 60)).await.unwrap();
}

#[tokio::test]
async fn a_lease_that_is_over_is_taken_over_and_its_holder_learns_that_it_lost_it() {
    let world = World::bootstrapped().await;
    let backend = world.backend("dev");
    let lost = backend.lock(&lock_of("jane", -1)).await.unwrap();
    let joe = lock_of("joe", 60);
    backend.lock(&joe).await.unwrap();
    match backend.renew(&lost, Timestamp::now() + SignedDuration::from_secs(60)).await {
        Err(BackendError::LockLost(why)) => assert!(why.contains("joe@laptop"), "{why}"),
        other => panic!("{other:?}"),
    }
    // What Jane still does must not free Joe's lock.
    backend.unlock(&lost).await.unwrap();
    assert_eq!(backend.holder().await.unwrap().unwrap().id, joe.id);
}

#[tokio::test]
async fn of_many_who_take_over_one_succeeds() {
    let world = World::bootstrapped().await;
    let backend = world.backend("dev");
    backend.lock(&lock_of("gone", -1)).await.unwrap();
    let infos: Vec<_> = (0..8).map(|n| lock_of(&format!("user-{n}"), 60)).collect();
    let results = futures::future::join_all(infos.iter().map(|info| backend.lock(info))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_renewed_lease_keeps_others_out() {
    let world = World::bootstrapped().await;
    let backend = world.backend("dev");
    let token = backend.lock(&lock_of("jane", -1)).await.unwrap();
    let until = Timestamp::now() + SignedDuration::from_secs(60);
    backend.renew(&token, until).await.unwrap();
    assert!(matches!(backend.lock(&lock_of("joe", 60)).await, Err(BackendError::Locked(_))));
    let expires = backend.holder().await.unwrap().unwrap().expires;
    assert_eq!(expires.as_millisecond(), until.as_millisecond());
}

#[tokio::test]
async fn a_lock_that_somebody_removed_cannot_be_renewed() {
    let world = World::bootstrapped().await;
    let backend = world.backend("dev");
    let info = lock_of("jane", 60);
    let token = backend.lock(&info).await.unwrap();
    assert!(backend.force_unlock(&info).await.unwrap());
    let renewed = backend.renew(&token, Timestamp::now()).await;
    assert!(matches!(renewed, Err(BackendError::LockLost(_))), "{renewed:?}");
    assert_eq!(backend.holder().await.unwrap(), None, "renewing must not bring it back");
}

#[tokio::test]
async fn unlocking_by_force_removes_only_the_lock_that_was_shown() {
    let world = World::bootstrapped().await;
    let backend = world.backend("dev");
    let (shown, next) = (lock_of("jane", -1), lock_of("joe", 60));
    backend.lock(&shown).await.unwrap();
    backend.lock(&next).await.unwrap();
    assert!(!backend.force_unlock(&shown).await.unwrap());
    assert_eq!(backend.holder().await.unwrap().unwrap().id, next.id);
}

#[tokio::test]
async fn locks_of_two_environments_do_not_meet() {
    let world = World::bootstrapped().await;
    world.backend("dev").lock(&lock_of("jane", 60)).await.unwrap();
    assert_eq!(world.backend("prod").holder().await.unwrap(), None);
    world.backend("prod").lock(&lock_of("joe", 60)).await.unwrap();
}

#[tokio::test]
async fn a_lock_whose_answer_got_lost_is_held_and_not_taken_for_somebody_elses() {
    let world = World::bootstrapped().await;
    let backend = world.backend("dev");
    let hangup = |operation: &str| {
        let rule = format!(
            r#"[{{"service":"dynamodb","operation":"{operation}","kind":"hangup_after","times":1}}]"#
        );
        world.ask("POST", "faults", &rule);
    };
    hangup("PutItem");
    let token = backend.lock(&lock_of("jane", 60)).await.unwrap();
    hangup("UpdateItem");
    backend.renew(&token, Timestamp::now() + SignedDuration::from_secs(60)).await.unwrap();
    hangup("UpdateItem");
    backend.unlock(&token).await.unwrap();
    assert_eq!(backend.holder().await.unwrap(), None);
}

#[tokio::test]
async fn without_a_table_there_is_no_lock_to_take_or_keep() {
    let world = World::empty();
    let backend = world.backend("dev");
    match backend.lock(&lock_of("jane", 60)).await {
        Err(BackendError::Failed(failure)) => {
            assert!(failure.hint.as_ref().is_some_and(|hint| hint.contains("deploy")), "{failure}");
        }
        other => panic!("{other:?}"),
    }
    let token = LockToken("1".to_owned());
    assert!(matches!(backend.renew(&token, Timestamp::now()).await, Err(BackendError::LockLost(_))));
    backend.unlock(&token).await.unwrap();
}

#[tokio::test]
async fn a_session_locks_loads_and_unlocks() {
    let world = World::bootstrapped().await;
    let backend = Arc::new(world.backend("dev"));
    let holder =
        Holder { owner: "jane".to_owned(), host: "laptop".to_owned(), operation: "deploy".to_owned() };
    let session = Session::open(backend.clone(), &holder).await.unwrap();
    assert!(session.state.is_empty());
    let second = Session::open(backend.clone(), &holder).await.err();
    assert!(matches!(second, Some(BackendError::Locked(found)) if found.owner == "jane"));
    session.close().await.unwrap();
    Session::open(backend, &holder).await.unwrap().close().await.unwrap();
}
