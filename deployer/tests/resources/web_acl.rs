//! The web ACL: as declared and nothing weaker, and never somebody else's.

use cogapi::aws::signed::Answer;
use cogapi::resources::{STACK_TAG, WebAcl};
use cogapi_engine::{Found, Resource as _};
use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::drift::{Drift, every_field_is_put_right};
use crate::support::{STACK, World, tags, tags_and};

pub(crate) type Outputs = <WebAcl as cogapi_engine::Resource>::Outputs;

const UPDATE: &[&str] = &["UpdateWebACL"];

pub(crate) fn acl() -> WebAcl {
    WebAcl { name: STACK.into(), rate_limit: Some(300), deviations: [].into(), tags: tags() }
}

async fn deployed() -> (World, WebAcl, Outputs) {
    let world = World::empty();
    let outputs = world.deploy(&acl(), None).await;
    (world, acl(), outputs)
}

pub(crate) async fn call(world: &World, operation: &'static str, input: Value) -> Value {
    let answer: Answer<Value> = world.cx().clients.wafv2.call(operation, &input).await;
    answer.unwrap()
}

fn fault(world: &World, kind: &str, operation: &str) {
    world.fault(&json!([{"kind": kind, "service": "wafv2", "operation": operation, "times": 1}]));
}

/// The web ACL of our name, and its lock token.
async fn got(world: &World) -> (Value, Value) {
    let list = call(world, "ListWebACLs", json!({"Scope": "REGIONAL"})).await;
    let id = &list["WebACLs"][0]["Id"];
    let mut got = call(world, "GetWebACL", json!({"Name": STACK, "Scope": "REGIONAL", "Id": id})).await;
    (got["WebACL"].take(), got["LockToken"].take())
}

/// Changes it behind our back.
fn change<'a>(world: &'a World, change: impl FnOnce(&mut Value) + Send + 'a) -> BoxFuture<'a, ()> {
    Box::pin(async move {
        let (mut acl, token) = got(world).await;
        change(&mut acl);
        acl["Scope"] = json!("REGIONAL");
        acl["LockToken"] = token;
        for shown in ["ARN", "Capacity", "LabelNamespace"] {
            acl.as_object_mut().unwrap().remove(shown);
        }
        call(world, "UpdateWebACL", acl).await;
    })
}

async fn arn(world: &World) -> Value {
    got(world).await.0["ARN"].take()
}

/// Another under our name, made by somebody who tags nothing.
async fn theirs(world: &World) {
    let visibility =
        json!({"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": "theirs"});
    let create = json!({
        "Name": STACK, "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "Rules": [],
        "VisibilityConfig": visibility,
    });
    call(world, "CreateWebACL", create).await;
}

#[tokio::test]
async fn a_missing_web_acl_is_made_and_then_left_alone() {
    let world = World::empty();
    world.expect_missing(&acl(), None).await;
    world.deploy_with(&acl(), None, &["CreateWebACL"]).await;
    // A run that knows nothing of it finds the same.
    let outputs = world.expect(&acl(), None).await;
    assert!(outputs.arn.ends_with(&format!(":regional/webacl/{STACK}/{}", outputs.id)), "{outputs:?}");
    world.deploy_with(&acl(), Some(&outputs), &[]).await;
    world.deploy_with(&acl(), None, &[]).await;
}

#[tokio::test]
async fn drift_in_every_field_is_seen_and_put_right() {
    let cases = [
        Drift::<WebAcl> {
            field: "rate_limit",
            change: |world, _| {
                change(world, |acl| {
                    acl["Rules"][0]["Statement"]["RateBasedStatement"]["Limit"] = json!(2_000_000);
                })
            },
            mended_by: UPDATE,
        },
        Drift {
            field: "rate_limit",
            change: |world, _| {
                change(world, |acl| {
                    acl["Rules"].as_array_mut().unwrap().remove(0);
                })
            },
            mended_by: UPDATE,
        },
        // Both rules only count.
        Drift {
            field: "deviations",
            change: |world, _| {
                change(world, |acl| {
                    acl["Rules"][0]["Action"] = json!({"Count": {}});
                    acl["Rules"][1]["OverrideAction"] = json!({"Count": {}});
                })
            },
            mended_by: UPDATE,
        },
        // Samples of requests hold tokens.
        Drift {
            field: "deviations",
            change: |world, _| {
                change(world, |acl| acl["VisibilityConfig"]["SampledRequestsEnabled"] = json!(true))
            },
            mended_by: UPDATE,
        },
        Drift {
            field: "tags",
            change: |world, _| {
                Box::pin(async {
                    let tags = json!([{"Key": "who", "Value": "me"}, {"Key": STACK_TAG, "Value": "another"}]);
                    let tag = json!({"ResourceARN": arn(world).await, "Tags": tags});
                    call(world, "TagResource", tag).await;
                })
            },
            mended_by: &["TagResource", "UntagResource"],
        },
    ];
    every_field_is_put_right(&cases, deployed).await;
}

