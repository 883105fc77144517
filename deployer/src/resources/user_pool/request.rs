//! What Cognito is sent to make a pool as its inputs say. Pure: makes no call.

use aws_sdk_cognitoidentityprovider::operation::create_user_pool::CreateUserPoolInput;
use aws_sdk_cognitoidentityprovider::operation::create_user_pool::builders::CreateUserPoolInputBuilder;
use aws_sdk_cognitoidentityprovider::operation::set_user_pool_mfa_config::SetUserPoolMfaConfigInput;
use aws_sdk_cognitoidentityprovider::operation::set_user_pool_mfa_config::builders::SetUserPoolMfaConfigInputBuilder;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool::UpdateUserPoolInput;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool::builders::UpdateUserPoolInputBuilder;
use aws_sdk_cognitoidentityprovider::types::{
    AccountRecoverySettingType, AdminCreateUserConfigType, AdvancedSecurityModeType, DefaultEmailOptionType,
    DeletionProtectionType, EmailConfigurationType, EmailSendingAccountType, PasswordPolicyType,
    RecoveryOptionType, SchemaAttributeType, SignInPolicyType, SoftwareTokenMfaConfigType,
    UserAttributeUpdateSettingsType, UserPoolAddOnsType, UserPoolPolicyType, UserPoolType,
    UsernameConfigurationType, VerificationMessageTemplateType, WebAuthnConfigurationType,
};
use cogapi_engine::Failure;

use super::inputs::{CharacterClass, EmailSettings, Mfa, PASSWORD, UserPool, deviation};
use super::observe::first_factors;
use crate::resources::tags_from;

/// The request that would leave the pool as it is.
///
/// Left out are only the three verification texts that Cognito "no longer uses" (their place is the template), the name,
/// which nothing resets, and the deprecated `UnusedAccountValidityDays`, which is refused next to
/// `TemporaryPasswordValidityDays`.
pub(super) fn as_described(pool: &UserPoolType) -> UpdateUserPoolInputBuilder {
    let invitations = pool.admin_create_user_config().map(|config| {
        AdminCreateUserConfigType::builder()
            .allow_admin_create_user_only(config.allow_admin_create_user_only)
            .set_invite_message_template(config.invite_message_template.clone())
            .build()
    });
    UpdateUserPoolInput::builder()
        .set_policies(pool.policies.clone())
        .set_deletion_protection(pool.deletion_protection.clone())
        .set_lambda_config(pool.lambda_config.clone())
        .set_auto_verified_attributes(pool.auto_verified_attributes.clone())
        .set_verification_message_template(pool.verification_message_template.clone())
        .set_sms_authentication_message(pool.sms_authentication_message.clone())
        .set_user_attribute_update_settings(pool.user_attribute_update_settings.clone())
        .set_mfa_configuration(pool.mfa_configuration.clone())
        .set_device_configuration(pool.device_configuration.clone())
        .set_email_configuration(pool.email_configuration.clone())
        .set_sms_configuration(pool.sms_configuration.clone())
        .set_user_pool_tags(
            pool.user_pool_tags.clone().map(|tags| tags_from::<_, String>(tags).into_iter().collect()),
        )
        .set_admin_create_user_config(invitations)
        .set_user_pool_add_ons(pool.user_pool_add_ons.clone())
        .set_account_recovery_setting(pool.account_recovery_setting.clone())
        .set_user_pool_tier(pool.user_pool_tier.clone())
        .set_key_configuration(pool.key_configuration.clone())
        .set_issuer_configuration(pool.issuer_configuration.clone())
}

