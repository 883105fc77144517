//! The mapping, without a call: what is sent and what is seen.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::operation::get_user_pool_mfa_config::GetUserPoolMfaConfigOutput;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool::builders::UpdateUserPoolInputBuilder;
use aws_sdk_cognitoidentityprovider::types::{
    AdminCreateUserConfigType, DeviceConfigurationType, EmailConfigurationType, EmailMfaConfigType,
    EmailSendingAccountType, LambdaConfigType, MessageTemplateType, SchemaAttributeType,
    SmsConfigurationType, SmsMfaConfigType, UserPoolAddOnsType, UserPoolMfaType, UserPoolType,
    UsernameConfigurationType, VerificationMessageTemplateType,
};

use super::*;

fn declared() -> UserPool {
    UserPool {
        name: "shop-dev".to_owned(),
        sign_in: SignIn::default(),
        email: EmailSettings {
            from: Some("Shop <hello@example.com>".to_owned()),
            reply_to: Some("help@example.com".to_owned()),
            ses_identity_arn: Some("arn:aws:ses:eu-west-1:000000000000:identity/example.com".to_owned()),
        },
        password: PasswordPolicy {
            min_length: 14,
            require: [CharacterClass::Number, CharacterClass::Uppercase].into(),
            temporary_days: 1,
        },
        mfa: Mfa::totp_or_passkey("example.com"),
        accounts: Accounts::default(),
        tier: "ESSENTIALS".to_owned(),
        deletion_protection: true,
        deviations: BTreeMap::new(),
        tags: [("team".to_owned(), "identity".to_owned())].into(),
    }
}

/// What Cognito describes after such an update.
fn described(request: UpdateUserPoolInputBuilder) -> UserPoolType {
    let request = request.build().unwrap();
    let email = SchemaAttributeType::builder().name("email").required(true).build();
    let sub = SchemaAttributeType::builder().name("sub").required(true).build();
    let name = SchemaAttributeType::builder().name("name").required(false).build();
    UserPoolType::builder()
        .name(request.pool_name.unwrap_or_else(|| "shop-dev".to_owned()))
        .set_schema_attributes(Some(vec![sub, name, email]))
        .username_attributes("email".into())
        .username_configuration(UsernameConfigurationType::builder().case_sensitive(false).build().unwrap())
        .set_policies(request.policies)
        .set_deletion_protection(request.deletion_protection)
        .set_lambda_config(request.lambda_config)
        .set_auto_verified_attributes(request.auto_verified_attributes)
        .set_verification_message_template(request.verification_message_template)
        .set_user_attribute_update_settings(request.user_attribute_update_settings)
        .set_device_configuration(request.device_configuration)
        .set_email_configuration(request.email_configuration)
        .set_sms_configuration(request.sms_configuration)
        .set_user_pool_add_ons(request.user_pool_add_ons)
        .set_user_pool_tags(request.user_pool_tags)
        .set_admin_create_user_config(request.admin_create_user_config)
        .set_account_recovery_setting(request.account_recovery_setting)
        .set_user_pool_tier(request.user_pool_tier)
        .build()
}

/// What Cognito tells of MFA after such a setting.
fn mfa_of(mfa: &Mfa) -> GetUserPoolMfaConfigOutput {
    let request = request::mfa(mfa).build().unwrap();
    GetUserPoolMfaConfigOutput::builder()
        .set_mfa_configuration(request.mfa_configuration)
        .set_software_token_mfa_configuration(request.software_token_mfa_configuration)
        .set_web_authn_configuration(request.web_authn_configuration)
        .build()
}

fn updated(pool: &UserPool, before: &UserPoolType) -> UserPoolType {
    described(request::overlay(pool, request::as_described(before), before).unwrap())
}

#[test]
fn a_pool_is_read_back_as_it_was_declared() {
    let without = UserPool {
        email: EmailSettings::default(),
        mfa: Mfa::totp(),
        deletion_protection: false,
        tier: "LITE".to_owned(),
        ..declared()
    };
    let before = UserPoolType::builder().name("shop-dev").build();
    for pool in [declared(), without] {
        assert_eq!(UserPool::observed(&updated(&pool, &before), &mfa_of(&pool.mfa)), pool);
    }
}

