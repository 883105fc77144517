//! What somebody does to the user pool behind our back: each way in that is opened, and each check that is weakened, shows and
//! is put right.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::operation::set_user_pool_mfa_config::builders::SetUserPoolMfaConfigFluentBuilder as SetMfa;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool::builders::UpdateUserPoolFluentBuilder as Update;
use aws_sdk_cognitoidentityprovider::types::{
    DeviceConfigurationType, EmailMfaConfigType, SignInPolicyType, SmsConfigurationType, SmsMfaConfigType,
    SoftwareTokenMfaConfigType, UserPoolAddOnsType, UserPoolMfaType, WebAuthnConfigurationType,
};
use cogapi::resources::UserPool;

use crate::cognito::pool;
use crate::support::World;
use crate::user_pool::pool_with_passkeys;

/// Changes the pool by hand, with a call that keeps what it has, as the console does.
pub(crate) async fn by_hand(world: &World, pool_id: &str, change: fn(Update) -> Update) {
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
        let found = world.owned(&pool(), Some(&outputs)).await;
        assert_eq!(found.deviations.keys().collect::<Vec<_>>(), [name]);
        // Threat protection is to be had in another tier only, which goes with it.
        assert_eq!(UserPool { deviations: BTreeMap::new(), tier: pool().tier, ..found }, pool());
        world.deploy_with(&pool(), Some(&outputs), &["UpdateUserPool"]).await;
        world.deploy_with(&pool(), Some(&outputs), &[]).await;
    }
}

pub(crate) fn text_messages() -> SmsConfigurationType {
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
        let found = world.owned(&pool(), Some(&outputs)).await;
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
    let found = world.owned(&pool(), Some(&outputs)).await;
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
    let found = world.owned(&declared, Some(&outputs)).await.mfa.passkeys.unwrap();
    assert_eq!((found.user_verification.as_str(), found.factor.as_str()), ("preferred", "SINGLE_FACTOR"));
    world.deploy_with(&declared, Some(&outputs), &["SetUserPoolMfaConfig"]).await;
}
