//! The user pool: all of its settings, in an order that Cognito takes, and never a second pool.

use aws_sdk_cognitoidentityprovider::types::{DeletionProtectionType, UserPoolMfaType};
use cogapi::resources::{ENVIRONMENT_TAG, Mfa, STACK_TAG, STATE_TAG, UserPool, UserPoolTriggers};
use cogapi_engine::{Found, Resource as _};
use futures::future::join_all;

use crate::cognito::{dying, fault, lagging, owned, pool};
use crate::support::{World, tags_and};

pub(crate) fn pool_with_passkeys() -> UserPool {
    UserPool { mfa: Mfa::totp_or_passkey("example.com"), ..pool() }
}

#[tokio::test]
async fn a_missing_pool_is_made_and_read_back_as_it_was_declared() {
    for declared in [pool(), pool_with_passkeys()] {
        let world = World::empty();
        world.expect_missing(&declared, None).await;
        let outputs = world.deploy(&declared, None).await;
        assert_eq!(outputs.provider_name, format!("cognito-idp.eu-west-1.amazonaws.com/{}", outputs.id));
        world.expect(&declared, Some(&outputs)).await;
        // And found again by name and tags, where nothing is remembered.
        assert_eq!(world.read(&declared, None).await, Found::Owned { inputs: declared, outputs });
    }
}

#[tokio::test]
async fn a_pool_takes_two_writes_and_passkeys_one_more() {
    let world = World::empty();
    world.deploy_with(&pool(), None, &["CreateUserPool", "SetUserPoolMfaConfig"]).await;
    let world = World::empty();
    let writes = ["CreateUserPool", "SetUserPoolMfaConfig", "UpdateUserPool"];
    world.deploy_with(&pool_with_passkeys(), None, &writes).await;
}

#[tokio::test]
async fn a_pool_that_is_right_is_left_alone() {
    for declared in [pool(), pool_with_passkeys()] {
        let world = World::empty();
        let outputs = world.deploy(&declared, None).await;
        world.deploy_with(&declared, Some(&outputs), &[]).await;
        world.deploy_with(&declared, None, &[]).await;
    }
}

#[tokio::test]
async fn drift_in_any_setting_is_seen_and_put_right_with_one_call() {
    type Change = fn(&mut UserPool);
    let update = "UpdateUserPool";
    let changes: [(&str, Change); 13] = [
        (update, |pool| pool.email.from = Some("else@example.com".to_owned())),
        (update, |pool| pool.email.reply_to = None),
        (update, |pool| pool.email.ses_identity_arn = None),
        (update, |pool| pool.password.min_length = 6),
        (update, |pool| pool.password.require.clear()),
        (update, |pool| pool.password.temporary_days = 9),
        (update, |pool| pool.accounts.admin_create_only = false),
        (update, |pool| pool.accounts.auto_verified.clear()),
        (update, |pool| pool.accounts.recovery = vec!["admin_only".to_owned()]),
        (update, |pool| pool.accounts.verify_before_update.clear()),
        (update, |pool| pool.deletion_protection = true),
        ("SetUserPoolMfaConfig", |pool| pool.mfa.mode = "OPTIONAL".to_owned()),
        ("TagResource", |pool| {
            pool.tags.remove(STACK_TAG);
        }),
    ];
    let world = World::empty();
    let outputs = world.deploy(&pool(), None).await;
    for (operation, change) in changes {
        let mut drifted = pool();
        change(&mut drifted);
        world.deploy(&drifted, Some(&outputs)).await;
        world.expect(&drifted, Some(&outputs)).await;
        world.deploy_with(&pool(), Some(&outputs), &[operation]).await;
        world.expect(&pool(), Some(&outputs)).await;
    }
}

#[tokio::test]
async fn a_tag_that_is_not_ours_is_taken_off_and_nothing_else_is_called() {
    let world = World::empty();
    let outputs = world.deploy(&pool(), None).await;
    let tag = world.cx().clients.cognito.tag_resource().resource_arn(&outputs.arn).tags("who", "me").send();
    tag.await.unwrap();
    world.deploy_with(&pool(), Some(&outputs), &["UntagResource"]).await;
    world.expect(&pool(), Some(&outputs)).await;
}

