//! Promise 4: independent branches go on, a failure stops only its dependants, and nothing that succeeded is forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cogapi_engine::testing::{Trouble, kinds};
use cogapi_engine::{ApplyOptions, BackendError, Desired, Event, Mode, State, apply, refresh};
use tokio_util::sync::CancellationToken;

use crate::world::{World, address, quiet, thing};

fn chain_and_branch() -> Desired {
    let mut desired = Desired::nothing();
    thing(&mut desired, 0, "a", "1", &[]);
    thing(&mut desired, 0, "b", "1", &["plain.a"]);
    thing(&mut desired, 0, "c", "1", &["plain.b"]);
    thing(&mut desired, 0, "other", "1", &[]);
    desired
}

fn refuse(world: &World, call: &str, times: usize) {
    world.cloud.failing.lock().unwrap().insert(call.to_owned(), times);
}

#[tokio::test]
async fn a_failure_stops_only_what_depends_on_it_and_is_reported_once() {
    let world = World::new();
    refuse(&world, "create plain b", 1);
    let applied = world.deploy(&chain_and_branch()).await;
    let failed: Vec<_> = applied.failed.iter().map(|(address, _)| address.clone()).collect();
    assert_eq!(failed, [address(0, "b")]);
    assert_eq!(applied.skipped, BTreeMap::from([(address(0, "c"), address(0, "b"))]));
    let state = world.backend.state().unwrap();
    assert!(
        state.resources.contains_key(&address(0, "a")) && state.resources.contains_key(&address(0, "other"))
    );
    assert!(!applied.is_complete());

    assert!(world.deploy(&chain_and_branch()).await.is_complete());
    world.assert_converged(&chain_and_branch()).await;
}

#[tokio::test]
async fn all_that_can_not_be_read_is_told_at_once_and_what_needs_it_is_not_tried() {
    let world = World::new();
    let read = async |state: &State| {
        refuse(&world, "read plain other", 1);
        refuse(&world, "read plain a", 1);
        let failures = refresh(&kinds(), &world.cloud, &chain_and_branch(), state, &quiet).await.unwrap_err();
        failures.into_iter().map(|(address, _)| address).collect::<BTreeSet<_>>()
    };
    let both = BTreeSet::from([address(0, "a"), address(0, "other")]);
    assert_eq!(read(&State::default()).await, both);
    // What is remembered waits for nothing.
    assert!(world.deploy(&chain_and_branch()).await.is_complete());
    refuse(&world, "read plain c", 1);
    let three = both.into_iter().chain([address(0, "c")]).collect();
    assert_eq!(read(&world.backend.state().unwrap()).await, three);
}

#[tokio::test]
async fn asked_to_stop_it_finishes_what_runs_and_starts_nothing_new() {
    let world = World::new();
    let cancel = CancellationToken::new();
    let options = ApplyOptions { cancel: cancel.clone(), ..ApplyOptions::default() };
    let desired = chain_and_branch();
    let mut session = world.session().await;
    let plan = world.plan_in(&session, &desired, Mode::default()).await.unwrap();
    let stop_at_first = |event: Event| {
        if matches!(event, Event::Started { .. }) {
            cancel.cancel();
        }
    };
    let applied = apply(&mut session, &kinds(), &world.cloud, &plan, &options, &stop_at_first).await.unwrap();
    session.close().await.unwrap();
    assert!(applied.interrupted && applied.failed.is_empty());
    let state = world.backend.state().unwrap();
    assert_eq!(
        state.verify(),
        Vec::<String>::new(),
        "what ran is finished and stored, what did not left no intent"
    );
    assert!(state.resources.len() < desired.resources.len());
    assert!(world.deploy(&desired).await.is_complete());
    world.assert_converged(&desired).await;
}