/// `request` with what the inputs say. What deviates from them goes; what is kept of the pool's own are its triggers, a kind of
/// resource of their own, the texts of its messages (the custom-message trigger speaks in their place), and by which key and
/// under which address Cognito itself keeps and serves it: none of these lets anybody in.
pub(super) fn overlay(
    desired: &UserPool,
    request: UpdateUserPoolInputBuilder,
    pool: &UserPoolType,
) -> Result<UpdateUserPoolInputBuilder, Failure> {
    let Parts { policies, email, template, updates, invitations, recovery } = Parts::of(desired, Some(pool))?;
    let kept = |name: &str| desired.deviations.contains_key(name);
    let renamed = pool.name() != Some(&desired.name);
    Ok(request
        .set_pool_name(renamed.then(|| desired.name.clone()))
        .policies(policies)
        .deletion_protection(protection(desired.deletion_protection))
        .set_auto_verified_attributes(Some(names(&desired.accounts.auto_verified)))
        .verification_message_template(template)
        .user_attribute_update_settings(updates)
        .set_device_configuration(pool.device_configuration.clone().filter(|_| kept(deviation::DEVICES)))
        .email_configuration(email)
        .set_sms_configuration(pool.sms_configuration.clone().filter(|_| kept(deviation::SMS)))
        .set_user_pool_tags(Some(desired.tags.clone().into_iter().collect()))
        .admin_create_user_config(invitations)
        .set_user_pool_add_ons(add_ons(pool, kept(deviation::THREAT_PROTECTION))?)
        .account_recovery_setting(recovery)
        .user_pool_tier(desired.tier.as_str().into()))
}

/// The pool's add-ons, or with the threat protection off. A pool that never had any is not told of them.
fn add_ons(pool: &UserPoolType, kept: bool) -> Result<Option<UserPoolAddOnsType>, Failure> {
    let Some(present) = pool.user_pool_add_ons() else { return Ok(None) };
    if kept {
        return Ok(Some(present.clone()));
    }
    let off = UserPoolAddOnsType::builder().advanced_security_mode(AdvancedSecurityModeType::Off);
    off.build().map(Some).map_err(invalid)
}

/// The request that makes the pool, without MFA.
pub(super) fn create(desired: &UserPool) -> Result<CreateUserPoolInputBuilder, Failure> {
    let Parts { policies, email, template, updates, invitations, recovery } = Parts::of(desired, None)?;
    let username =
        UsernameConfigurationType::builder().case_sensitive(desired.sign_in.case_sensitive).build();
    let schema = desired.sign_in.required_attributes.iter().map(|name| {
        // Without `Mutable` nobody could ever change the attribute, not even on the way of verifying a new address.
        SchemaAttributeType::builder().name(name).required(true).mutable(true).build()
    });
    Ok(CreateUserPoolInput::builder()
        .pool_name(&desired.name)
        .policies(policies)
        .deletion_protection(protection(desired.deletion_protection))
        .set_auto_verified_attributes(Some(names(&desired.accounts.auto_verified)))
        .set_username_attributes(Some(names(&desired.sign_in.username_attributes)))
        .username_configuration(username.map_err(invalid)?)
        .set_schema(Some(schema.collect()))
        .verification_message_template(template)
        .user_attribute_update_settings(updates)
        .email_configuration(email)
        .set_user_pool_tags(Some(desired.tags.clone().into_iter().collect()))
        .admin_create_user_config(invitations)
        .account_recovery_setting(recovery)
        .user_pool_tier(desired.tier.as_str().into()))
}

/// All of a pool's MFA: what is left out, text messages and mails as a second factor among it, is switched off.
pub(super) fn mfa(mfa: &Mfa) -> SetUserPoolMfaConfigInputBuilder {
    let passkeys = mfa.passkeys.as_ref().map(|passkeys| {
        WebAuthnConfigurationType::builder()
            .relying_party_id(&passkeys.relying_party_id)
            .user_verification(passkeys.user_verification.as_str().into())
            .factor_configuration(passkeys.factor.as_str().into())
            .build()
    });
    SetUserPoolMfaConfigInput::builder()
        .mfa_configuration(mfa.mode.as_str().into())
        .software_token_mfa_configuration(
            SoftwareTokenMfaConfigType::builder().enabled(mfa.software_token).build(),
        )
        .set_web_authn_configuration(passkeys)
}

/// What is the same in creating and in changing a pool.
struct Parts {
    policies: UserPoolPolicyType,
    email: EmailConfigurationType,
    template: VerificationMessageTemplateType,
    updates: UserAttributeUpdateSettingsType,
    invitations: AdminCreateUserConfigType,
    recovery: AccountRecoverySettingType,
}

