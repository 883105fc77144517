//! The account's log role: set where none is, and left alone by everyone from then on.

use cogapi::resources::GatewayLogRole;
use cogapi_engine::Resource as _;
use serde_json::json;

use crate::stage::allow_logging;
use crate::support::World;

const WRITES: &[&str] = &["UpdateAccount", "AttachRolePolicy", "CreateRole"];

fn role() -> GatewayLogRole {
    GatewayLogRole { role_name: "cogapi-api-gateway-logs".into() }
}

#[tokio::test]
async fn an_account_without_a_log_role_gets_one_and_keeps_it() {
    let world = World::empty();
    world.expect_missing(&role(), None).await;
    // It is refused until the new role is known, so that more than one attempt may be made.
    let (outputs, mut writes) = world.writes(world.deploy(&role(), None)).await;
    writes.dedup();
    assert_eq!(writes, WRITES);
    let account = &world.cx().account;
    assert_eq!(outputs.role_arn, format!("arn:aws:iam::{account}:role/cogapi-api-gateway-logs"));
    world.deploy_with(&role(), None, &[]).await;
    let set = world.inventory();
    let ((), writes) = world.writes(world.delete(&role(), Some(&outputs))).await;
    assert_eq!((world.inventory(), writes.len()), (set, 0));
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
    let (outputs, writes) = world.writes(Box::pin(role().reconcile(&world.cx(), found))).await;
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

#[tokio::test]
async fn a_lost_answer_is_no_failure() {
    for (service, operation) in [("iam", "CreateRole"), ("apigateway", "UpdateAccount")] {
        let world = World::empty();
        world.fault(
            &json!([{"kind": "hangup_after", "service": service, "operation": operation, "times": 1}]),
        );
        world.deploy(&role(), None).await;
        world.expect(&role(), None).await;
    }
}
