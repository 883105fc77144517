//! The permission: exactly one statement, for one service on behalf of one thing, and the function's other statements left alone.

use cogapi::resources::Permission;
use cogapi_engine::{Found, Resource as _};
use serde_json::json;

use crate::drift::Drift;
use crate::function::with_role;
use crate::matrix::{Case, Names, Namesake};
use crate::scripted::{Script, busy};
use crate::support::World;

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

impl Case for Permission {
    const MADE_BY: Names = &["AddPermission"];
    const NAMESAKE: Namesake = Namesake::Ours("it is one of a function of ours");

    async fn prepare() -> (World, Self) {
        let (world, function) = with_role().await;
        let function = world.deploy(&function, None).await.name;
        let account = world.cx().account;
        let permission = Self {
            function,
            statement_id: "cognito".to_owned(),
            principal: "cognito-idp.amazonaws.com".to_owned(),
            source_arn: format!("arn:aws:cognito-idp:eu-west-1:{account}:userpool/eu-west-1_abc"),
            source_account: account,
        };
        (world, permission)
    }

    fn drifts() -> Vec<Drift<Self>> {
        vec![
            given_anew(&["principal"], INVOKE, |it| it.principal = "events.amazonaws.com".into()),
            // The right one, but it may not invoke.
            given_anew(&["principal"], "lambda:GetFunction", |_| ()),
            // Or may do more than that.
            given_anew(&["principal"], "lambda:*", |_| ()),
            given_anew(&["source_arn"], INVOKE, |it| it.source_arn.push_str("_other")),
            // Every pool's trigger.
            given_anew(&["source_arn"], INVOKE, |it| it.source_arn.clear()),
            given_anew(&["source_account"], INVOKE, |it| it.source_account = "999999999999".into()),
            given_anew(&["source_account"], INVOKE, |it| it.source_account.clear()),
        ]
    }

    async fn uprooted(&self, world: &World) {
        let delete = world.cx().clients.lambda.delete_function().function_name(&self.function);
        delete.send().await.unwrap();
    }
}

/// Somebody gave the permission anew, to someone or for something else.
fn given_anew(fields: Names, action: &'static str, change: fn(&mut Permission)) -> Drift<Permission> {
    Permission::drift(fields, &["AddPermission", "RemovePermission"], async move |world, permission, _| {
        remove(world, permission).await;
        let mut other = permission.clone();
        change(&mut other);
        give(world, &other, action).await;
    })
}

#[tokio::test]
async fn a_statement_of_our_name_on_a_function_of_ours_is_ours() {
    let (world, permission) = Permission::prepare().await;
    let theirs = Permission { principal: "events.amazonaws.com".to_owned(), ..permission.clone() };
    give(&world, &theirs, INVOKE).await;
    world.expect(&theirs, None).await;
    world.deploy_with(&permission, None, &["AddPermission", "RemovePermission"]).await;
}

#[tokio::test]
async fn a_permission_that_somebody_gave_since_we_looked_is_left_as_it_is() {
    let (world, permission) = Permission::prepare().await;
    let theirs = Permission { principal: "events.amazonaws.com".to_owned(), ..permission.clone() };
    give(&world, &theirs, INVOKE).await;
    let failure = world.reconcile(&permission, Found::Missing).await.unwrap_err();
    assert!(failure.detail.starts_with("ResourceConflictException"), "{failure}");
    world.expect(&theirs, None).await;
}

#[tokio::test]
async fn the_statements_of_others_are_left_alone() {
    let (world, permission) = Permission::prepare().await;
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
    let (world, permission) = Permission::prepare().await;
    world.fails_once("hangup_after", "lambda:AddPermission");
    let (outputs, writes) = world.writes(world.deploy(&permission, None)).await;
    // The second was refused: it is there.
    assert_eq!(writes, ["AddPermission", "AddPermission"]);
    world.expect(&permission, Some(&outputs)).await;
    // And where it must go before it can be given anew.
    let other = Permission { principal: "events.amazonaws.com".to_owned(), ..permission };
    for call in ["lambda:AddPermission", "lambda:RemovePermission"] {
        world.fails_once("hangup_after", call);
    }
    world.deploy(&other, Some(&outputs)).await;
    world.expect(&other, Some(&outputs)).await;
}

#[tokio::test]
async fn a_function_that_is_being_changed_gets_its_permission_after_that() {
    let (world, permission) = Permission::prepare().await;
    let add = "POST policy";
    let (cx, script) = Script::of(&world, [(add, 409, busy()), (add, 409, busy()), (add, 201, json!({}))]);
    permission.reconcile(&cx, Found::Missing).await.unwrap();
    script.is_over();
}
