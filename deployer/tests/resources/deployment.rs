//! Deployments: one for every body, kept until no stage serves it.

use cogapi::resources::{Authorization, Deployment, RestApi, Route};
use cogapi_engine::{Found, Resource as _};
use serde_json::json;

use crate::rest_api::api;
use crate::support::World;

/// A world with an API in it, and its deployment, not made yet.
async fn with_api() -> (World, Deployment) {
    let world = World::empty();
    let outputs = world.deploy(&api(), None).await;
    (world, Deployment::of(&api(), outputs.id))
}

async fn count(world: &World, deployment: &Deployment) -> usize {
    let gateway = &world.cx().clients.apigateway;
    let all = gateway.get_deployments().rest_api_id(&deployment.rest_api_id).send().await.unwrap();
    all.items().len()
}

#[tokio::test]
async fn a_missing_deployment_is_made_and_then_left_alone() {
    let (world, deployment) = with_api().await;
    world.expect_missing(&deployment, None).await;
    world.deploy_with(&deployment, None, &["CreateDeployment"]).await;
    let outputs = world.expect(&deployment, None).await;
    world.deploy_with(&deployment, Some(&outputs), &[]).await;
    world.deploy_with(&deployment, None, &[]).await;
}

#[tokio::test]
async fn another_body_or_another_pool_is_another_deployment() {
    let (world, deployment) = with_api().await;
    let outputs = world.deploy(&deployment, None).await;
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
        let Found::Owned { inputs, .. } = world.read(&desired, Some(&outputs)).await else {
            panic!("not ours")
        };
        assert_ne!(inputs, desired);
    }
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_deployment() {
    let (world, deployment) = with_api().await;
    world.fault(
        &json!([{"kind": "hangup_after", "service": "apigateway", "operation": "CreateDeployment", "times": 1}]),
    );
    world.deploy_with(&deployment, None, &["CreateDeployment"]).await;
    assert_eq!(count(&world, &deployment).await, 1);
}

#[tokio::test]
async fn a_call_that_was_never_heard_is_repeated() {
    let (world, deployment) = with_api().await;
    world.fault(
        &json!([{"kind": "hangup_before", "service": "apigateway", "operation": "CreateDeployment", "times": 1}]),
    );
    world.deploy(&deployment, None).await;
    assert_eq!(count(&world, &deployment).await, 1);
}

#[tokio::test]
async fn a_deployment_that_was_deleted_behind_our_back_is_made_anew() {
    let (world, deployment) = with_api().await;
    let outputs = world.deploy(&deployment, None).await;
    world.delete(&deployment, Some(&outputs)).await;
    world.expect_missing(&deployment, Some(&outputs)).await;
    let again = world.deploy(&deployment, Some(&outputs)).await;
    world.expect(&deployment, Some(&again)).await;
}

#[tokio::test]
async fn a_deployment_is_deleted_as_soon_as_its_stage_has_moved_away() {
    let (world, deployment) = with_api().await;
    let old = world.deploy(&deployment, None).await;
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

#[tokio::test]
async fn deleting_what_is_gone_or_was_never_made_is_no_error() {
    let (world, deployment) = with_api().await;
    world.delete(&deployment, None).await;
    let outputs = world.deploy(&deployment, None).await;
    // A crash hid the result: it is found by its description.
    world.delete(&deployment, None).await;
    world.expect_missing(&deployment, None).await;
    world.delete(&deployment, Some(&outputs)).await;
    let gateway = &world.cx().clients.apigateway;
    gateway.delete_rest_api().rest_api_id(&deployment.rest_api_id).send().await.unwrap();
    deployment.delete(&world.cx(), None).await.unwrap();
    world.expect_missing(&deployment, Some(&outputs)).await;
}
