//! The stage: what it serves, and how many requests it takes.

use std::collections::BTreeMap;

use aws_sdk_apigateway::types::{Op, PatchOperation};
use cogapi::resources::{AccessLogs, Deployment, Stage, Throttle};
use serde_json::json;

use crate::rest_api::api;
use crate::support::{World, tags, tags_and};

/// A world with a deployed API in it, and its stage, not made yet.
pub(crate) async fn with_deployment() -> (World, Stage) {
    let world = World::empty();
    let rest_api_id = world.deploy(&api(), None).await.id;
    let deployment = world.deploy(&Deployment::of(&api(), &rest_api_id), None).await;
    let stage = Stage {
        rest_api_id,
        name: "development".into(),
        deployment_id: deployment.id,
        throttle: Some(Throttle { rate: 50.0, burst: 100 }),
        method_throttles: BTreeMap::from([("POST /v1/login".into(), Throttle { rate: 0.5, burst: 2 })]),
        access_logs: None,
        deviations: BTreeMap::new(),
        tags: tags(),
    };
    (world, stage)
}

async fn patch(world: &World, stage: &Stage, path: &str, value: &str) {
    let operation = PatchOperation::builder().op(Op::Replace).path(path).value(value).build();
    let update = world.cx().clients.apigateway.update_stage();
    let update = update.rest_api_id(&stage.rest_api_id).stage_name(&stage.name);
    update.patch_operations(operation).send().await.unwrap();
}