#[tokio::test]
async fn a_pool_that_somebody_reset_is_put_right_again() {
    let world = World::empty();
    let outputs = world.deploy(&pool_with_passkeys(), None).await;
    let cognito = world.cx().clients.cognito;
    // All that these two are not given, Cognito resets.
    let factors = aws_sdk_cognitoidentityprovider::types::SignInPolicyType::builder()
        .allowed_first_auth_factors("PASSWORD".into())
        .build();
    let policies =
        aws_sdk_cognitoidentityprovider::types::UserPoolPolicyType::builder().sign_in_policy(factors).build();
    cognito.update_user_pool().user_pool_id(&outputs.id).policies(policies).send().await.unwrap();
    let off = cognito.set_user_pool_mfa_config().user_pool_id(&outputs.id);
    off.mfa_configuration(UserPoolMfaType::Off).send().await.unwrap();

    let found = owned(&world, &pool_with_passkeys(), Some(&outputs)).await;
    assert_eq!((found.mfa.mode.as_str(), found.mfa.passkeys), ("OFF", None));
    world.deploy(&pool_with_passkeys(), Some(&outputs)).await;
    world.expect(&pool_with_passkeys(), Some(&outputs)).await;
}

#[tokio::test]
async fn passkeys_and_tier_come_and_go_in_an_order_that_cognito_takes() {
    let world = World::empty();
    let lite = UserPool { tier: "LITE".to_owned(), ..pool() };
    let mut elsewhere = pool_with_passkeys();
    elsewhere.mfa.passkeys.as_mut().unwrap().relying_party_id = "example.org".to_owned();
    let outputs = world.deploy(&lite, None).await;
    for declared in [&lite, &pool_with_passkeys(), &elsewhere, &lite, &pool(), &pool_with_passkeys(), &pool()]
    {
        world.deploy(declared, Some(&outputs)).await;
        world.expect(declared, Some(&outputs)).await;
    }
}

#[tokio::test]
async fn a_pool_that_was_deleted_behind_our_back_is_made_again() {
    let world = World::empty();
    let first = world.deploy(&pool(), None).await;
    world.cx().clients.cognito.delete_user_pool().user_pool_id(&first.id).send().await.unwrap();
    world.expect_missing(&pool(), Some(&first)).await;
    let second = world.deploy(&pool(), Some(&first)).await;
    assert_ne!(first.id, second.id);
    world.expect(&pool(), Some(&second)).await;
}

#[tokio::test]
async fn a_pool_of_somebody_else_is_not_taken_for_ours() {
    let world = World::empty();
    let theirs = UserPool { tags: tags_and(STACK_TAG, "another"), ..pool() };
    let outputs = world.deploy(&theirs, None).await;
    let unowned = Found::Unowned { inputs: theirs.clone(), outputs: outputs.clone() };
    assert_eq!(world.read(&pool(), None).await, unowned);
    // Ours next to theirs is found, and theirs is not deleted for it.
    let ours = pool().reconcile(&world.cx(), Found::Missing).await.unwrap();
    assert_eq!(world.read(&pool(), None).await, Found::Owned { inputs: pool(), outputs: ours.clone() });
    world.delete(&pool(), None).await;
    world.delete(&pool(), None).await;
    assert_eq!(world.read(&pool(), Some(&ours)).await, world.read(&pool(), None).await);
    world.expect(&theirs, Some(&outputs)).await;
}

#[tokio::test]
async fn the_pool_of_another_stack_environment_or_state_is_not_taken_for_ours() {
    for tag in [STACK_TAG, ENVIRONMENT_TAG, STATE_TAG] {
        let world = World::empty();
        let theirs = UserPool { tags: tags_and(tag, "another"), ..pool() };
        theirs.reconcile(&world.cx(), Found::Missing).await.unwrap();
        assert!(matches!(world.read(&pool(), None).await, Found::Unowned { .. }), "{tag}");
        let before = world.inventory();
        world.delete(&pool(), None).await;
        assert_eq!(world.inventory(), before, "{tag}");
    }
}

