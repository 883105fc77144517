//! The permission: exactly one statement, for one service on behalf of one thing, and the function's other statements left alone.

use cogapi::resources::Permission;
use cogapi_engine::{Found, Resource as _};
use serde_json::json;

use crate::drift::{Drift, every_field_is_put_right};
use crate::function::with_role;
use crate::scripted::{Script, busy};
use crate::support::World;

type Outputs = <Permission as cogapi_engine::Resource>::Outputs;

/// A world with a function in it, and a permission for it, not given yet.
async fn with_function() -> (World, Permission) {
    let (world, function) = with_role().await;
    let function = world.deploy(&function, None).await.name;
    let account = world.cx().account;
    let permission = Permission {
        function,
        statement_id: "cognito".to_owned(),
        principal: "cognito-idp.amazonaws.com".to_owned(),
        source_arn: format!("arn:aws:cognito-idp:eu-west-1:{account}:userpool/eu-west-1_abc"),
        source_account: account,
    };
    (world, permission)
}

async fn deployed() -> (World, Permission, Outputs) {
    let (world, permission) = with_function().await;
    let outputs = world.deploy(&permission, None).await;
    (world, permission, outputs)
}

fn fault(world: &World, kind: &str, operation: &str) {
    world.fault(&json!([{"kind": kind, "service": "lambda", "operation": operation, "times": 1}]));
}

async fn remove(world: &World, permission: &Permission) {
    let remove = world.cx().clients.lambda.remove_permission().function_name(&permission.function);
    remove.statement_id(&permission.statement_id).send().await.unwrap();
}

/// Gives what `permission` says, but for what `action` says.
async fn give(world: &World, permission: &Permission, action: &str) {
    let add = world.cx().clients.lambda.add_permission().function_name(&permission.function);
    let add = add.statement_id(&permission.statement_id).action(action).principal(&permission.principal);
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let add = add.set_source_arn(some(&permission.source_arn));
    add.set_source_account(some(&permission.source_account)).send().await.unwrap();
}

const INVOKE: &str = "lambda:InvokeFunction";

/// One case in which somebody gave the permission anew, to someone or for something else.
macro_rules! given_anew {
    ($field:literal, $value:expr, $action:expr) => {
        Drift::<Permission> {
            field: $field,
            change: |world, permission| {
                Box::pin(async move {
                    let mut other = json!(permission);
                    other[$field] = $value.into();
                    remove(world, permission).await;
                    give(world, &serde_json::from_value(other).unwrap(), $action).await;
                })
            },
            mended_by: &["AddPermission", "RemovePermission"],
        }
    };
}

#[tokio::test]
async fn a_missing_permission_is_given_and_then_left_alone() {
    let (world, permission) = with_function().await;
    world.expect_missing(&permission, None).await;
    world.deploy_with(&permission, None, &["AddPermission"]).await;
    // A run that knows nothing of it finds the same.
    let outputs = world.expect(&permission, None).await;
    world.deploy_with(&permission, Some(&outputs), &[]).await;
    world.deploy_with(&permission, None, &[]).await;
}

#[tokio::test]
async fn drift_in_every_field_is_seen_and_put_right() {
    let cases = [
        given_anew!("principal", "events.amazonaws.com", INVOKE),
        // The right one, but it may not invoke.
        given_anew!("principal", "cognito-idp.amazonaws.com", "lambda:GetFunction"),
        // Or may do more than that.
        given_anew!("principal", "cognito-idp.amazonaws.com", "lambda:*"),
        given_anew!("source_arn", "arn:aws:cognito-idp:eu-west-1:999999999999:userpool/eu-west-1_x", INVOKE),
        // Every pool's trigger.
        given_anew!("source_arn", "", INVOKE),
        given_anew!("source_account", "999999999999", INVOKE),
        given_anew!("source_account", "", INVOKE),
    ];
    every_field_is_put_right(&cases, deployed).await;
}

