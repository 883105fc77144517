//! A stage behind its web ACL.

use cogapi::resources::{Stage, WebAcl, WebAclAssociation};
use cogapi_engine::Resource as _;
use serde_json::json;

use crate::drift::{Drift, every_field_is_put_right};
use crate::stage::with_deployment;
use crate::support::World;
use crate::web_acl::{acl, call};

type Outputs = <WebAclAssociation as cogapi_engine::Resource>::Outputs;

const ASSOCIATE: &[&str] = &["AssociateWebACL"];

/// A world with a stage and a web ACL that WAF knows everywhere, and their association, not made yet.
async fn with_stage() -> (World, Stage, WebAclAssociation) {
    let (world, stage) = with_deployment().await;
    world.settings(&json!({"waf_propagation_seconds": 0}));
    world.deploy(&stage, None).await;
    let acl = world.deploy(&acl(), None).await;
    let (api, name) = (&stage.rest_api_id, &stage.name);
    let resource_arn = format!("arn:aws:apigateway:eu-west-1::/restapis/{api}/stages/{name}");
    let association = WebAclAssociation { resource_arn, web_acl_arn: acl.arn };
    (world, stage, association)
}

async fn deployed() -> (World, WebAclAssociation, Outputs) {
    let (world, _, association) = with_stage().await;
    let outputs = world.deploy(&association, None).await;
    (world, association, outputs)
}

#[tokio::test]
async fn a_stage_is_put_behind_its_web_acl_and_then_left_there() {
    let (world, _, association) = with_stage().await;
    world.expect_missing(&association, None).await;
    world.deploy_with(&association, None, ASSOCIATE).await;
    let outputs = world.expect(&association, None).await;
    world.deploy_with(&association, Some(&outputs), &[]).await;
}

#[tokio::test]
async fn a_web_acl_that_is_not_known_everywhere_yet_is_waited_for() {
    let (world, _, association) = with_stage().await;
    world.settings(&json!({"waf_propagation_seconds": 1}));
    let name = "second".to_owned();
    let second = world.deploy(&WebAcl { name, ..acl() }, None).await;
    let association = WebAclAssociation { web_acl_arn: second.arn, ..association };
    world.deploy(&association, None).await;
    world.expect(&association, None).await;
}

#[tokio::test]
async fn a_stage_behind_another_web_acl_comes_back_behind_ours() {
    let cases = [Drift::<WebAclAssociation> {
        field: "web_acl_arn",
        change: |world, association| {
            Box::pin(async {
                let theirs = world.deploy(&WebAcl { name: "theirs".into(), ..acl() }, None).await;
                let associate = json!({"ResourceArn": association.resource_arn, "WebACLArn": theirs.arn});
                call(world, "AssociateWebACL", associate).await;
            })
        },
        mended_by: ASSOCIATE,
    }];
    every_field_is_put_right(&cases, deployed).await;
}

#[tokio::test]
async fn a_stage_that_somebody_took_from_behind_it_is_put_back() {
    let (world, association, outputs) = deployed().await;
    call(&world, "DisassociateWebACL", json!({"ResourceArn": association.resource_arn})).await;
    world.expect_missing(&association, Some(&outputs)).await;
    world.deploy_with(&association, Some(&outputs), ASSOCIATE).await;
}

#[tokio::test]
async fn a_lost_answer_and_a_call_that_never_arrived_are_no_failures() {
    for kind in ["hangup_after", "hangup_before", "throttle", "error500"] {
        let (world, _, association) = with_stage().await;
        let fault = |operation: &str| {
            world.fault(&json!([{"kind": kind, "service": "wafv2", "operation": operation, "times": 1}]));
        };
        fault("AssociateWebACL");
        let outputs = world.deploy(&association, None).await;
        world.expect(&association, Some(&outputs)).await;
        fault("DisassociateWebACL");
        world.delete(&association, Some(&outputs)).await;
        world.expect_missing(&association, None).await;
    }
}

#[tokio::test]
async fn a_web_acl_goes_only_after_its_stage_is_not_behind_it_any_more() {
    let (world, _, association) = with_stage().await;
    let (acl, found) = (acl(), world.read(&acl(), None).await);
    let outputs = found.existing().unwrap().1.clone();
    world.deploy(&association, None).await;
    // What the lag of WAF looks like: for a while it still counts as protecting.
    let later = async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        world.delete(&association, None).await;
    };
    tokio::join!(world.delete(&acl, Some(&outputs)), later);
    world.expect_missing(&acl, None).await;
}

#[tokio::test]
async fn a_deleted_association_is_gone_and_may_be_deleted_again_with_its_stage() {
    let (world, stage, association) = with_stage().await;
    let before = world.inventory();
    let outputs = world.deploy(&association, None).await;
    world.delete(&association, Some(&outputs)).await;
    assert_eq!(world.inventory(), before);
    world.delete(&association, None).await;
    stage.delete(&world.cx(), None).await.unwrap();
    world.expect_missing(&association, Some(&outputs)).await;
    world.delete(&association, Some(&outputs)).await;
}
