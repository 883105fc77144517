//! A pool's triggers: attached and detached without touching the rest of the pool.

use cogapi::resources::UserPoolTriggers;
use cogapi_engine::Resource as _;

use crate::cognito::pool;
use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake};
use crate::support::World;

const UPDATE: Names = &["UpdateUserPool"];

impl Case for UserPoolTriggers {
    const MADE_BY: Names = UPDATE;
    const NAMESAKE: Namesake = Namesake::Ours("they are those of a pool of ours");

    async fn prepare() -> (World, Self) {
        let world = World::empty();
        let pool_id = world.deploy(&pool(), None).await.id;
        let names =
            ["CreateAuthChallenge", "CustomMessage", "DefineAuthChallenge", "VerifyAuthChallengeResponse"];
        let arn = |name: &str| format!("arn:aws:lambda:eu-west-1:{}:function:{name}", world.cx().account);
        let triggers = names.map(|name| (name.to_owned(), arn(name))).into();
        (world, Self { pool_id, triggers })
    }

    fn drifts() -> Vec<Drift<Self>> {
        vec![
            Self::edit(&["triggers"], UPDATE, |pool| {
                let elsewhere = pool.triggers["DefineAuthChallenge"].clone();
                pool.triggers.insert("CustomMessage".to_owned(), elsewhere);
            }),
            Self::edit(&["triggers"], UPDATE, |pool| {
                pool.triggers.remove("CustomMessage");
            }),
            Self::edit(&["triggers"], UPDATE, |pool| {
                let spy = pool.triggers["CustomMessage"].clone();
                pool.triggers.insert("PreSignUp".to_owned(), spy);
            }),
        ]
    }

    async fn uprooted(&self, world: &World) {
        world.delete(&pool(), None).await;
    }
}

#[tokio::test]
async fn the_pool_stays_as_it_was() {
    let (world, declared, outputs) = UserPoolTriggers::deployed().await;
    world.expect(&pool(), None).await;
    world.delete(&declared, Some(&outputs)).await;
    world.expect(&pool(), None).await;
    let ((), writes) = world.writes(world.delete(&declared, Some(&outputs))).await;
    assert!(writes.is_empty(), "{writes:?}");
}

#[tokio::test]
async fn pool_and_triggers_are_read_with_one_description() {
    let (world, declared, outputs) = UserPoolTriggers::deployed().await;
    let (pool, pool_outputs) = (pool(), world.expect(&pool(), None).await);
    let cx = world.cx();
    let reads = world.reads(Box::pin(async {
        pool.read(&cx, Some(&pool_outputs)).await.unwrap();
        declared.read(&cx, Some(&outputs)).await.unwrap();
    }));
    assert_eq!(reads.await, ["DescribeUserPool", "GetUserPoolMfaConfig"]);
}
