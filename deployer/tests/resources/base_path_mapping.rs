//! The mapping: all paths of the domain name lead to our stage.

use aws_sdk_apigateway::types::{Op, PatchOperation};
use cogapi::resources::{BasePathMapping, Deployment, DomainName, Stage};
use cogapi_engine::{Found, Resource as _};
use serde_json::json;

use crate::domains::with_domain;
use crate::drift::{Drift, every_field_is_put_right};
use crate::rest_api::api;
use crate::support::{World, tags};

type Outputs = <BasePathMapping as cogapi_engine::Resource>::Outputs;

/// A world with a domain name and a deployed API in it, and the mapping, not made yet.
async fn with_api() -> (World, DomainName, BasePathMapping) {
    let (world, _, domain) = with_domain().await;
    world.deploy(&domain, None).await;
    let rest_api_id = world.deploy(&api(), None).await.id;
    stage(&world, &rest_api_id, "development").await;
    let mapping =
        BasePathMapping { domain_name: domain.name.clone(), rest_api_id, stage: "development".into() };
    (world, domain, mapping)
}

async fn stage(world: &World, rest_api_id: &str, name: &str) {
    let deployment = world.deploy(&Deployment::of(&api(), rest_api_id), None).await;
    let stage = Stage {
        rest_api_id: rest_api_id.to_owned(),
        name: name.to_owned(),
        deployment_id: deployment.id,
        throttle: None,
        method_throttles: [].into(),
        access_logs: None,
        deviations: [].into(),
        tags: tags(),
    };
    world.deploy(&stage, None).await;
}

async fn deployed() -> (World, BasePathMapping, Outputs) {
    let (world, _, mapping) = with_api().await;
    let outputs = world.deploy(&mapping, None).await;
    (world, mapping, outputs)
}

fn fault(world: &World, kind: &str, operation: &str) {
    world.fault(&json!([{"kind": kind, "service": "apigateway", "operation": operation, "times": 1}]));
}

async fn patch(world: &World, mapping: &BasePathMapping, path: &str, value: &str) {
    let operation = PatchOperation::builder().op(Op::Replace).path(path).value(value).build();
    let update = world.cx().clients.apigateway.update_base_path_mapping().base_path("(none)");
    update.domain_name(&mapping.domain_name).patch_operations(operation).send().await.unwrap();
}

#[tokio::test]
async fn a_missing_mapping_is_made_and_then_left_alone() {
    let (world, _, mapping) = with_api().await;
    world.expect_missing(&mapping, None).await;
    world.deploy_with(&mapping, None, &["CreateBasePathMapping"]).await;
    let outputs = world.expect(&mapping, None).await;
    assert_eq!(outputs.url, format!("https://{}", mapping.domain_name));
    world.deploy_with(&mapping, Some(&outputs), &[]).await;
    world.deploy_with(&mapping, None, &[]).await;
}

#[tokio::test]
async fn drift_in_every_field_is_seen_and_put_right() {
    let cases = [
        Drift::<BasePathMapping> {
            field: "stage",
            change: |world, mapping| {
                Box::pin(async {
                    stage(world, &mapping.rest_api_id, "theirs").await;
                    patch(world, mapping, "/stage", "theirs").await;
                })
            },
            mended_by: &["UpdateBasePathMapping"],
        },
        Drift {
            field: "rest_api_id",
            change: |world, mapping| {
                Box::pin(async {
                    let create = world.cx().clients.apigateway.create_rest_api().name("theirs");
                    let theirs = create.send().await.unwrap().id.unwrap();
                    let create = world.cx().clients.apigateway.create_resource().rest_api_id(&theirs);
                    let root = world.cx().clients.apigateway.get_resources().rest_api_id(&theirs);
                    let root = root.send().await.unwrap().items.unwrap().remove(0).id.unwrap();
                    let resource = create.parent_id(root).path_part("a").send().await.unwrap().id.unwrap();
                    let method = world.cx().clients.apigateway.put_method().rest_api_id(&theirs);
                    let method = method.resource_id(&resource).http_method("GET").authorization_type("NONE");
                    method.send().await.unwrap();
                    let mock = world.cx().clients.apigateway.put_integration().rest_api_id(&theirs);
                    let mock = mock.resource_id(&resource).http_method("GET");
                    mock.r#type(aws_sdk_apigateway::types::IntegrationType::Mock).send().await.unwrap();
                    let deploy = world.cx().clients.apigateway.create_deployment().rest_api_id(&theirs);
                    deploy.stage_name(&mapping.stage).send().await.unwrap();
                    patch(world, mapping, "/restapiId", &theirs).await;
                })
            },
            mended_by: &["UpdateBasePathMapping"],
        },
    ];
    every_field_is_put_right(&cases, deployed).await;
}

#[tokio::test]
async fn a_mapping_that_was_deleted_behind_our_back_is_made_anew() {
    let (world, mapping, outputs) = deployed().await;
    let delete = world.cx().clients.apigateway.delete_base_path_mapping().base_path("(none)");
    delete.domain_name(&mapping.domain_name).send().await.unwrap();
    world.expect_missing(&mapping, Some(&outputs)).await;
    world.deploy_with(&mapping, Some(&outputs), &["CreateBasePathMapping"]).await;
}

#[tokio::test]
async fn the_base_path_of_somebody_else_is_left_and_named() {
    let (world, _, mapping) = with_api().await;
    let create = world.cx().clients.apigateway.create_base_path_mapping().base_path("v1");
    let create = create.domain_name(&mapping.domain_name).rest_api_id(&mapping.rest_api_id);
    create.stage(&mapping.stage).send().await.unwrap();
    let failure = Box::pin(mapping.reconcile(&world.cx(), Found::Missing)).await.unwrap_err();
    assert!(failure.hint.as_ref().unwrap().contains("another base path"), "{failure}");
}

#[tokio::test]
async fn a_lost_answer_is_no_failure() {
    for operation in ["CreateBasePathMapping", "UpdateBasePathMapping"] {
        let (world, _, mapping) = with_api().await;
        stage(&world, &mapping.rest_api_id, "other").await;
        fault(&world, "hangup_after", operation);
        let outputs = world.deploy(&mapping, None).await;
        let moved = BasePathMapping { stage: "other".into(), ..mapping };
        world.deploy(&moved, Some(&outputs)).await;
        world.expect(&moved, Some(&outputs)).await;
    }
}

#[tokio::test]
async fn a_call_that_never_arrived_is_made_again() {
    for kind in ["hangup_before", "throttle", "error500"] {
        let (world, _, mapping) = with_api().await;
        fault(&world, kind, "CreateBasePathMapping");
        world.deploy(&mapping, None).await;
        world.expect(&mapping, None).await;
    }
}

#[tokio::test]
async fn a_deleted_mapping_is_gone_and_may_be_deleted_again() {
    let (world, domain, mapping) = with_api().await;
    let before = world.inventory();
    let outputs = world.deploy(&mapping, None).await;
    fault(&world, "hangup_after", "DeleteBasePathMapping");
    world.delete(&mapping, Some(&outputs)).await;
    assert_eq!(world.inventory()["domain_names"], before["domain_names"]);
    world.delete(&mapping, Some(&outputs)).await;
    world.delete(&domain, None).await;
    // Its domain name is gone, too.
    world.delete(&mapping, None).await;
    world.expect_missing(&mapping, Some(&outputs)).await;
}