#[tokio::test]
async fn another_limit_and_a_new_tag_take_one_call_each() {
    let (world, acl, outputs) = deployed().await;
    let limited = WebAcl { rate_limit: Some(10), ..acl };
    world.deploy_with(&limited, Some(&outputs), UPDATE).await;
    let tagged = WebAcl { tags: tags_and("team", "identity"), ..limited };
    world.deploy_with(&tagged, Some(&outputs), &["TagResource"]).await;
}

#[tokio::test]
async fn one_that_was_deleted_behind_our_back_is_made_anew() {
    let (world, acl, outputs) = deployed().await;
    let (found, token) = got(&world).await;
    let delete = json!({"Name": STACK, "Scope": "REGIONAL", "Id": found["Id"], "LockToken": token});
    call(&world, "DeleteWebACL", delete).await;
    world.expect_missing(&acl, Some(&outputs)).await;
    world.deploy_with(&acl, Some(&outputs), &["CreateWebACL"]).await;
}

#[tokio::test]
async fn one_of_the_same_name_that_is_not_ours_is_not_taken_for_ours_but_can_be_adopted() {
    let world = World::empty();
    theirs(&world).await;
    assert!(matches!(world.read(&acl(), None).await, Found::Unowned { .. }));
    world.deploy_with(&acl(), None, &["TagResource", "UpdateWebACL"]).await;
    world.expect(&acl(), None).await;
}

#[tokio::test]
async fn one_that_somebody_made_since_we_looked_is_left_as_it_is() {
    let world = World::empty();
    theirs(&world).await;
    let (result, writes) = world.writes(Box::pin(acl().reconcile(&world.cx(), Found::Missing))).await;
    assert!(result.unwrap_err().detail.starts_with("WAFDuplicateItemException"));
    assert_eq!(writes, ["CreateWebACL"]);
    // Nor does the end of a run that never made one take it away.
    world.delete(&acl(), None).await;
    assert!(matches!(world.read(&acl(), None).await, Found::Unowned { .. }));
}

#[tokio::test]
async fn a_lost_answer_and_a_call_that_never_arrived_are_no_failures() {
    for kind in ["hangup_after", "hangup_before", "throttle", "error500"] {
        let world = World::empty();
        fault(&world, kind, "CreateWebACL");
        let outputs = world.deploy(&acl(), None).await;
        // Where the answer is lost, the second call comes with a lock token that is used up.
        fault(&world, kind, "UpdateWebACL");
        let limited = WebAcl { rate_limit: Some(10), ..acl() };
        world.deploy(&limited, Some(&outputs)).await;
        world.expect(&limited, Some(&outputs)).await;
        fault(&world, kind, "DeleteWebACL");
        world.delete(&limited, Some(&outputs)).await;
        world.expect_missing(&acl(), None).await;
    }
}

#[tokio::test]
async fn a_deleted_web_acl_is_gone_and_may_be_deleted_again() {
    let world = World::empty();
    let before = world.inventory();
    let outputs = world.deploy(&acl(), None).await;
    world.delete(&acl(), Some(&outputs)).await;
    assert_eq!(world.inventory(), before);
    world.delete(&acl(), Some(&outputs)).await;
    world.delete(&acl(), None).await;
    // One that a cut-off run made without learning its id.
    world.deploy(&acl(), None).await;
    world.delete(&acl(), None).await;
    assert_eq!(world.inventory(), before);
}
