//! The stage: what it serves, and how many requests it takes.

use std::collections::BTreeMap;

use aws_sdk_apigateway::types::{Op, PatchOperation};
use cogapi::resources::{AccessLogs, Deployment, RestApi, Stage, Throttle};
use serde_json::json;

use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake};
use crate::rest_api::api;
use crate::support::{World, retag, tags};

/// Makes an API and deploys it; a stage for that, not made yet.
async fn of(world: &World, api: &RestApi, name: &str) -> Stage {
    let rest_api_id = world.deploy(api, None).await.id;
    let deployment = world.deploy(&Deployment::of(api, &rest_api_id), None).await;
    Stage {
        rest_api_id,
        name: name.to_owned(),
        deployment_id: deployment.id,
        throttle: Some(Throttle { rate: 50.0, burst: 100 }),
        method_throttles: BTreeMap::from([("POST /v1/login".into(), Throttle { rate: 0.5, burst: 2 })]),
        access_logs: None,
        deviations: BTreeMap::new(),
        tags: tags(),
    }
}

/// The same with the stage; the API's id.
pub(crate) async fn staged(world: &World, api: &RestApi, name: &str) -> String {
    let stage = of(world, api, name).await;
    world.deploy(&stage, None).await;
    stage.rest_api_id
}

async fn patch(world: &World, stage: &Stage, path: &str, value: &str) {
    let operation = PatchOperation::builder().op(Op::Replace).path(path).value(value).build();
    let update = world.cx().clients.apigateway.update_stage();
    let update = update.rest_api_id(&stage.rest_api_id).stage_name(&stage.name);
    update.patch_operations(operation).send().await.unwrap();
}

const UPDATE: Names = &["UpdateStage"];

impl Case for Stage {
    const MADE_BY: Names = &["CreateStage", "UpdateStage"];
    const NAMESAKE: Namesake = Namesake::Ours("it is one of an API of ours");

    async fn prepare() -> (World, Self) {
        let world = World::empty();
        let stage = of(&world, &api(), "development").await;
        (world, stage)
    }

    fn drifts() -> Vec<Drift<Self>> {
        vec![
            Self::drift(&["deployment_id"], UPDATE, async |world, stage, _| {
                let mut other = api();
                other.routes.remove("GET /v1/userinfo");
                let other = world.deploy(&Deployment::of(&other, &stage.rest_api_id), None).await;
                patch(world, stage, "/deploymentId", &other.id).await;
            }),
            Self::drift(&["throttle"], UPDATE, async |world, stage, _| {
                patch(world, stage, "/*/*/throttling/rateLimit", "1000").await;
            }),
            Self::drift(&["method_throttles"], UPDATE, async |world, stage, _| {
                patch(world, stage, "/~1v1~1login/POST/throttling/burstLimit", "1000").await;
            }),
            Self::edit(&["method_throttles"], UPDATE, |stage| stage.method_throttles.clear()),
            Self::edit(&["method_throttles"], UPDATE, |stage| {
                let limit = Throttle { rate: 5.5, burst: 7 };
                stage.method_throttles.insert("GET /v1/userinfo".to_owned(), limit);
            }),
            Self::drift(&["access_logs"], UPDATE, async |world, stage, _| {
                allow_logging(world).await;
                world.deploy(&logging(world, stage), None).await;
            }),
            deviation("/*/*/logging/dataTrace", "true"),
            deviation("/~1v1~1login/POST/logging/loglevel", "INFO"),
            deviation("/tracingEnabled", "true"),
            deviation("/variables/debug", "1"),
            // With the settings of a method come its limits.
            Self::drift(&["deviations", "method_throttles"], UPDATE, async |world, stage, _| {
                patch(world, stage, "/~1v1~1userinfo/GET/metrics/enabled", "true").await;
            }),
            Self::edit(&["tags"], &["TagResource", "UntagResource"], |stage| retag(&mut stage.tags)),
        ]
    }

    async fn uprooted(&self, world: &World) {
        world.delete(&api(), None).await;
    }
}

/// A setting that is left at its default, changed.
fn deviation(path: &'static str, value: &'static str) -> Drift<Stage> {
    Stage::drift(&["deviations"], UPDATE, async move |world, stage, _| {
        allow_logging(world).await;
        patch(world, stage, path, value).await;
    })
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

/// Access logs in a group that need not be there: API Gateway does not look.
fn logging(world: &World, stage: &Stage) -> Stage {
    let log_group_arn = format!("arn:aws:logs:eu-west-1:{}:log-group:/access", world.cx().account);
    let format = r#"{"request_id":"$context.requestId"}"#.to_owned();
    Stage { access_logs: Some(AccessLogs { log_group_arn, format }), ..stage.clone() }
}

#[tokio::test]
async fn clients_reach_a_stage_at_its_apis_own_address() {
    let (_, stage, outputs) = Stage::deployed().await;
    let host = format!("{}.execute-api.eu-west-1.amazonaws.com", stage.rest_api_id);
    assert_eq!(outputs.invoke_url, format!("https://{host}/development"));
}

#[tokio::test]
async fn access_logs_are_switched_on_and_changed_and_off() {
    let (world, stage) = Stage::prepare().await;
    allow_logging(&world).await;
    let logging = logging(&world, &stage);
    world.deploy_with(&logging, None, &["CreateStage", "UpdateStage"]).await;
    let outputs = world.expect(&logging, None).await;
    world.deploy_with(&logging, Some(&outputs), &[]).await;
    patch(&world, &stage, "/accessLogSettings/format", "$context.requestId $context.path").await;
    assert_ne!(world.read(&logging, Some(&outputs)).await.existing().unwrap().0, &logging);
    world.deploy_with(&logging, Some(&outputs), UPDATE).await;
    world.deploy_with(&stage, Some(&outputs), UPDATE).await;
    world.deploy_with(&logging, Some(&outputs), UPDATE).await;
}

#[tokio::test]
async fn a_log_role_that_is_not_known_everywhere_yet_is_waited_for() {
    let (world, stage, outputs) = Stage::deployed().await;
    let logging = logging(&world, &stage);
    tokio::join!(world.deploy(&logging, Some(&outputs)), allow_logging(&world));
    world.expect(&logging, Some(&outputs)).await;
}

#[tokio::test]
async fn what_was_cut_off_before_the_limits_were_set_is_finished() {
    let (world, stage) = Stage::prepare().await;
    let create = world.cx().clients.apigateway.create_stage().rest_api_id(&stage.rest_api_id);
    let create = create.stage_name(&stage.name).deployment_id(&stage.deployment_id);
    create.set_tags(Some(tags().into_iter().collect())).send().await.unwrap();
    world.deploy_with(&stage, None, UPDATE).await;
}
