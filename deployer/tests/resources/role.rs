//! The role: who may assume it and what it allows, just as declared, and nothing that others put on it.

use std::collections::BTreeMap;

use cogapi::resources::{Role, STACK_TAG};
use cogapi_engine::{Found, Resource as _};
use serde_json::json;

use crate::cognito::owned;
use crate::drift::{Drift, every_field_is_put_right};
use crate::scripted::refusing;
use crate::support::{STACK, World, tags, tags_and};

type Outputs = <Role as cogapi_engine::Resource>::Outputs;

/// A role that functions can run as.
pub(crate) fn role() -> Role {
    Role {
        name: format!("{STACK}-calls-AdminCreateUser"),
        description: "Functions that call AdminCreateUser on the user pool.".to_owned(),
        trust: json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ]}),
        policy: json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "UserPool", "Effect": "Allow", "Action": ["cognito-idp:AdminCreateUser"],
             "Resource": "arn:aws:cognito-idp:eu-west-1:000000000000:userpool/eu-west-1_abc"},
        ]}),
        deviations: BTreeMap::new(),
        tags: tags(),
    }
}

async fn deployed() -> (World, Role, Outputs) {
    let world = World::empty();
    let outputs = world.deploy(&role(), None).await;
    (world, role(), outputs)
}

fn fault(world: &World, kind: &str, operation: &str) {
    world.fault(&json!([{"kind": kind, "service": "iam", "operation": operation, "times": 1}]));
}

/// Another role under our name, made by somebody who tags nothing.
async fn theirs(world: &World) {
    let create = world.cx().clients.iam.create_role().role_name(role().name);
    create.assume_role_policy_document(role().trust.to_string()).send().await.unwrap();
}

/// The ARN of a policy that somebody made.
async fn their_policy(world: &World) -> String {
    let create = world.cx().clients.iam.create_policy().policy_name("theirs");
    create.policy_document(everything()).send().await.unwrap().policy.unwrap().arn.unwrap()
}

async fn attach(world: &World, role: &Role) {
    let attach = world.cx().clients.iam.attach_role_policy().role_name(&role.name);
    attach.policy_arn(their_policy(world).await).send().await.unwrap();
}

async fn put_more(world: &World, role: &Role) {
    let put = world.cx().clients.iam.put_role_policy().role_name(&role.name).policy_name("more");
    put.policy_document(everything()).send().await.unwrap();
}

async fn bound(world: &World, role: &Role) {
    let bound = world.cx().clients.iam.put_role_permissions_boundary().role_name(&role.name);
    bound.permissions_boundary(their_policy(world).await).send().await.unwrap();
}

/// The ARN of [`their_policy`].
fn their_arn(world: &World) -> String {
    format!("arn:aws:iam::{}:policy/theirs", world.cx().account)
}

/// A policy that allows everything.
fn everything() -> String {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
        .to_string()
}

#[tokio::test]
async fn a_missing_role_is_made_and_then_left_alone() {
    let world = World::empty();
    world.expect_missing(&role(), None).await;
    world.deploy_with(&role(), None, &["CreateRole", "PutRolePolicy"]).await;
    // A run that knows nothing of it finds the same.
    let outputs = world.expect(&role(), None).await;
    let arn = format!("arn:aws:iam::{}:role/{}", world.cx().account, role().name);
    assert_eq!(outputs, Outputs { name: role().name, arn });
    world.deploy_with(&role(), Some(&outputs), &[]).await;
    world.deploy_with(&role(), None, &[]).await;
}

