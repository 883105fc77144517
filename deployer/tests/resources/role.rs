//! The role: who may assume it and what it allows, just as declared, and nothing that others put on it.

use std::collections::BTreeMap;

use cogapi::resources::Role;
use cogapi_engine::{Found, Resource as _};
use serde_json::{Value, json};

use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake};
use crate::scripted::refusing;
use crate::support::{STACK, World, retag, tags};

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

/// The ARN of a policy that somebody made.
async fn their_policy(world: &World) -> String {
    let create = world.cx().clients.iam.create_policy().policy_name("theirs");
    create.policy_document(everything().to_string()).send().await.unwrap().policy.unwrap().arn.unwrap()
}

async fn attach(world: &World, role: &Role) {
    let attach = world.cx().clients.iam.attach_role_policy().role_name(&role.name);
    attach.policy_arn(their_policy(world).await).send().await.unwrap();
}

async fn put_more(world: &World, role: &Role) {
    let put = world.cx().clients.iam.put_role_policy().role_name(&role.name).policy_name("more");
    put.policy_document(everything().to_string()).send().await.unwrap();
}

/// The ARN of [`their_policy`].
fn their_arn(world: &World) -> String {
    format!("arn:aws:iam::{}:policy/theirs", world.cx().account)
}

/// A policy that allows everything.
fn everything() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
}

impl Case for Role {
    const MADE_BY: Names = &["CreateRole", "PutRolePolicy"];
    const NAMESAKE: Namesake = Namesake::InTheWay("EntityAlreadyExists");

    async fn prepare() -> (World, Self) {
        (World::empty(), role())
    }

    fn drifts() -> Vec<Drift<Self>> {
        vec![
            Self::edit(&["description"], &["UpdateRole"], |role| role.description = "else".into()),
            Self::edit(&["trust"], &["UpdateAssumeRolePolicy"], |role| {
                role.trust["Statement"][0]["Principal"]["Service"] = json!("ec2.amazonaws.com");
            }),
            Self::edit(&["policy"], &["PutRolePolicy"], |role| role.policy = everything()),
            Self::drift(&["policy"], &["PutRolePolicy"], async |world, role, _| {
                let delete = world.cx().clients.iam.delete_role_policy().role_name(&role.name);
                delete.policy_name("cogapi").send().await.unwrap();
            }),
            // The role may do more than was declared, or not even that.
            Self::drift(&["deviations"], &["DetachRolePolicy"], async |world, role, _| {
                attach(world, role).await;
            }),
            Self::drift(&["deviations"], &["DeleteRolePolicy"], async |world, role, _| {
                put_more(world, role).await;
            }),
            Self::drift(&["deviations"], &["DeleteRolePermissionsBoundary"], async |world, role, _| {
                let bound = world.cx().clients.iam.put_role_permissions_boundary().role_name(&role.name);
                bound.permissions_boundary(their_policy(world).await).send().await.unwrap();
            }),
            Self::edit(&["tags"], &["TagRole", "UntagRole"], |role| retag(&mut role.tags)),
        ]
    }
}

#[tokio::test]
async fn a_role_is_referred_to_by_its_arn() {
    let (world, role, outputs) = Role::deployed().await;
    assert_eq!(outputs.arn, format!("arn:aws:iam::{}:role/{}", world.cx().account, role.name));
}

#[tokio::test]
async fn a_policy_that_is_written_in_another_order_is_the_same() {
    let (world, role, outputs) = Role::deployed().await;
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
    let (world, role, outputs) = Role::deployed().await;
    put_more(&world, &role).await;
    attach(&world, &role).await;
    let found = world.owned(&role, Some(&outputs)).await;
    let attached = format!("attached policy {}", their_arn(&world));
    let expected =
        [(attached, "theirs".to_owned()), ("inline policy more".to_owned(), everything().to_string())];
    assert_eq!(found.deviations, BTreeMap::from(expected));
}

#[tokio::test]
async fn all_roles_are_read_in_two_calls() {
    let (world, role, outputs) = Role::deployed().await;
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
    let (world, role, outputs) = Role::deployed().await;
    put_more(&world, &role).await;
    attach(&world, &role).await;
    let found = world.read(&role, Some(&outputs)).await;
    for refused in ["GetAccountAuthorizationDetails", "ListRoles"] {
        assert_eq!(role.read(&refusing(&world, refused), Some(&outputs)).await.unwrap(), found);
        let missing = Role { name: "none".to_owned(), ..role.clone() };
        assert_eq!(missing.read(&refusing(&world, refused), None).await.unwrap(), Found::Missing);
    }
}
