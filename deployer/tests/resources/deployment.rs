//! Deployments: one for every body, kept until no stage serves it.

use cogapi::resources::{Authorization, Deployment, RestApi, Route};

use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake, QUICK};
use crate::rest_api::api;
use crate::support::World;

impl Case for Deployment {
    const MADE_BY: Names = &["CreateDeployment"];
    const NAMESAKE: Namesake = Namesake::Ours("it is one of an API of ours");
    const MISHAPS: Names = QUICK;

    async fn prepare() -> (World, Self) {
        let world = World::empty();
        let outputs = world.deploy(&api(), None).await;
        (world, Self::of(&api(), outputs.id))
    }

    fn drifts() -> Vec<Drift<Self>> {
        // Nothing about a snapshot can be changed.
        Vec::new()
    }

    async fn uprooted(&self, world: &World) {
        world.delete(&api(), None).await;
    }
}

async fn count(world: &World, deployment: &Deployment) -> usize {
    let gateway = &world.cx().clients.apigateway;
    let all = gateway.get_deployments().rest_api_id(&deployment.rest_api_id).send().await.unwrap();
    all.items().len()
}

#[tokio::test]
async fn another_body_or_another_pool_is_another_deployment() {
    let (world, deployment, outputs) = Deployment::deployed().await;
    let mut more = api();
    let function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:more".to_owned();
    let route = Route { function_arn, authorization: Authorization::None };
    more.routes.insert("GET /v1/more".into(), route);
    let pool = RestApi { user_pool_arn: Some("arn:other".into()), ..api() };
    for changed in [more, pool] {
        let desired = Deployment::of(&changed, &deployment.rest_api_id);
        world.expect_missing(&desired, None).await;
        // As the state remembers it, it is as it was: the engine sees the difference to what is desired.
        world.expect(&deployment, Some(&outputs)).await;
        assert_ne!(world.owned(&desired, Some(&outputs)).await, desired);
    }
}

#[tokio::test]
async fn a_deployment_is_deleted_as_soon_as_its_stage_has_moved_away() {
    let (world, deployment, old) = Deployment::deployed().await;
    let api_id = deployment.rest_api_id.as_str();
    let gateway = &world.cx().clients.apigateway;
    let stage = gateway.create_stage().rest_api_id(api_id).stage_name("dev").deployment_id(&old.id);
    stage.send().await.unwrap();
    let move_away = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        gateway.delete_stage().rest_api_id(api_id).stage_name("dev").send().await.unwrap();
    };
    tokio::join!(world.delete(&deployment, Some(&old)), move_away);
    assert_eq!(count(&world, &deployment).await, 0);
}
