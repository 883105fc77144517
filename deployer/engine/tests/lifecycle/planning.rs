//! Promises 1 and 5: a plan is pure and names exactly what will happen; the second one is empty.

use cogapi_engine::testing::{Object, kinds};
use cogapi_engine::{Action, ApplyOptions, Desired, Mode, Reason, apply};

use crate::world::{World, address, pinned, quiet, thing};

fn one(value: &str) -> Desired {
    let mut desired = Desired::nothing();
    thing(&mut desired, 0, "a", value, &[]);
    desired
}

#[tokio::test]
async fn planning_touches_nothing() {
    let world = World::new();
    let plan = world.plan(&one("1")).await;
    assert_eq!(plan.changes[&address(0, "a")].action, Action::Create);
    assert_eq!(plan.changes[&address(0, "a")].reason, Reason::New);
    assert!(world.cloud.take_calls().is_empty() && world.backend.state().is_none());
}

#[tokio::test]
async fn a_changed_value_is_an_update_of_exactly_that_field() {
    let world = World::new();
    world.deploy(&one("1")).await;
    let change = &world.plan(&one("2")).await.changes[&address(0, "a")];
    assert_eq!((change.action, change.reason), (Action::Update, Reason::Changed));
    assert_eq!(change.fields.iter().map(|field| field.path.join(".")).collect::<Vec<_>>(), ["value"]);
    assert!(change.drift.is_empty());
}

#[tokio::test]
async fn drift_is_shown_apart_and_put_right() {
    let world = World::new();
    world.deploy(&one("1")).await;
    for object in world.cloud.objects.lock().unwrap().values_mut() {
        object.inputs.value = "meddled".into();
    }
    let change = &world.plan(&one("1")).await.changes[&address(0, "a")];
    assert_eq!((change.action, change.reason), (Action::Update, Reason::Drifted));
    assert_eq!(change.drift.len(), 1);
    assert!(world.deploy(&one("1")).await.is_complete());
    world.assert_converged(&one("1")).await;
}

#[tokio::test]
async fn what_was_deleted_outside_is_made_again_with_all_that_depends_on_it() {
    let world = World::new();
    let mut desired = one("1");
    thing(&mut desired, 0, "b", "1", &["plain.a"]);
    world.deploy(&desired).await;
    world.cloud.objects.lock().unwrap().retain(|_, object| object.inputs.name != "a");
    let plan = world.plan(&desired).await;
    assert_eq!(plan.changes[&address(0, "a")].reason, Reason::DeletedOutside);
    assert_eq!(plan.changes[&address(0, "b")].action, Action::Update);
    assert!(plan.changes[&address(0, "b")].fields.iter().any(|field| field.unknown));
    assert!(world.deploy(&desired).await.is_complete());
    world.assert_converged(&desired).await;
}

#[tokio::test]
async fn what_exists_under_our_name_is_refused_unless_adopted() {
    let world = World::new();
    world.deploy(&one("1")).await;
    let (id, object) = world.cloud.snapshot().pop_first().unwrap();
    let foreign = World::new();
    foreign.cloud.objects.lock().unwrap().insert(id, Object { ours: false, ..object });
    let plan = foreign.plan(&one("2")).await;
    assert!(plan.violations[0].hint.contains("--adopt"));

    let mut session = foreign.session().await;
    let refused = apply(&mut session, &kinds(), &foreign.cloud, &plan, &ApplyOptions::default(), &quiet)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("plain.a"));
    assert!(foreign.cloud.take_calls().is_empty(), "a refused plan touches nothing");

    let adopting = Mode { adopt: true, ..Mode::default() };
    let plan = foreign.plan_in(&session, &one("2"), adopting).await.unwrap();
    assert!(plan.violations.is_empty());
    let applied =
        apply(&mut session, &kinds(), &foreign.cloud, &plan, &ApplyOptions::default(), &quiet).await.unwrap();
    assert!(applied.is_complete());
    session.close().await.unwrap();
    assert_eq!(foreign.cloud.take_calls(), ["update plain a"]);
    foreign.assert_converged(&one("2")).await;
}

