//! A pool's triggers: attached and detached without touching the rest of the pool.

use cogapi::resources::UserPoolTriggers;
use cogapi_engine::Resource as _;

use crate::cognito::pool;
use crate::support::World;

fn triggers(world: &World, pool_id: &str, names: &[&str]) -> UserPoolTriggers {
    let arn = |name: &str| format!("arn:aws:lambda:eu-west-1:{}:function:{name}", world.cx().account);
    UserPoolTriggers {
        pool_id: pool_id.to_owned(),
        triggers: names.iter().map(|name| ((*name).to_owned(), arn(name))).collect(),
    }
}

const OURS: [&str; 4] =
    ["CreateAuthChallenge", "CustomMessage", "DefineAuthChallenge", "VerifyAuthChallengeResponse"];

#[tokio::test]
async fn missing_triggers_are_attached_and_the_pool_stays_as_it_was() {
    let world = World::empty();
    let pool_outputs = world.deploy(&pool(), None).await;
    let declared = triggers(&world, &pool_outputs.id, &OURS);
    world.expect_missing(&declared, None).await;
    let outputs = world.deploy(&declared, None).await;
    assert_eq!(outputs.pool_id, pool_outputs.id);
    world.expect(&declared, Some(&outputs)).await;
    world.expect(&pool(), Some(&pool_outputs)).await;
}

#[tokio::test]
async fn triggers_that_are_right_are_left_alone() {
    let world = World::empty();
    let pool_outputs = world.deploy(&pool(), None).await;
    let declared = triggers(&world, &pool_outputs.id, &OURS);
    world.deploy(&declared, None).await;
    world.deploy_with(&declared, None, &[]).await;
}

#[tokio::test]
async fn a_trigger_that_somebody_detached_attached_or_moved_is_put_right_with_one_call() {
    let world = World::empty();
    let pool_outputs = world.deploy(&pool(), None).await;
    let declared = triggers(&world, &pool_outputs.id, &OURS);
    let mut moved = declared.clone();
    moved.triggers.insert("CustomMessage".to_owned(), declared.triggers["DefineAuthChallenge"].clone());
    let fewer = triggers(&world, &pool_outputs.id, &OURS[1..]);
    let more = triggers(&world, &pool_outputs.id, &[&OURS[..], &["PreSignUp"]].concat());
    for drifted in [moved, fewer, more] {
        world.deploy(&drifted, None).await;
        world.expect(&drifted, None).await;
        world.deploy_with(&declared, None, &["UpdateUserPool"]).await;
        world.expect(&declared, None).await;
    }
}

#[tokio::test]
async fn deleting_detaches_them_all_and_what_is_gone_stays_gone() {
    let world = World::empty();
    let pool_outputs = world.deploy(&pool(), None).await;
    let declared = triggers(&world, &pool_outputs.id, &OURS);
    let outputs = world.deploy(&declared, None).await;
    world.delete(&declared, Some(&outputs)).await;
    world.expect_missing(&declared, Some(&outputs)).await;
    world.expect(&pool(), Some(&pool_outputs)).await;
    let ((), writes) = world.writes(world.delete(&declared, Some(&outputs))).await;
    assert!(writes.is_empty());
    world.delete(&pool(), Some(&pool_outputs)).await;
    world.delete(&declared, Some(&outputs)).await;
    world.expect_missing(&declared, Some(&outputs)).await;
}

#[tokio::test]
async fn pool_and_triggers_are_read_with_one_description() {
    let world = World::empty();
    let pool_outputs = world.deploy(&pool(), None).await;
    let declared = triggers(&world, &pool_outputs.id, &OURS);
    let outputs = world.deploy(&declared, None).await;
    let cx = world.cx();
    let before = cx.clients.calls();
    pool().read(&cx, Some(&pool_outputs)).await.unwrap();
    declared.read(&cx, Some(&outputs)).await.unwrap();
    // DescribeUserPool and GetUserPoolMfaConfig.
    assert_eq!(cx.clients.calls() - before, 2);
}
