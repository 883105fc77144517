//! The user pool: all of its settings, in an order that Cognito takes, and never a second pool.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::operation::set_user_pool_mfa_config::builders::SetUserPoolMfaConfigFluentBuilder as SetMfa;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool::builders::UpdateUserPoolFluentBuilder as Update;
use aws_sdk_cognitoidentityprovider::types::{
    DeletionProtectionType, DeviceConfigurationType, EmailMfaConfigType, SignInPolicyType,
    SmsConfigurationType, SmsMfaConfigType, SoftwareTokenMfaConfigType, UserPoolAddOnsType, UserPoolMfaType,
    WebAuthnConfigurationType,
};
use cogapi::resources::{Mfa, STACK_TAG, UserPool, UserPoolTriggers};
use cogapi_engine::{Found, Resource as _};
use futures::future::join_all;

use crate::cognito::{dying, fault, lagging, owned, pool};
use crate::support::{World, tags_and};

fn pool_with_passkeys() -> UserPool {
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

/// Changes the pool by hand, with a call that keeps what it has, as the console does.
async fn by_hand(world: &World, pool_id: &str, change: fn(Update) -> Update) {
    let cognito = world.cx().clients.cognito;
    let described = cognito.describe_user_pool().user_pool_id(pool_id).send().await.unwrap();
    let pool = described.user_pool.unwrap();
    let update = cognito
        .update_user_pool()
        .user_pool_id(pool_id)
        .set_policies(pool.policies)
        .set_auto_verified_attributes(pool.auto_verified_attributes)
        .set_verification_message_template(pool.verification_message_template)
        .set_user_attribute_update_settings(pool.user_attribute_update_settings)
        .set_mfa_configuration(pool.mfa_configuration)
        .set_email_configuration(pool.email_configuration)
        .set_user_pool_tags(pool.user_pool_tags)
        .set_admin_create_user_config(pool.admin_create_user_config)
        .set_account_recovery_setting(pool.account_recovery_setting);
    change(update).send().await.unwrap();
}

#[tokio::test]
async fn what_somebody_switched_on_in_the_pool_shows_and_goes() {
    type Change = fn(Update) -> Update;
    let changes: [(&str, Change); 5] = [
        ("remembered devices", |pool| {
            let devices = DeviceConfigurationType::builder().challenge_required_on_new_device(true);
            pool.device_configuration(devices.build())
        }),
        ("SMS", |pool| pool.sms_configuration(text_messages())),
        ("threat protection", |pool| {
            let on = UserPoolAddOnsType::builder().advanced_security_mode("AUDIT".into());
            pool.user_pool_tier("PLUS".into()).user_pool_add_ons(on.build().unwrap())
        }),
        ("password history", |pool| {
            let mut policies = pool.get_policies().clone().unwrap();
            policies.password_policy.as_mut().unwrap().password_history_size = Some(3);
            pool.policies(policies)
        }),
        ("SES configuration set", |pool| {
            let mut email = pool.get_email_configuration().clone().unwrap();
            email.configuration_set = Some("spy".to_owned());
            pool.email_configuration(email)
        }),
    ];
    let world = World::empty();
    let outputs = world.deploy(&pool(), None).await;
    for (name, change) in changes {
        by_hand(&world, &outputs.id, change).await;
        let found = owned(&world, &pool(), Some(&outputs)).await;
        assert_eq!(found.deviations.keys().collect::<Vec<_>>(), [name]);
        // Threat protection is to be had in another tier only, which goes with it.
        assert_eq!(UserPool { deviations: BTreeMap::new(), tier: pool().tier, ..found }, pool());
        world.deploy_with(&pool(), Some(&outputs), &["UpdateUserPool"]).await;
        world.deploy_with(&pool(), Some(&outputs), &[]).await;
    }
}

fn text_messages() -> SmsConfigurationType {
    SmsConfigurationType::builder().sns_caller_arn("arn:aws:iam::000000000000:role/sms").build().unwrap()
}

#[tokio::test]
async fn a_weaker_second_factor_that_somebody_allowed_shows_and_goes() {
    type Change = fn(SetMfa) -> SetMfa;
    let totp = || SoftwareTokenMfaConfigType::builder().enabled(true).build();
    let changes: [(&[&str], Change); 3] = [
        (&["EMAIL"], |mfa| {
            mfa.email_mfa_configuration(EmailMfaConfigType::builder().message("Use {####}").build())
        }),
        (&["SMS"], |mfa| {
            let sms = SmsMfaConfigType::builder().sms_configuration(text_messages()).build();
            mfa.sms_mfa_configuration(sms)
        }),
        // Without a second factor at all.
        (&[], |mfa| mfa.mfa_configuration(UserPoolMfaType::Optional)),
    ];
    let world = World::empty();
    let outputs = world.deploy(&pool(), None).await;
    for (factors, change) in changes {
        let set = world.cx().clients.cognito.set_user_pool_mfa_config().user_pool_id(&outputs.id);
        let set = set.mfa_configuration(UserPoolMfaType::On).software_token_mfa_configuration(totp());
        change(set).send().await.unwrap();
        let found = owned(&world, &pool(), Some(&outputs)).await;
        assert_eq!(found.mfa.other_factors.iter().collect::<Vec<_>>(), factors);
        assert_ne!(found, pool());
        world.deploy_with(&pool(), Some(&outputs), &["SetUserPoolMfaConfig"]).await;
        world.deploy_with(&pool(), Some(&outputs), &[]).await;
    }
}

#[tokio::test]
async fn text_messages_as_the_only_second_factor_are_replaced_and_then_switched_off() {
    let world = World::empty();
    let outputs = world.deploy(&pool(), None).await;
    let sms = SmsMfaConfigType::builder().sms_configuration(text_messages()).build();
    by_hand(&world, &outputs.id, |pool| pool.sms_configuration(text_messages())).await;
    let set = world.cx().clients.cognito.set_user_pool_mfa_config().user_pool_id(&outputs.id);
    set.mfa_configuration(UserPoolMfaType::On).sms_mfa_configuration(sms).send().await.unwrap();
    world.deploy_with(&pool(), Some(&outputs), &["SetUserPoolMfaConfig", "UpdateUserPool"]).await;
}

#[tokio::test]
async fn a_sign_in_that_begins_with_a_mailed_code_shows_and_goes() {
    let world = World::empty();
    let outputs = world.deploy(&pool(), None).await;
    // Cognito takes it only where MFA is not required.
    let optional = world.cx().clients.cognito.set_user_pool_mfa_config().user_pool_id(&outputs.id);
    let totp = SoftwareTokenMfaConfigType::builder().enabled(true).build();
    let optional =
        optional.mfa_configuration(UserPoolMfaType::Optional).software_token_mfa_configuration(totp);
    optional.send().await.unwrap();
    let by_mail: fn(Update) -> Update = |pool| {
        let mut policies = pool.get_policies().clone().unwrap();
        let factors = SignInPolicyType::builder().allowed_first_auth_factors("PASSWORD".into());
        policies.sign_in_policy = Some(factors.allowed_first_auth_factors("EMAIL_OTP".into()).build());
        pool.policies(policies)
    };
    by_hand(&world, &outputs.id, by_mail).await;
    let found = owned(&world, &pool(), Some(&outputs)).await;
    assert_eq!(found.mfa.first_factors, ["EMAIL_OTP", "PASSWORD"]);
    world.deploy_with(&pool(), Some(&outputs), &["SetUserPoolMfaConfig", "UpdateUserPool"]).await;
}

#[tokio::test]
async fn passkeys_that_need_not_verify_their_user_show_and_are_put_right() {
    let world = World::empty();
    let declared = pool_with_passkeys();
    let outputs = world.deploy(&declared, None).await;
    let set = world.cx().clients.cognito.set_user_pool_mfa_config().user_pool_id(&outputs.id);
    let passkeys = WebAuthnConfigurationType::builder().relying_party_id("example.com");
    let set = set
        .mfa_configuration(UserPoolMfaType::Optional)
        .software_token_mfa_configuration(SoftwareTokenMfaConfigType::builder().enabled(true).build())
        .web_authn_configuration(passkeys.user_verification("preferred".into()).build());
    set.send().await.unwrap();
    let found = owned(&world, &declared, Some(&outputs)).await.mfa.passkeys.unwrap();
    assert_eq!((found.user_verification.as_str(), found.factor.as_str()), ("preferred", "SINGLE_FACTOR"));
    world.deploy_with(&declared, Some(&outputs), &["SetUserPoolMfaConfig"]).await;
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
