//! Promise 3: one writer, by lock *and* by conditional write.

use std::sync::Arc;

use cogapi_engine::session::LEASE;
use cogapi_engine::testing::kinds;
use cogapi_engine::{ApplyOptions, BackendError, Desired, Mode, Session, State, apply};

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

#[tokio::test]
async fn a_writer_that_lost_its_lock_can_not_overwrite() {
    let world = World::new();
    let mut session = world.session().await;
    let plan = world.plan_in(&session, &one("1"), Mode::default()).await.unwrap();
    let theirs = State { serial: 7, ..State::default() };
    world.backend.meddle(&theirs);
    let applied =
        apply(&mut session, &kinds(), &world.cloud, &plan, &ApplyOptions::default(), &quiet).await.unwrap();
    assert!(matches!(applied.not_stored, Some(BackendError::Conflict)));
    assert_eq!(world.backend.state(), Some(theirs));
    assert!(world.cloud.take_calls().is_empty(), "no call is made whose intent is not stored");
}

#[tokio::test(start_paused = true)]
async fn a_lost_lease_is_noticed_by_the_next_renewal() {
    let world = World::new();
    let session = world.session().await;
    world.backend.expire_lock();
    tokio::time::sleep(LEASE).await;
    assert!(session.lost().is_cancelled());
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