#[tokio::test]
async fn a_lost_state_is_rebuilt_without_a_mutating_call() {
    let world = World::new();
    let mut desired = one("1");
    thing(&mut desired, 1, "b", "1", &["plain.a"]);
    world.deploy(&desired).await;
    let lost = World::new();
    *lost.cloud.objects.lock().unwrap() = world.cloud.snapshot();
    assert!(lost.deploy(&desired).await.is_complete());
    assert!(lost.cloud.take_calls().is_empty());
    lost.assert_converged(&desired).await;
}

/// A chain, one of each kind, whose first two are wanted with `value`.
fn chain(value: &str) -> Desired {
    let mut desired = Desired::nothing();
    thing(&mut desired, 2, "pool", value, &[]);
    thing(&mut desired, 1, "client", value, &["precious.pool"]);
    thing(&mut desired, 0, "user", "1", &["precious.pool", "versioned.client"]);
    desired
}

#[tokio::test]
async fn what_others_refer_to_is_adopted_and_changed_in_one_run() {
    let world = World::new();
    assert!(world.deploy(&chain("1")).await.is_complete());
    let _ = world.cloud.take_calls();
    world.backend.lose_state();
    let applied = world.deploy(&chain("2")).await;
    assert!(applied.is_complete(), "{applied:?}");
    assert_eq!(world.cloud.take_calls(), ["update precious pool", "update versioned client"]);
    world.assert_converged(&chain("2")).await;
}

#[tokio::test]
async fn an_output_that_does_not_exist_is_one_root_cause_whoever_needs_what_needs_it() {
    let world = World::new();
    let mut desired = Desired::nothing();
    thing(&mut desired, 0, "a", "1", &[]);
    thing(&mut desired, 0, "b", "1", &["plain.a"]);
    thing(&mut desired, 0, "c", "1", &["plain.b"]);
    thing(&mut desired, 0, "d", "1", &["plain.c"]);
    assert!(world.deploy(&desired).await.is_complete());
    world.backend.lose_state();
    let broken = desired.resources.get_mut(&address(0, "b")).unwrap();
    broken.inputs["links"][0] = "${ref:plain.a#nickname}".into();
    thing(&mut desired, 0, "new", "1", &["plain.c", "plain.b"]);
    let applied = world.deploy(&desired).await;
    let [(failed, failure)] = applied.failed.as_slice() else { panic!("{applied:?}") };
    assert_eq!((failed, failure.detail.as_str()), (&address(0, "b"), "plain.a has no output `nickname`"));
    let skipped: Vec<_> = applied.skipped.keys().collect();
    assert_eq!(skipped, [&address(0, "new")], "c and d are as they should be, and only remembered");
}

#[tokio::test]
async fn every_violation_of_a_protection_is_listed_at_once() {
    let world = World::new();
    let mut desired = Desired::nothing();
    for name in ["a", "b"] {
        let address = thing(&mut desired, 0, name, "1", &[]);
        desired.protect(&address);
    }
    assert!(world.deploy(&desired).await.is_complete());
    let plan = world.plan(&Desired::nothing()).await;
    assert_eq!(plan.violations.len(), 2, "also what was dropped from the configuration is protected");

    let session = world.session().await;
    let lifted = Mode { lift_protection: true, ..Mode::default() };
    assert!(world.plan_in(&session, &Desired::nothing(), lifted).await.unwrap().violations.is_empty());
    session.close().await.unwrap();
}

#[tokio::test]
async fn what_may_never_be_replaced_is_refused_with_the_reason() {
    let world = World::new();
    let stack = |pin: &str| {
        let mut desired = Desired::nothing();
        pinned(&mut desired, 2, "pool", "1", pin, &[]);
        desired
    };
    world.deploy(&stack("1")).await;
    let plan = world.plan(&stack("2")).await;
    assert!(
        plan.violations[0].problem.contains("pinned")
            && plan.violations[0].problem.contains("it would be lost")
    );
}