impl Parts {
    fn of(desired: &UserPool, pool: Option<&UserPoolType>) -> Result<Self, Failure> {
        let accounts = &desired.accounts;
        let mechanisms = (1..).zip(&accounts.recovery).map(|(priority, name)| {
            RecoveryOptionType::builder().priority(priority).name(name.as_str().into()).build()
        });
        let mechanisms = mechanisms.collect::<Result<Vec<_>, _>>().map_err(invalid)?;
        let mut template = pool
            .and_then(UserPoolType::verification_message_template)
            .cloned()
            .unwrap_or_else(|| VerificationMessageTemplateType::builder().build());
        template.default_email_option = Some(DefaultEmailOptionType::from(accounts.verification.as_str()));
        Ok(Self {
            policies: policies(desired, pool),
            email: email_configuration(desired, pool),
            template,
            updates: UserAttributeUpdateSettingsType::builder()
                .set_attributes_require_verification_before_update(Some(names(
                    &accounts.verify_before_update,
                )))
                .build(),
            invitations: AdminCreateUserConfigType::builder()
                .allow_admin_create_user_only(accounts.admin_create_only)
                .set_invite_message_template(
                    pool.and_then(UserPoolType::admin_create_user_config)
                        .and_then(|config| config.invite_message_template.clone()),
                )
                .build(),
            recovery: AccountRecoverySettingType::builder().set_recovery_mechanisms(Some(mechanisms)).build(),
        })
    }
}

fn policies(desired: &UserPool, pool: Option<&UserPoolType>) -> UserPoolPolicyType {
    let present = pool.and_then(UserPoolType::policies);
    let require = |class| desired.password.require.contains(&class);
    let password = PasswordPolicyType::builder()
        .minimum_length(desired.password.min_length)
        .require_lowercase(require(CharacterClass::Lowercase))
        .require_numbers(require(CharacterClass::Number))
        .require_symbols(require(CharacterClass::Symbol))
        .require_uppercase(require(CharacterClass::Uppercase))
        .temporary_password_validity_days(desired.password.temporary_days)
        .set_password_history_size(
            present
                .and_then(UserPoolPolicyType::password_policy)
                .and_then(PasswordPolicyType::password_history_size)
                .filter(|_| desired.deviations.contains_key(deviation::PASSWORD_HISTORY)),
        )
        .build();
    // Said only where there is something to say: LITE knows no choice of the first factor.
    let plain = desired.mfa.first_factors == [PASSWORD];
    let unspoken = pool.is_none_or(|pool| first_factors(pool).is_empty());
    let sign_in = SignInPolicyType::builder()
        .set_allowed_first_auth_factors(Some(names(&desired.mfa.first_factors)))
        .build();
    UserPoolPolicyType::builder()
        .password_policy(password)
        .set_sign_in_policy((!(plain && unspoken)).then_some(sign_in))
        .build()
}

fn email_configuration(desired: &UserPool, pool: Option<&UserPoolType>) -> EmailConfigurationType {
    let EmailSettings { from, reply_to, ses_identity_arn } = &desired.email;
    let account = match ses_identity_arn {
        Some(_) => EmailSendingAccountType::Developer,
        None => EmailSendingAccountType::CognitoDefault,
    };
    let configuration_set =
        pool.and_then(UserPoolType::email_configuration).and_then(|email| email.configuration_set.clone());
    EmailConfigurationType::builder()
        .email_sending_account(account)
        .set_from(from.clone())
        .set_reply_to_email_address(reply_to.clone())
        .set_source_arn(ses_identity_arn.clone())
        // It is SES's, so without an identity of ours it goes in any case.
        .set_configuration_set(configuration_set.filter(|_| {
            ses_identity_arn.is_some() && desired.deviations.contains_key(deviation::CONFIGURATION_SET)
        }))
        .build()
}

fn protection(on: bool) -> DeletionProtectionType {
    if on { DeletionProtectionType::Active } else { DeletionProtectionType::Inactive }
}

/// Names as the SDK's own type for them.
fn names<T: for<'a> From<&'a str>>(names: &[String]) -> Vec<T> {
    names.iter().map(|name| T::from(name)).collect()
}

fn invalid(error: impl std::fmt::Display) -> Failure {
    Failure::new("the settings of the user pool are not valid", error.to_string())
}