#[tokio::test]
async fn drift_in_every_field_is_seen_and_put_right() {
    let cases = [
        Drift::<Role> {
            field: "description",
            change: |world, role| {
                Box::pin(async {
                    let update = world.cx().clients.iam.update_role().role_name(&role.name);
                    update.description("else").send().await.unwrap();
                })
            },
            mended_by: &["UpdateRole"],
        },
        Drift {
            field: "trust",
            change: |world, role| {
                Box::pin(async {
                    let trust = role.trust.to_string().replace("lambda", "ec2");
                    let update = world.cx().clients.iam.update_assume_role_policy().role_name(&role.name);
                    update.policy_document(trust).send().await.unwrap();
                })
            },
            mended_by: &["UpdateAssumeRolePolicy"],
        },
        Drift {
            field: "policy",
            change: |world, role| {
                Box::pin(async {
                    let put = world.cx().clients.iam.put_role_policy().role_name(&role.name);
                    put.policy_name("cogapi").policy_document(everything()).send().await.unwrap();
                })
            },
            mended_by: &["PutRolePolicy"],
        },
        Drift {
            field: "policy",
            change: |world, role| {
                Box::pin(async {
                    let delete = world.cx().clients.iam.delete_role_policy().role_name(&role.name);
                    delete.policy_name("cogapi").send().await.unwrap();
                })
            },
            mended_by: &["PutRolePolicy"],
        },
        // The role may do more than was declared, or not even that.
        Drift {
            field: "deviations",
            change: |world, role| Box::pin(attach(world, role)),
            mended_by: &["DetachRolePolicy"],
        },
        Drift {
            field: "deviations",
            change: |world, role| Box::pin(put_more(world, role)),
            mended_by: &["DeleteRolePolicy"],
        },
        Drift {
            field: "deviations",
            change: |world, role| Box::pin(bound(world, role)),
            mended_by: &["DeleteRolePermissionsBoundary"],
        },
        Drift {
            field: "tags",
            change: |world, role| {
                Box::pin(async {
                    let tag = |key, value| aws_sdk_iam::types::Tag::builder().key(key).value(value).build();
                    let call = world.cx().clients.iam.tag_role().role_name(&role.name);
                    let call = call.tags(tag("who", "me").unwrap()).tags(tag(STACK_TAG, "another").unwrap());
                    call.send().await.unwrap();
                })
            },
            mended_by: &["TagRole", "UntagRole"],
        },
        Drift {
            field: "tags",
            change: |world, role| {
                Box::pin(async {
                    let untag = world.cx().clients.iam.untag_role().role_name(&role.name);
                    untag.tag_keys(STACK_TAG).send().await.unwrap();
                })
            },
            mended_by: &["TagRole"],
        },
    ];
    every_field_is_put_right(&cases, deployed).await;
}

#[tokio::test]
async fn a_policy_that_is_written_in_another_order_is_the_same() {
    let (world, role, outputs) = deployed().await;
    let other = r#"{"Statement":[{"Resource":"arn:aws:cognito-idp:eu-west-1:000000000000:userpool/eu-west-1_abc",
        "Action":["cognito-idp:AdminCreateUser"],"Effect":"Allow","Sid":"UserPool"}],"Version":"2012-10-17"}"#;
    let put = world.cx().clients.iam.put_role_policy().role_name(&role.name).policy_name("cogapi");
    put.policy_document(other).send().await.unwrap();
    world.deploy_with(&role, Some(&outputs), &[]).await;
}

#[tokio::test]
async fn characters_that_urls_encode_arrive_as_they_are() {
    let mut odd = role();
    odd.policy["Statement"][0]["Sid"] = "PlusAndPercent".into();
    odd.policy["Statement"][0]["Resource"] = "arn:aws:s3:::a+b%20c/${aws:username}/*".into();
    let world = World::empty();
    world.deploy_with(&odd, None, &["CreateRole", "PutRolePolicy"]).await;
    world.deploy_with(&odd, None, &[]).await;
}

#[tokio::test]
async fn a_role_that_was_deleted_behind_our_back_is_made_anew() {
    let (world, role, outputs) = deployed().await;
    let iam = &world.cx().clients.iam;
    iam.delete_role_policy().role_name(&role.name).policy_name("cogapi").send().await.unwrap();
    iam.delete_role().role_name(&role.name).send().await.unwrap();
    world.expect_missing(&role, Some(&outputs)).await;
    world.deploy_with(&role, Some(&outputs), &["CreateRole", "PutRolePolicy"]).await;
}

#[tokio::test]
async fn a_role_of_the_same_name_that_is_not_ours_is_not_taken_for_ours() {
    let world = World::empty();
    theirs(&world).await;
    assert!(matches!(world.read(&role(), None).await, Found::Unowned { .. }));
}

#[tokio::test]
async fn an_adopted_role_becomes_as_it_was_declared() {
    let world = World::empty();
    theirs(&world).await;
    world.deploy_with(&role(), None, &["PutRolePolicy", "TagRole", "UpdateRole"]).await;
    world.expect(&role(), None).await;
}

