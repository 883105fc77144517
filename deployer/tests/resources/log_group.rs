//! The log group: kept for as long as was declared, and never somebody else's.

use cogapi::resources::{LogGroup, STACK_TAG};
use cogapi_engine::{Found, Resource as _};
use serde_json::json;

use crate::drift::{Drift, every_field_is_put_right};
use crate::support::{STACK, World, tags, tags_and};

type Outputs = <LogGroup as cogapi_engine::Resource>::Outputs;

fn group() -> LogGroup {
    LogGroup { name: format!("/cogapi/{STACK}"), retention_days: Some(30), tags: tags() }
}

async fn deployed() -> (World, LogGroup, Outputs) {
    let world = World::empty();
    let outputs = world.deploy(&group(), None).await;
    (world, group(), outputs)
}

fn fault(world: &World, kind: &str, operation: &str) {
    world.fault(&json!([{"kind": kind, "service": "logs", "operation": operation, "times": 1}]));
}

/// Another log group under our name, made by somebody who tags nothing.
async fn theirs(world: &World) {
    world.cx().clients.logs.create_log_group().log_group_name(group().name).send().await.unwrap();
}

#[tokio::test]
async fn a_missing_group_is_made_and_then_left_alone() {
    let world = World::empty();
    world.expect_missing(&group(), None).await;
    world.deploy_with(&group(), None, &["CreateLogGroup", "PutRetentionPolicy"]).await;
    // A run that knows nothing of it finds the same.
    let outputs = world.expect(&group(), None).await;
    let arn = format!("arn:aws:logs:eu-west-1:{}:log-group:/cogapi/{STACK}", world.cx().account);
    assert_eq!(outputs, Outputs { name: group().name, arn });
    world.deploy_with(&group(), Some(&outputs), &[]).await;
    world.deploy_with(&group(), None, &[]).await;
}

#[tokio::test]
async fn drift_in_every_field_is_seen_and_put_right() {
    let cases = [
        Drift::<LogGroup> {
            field: "retention_days",
            change: |world, group| {
                Box::pin(async {
                    let put = world.cx().clients.logs.put_retention_policy().log_group_name(&group.name);
                    put.retention_in_days(3653).send().await.unwrap();
                })
            },
            mended_by: &["PutRetentionPolicy"],
        },
        // Kept for ever.
        Drift {
            field: "retention_days",
            change: |world, group| {
                Box::pin(async {
                    let delete = world.cx().clients.logs.delete_retention_policy();
                    delete.log_group_name(&group.name).send().await.unwrap();
                })
            },
            mended_by: &["PutRetentionPolicy"],
        },
        Drift {
            field: "tags",
            change: |world, group| {
                Box::pin(async {
                    let tag = world.cx().clients.logs.tag_resource().resource_arn(arn(world, group));
                    tag.tags("who", "me").tags(STACK_TAG, "another").send().await.unwrap();
                })
            },
            mended_by: &["TagResource", "UntagResource"],
        },
        Drift {
            field: "tags",
            change: |world, group| {
                Box::pin(async {
                    let untag = world.cx().clients.logs.untag_resource().resource_arn(arn(world, group));
                    untag.tag_keys(STACK_TAG).send().await.unwrap();
                })
            },
            mended_by: &["TagResource"],
        },
    ];
    every_field_is_put_right(&cases, deployed).await;
}

fn arn(world: &World, group: &LogGroup) -> String {
    format!("arn:aws:logs:eu-west-1:{}:log-group:{}", world.cx().account, group.name)
}

#[tokio::test]
async fn a_retention_that_is_no_longer_declared_is_taken_off() {
    let (world, group, outputs) = deployed().await;
    let forever = LogGroup { retention_days: None, ..group };
    world.deploy_with(&forever, Some(&outputs), &["DeleteRetentionPolicy"]).await;
    world.deploy_with(&forever, Some(&outputs), &[]).await;
}

#[tokio::test]
async fn a_group_whose_name_only_begins_like_ours_is_another() {
    let world = World::empty();
    let longer = LogGroup { name: format!("{}-2", group().name), ..group() };
    world.deploy(&longer, None).await;
    world.expect_missing(&group(), None).await;
    world.deploy(&group(), None).await;
    world.expect(&group(), None).await;
    world.expect(&longer, None).await;
}

#[tokio::test]
async fn a_group_that_was_deleted_behind_our_back_is_made_anew() {
    let (world, group, outputs) = deployed().await;
    world.cx().clients.logs.delete_log_group().log_group_name(&group.name).send().await.unwrap();
    world.expect_missing(&group, Some(&outputs)).await;
    world.deploy_with(&group, Some(&outputs), &["CreateLogGroup", "PutRetentionPolicy"]).await;
}

#[tokio::test]
async fn a_group_of_the_same_name_that_is_not_ours_is_not_taken_for_ours() {
    let world = World::empty();
    theirs(&world).await;
    assert!(matches!(world.read(&group(), None).await, Found::Unowned { .. }));
}

#[tokio::test]
async fn an_adopted_group_becomes_as_it_was_declared() {
    let world = World::empty();
    theirs(&world).await;
    world.deploy_with(&group(), None, &["PutRetentionPolicy", "TagResource"]).await;
    world.expect(&group(), None).await;
}

#[tokio::test]
async fn a_group_that_somebody_made_since_we_looked_is_left_as_it_is() {
    let world = World::empty();
    theirs(&world).await;
    let (result, writes) = world.writes(group().reconcile(&world.cx(), Found::Missing)).await;
    assert!(result.unwrap_err().detail.starts_with("ResourceAlreadyExistsException"));
    assert_eq!(writes, ["CreateLogGroup"]);
    let Found::Unowned { inputs, .. } = world.read(&group(), None).await else { panic!("taken over") };
    assert_eq!((inputs.retention_days, inputs.tags.len()), (None, 0));
}

#[tokio::test]
async fn a_lost_answer_is_no_failure() {
    for operation in ["CreateLogGroup", "PutRetentionPolicy"] {
        let world = World::empty();
        fault(&world, "hangup_after", operation);
        world.deploy(&group(), None).await;
        world.expect(&group(), None).await;
    }
}

#[tokio::test]
async fn a_call_that_never_arrived_is_made_again() {
    for kind in ["hangup_before", "throttle", "error500"] {
        let world = World::empty();
        fault(&world, kind, "CreateLogGroup");
        world.deploy(&group(), None).await;
        world.expect(&group(), None).await;
    }
}

#[tokio::test]
async fn what_was_cut_off_before_the_retention_was_set_is_finished() {
    let world = World::empty();
    let create = world.cx().clients.logs.create_log_group().log_group_name(group().name);
    create.set_tags(Some(tags().into_iter().collect())).send().await.unwrap();
    world.deploy_with(&group(), None, &["PutRetentionPolicy"]).await;
}

#[tokio::test]
async fn a_new_tag_of_the_configuration_is_set_alone() {
    let (world, group, outputs) = deployed().await;
    let tagged = LogGroup { tags: tags_and("team", "identity"), ..group };
    world.deploy_with(&tagged, Some(&outputs), &["TagResource"]).await;
}

#[tokio::test]
async fn a_deleted_group_is_gone_and_may_be_deleted_again() {
    let world = World::empty();
    let before = world.inventory();
    let outputs = world.deploy(&group(), None).await;
    fault(&world, "hangup_after", "DeleteLogGroup");
    world.delete(&group(), Some(&outputs)).await;
    assert_eq!(world.inventory(), before);
    world.delete(&group(), Some(&outputs)).await;
    world.delete(&group(), None).await;
    world.expect_missing(&group(), Some(&outputs)).await;
}