#[tokio::test]
async fn two_pools_of_ours_with_one_name_are_named_and_none_is_guessed() {
    let world = World::empty();
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(pool().reconcile(&world.cx(), Found::Missing).await.unwrap().id);
    }
    let failure = pool().read(&world.cx(), None).await.unwrap_err();
    assert!(ids.iter().all(|id| failure.detail.contains(id)), "{failure}");
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_pool() {
    let world = World::empty();
    fault(&world, "hangup_after", "CreateUserPool");
    let outputs = world.deploy(&pool(), None).await;
    // Two of ours would be a failure.
    assert_eq!(world.read(&pool(), None).await, Found::Owned { inputs: pool(), outputs });
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_pool_while_lists_do_not_show_the_first() {
    let world = World::empty();
    fault(&world, "hangup_after", "CreateUserPool");
    let cx = lagging(&world, "ListUserPools", r#"{"UserPools": []}"#);
    let (outputs, made) = world.writes(Box::pin(pool().reconcile(&cx, Found::Missing))).await;
    assert_eq!(made, ["CreateUserPool", "SetUserPoolMfaConfig"]);
    world.expect(&pool(), Some(&outputs.unwrap())).await;
}

#[tokio::test]
async fn a_call_that_never_arrived_is_made_again() {
    // At the same time, for each takes as long as lists may lag.
    let each = ["hangup_before", "throttle", "error500"].map(async |kind| {
        let world = World::empty();
        fault(&world, kind, "CreateUserPool");
        let outputs = world.deploy(&pool(), None).await;
        assert_eq!(world.read(&pool(), None).await, Found::Owned { inputs: pool(), outputs });
    });
    join_all(each.map(Box::pin)).await;
}

#[tokio::test]
async fn a_run_that_died_before_mfa_was_set_is_completed_by_the_next() {
    let world = World::empty();
    fault(&world, "error500", "SetUserPoolMfaConfig");
    pool_with_passkeys().reconcile(&dying(&world), Found::Missing).await.unwrap_err();
    assert_eq!(owned(&world, &pool_with_passkeys(), None).await.mfa.mode, "OFF");
    world.deploy_with(&pool_with_passkeys(), None, &["SetUserPoolMfaConfig", "UpdateUserPool"]).await;
}

#[tokio::test]
async fn a_run_that_died_before_passkeys_were_allowed_is_completed_by_the_next() {
    let world = World::empty();
    fault(&world, "error500", "UpdateUserPool");
    pool_with_passkeys().reconcile(&dying(&world), Found::Missing).await.unwrap_err();
    world.deploy_with(&pool_with_passkeys(), None, &["SetUserPoolMfaConfig", "UpdateUserPool"]).await;
}

#[tokio::test]
async fn the_triggers_survive_a_change_of_the_pool() {
    let world = World::empty();
    let outputs = world.deploy(&pool(), None).await;
    let arn = format!("arn:aws:lambda:eu-west-1:{}:function:mails", world.cx().account);
    let triggers = UserPoolTriggers {
        pool_id: outputs.id.clone(),
        triggers: [("CustomMessage".to_owned(), arn)].into(),
    };
    world.deploy(&triggers, None).await;
    let mut stricter = pool_with_passkeys();
    stricter.password.min_length = 20;
    world.deploy(&stricter, Some(&outputs)).await;
    world.expect(&stricter, Some(&outputs)).await;
    world.expect(&triggers, None).await;
}

#[tokio::test]
async fn deleting_takes_the_protection_off_that_the_run_saw() {
    let world = World::empty();
    let declared = UserPool { deletion_protection: true, ..pool() };
    let outputs = world.deploy(&declared, None).await;
    world.delete(&declared, Some(&outputs)).await;
    world.expect_missing(&declared, None).await;
    // Gone already, remembered or not.
    world.delete(&declared, Some(&outputs)).await;
    world.delete(&pool(), Some(&outputs)).await;
    world.delete(&declared, None).await;
}

#[tokio::test]
async fn a_protection_that_somebody_switched_on_since_holds() {
    let world = World::empty();
    let outputs = world.deploy(&pool(), None).await;
    let protect = world.cx().clients.cognito.update_user_pool().user_pool_id(&outputs.id);
    protect.deletion_protection(DeletionProtectionType::Active).send().await.unwrap();
    pool().delete(&world.cx(), Some(&outputs)).await.unwrap_err();
    assert!(owned(&world, &pool(), Some(&outputs)).await.deletion_protection);
}
