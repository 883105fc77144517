//! The user pool: all of its settings, in an order that Cognito takes, and never a second pool.

use aws_sdk_cognitoidentityprovider::types::{DeletionProtectionType, UserPoolMfaType};
use cogapi::resources::{ENVIRONMENT_TAG, Mfa, STACK_TAG, STATE_TAG, UserPool, UserPoolTriggers};
use cogapi_engine::{Found, Resource as _};

use crate::cognito::{dying, lagging, pool};
use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake, QUICK};
use crate::support::{World, retag, tags_and};
use crate::user_pool_by_hand::{by_hand, text_messages};

pub(crate) fn pool_with_passkeys() -> UserPool {
    UserPool { mfa: Mfa::totp_or_passkey("example.com"), ..pool() }
}

const UPDATE: Names = &["UpdateUserPool"];

impl Case for UserPool {
    const MADE_BY: Names = &["CreateUserPool", "SetUserPoolMfaConfig"];
    const NAMESAKE: Namesake = Namesake::Beside;
    const MISHAPS: Names = QUICK;

    async fn prepare() -> (World, Self) {
        (World::empty(), pool())
    }

    fn drifts() -> Vec<Drift<Self>> {
        vec![
            Self::edit(&["name"], UPDATE, |pool| pool.name = "else".into()),
            Self::edit(&["email"], UPDATE, |pool| pool.email.from = Some("else@example.com".to_owned())),
            Self::edit(&["email"], UPDATE, |pool| pool.email.reply_to = None),
            Self::edit(&["email"], UPDATE, |pool| pool.email.ses_identity_arn = None),
            Self::edit(&["password"], UPDATE, |pool| pool.password.min_length = 6),
            Self::edit(&["password"], UPDATE, |pool| pool.password.require.clear()),
            Self::edit(&["password"], UPDATE, |pool| pool.password.temporary_days = 9),
            Self::edit(&["accounts"], UPDATE, |pool| pool.accounts.admin_create_only = false),
            Self::edit(&["accounts"], UPDATE, |pool| pool.accounts.auto_verified.clear()),
            Self::edit(&["accounts"], UPDATE, |pool| pool.accounts.recovery = vec!["admin_only".to_owned()]),
            Self::edit(&["accounts"], UPDATE, |pool| pool.accounts.verify_before_update.clear()),
            Self::edit(&["deletion_protection"], UPDATE, |pool| pool.deletion_protection = true),
            Self::edit(&["tier"], UPDATE, |pool| pool.tier = "PLUS".into()),
            Self::edit(&["mfa"], &["SetUserPoolMfaConfig"], |pool| pool.mfa.mode = "OPTIONAL".into()),
            // The others there are have a test of their own.
            Self::drift(&["deviations"], UPDATE, async |world, _, outputs| {
                by_hand(world, &outputs.id, |pool| pool.sms_configuration(text_messages())).await;
            }),
            Self::edit(&["tags"], &["TagResource", "UntagResource"], |pool| retag(&mut pool.tags)),
        ]
    }
}

#[tokio::test]
async fn a_pool_with_passkeys_takes_one_write_more_and_is_then_left_alone() {
    let world = World::empty();
    let writes = ["CreateUserPool", "SetUserPoolMfaConfig", "UpdateUserPool"];
    world.deploy_with(&pool_with_passkeys(), None, &writes).await;
    world.deploy_with(&pool_with_passkeys(), None, &[]).await;
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

    let found = world.owned(&pool_with_passkeys(), Some(&outputs)).await;
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
async fn the_pool_of_another_stack_environment_or_state_is_not_taken_for_ours() {
    for tag in [STACK_TAG, ENVIRONMENT_TAG, STATE_TAG] {
        let world = World::empty();
        let theirs = UserPool { tags: tags_and(tag, "another"), ..pool() };
        world.reconcile(&theirs, Found::Missing).await.unwrap();
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
        ids.push(world.reconcile(&pool(), Found::Missing).await.unwrap().id);
    }
    let failure = pool().read(&world.cx(), None).await.unwrap_err();
    assert!(ids.iter().all(|id| failure.detail.contains(id)), "{failure}");
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_pool_while_lists_do_not_show_the_first() {
    let world = World::empty();
    world.fails_once("hangup_after", "cognito-idp:CreateUserPool");
    let cx = lagging(&world, "ListUserPools", r#"{"UserPools": []}"#);
    let (outputs, made) = world.writes(Box::pin(pool().reconcile(&cx, Found::Missing))).await;
    assert_eq!(made, ["CreateUserPool", "SetUserPoolMfaConfig"]);
    world.expect(&pool(), Some(&outputs.unwrap())).await;
}

#[tokio::test]
async fn a_run_that_died_before_mfa_was_set_is_completed_by_the_next() {
    let world = World::empty();
    world.fails_once("error500", "cognito-idp:SetUserPoolMfaConfig");
    pool_with_passkeys().reconcile(&dying(&world), Found::Missing).await.unwrap_err();
    assert_eq!(world.owned(&pool_with_passkeys(), None).await.mfa.mode, "OFF");
    world.deploy_with(&pool_with_passkeys(), None, &["SetUserPoolMfaConfig", "UpdateUserPool"]).await;
}

#[tokio::test]
async fn a_run_that_died_before_passkeys_were_allowed_is_completed_by_the_next() {
    let world = World::empty();
    world.fails_once("error500", "cognito-idp:UpdateUserPool");
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
    assert!(world.owned(&pool(), Some(&outputs)).await.deletion_protection);
}