#[tokio::test(start_paused = true)]
async fn a_state_that_can_not_be_stored_is_handed_back_whole_and_newer_than_what_may_have_arrived() {
    for trouble in [Trouble::Fails, Trouble::LosesAnswers] {
        let world = World::new();
        // The write that is in trouble carries one result, and the other comes after it.
        for (call, seconds) in [("create plain a", 1), ("create plain other", 20)] {
            world.cloud.slow.lock().unwrap().insert(call.to_owned(), Duration::from_secs(seconds));
        }
        let mut session = world.session().await;
        let desired = chain_and_branch();
        let plan = world.plan_in(&session, &desired, Mode::default()).await.unwrap();
        let break_storage = |event: Event| {
            if matches!(event, Event::Started { .. }) {
                world.backend.trouble_stores(trouble, usize::MAX);
            }
        };
        let options = ApplyOptions::default();
        let applied =
            apply(&mut session, &kinds(), &world.cloud, &plan, &options, &break_storage).await.unwrap();
        let saved = session.state.clone();
        session.close().await.unwrap();
        assert!(applied.not_stored.is_some() && applied.stopped.is_none(), "{applied:?}");
        assert_eq!(world.cloud.snapshot().len(), 2, "nothing is started whose intent is not stored");
        assert_eq!(saved.resources.len(), 2);
        assert_eq!(saved.verify(), Vec::<String>::new());
        let stored = world.backend.state().unwrap();
        assert!(saved.serial > stored.serial, "{trouble:?}: {} against {}", saved.serial, stored.serial);

        world.backend.trouble_stores(trouble, 0);
        world.backend.meddle(&saved);
        assert!(world.deploy(&desired).await.is_complete());
        world.assert_converged(&desired).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whenever_storage_goes_away_the_next_deploy_goes_on_with_what_was_saved_and_without_it() {
    let desired = chain_and_branch();
    let troubles = [Trouble::Fails, Trouble::LosesAnswers];
    for (trouble, put_back) in troubles.into_iter().flat_map(|trouble| [(trouble, true), (trouble, false)]) {
        for after in 0.. {
            let world = World::new();
            let events = AtomicUsize::new(0);
            let go_away = |_: Event| {
                if events.fetch_add(1, Ordering::Relaxed) == after {
                    world.backend.trouble_stores(trouble, usize::MAX);
                }
            };
            let mut session = world.session().await;
            let plan = world.plan_in(&session, &desired, Mode::default()).await.unwrap();
            let options = ApplyOptions::default();
            let applied =
                apply(&mut session, &kinds(), &world.cloud, &plan, &options, &go_away).await.unwrap();
            let saved = session.state.clone();
            session.close().await.unwrap();
            world.backend.trouble_stores(trouble, 0);
            if put_back && applied.not_stored.is_some() {
                let stored = world.backend.state().unwrap();
                assert!(saved.serial > stored.serial, "{trouble:?} after {after} events: {applied:?}");
                world.backend.meddle(&saved);
            }
            assert!(world.deploy(&desired).await.is_complete());
            world.assert_converged(&desired).await;
            if applied.is_complete() {
                assert!(after > desired.resources.len(), "it was away for no run");
                break;
            }
            assert!(!applied.interrupted && applied.failed.is_empty(), "{applied:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_storage_fails_before_anything_is_done_there_is_nothing_to_save() {
    let world = World::new();
    world.backend.trouble_stores(Trouble::Fails, usize::MAX);
    let applied = world.deploy(&chain_and_branch()).await;
    assert!(matches!(applied.stopped, Some(BackendError::Failed(_))), "{applied:?}");
    assert!(applied.not_stored.is_none() && !applied.is_complete());
    assert!(world.cloud.take_calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn storage_that_is_away_for_a_moment_is_tried_again() {
    let world = World::new();
    world.backend.trouble_stores(Trouble::Fails, 2);
    assert!(world.deploy(&chain_and_branch()).await.is_complete());
    world.assert_converged(&chain_and_branch()).await;
}

#[tokio::test]
async fn no_more_run_at_once_than_allowed() {
    let world = World::new();
    let mut desired = Desired::nothing();
    for index in 0..8 {
        thing(&mut desired, 0, &format!("n{index}"), "1", &[]);
    }
    let running = Mutex::new((0_usize, 0_usize));
    let count = |event: Event| {
        let mut running = running.lock().unwrap();
        match event {
            Event::Started { .. } => running.0 += 1,
            Event::Finished { .. } => running.0 -= 1,
            _ => {}
        }
        running.1 = running.1.max(running.0);
    };
    let mut session = world.session().await;
    let plan = world.plan_in(&session, &desired, Mode::default()).await.unwrap();
    let options = ApplyOptions { per_service: BTreeMap::from([("fake", 3)]), ..ApplyOptions::default() };
    let applied = apply(&mut session, &kinds(), &world.cloud, &plan, &options, &count).await.unwrap();
    assert!(applied.is_complete());
    assert_eq!(running.lock().unwrap().1, 3);
    session.close().await.unwrap();
}

#[tokio::test]
async fn intents_and_results_of_many_share_one_write() {
    let world = World::new();
    let mut desired = Desired::nothing();
    for index in 0..8 {
        thing(&mut desired, 0, &format!("n{index}"), "1", &[]);
    }
    assert!(world.deploy(&desired).await.is_complete());
    assert!(world.backend.stores() <= 4, "{} writes for 8 independent resources", world.backend.stores());
    let before = world.backend.stores();
    assert!(world.deploy(&desired).await.is_complete());
    assert_eq!(world.backend.stores(), before, "nothing to do writes nothing");
    let _ = quiet;
}
