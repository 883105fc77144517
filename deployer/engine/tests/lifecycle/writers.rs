//! Promise 3: one writer, by lock *and* by conditional write.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cogapi_engine::session::RELIED_ON;
use cogapi_engine::testing::{Trouble, kinds};
use cogapi_engine::{Applied, ApplyOptions, BackendError, Desired, Event, Mode, Session, State, apply};
use tokio::time::Instant;

use crate::world::{World, holder, quiet, thing};

fn one(value: &str) -> Desired {
    let mut desired = Desired::nothing();
    thing(&mut desired, 0, "a", value, &[]);
    desired
}

#[tokio::test]
async fn the_second_writer_is_told_who_holds_the_lock() {
    let world = World::new();
    let session = world.session().await;
    let second = Session::open(Arc::new(world.backend.clone()), &holder()).await;
    let Err(error @ BackendError::Locked(_)) = second else { panic!("locked out") };
    assert!(error.to_string().contains("jane@laptop runs `deploy` since"));
    session.close().await.unwrap();
    world.session().await.close().await.unwrap();
}

/// Ten things one after the other.
fn chain() -> Desired {
    let mut desired = Desired::nothing();
    let mut before: Option<String> = None;
    for index in 0..10 {
        let links: Vec<&str> = before.iter().map(String::as_str).collect();
        before = Some(thing(&mut desired, 0, &format!("n{index}"), "1", &links).to_string());
    }
    desired
}

/// Deploys the chain, each call taking some seconds. Gives back what came of it, and when its changes were started.
async fn slow_chain(world: &World) -> (Applied, Vec<Duration>) {
    let calls = (0..10).map(|index| (format!("create plain n{index}"), Duration::from_secs(8)));
    world.cloud.slow.lock().unwrap().extend(calls);
    let opened = Instant::now();
    let mut session = world.session().await;
    let plan = world.plan_in(&session, &chain(), Mode::default()).await.unwrap();
    let started = Mutex::new(Vec::new());
    let observer = |event: Event| {
        if matches!(event, Event::Started { .. }) {
            started.lock().unwrap().push(opened.elapsed());
        }
    };
    let options = ApplyOptions::default();
    let applied = apply(&mut session, &kinds(), &world.cloud, &plan, &options, &observer).await.unwrap();
    session.close().await.unwrap();
    (applied, started.into_inner().unwrap())
}

#[tokio::test(start_paused = true)]
async fn nothing_is_started_once_the_lease_may_be_over_however_the_renewal_fails() {
    for trouble in [Trouble::Hangs, Trouble::Fails] {
        let world = World::new();
        world.backend.trouble_renewals(trouble, usize::MAX);
        let (applied, started) = slow_chain(&world).await;
        assert!(started.iter().all(|at| *at < RELIED_ON), "{trouble:?}: {started:?}");
        assert_eq!(started.len(), 7, "{trouble:?}: it went on until then");
        let Some(BackendError::LockLost(why)) = &applied.stopped else { panic!("{trouble:?}: {applied:?}") };
        assert!(why.starts_with("its lease could not be renewed in time"), "{why}");
        assert!(!applied.interrupted, "nobody asked it to stop");
        let state = world.backend.state().unwrap();
        assert_eq!((applied.done, state.resources.len()), (7, 7), "what ran is finished and stored");
        assert_eq!(state.verify(), Vec::<String>::new());

        world.backend.trouble_renewals(trouble, 0);
        assert!(world.deploy(&chain()).await.is_complete());
        world.assert_converged(&chain()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_hangs_or_fails_is_tried_again_while_the_lease_holds() {
    for (trouble, times) in [(Trouble::Hangs, 1), (Trouble::Fails, 20)] {
        let world = World::new();
        world.backend.trouble_renewals(trouble, times);
        let (applied, started) = slow_chain(&world).await;
        assert!(applied.is_complete(), "{trouble:?}: {applied:?}");
        assert_eq!(started.len(), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_was_taken_away_stops_the_run_with_nothing_unsaved() {
    let world = World::new();
    let take_away = async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        world.backend.expire_lock();
    };
    let ((applied, started), ()) = tokio::join!(slow_chain(&world), take_away);
    assert!(started.len() < 10);
    assert!(matches!(applied.stopped, Some(BackendError::LockLost(_))), "{applied:?}");
    assert!(applied.not_stored.is_none() && !applied.interrupted);
    assert_eq!(world.backend.state().unwrap().verify(), Vec::<String>::new());
    assert!(world.deploy(&chain()).await.is_complete());
}

#[tokio::test]
async fn a_writer_that_lost_its_lock_can_not_overwrite() {
    let world = World::new();
    let mut session = world.session().await;
    let plan = world.plan_in(&session, &one("1"), Mode::default()).await.unwrap();
    let theirs = State { serial: 7, ..State::default() };
    world.backend.meddle(&theirs);
    let applied =
        apply(&mut session, &kinds(), &world.cloud, &plan, &ApplyOptions::default(), &quiet).await.unwrap();
    assert!(matches!(applied.stopped, Some(BackendError::Conflict)));
    assert!(applied.not_stored.is_none(), "nothing was done, so nothing is unsaved");
    assert_eq!(world.backend.state(), Some(theirs));
    assert!(world.cloud.take_calls().is_empty(), "no call is made whose intent is not stored");
}

#[tokio::test]
async fn results_that_somebody_elses_state_kept_out_are_handed_back_but_not_as_newer_than_it() {
    let world = World::new();
    let mut session = world.session().await;
    let plan = world.plan_in(&session, &one("1"), Mode::default()).await.unwrap();
    let take_over = |event: Event| {
        if matches!(event, Event::Started { .. }) {
            let ours = world.backend.state().unwrap();
            world.backend.meddle(&State { serial: ours.serial + 1, ..ours });
        }
    };
    let options = ApplyOptions::default();
    let applied = apply(&mut session, &kinds(), &world.cloud, &plan, &options, &take_over).await.unwrap();
    assert!(matches!(applied.not_stored, Some(BackendError::Conflict)), "{applied:?}");
    assert_eq!(session.state.verify(), Vec::<String>::new());
    let theirs = world.backend.state().unwrap();
    assert!(theirs.serial >= session.state.serial, "else recovering ours would take its place");
    session.close().await.unwrap();
    // They know of our intent, so nothing is lost to them.
    assert!(world.deploy(&one("1")).await.is_complete());
    world.assert_converged(&one("1")).await;
}

#[tokio::test]
async fn a_stale_plan_is_refused() {
    let world = World::new();
    world.deploy(&one("1")).await;
    let stale = world.plan(&one("2")).await;
    world.deploy(&one("3")).await;
    let mut session = world.session().await;
    let refused = apply(&mut session, &kinds(), &world.cloud, &stale, &ApplyOptions::default(), &quiet).await;
    assert!(refused.unwrap_err().summary.contains("stale"));
    session.close().await.unwrap();
}
