//! The account's log role: set where none is, and left alone by everyone from then on.

use aws_sdk_apigateway::types::{Op, PatchOperation};
use cogapi::resources::GatewayLogRole;
use serde_json::json;

use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake, Reasons};
use crate::stage::allow_logging;
use crate::support::World;

fn role() -> GatewayLogRole {
    GatewayLogRole { role_name: "cogapi-api-gateway-logs".into() }
}

impl Case for GatewayLogRole {
    const MADE_BY: Names = &["UpdateAccount", "AttachRolePolicy", "CreateRole"];
    const NAMESAKE: Namesake = Namesake::Ours("whichever role the account has set, it serves");
    const FIXED: Reasons =
        &[("role_name", "it names what is made where there is none, and is never compared")];

    async fn prepare() -> (World, Self) {
        let world = World::empty();
        // It is refused until the new role is known, so that more than one attempt might be made.
        world.settings(&json!({"role_propagation_seconds": 0}));
        (world, role())
    }

    fn drifts() -> Vec<Drift<Self>> {
        Vec::new()
    }

    async fn deleted(&self, world: &World, _: &Self::Outputs) {
        let unset = PatchOperation::builder().op(Op::Replace).path("/cloudwatchRoleArn").value("").build();
        let update = world.cx().clients.apigateway.update_account().patch_operations(unset);
        update.send().await.unwrap();
    }
}

#[tokio::test]
async fn a_new_role_is_waited_for() {
    let world = World::empty();
    let outputs = world.deploy(&role(), None).await;
    let account = &world.cx().account;
    assert_eq!(outputs.role_arn, format!("arn:aws:iam::{account}:role/cogapi-api-gateway-logs"));
}

#[tokio::test]
async fn a_log_role_that_is_set_serves_whatever_it_is_called() {
    let world = World::empty();
    allow_logging(&world).await;
    world.deploy_with(&role(), None, &[]).await;
    let outputs = world.expect(&role(), None).await;
    assert!(outputs.role_arn.ends_with(":role/gateway-logs"), "{outputs:?}");
}

#[tokio::test]
async fn one_that_somebody_set_since_we_looked_is_not_replaced() {
    let world = World::empty();
    let found = world.read(&role(), None).await;
    allow_logging(&world).await;
    let (outputs, writes) = world.writes(world.reconcile(&role(), found)).await;
    assert!(outputs.unwrap().role_arn.ends_with(":role/gateway-logs"));
    assert!(writes.is_empty(), "{writes:?}");
}

#[tokio::test]
async fn what_was_cut_off_before_the_role_was_set_is_finished() {
    let world = World::empty();
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"
    }]});
    let create = world.cx().clients.iam.create_role().role_name(role().role_name);
    create.assume_role_policy_document(trust.to_string()).send().await.unwrap();
    world.deploy(&role(), None).await;
    world.expect(&role(), None).await;
}