#[test]
fn an_update_keeps_the_triggers_and_the_texts_of_messages() {
    let template = MessageTemplateType::builder().email_subject("Welcome").build();
    let invitations = AdminCreateUserConfigType::builder()
        .allow_admin_create_user_only(false)
        .unused_account_validity_days(7)
        .invite_message_template(template.clone())
        .build();
    let before = UserPoolType::builder()
        .name("shop-dev")
        .lambda_config(LambdaConfigType::builder().custom_message("arn:mails").build())
        .verification_message_template(
            VerificationMessageTemplateType::builder().email_subject("Code").build(),
        )
        .admin_create_user_config(invitations)
        .build();
    let after = updated(&declared(), &before);
    assert_eq!(after.lambda_config, before.lambda_config);
    assert_eq!(after.verification_message_template().unwrap().email_subject(), Some("Code"));
    let invitations = after.admin_create_user_config().unwrap();
    assert_eq!(invitations.invite_message_template(), Some(&template));
    // Refused next to the password policy's `TemporaryPasswordValidityDays`.
    assert_eq!(invitations.unused_account_validity_days(), 0);
}

/// A pool as declared, in which somebody set all that we leave off.
fn tampered() -> UserPoolType {
    let threats = UserPoolAddOnsType::builder().advanced_security_mode("AUDIT".into());
    let mut pool = updated(&declared(), &UserPoolType::builder().name("shop-dev").build());
    pool.device_configuration =
        Some(DeviceConfigurationType::builder().challenge_required_on_new_device(true).build());
    pool.sms_configuration = Some(SmsConfigurationType::builder().sns_caller_arn("arn:sms").build().unwrap());
    pool.user_pool_add_ons = Some(threats.build().unwrap());
    let password = pool.policies.as_mut().and_then(|policies| policies.password_policy.as_mut());
    password.unwrap().password_history_size = Some(5);
    pool.email_configuration.as_mut().unwrap().configuration_set = Some("spy".to_owned());
    pool
}

#[test]
fn whatever_somebody_set_that_we_leave_off_is_seen_and_no_update_keeps_it() {
    let observed = UserPool::observed(&tampered(), &mfa_of(&declared().mfa));
    let found: Vec<String> =
        observed.deviations.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(
        found,
        [
            "SES configuration set: spy",
            "SMS: arn:sms",
            "password history: 5",
            "remembered devices: instead of a second factor",
            "threat protection: AUDIT",
        ]
    );
    let after = updated(&declared(), &tampered());
    assert_eq!(UserPool::observed(&after, &mfa_of(&declared().mfa)), declared());
    // A pool that had add-ons is told that they are off, in so many words.
    assert_eq!(after.user_pool_add_ons().unwrap().advanced_security_mode, "OFF".into());
}

#[test]
fn until_mfa_is_set_an_update_keeps_what_deviates() {
    let present = UserPool::observed(&tampered(), &mfa_of(&declared().mfa));
    let after = updated(&declared().before_mfa(&present), &tampered());
    assert_eq!(UserPool::observed(&after, &mfa_of(&declared().mfa)), present);
}

#[test]
fn second_factors_that_we_do_not_allow_are_seen() {
    let sms = SmsConfigurationType::builder().sns_caller_arn("arn:sms").build().unwrap();
    let text = SmsMfaConfigType::builder().sms_authentication_message("{####}");
    let with = |sms: SmsMfaConfigType| GetUserPoolMfaConfigOutput::builder().sms_mfa_configuration(sms);
    let pool = UserPoolType::builder().build();
    let factors = |mfa: GetUserPoolMfaConfigOutput| UserPool::observed(&pool, &mfa).mfa.other_factors;
    // A text that nothing sends.
    assert!(factors(with(text.clone().build()).build()).is_empty());
    let mail = EmailMfaConfigType::builder().build();
    let both = with(text.sms_configuration(sms).build()).email_mfa_configuration(mail).build();
    assert_eq!(factors(both), ["EMAIL".to_owned(), "SMS".to_owned()].into());
}