#[tokio::test]
async fn a_reference_to_nothing_and_a_circle_are_named() {
    let world = World::new();
    let session = world.session().await;
    let mut nowhere = Desired::nothing();
    thing(&mut nowhere, 0, "a", "1", &["plain.missing"]);
    let error = world.plan_in(&session, &nowhere, Mode::default()).await.unwrap_err();
    assert!(error.detail.contains("plain.a refers to plain.missing"));

    let mut circle = Desired::nothing();
    thing(&mut circle, 0, "a", "1", &["plain.b"]);
    thing(&mut circle, 0, "b", "1", &["plain.a"]);
    let error = world.plan_in(&session, &circle, Mode::default()).await.unwrap_err();
    assert!(error.summary.contains("circle"));
    session.close().await.unwrap();
}

#[tokio::test]
async fn destroying_goes_against_the_dependencies_and_leaves_nothing() {
    let world = World::new();
    let mut desired = one("1");
    thing(&mut desired, 0, "b", "1", &["plain.a"]);
    desired.output("id", "${ref:plain.b#id}");
    world.deploy(&desired).await;
    assert_eq!(world.backend.state().unwrap().outputs["id"], "id-2");
    let _ = world.cloud.take_calls();
    assert!(world.deploy(&Desired::nothing()).await.is_complete());
    assert_eq!(world.cloud.take_calls(), ["delete plain b", "delete plain a"]);
    let state = world.backend.state().unwrap();
    assert!(state.is_empty() && state.outputs.is_empty() && world.cloud.snapshot().is_empty());
}

#[tokio::test]
async fn what_others_rely_on_too_is_made_where_it_is_missing_and_never_deleted() {
    let world = World::new();
    let mut desired = Desired::nothing();
    let role = thing(&mut desired, 3, "role", "1", &[]);
    thing(&mut desired, 0, "a", "1", &["shared.role"]);
    world.deploy(&desired).await;
    assert_eq!(world.cloud.take_calls(), ["create shared role", "create plain a"]);
    let plan = world.plan(&Desired::nothing()).await;
    let change = &plan.changes[&role];
    assert_eq!((change.action, change.reason), (Action::Forget, Reason::Shared));

    world.deploy(&Desired::nothing()).await;
    assert_eq!(world.cloud.take_calls(), ["delete plain a"]);
    assert!(world.backend.state().unwrap().is_empty());
    assert_eq!(world.cloud.snapshot().len(), 1);

    // Whoever comes next uses what is there.
    world.deploy(&desired).await;
    assert_eq!(world.cloud.take_calls(), ["create plain a"]);
    world.assert_converged(&desired).await;
}

/// Made only when the deploy comes to it, it would be refused there, with half of the work done.
#[tokio::test]
async fn what_would_move_to_where_something_is_already_is_refused_before_anything_is_touched() {
    let world = World::new();
    world.deploy(&one("1")).await;
    let (_, mut theirs) = world.cloud.snapshot().pop_first().unwrap();
    theirs.inputs.name = "b".into();
    theirs.ours = false;
    world.cloud.objects.lock().unwrap().insert("theirs".into(), theirs);
    let mut moved = one("1");
    moved.resources.get_mut(&address(0, "a")).unwrap().inputs["name"] = "b".into();
    let plan = world.plan(&moved).await;
    assert_eq!(plan.changes[&address(0, "a")].action, Action::Replace);
    assert!(plan.violations[0].problem.contains("with another name"), "{:?}", plan.violations);

    world.cloud.objects.lock().unwrap().remove("theirs");
    assert!(world.plan(&moved).await.violations.is_empty());
    assert!(world.deploy(&moved).await.is_complete());
    assert!(world.plan(&moved).await.is_empty());
}