/// Gives the account the role without which API Gateway lets no stage log.
pub(crate) async fn allow_logging(world: &World) {
    let clients = &world.cx().clients;
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"
    }]});
    let role = clients.iam.create_role().role_name("gateway-logs");
    let role = role.assume_role_policy_document(trust.to_string()).send().await.unwrap();
    let policy = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs";
    let attach = clients.iam.attach_role_policy().role_name("gateway-logs").policy_arn(policy);
    attach.send().await.unwrap();
    let set = PatchOperation::builder().op(Op::Replace).path("/cloudwatchRoleArn");
    let set = set.value(role.role.unwrap().arn).build();
    let mut tries = 0;
    // A new role is of no use for some seconds.
    while let Err(error) = clients.apigateway.update_account().patch_operations(set.clone()).send().await {
        tries += 1;
        assert!(tries < 50, "{error:?}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn a_missing_stage_is_made_and_then_left_alone() {
    let (world, stage) = with_deployment().await;
    world.expect_missing(&stage, None).await;
    world.deploy_with(&stage, None, &["CreateStage", "UpdateStage"]).await;
    let outputs = world.expect(&stage, None).await;
    let expected = format!("https://{}.execute-api.eu-west-1.amazonaws.com/development", stage.rest_api_id);
    assert_eq!(outputs.invoke_url, expected);
    world.deploy_with(&stage, Some(&outputs), &[]).await;
}

#[tokio::test]
async fn only_what_differs_is_changed() {
    let (world, stage) = with_deployment().await;
    let outputs = world.deploy(&stage, None).await;
    let limited = Throttle { rate: 5.5, burst: 7 };
    let another = BTreeMap::from([("GET /v1/userinfo".to_owned(), limited)]);
    let mut api = api();
    api.routes.remove("POST /v1/login");
    let other = world.deploy(&Deployment::of(&api, &stage.rest_api_id), None).await;
    for changed in [
        Stage { throttle: Some(limited), ..stage.clone() },
        Stage { method_throttles: another, ..stage.clone() },
        Stage { method_throttles: BTreeMap::new(), ..stage.clone() },
        Stage { deployment_id: other.id, ..stage.clone() },
        stage.clone(),
    ] {
        world.deploy_with(&changed, Some(&outputs), &["UpdateStage"]).await;
    }
    let tagged = Stage { tags: tags_and("team", "identity"), ..stage.clone() };
    world.deploy_with(&tagged, Some(&outputs), &["TagResource"]).await;
    world.deploy_with(&stage, Some(&outputs), &["UntagResource"]).await;
}

#[tokio::test]
async fn what_others_did_to_the_stage_shows_and_is_put_right() {
    let (world, stage) = with_deployment().await;
    allow_logging(&world).await;
    let outputs = world.deploy(&stage, None).await;
    for (path, value) in [
        ("/*/*/throttling/rateLimit", "1000"),
        ("/*/*/logging/dataTrace", "true"),
        ("/~1v1~1login/POST/throttling/burstLimit", "1000"),
        ("/~1v1~1login/POST/logging/loglevel", "INFO"),
        ("/~1v1~1userinfo/GET/metrics/enabled", "true"),
        ("/tracingEnabled", "true"),
        ("/variables/debug", "1"),
    ] {
        patch(&world, &stage, path, value).await;
        let found = world.read(&stage, Some(&outputs)).await;
        assert_ne!(found.existing().unwrap().0, &stage, "{path}");
        world.deploy_with(&stage, Some(&outputs), &["UpdateStage"]).await;
    }
}

/// Access logs in a group that need not be there: API Gateway does not look.
fn logging(world: &World, stage: &Stage) -> Stage {
    let log_group_arn = format!("arn:aws:logs:eu-west-1:{}:log-group:/access", world.cx().account);
    let format = r#"{"request_id":"$context.requestId"}"#.to_owned();
    Stage { access_logs: Some(AccessLogs { log_group_arn, format }), ..stage.clone() }
}

#[tokio::test]
async fn access_logs_are_switched_on_and_changed_and_off() {
    let (world, stage) = with_deployment().await;
    allow_logging(&world).await;
    let logging = logging(&world, &stage);
    world.deploy_with(&logging, None, &["CreateStage", "UpdateStage"]).await;
    let outputs = world.expect(&logging, None).await;
    world.deploy_with(&logging, Some(&outputs), &[]).await;
    patch(&world, &stage, "/accessLogSettings/format", "$context.requestId $context.path").await;
    assert_ne!(world.read(&logging, Some(&outputs)).await.existing().unwrap().0, &logging);
    world.deploy_with(&logging, Some(&outputs), &["UpdateStage"]).await;
    world.deploy_with(&stage, Some(&outputs), &["UpdateStage"]).await;
    world.deploy_with(&logging, Some(&outputs), &["UpdateStage"]).await;
}

#[tokio::test]
async fn a_log_role_that_is_not_known_everywhere_yet_is_waited_for() {
    let (world, stage) = with_deployment().await;
    let outputs = world.deploy(&stage, None).await;
    let logging = logging(&world, &stage);
    tokio::join!(world.deploy(&logging, Some(&outputs)), allow_logging(&world));
    world.expect(&logging, Some(&outputs)).await;
}

#[tokio::test]
async fn a_stage_that_was_deleted_behind_our_back_is_made_anew() {
    let (world, stage) = with_deployment().await;
    let outputs = world.deploy(&stage, None).await;
    let gateway = &world.cx().clients.apigateway;
    gateway.delete_stage().rest_api_id(&stage.rest_api_id).stage_name(&stage.name).send().await.unwrap();
    world.expect_missing(&stage, Some(&outputs)).await;
    world.deploy_with(&stage, Some(&outputs), &["CreateStage", "UpdateStage"]).await;
}

#[tokio::test]
async fn a_lost_answer_to_the_creation_is_no_error() {
    let (world, stage) = with_deployment().await;
    world.fault(
        &json!([{"kind": "hangup_after", "service": "apigateway", "operation": "CreateStage", "times": 1}]),
    );
    let outputs = world.deploy(&stage, None).await;
    world.expect(&stage, Some(&outputs)).await;
}

#[tokio::test]
async fn what_was_cut_off_before_the_limits_were_set_is_finished() {
    let (world, stage) = with_deployment().await;
    let create = world.cx().clients.apigateway.create_stage().rest_api_id(&stage.rest_api_id);
    let create = create.stage_name(&stage.name).deployment_id(&stage.deployment_id);
    create.set_tags(Some(tags().into_iter().collect())).send().await.unwrap();
    world.deploy_with(&stage, None, &["UpdateStage"]).await;
}

#[tokio::test]
async fn a_deleted_stage_is_gone_and_may_be_deleted_again() {
    let (world, stage) = with_deployment().await;
    let before = world.inventory();
    let outputs = world.deploy(&stage, None).await;
    world.delete(&stage, Some(&outputs)).await;
    assert_eq!(world.inventory(), before);
    world.delete(&stage, None).await;
    let gateway = &world.cx().clients.apigateway;
    gateway.delete_rest_api().rest_api_id(&stage.rest_api_id).send().await.unwrap();
    world.delete(&stage, Some(&outputs)).await;
    world.expect_missing(&stage, Some(&outputs)).await;
}