#[test]
fn an_update_sends_no_tag_that_only_aws_may_set() {
    let before = UserPoolType::builder()
        .user_pool_tags("aws:cloudformation:stack-name", "x")
        .user_pool_tags("team", "identity")
        .build();
    let request = request::as_described(&before).user_pool_id("a").build().unwrap();
    assert_eq!(
        request.user_pool_tags().map(|tags| tags.keys().collect::<Vec<_>>()),
        Some(vec![&"team".into()])
    );
}

#[test]
fn the_name_is_sent_only_where_it_changes() {
    let name = |before: &str| {
        let before = UserPoolType::builder().name(before).build();
        let request = request::overlay(&declared(), request::as_described(&before), &before).unwrap();
        request.get_pool_name().clone()
    };
    assert_eq!(name("shop-dev"), None);
    assert_eq!(name("shop-old"), Some("shop-dev".to_owned()));
}

#[test]
fn the_choice_of_the_first_factor_is_spoken_of_only_where_there_is_one() {
    let before = UserPoolType::builder().name("shop-dev").build();
    let lite = UserPool { mfa: Mfa::totp(), tier: "LITE".to_owned(), ..declared() };
    assert_eq!(updated(&lite, &before).policies().unwrap().sign_in_policy(), None);
    // An empty list is refused, so what was once allowed is taken back by name.
    let after = updated(&lite, &updated(&declared(), &before));
    let factors = after.policies().unwrap().sign_in_policy().unwrap().allowed_first_auth_factors();
    assert_eq!(factors, ["PASSWORD".into()]);
}

#[test]
fn mfa_that_is_not_asked_for_is_switched_off_by_leaving_it_out() {
    let request = request::mfa(&Mfa::totp()).build().unwrap();
    assert_eq!(request.mfa_configuration(), Some(&UserPoolMfaType::On));
    assert!(request.web_authn_configuration().is_none());
    assert!(request.email_mfa_configuration().is_none() && request.sms_mfa_configuration().is_none());
}

#[test]
fn a_pool_with_nothing_set_has_cognitos_defaults() {
    let observed =
        UserPool::observed(&UserPoolType::builder().build(), &GetUserPoolMfaConfigOutput::builder().build());
    assert_eq!((observed.mfa, observed.deviations), (Mfa::off(), BTreeMap::new()));
    assert_eq!(observed.email, EmailSettings::default());
    assert!(observed.sign_in.case_sensitive && observed.sign_in.required_attributes.is_empty());
    assert!(!observed.deletion_protection && !observed.accounts.admin_create_only);
}

#[test]
fn an_identity_that_only_lends_its_address_is_seen_as_drift() {
    let email = EmailConfigurationType::builder()
        .email_sending_account(EmailSendingAccountType::CognitoDefault)
        .source_arn("arn:aws:ses:eu-west-1:000000000000:identity/example.com")
        .build();
    let pool = UserPoolType::builder().email_configuration(email).build();
    let observed = UserPool::observed(&pool, &GetUserPoolMfaConfigOutput::builder().build());
    assert_eq!(observed.email.ses_identity_arn, None);
}

#[test]
fn before_mfa_is_set_no_first_factor_stands_that_it_forbids_and_no_tier_that_it_needs_is_missing() {
    let lite = UserPool { mfa: Mfa::totp(), tier: "LITE".to_owned(), ..declared() };
    let up = declared().before_mfa(&lite);
    assert_eq!((up.tier.as_str(), up.mfa.first_factors), ("ESSENTIALS", vec!["PASSWORD".to_owned()]));
    let down = lite.before_mfa(&declared());
    assert_eq!((down.tier.as_str(), down.mfa.first_factors), ("ESSENTIALS", vec!["PASSWORD".to_owned()]));
    let mut by_mail = declared();
    by_mail.mfa.first_factors = vec!["EMAIL_OTP".to_owned()];
    assert_eq!(declared().before_mfa(&by_mail).mfa.first_factors, ["PASSWORD"]);
}