#[tokio::test]
async fn a_statement_of_our_name_on_a_function_of_ours_is_ours() {
    let (world, permission) = with_function().await;
    let theirs = Permission { principal: "events.amazonaws.com".to_owned(), ..permission.clone() };
    give(&world, &theirs, INVOKE).await;
    world.expect(&theirs, None).await;
    world.deploy_with(&permission, None, &["AddPermission", "RemovePermission"]).await;
}

#[tokio::test]
async fn a_permission_that_somebody_gave_since_we_looked_is_left_as_it_is() {
    let (world, permission) = with_function().await;
    let theirs = Permission { principal: "events.amazonaws.com".to_owned(), ..permission.clone() };
    give(&world, &theirs, INVOKE).await;
    let failure = permission.reconcile(&world.cx(), Found::Missing).await.unwrap_err();
    assert!(failure.detail.starts_with("ResourceConflictException"), "{failure}");
    world.expect(&theirs, None).await;
}

#[tokio::test]
async fn a_permission_that_was_taken_away_behind_our_back_is_given_anew() {
    let (world, permission, outputs) = deployed().await;
    remove(&world, &permission).await;
    world.expect_missing(&permission, Some(&outputs)).await;
    world.deploy_with(&permission, Some(&outputs), &["AddPermission"]).await;
}

#[tokio::test]
async fn the_statements_of_others_are_left_alone() {
    let (world, permission) = with_function().await;
    let theirs = Permission { statement_id: "theirs".to_owned(), ..permission.clone() };
    give(&world, &theirs, INVOKE).await;
    world.expect_missing(&permission, None).await;
    let outputs = world.deploy(&permission, None).await;
    world.expect(&permission, None).await;
    world.delete(&permission, Some(&outputs)).await;
    world.expect_missing(&permission, None).await;
    world.expect(&theirs, None).await;
}

#[tokio::test]
async fn a_lost_answer_gives_nothing_twice() {
    let (world, permission) = with_function().await;
    fault(&world, "hangup_after", "AddPermission");
    let (outputs, writes) = world.writes(world.deploy(&permission, None)).await;
    // The second was refused: it is there.
    assert_eq!(writes, ["AddPermission", "AddPermission"]);
    world.expect(&permission, Some(&outputs)).await;
    // And where it must go before it can be given anew.
    let other = Permission { principal: "events.amazonaws.com".to_owned(), ..permission };
    for operation in ["AddPermission", "RemovePermission"] {
        fault(&world, "hangup_after", operation);
    }
    world.deploy(&other, Some(&outputs)).await;
    world.expect(&other, Some(&outputs)).await;
}

#[tokio::test]
async fn a_call_that_never_arrived_is_made_again() {
    for kind in ["hangup_before", "throttle", "error500"] {
        let (world, permission) = with_function().await;
        fault(&world, kind, "AddPermission");
        world.deploy(&permission, None).await;
        world.expect(&permission, None).await;
    }
}

#[tokio::test]
async fn a_function_that_is_being_changed_gets_its_permission_after_that() {
    let (world, permission) = with_function().await;
    let add = "POST policy";
    let (cx, script) = Script::of(&world, [(add, 409, busy()), (add, 409, busy()), (add, 201, json!({}))]);
    permission.reconcile(&cx, Found::Missing).await.unwrap();
    script.is_over();
}

#[tokio::test]
async fn a_deleted_permission_is_gone_and_may_be_deleted_again() {
    let (world, permission) = with_function().await;
    let before = world.inventory();
    let outputs = world.deploy(&permission, None).await;
    fault(&world, "hangup_after", "RemovePermission");
    world.delete(&permission, Some(&outputs)).await;
    assert_eq!(world.inventory(), before);
    world.delete(&permission, Some(&outputs)).await;
    world.delete(&permission, None).await;
    world.expect_missing(&permission, Some(&outputs)).await;
}

#[tokio::test]
async fn a_permission_goes_with_its_function() {
    let (world, permission, outputs) = deployed().await;
    let delete = world.cx().clients.lambda.delete_function().function_name(&permission.function);
    delete.send().await.unwrap();
    world.expect_missing(&permission, Some(&outputs)).await;
    world.delete(&permission, Some(&outputs)).await;
    world.delete(&permission, None).await;
}