#[tokio::test]
async fn a_role_that_somebody_made_since_we_looked_is_left_as_it_is() {
    let world = World::empty();
    theirs(&world).await;
    let (result, writes) = Box::pin(world.writes(role().reconcile(&world.cx(), Found::Missing))).await;
    assert!(result.unwrap_err().detail.starts_with("EntityAlreadyExists"));
    assert_eq!(writes, ["CreateRole"]);
    assert!(matches!(world.read(&role(), None).await, Found::Unowned { .. }));
}

#[tokio::test]
async fn a_lost_answer_is_no_failure() {
    for operation in ["CreateRole", "PutRolePolicy"] {
        let world = World::empty();
        fault(&world, "hangup_after", operation);
        world.deploy(&role(), None).await;
        world.expect(&role(), None).await;
    }
}

#[tokio::test]
async fn a_call_that_never_arrived_is_made_again() {
    for kind in ["hangup_before", "throttle", "error500"] {
        let world = World::empty();
        fault(&world, kind, "CreateRole");
        world.deploy(&role(), None).await;
        world.expect(&role(), None).await;
    }
}

#[tokio::test]
async fn what_was_cut_off_before_the_policy_was_set_is_finished() {
    let (world, role, _) = deployed().await;
    let delete = world.cx().clients.iam.delete_role_policy().role_name(&role.name);
    delete.policy_name("cogapi").send().await.unwrap();
    world.deploy_with(&role, None, &["PutRolePolicy"]).await;
}

#[tokio::test]
async fn a_new_tag_of_the_configuration_is_set_alone() {
    let (world, role, outputs) = deployed().await;
    let tagged = Role { tags: tags_and("team", "identity"), ..role };
    world.deploy_with(&tagged, Some(&outputs), &["TagRole"]).await;
}

#[tokio::test]
async fn a_deleted_role_is_gone_and_may_be_deleted_again() {
    let world = World::empty();
    let before = world.inventory();
    let outputs = world.deploy(&role(), None).await;
    fault(&world, "hangup_after", "DeleteRolePolicy");
    fault(&world, "hangup_after", "DeleteRole");
    world.delete(&role(), Some(&outputs)).await;
    assert_eq!(world.inventory(), before);
    world.delete(&role(), Some(&outputs)).await;
    world.delete(&role(), None).await;
    world.expect_missing(&role(), Some(&outputs)).await;
}

#[tokio::test]
async fn what_others_put_on_the_role_does_not_keep_it_from_being_deleted() {
    let world = World::empty();
    let before = world.inventory();
    let outputs = world.deploy(&role(), None).await;
    put_more(&world, &role()).await;
    attach(&world, &role()).await;
    world.delete(&role(), Some(&outputs)).await;
    // Their policy itself stays.
    let delete = world.cx().clients.iam.delete_policy().policy_arn(their_arn(&world));
    delete.send().await.unwrap();
    assert_eq!(world.inventory(), before);
}

#[tokio::test]
async fn what_others_put_on_the_role_is_named_with_what_it_allows() {
    let (world, role, outputs) = deployed().await;
    put_more(&world, &role).await;
    attach(&world, &role).await;
    let found = owned(&world, &role, Some(&outputs)).await;
    let attached = format!("attached policy {}", their_arn(&world));
    let expected = [(attached, "theirs".to_owned()), ("inline policy more".to_owned(), everything())];
    assert_eq!(found.deviations, BTreeMap::from(expected));
}

#[tokio::test]
async fn all_roles_are_read_in_two_calls() {
    let (world, role, outputs) = deployed().await;
    let another = Role { name: format!("{STACK}-another"), ..role.clone() };
    world.deploy(&another, None).await;
    let cx = world.cx();
    let reads = world.reads(Box::pin(async {
        role.read(&cx, Some(&outputs)).await.unwrap();
        another.read(&cx, None).await.unwrap();
    }));
    assert_eq!(reads.await, ["GetAccountAuthorizationDetails", "ListRoles"]);
}

#[tokio::test]
async fn who_may_not_list_all_roles_sees_the_same() {
    let (world, role, outputs) = deployed().await;
    put_more(&world, &role).await;
    attach(&world, &role).await;
    let found = world.read(&role, Some(&outputs)).await;
    for refused in ["GetAccountAuthorizationDetails", "ListRoles"] {
        assert_eq!(role.read(&refusing(&world, refused), Some(&outputs)).await.unwrap(), found);
        let missing = Role { name: "none".to_owned(), ..role.clone() };
        assert_eq!(missing.read(&refusing(&world, refused), None).await.unwrap(), Found::Missing);
    }
}
