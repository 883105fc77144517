//! A group of a pool's users.

use cogapi::resources::UserGroup;
use cogapi_engine::Resource as _;
use serde_json::json;

use crate::cognito::{fault, played, pool};
use crate::support::World;

async fn world() -> (World, UserGroup) {
    let world = World::empty();
    let outputs = world.deploy(&pool(), None).await;
    let description = "May do what others may not".to_owned();
    (world, UserGroup { pool_id: outputs.id, name: "admins".to_owned(), description })
}

#[tokio::test]
async fn a_missing_group_is_made_and_read_back_as_it_was_declared() {
    let (world, declared) = world().await;
    world.expect_missing(&declared, None).await;
    world.deploy_with(&declared, None, &["CreateGroup"]).await;
}

#[tokio::test]
async fn a_group_that_is_right_is_left_alone() {
    let (world, declared) = world().await;
    let outputs = world.deploy(&declared, None).await;
    world.deploy_with(&declared, Some(&outputs), &[]).await;
}

/// The emulator knows no UpdateGroup, so this one is played.
#[tokio::test]
async fn another_description_is_put_right_and_what_we_do_not_manage_is_kept() {
    let world = World::empty();
    let (cx, played) =
        played(&world, r#"{"Group": {"GroupName": "admins", "Description": "else", "Precedence": 7}}"#);
    let description = "May do what others may not".to_owned();
    let declared = UserGroup { pool_id: "eu-west-1_A".to_owned(), name: "admins".to_owned(), description };
    let drifted = UserGroup { description: "else".to_owned(), ..declared.clone() };
    let found = declared.read(&cx, None).await.unwrap();
    assert_eq!(found.existing().map(|(inputs, _)| inputs), Some(&drifted));
    declared.reconcile(&cx, found).await.unwrap();
    let update = json!({
        "UserPoolId": "eu-west-1_A", "GroupName": "admins", "Description": declared.description, "Precedence": 7
    });
    assert_eq!(played.asked().last(), Some(&("UpdateGroup".to_owned(), update)));
}

#[tokio::test]
async fn a_lost_answer_is_no_failure() {
    let (world, declared) = world().await;
    fault(&world, "hangup_after", "CreateGroup");
    world.deploy(&declared, None).await;
    world.expect(&declared, None).await;
}

#[tokio::test]
async fn deleting_what_is_gone_succeeds_with_the_pool_there_or_not() {
    let (world, declared) = world().await;
    let outputs = world.deploy(&declared, None).await;
    world.delete(&declared, Some(&outputs)).await;
    world.expect_missing(&declared, Some(&outputs)).await;
    world.delete(&declared, Some(&outputs)).await;
    world.delete(&pool(), None).await;
    world.delete(&declared, None).await;
    world.expect_missing(&declared, None).await;
}
