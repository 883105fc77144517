//! What Cognito tells of a pool, as the inputs that would make it so. Pure: makes no call.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cognitoidentityprovider::operation::get_user_pool_mfa_config::GetUserPoolMfaConfigOutput;
use aws_sdk_cognitoidentityprovider::types::{
    AccountRecoverySettingType, AdvancedSecurityModeType, AuthFactorType, DeletionProtectionType,
    EmailConfigurationType, EmailSendingAccountType, PasswordPolicyType, SignInPolicyType, SmsMfaConfigType,
    UserAttributeUpdateSettingsType, UserPoolPolicyType, UserPoolType, UsernameAttributeType,
    VerificationMessageTemplateType, VerifiedAttributeType, WebAuthnConfigurationType,
};

use super::inputs::{
    Accounts, CharacterClass, EmailSettings, Mfa, PASSWORD, Passkeys, PasswordPolicy, SignIn, UserPool,
    WEB_AUTHN, deviation,
};
use crate::resources::tags_from;

impl UserPool {
    /// The inputs of a pool as it is.
    pub(super) fn observed(pool: &UserPoolType, mfa: &GetUserPoolMfaConfigOutput) -> Self {
        Self {
            name: pool.name().unwrap_or_default().to_owned(),
            sign_in: sign_in(pool),
            email: email(pool),
            password: password(pool.policies().and_then(UserPoolPolicyType::password_policy)),
            mfa: observed_mfa(pool, mfa),
            accounts: accounts(pool),
            // Pools from before there were tiers had what ESSENTIALS has now.
            tier: pool.user_pool_tier().map_or("ESSENTIALS", |tier| tier.as_str()).to_owned(),
            deletion_protection: pool.deletion_protection() == Some(&DeletionProtectionType::Active),
            deviations: deviations(pool),
            tags: tags_from(pool.user_pool_tags.clone().unwrap_or_default()),
        }
    }
}

fn sign_in(pool: &UserPoolType) -> SignIn {
    let required = pool.schema_attributes().iter().filter(|attribute| attribute.required == Some(true));
    SignIn {
        username_attributes: sorted(pool.username_attributes().iter().map(UsernameAttributeType::as_str)),
        // Case matters where a pool says nothing of it.
        case_sensitive: pool.username_configuration().is_none_or(|username| username.case_sensitive),
        // Cognito makes `sub` itself, and always requires it.
        required_attributes: sorted(
            required.filter_map(|attribute| attribute.name()).filter(|n| *n != "sub"),
        ),
    }
}

fn email(pool: &UserPoolType) -> EmailSettings {
    let Some(email) = pool.email_configuration() else { return EmailSettings::default() };
    let sends_itself = email.email_sending_account() == Some(&EmailSendingAccountType::Developer);
    EmailSettings {
        from: email.from.clone(),
        reply_to: email.reply_to_email_address.clone(),
        // With COGNITO_DEFAULT the identity only lends its address.
        ses_identity_arn: email.source_arn.clone().filter(|_| sends_itself),
    }
}

fn password(policy: Option<&PasswordPolicyType>) -> PasswordPolicy {
    let Some(policy) = policy else { return PasswordPolicy::default() };
    let classes = [
        (CharacterClass::Lowercase, policy.require_lowercase),
        (CharacterClass::Number, policy.require_numbers),
        (CharacterClass::Symbol, policy.require_symbols),
        (CharacterClass::Uppercase, policy.require_uppercase),
    ];
    PasswordPolicy {
        min_length: policy.minimum_length().unwrap_or_default(),
        require: classes.into_iter().filter_map(|(class, required)| required.then_some(class)).collect(),
        temporary_days: policy.temporary_password_validity_days,
    }
}

/// What differs from the defaults that we leave as they are, by name.
fn deviations(pool: &UserPoolType) -> BTreeMap<String, String> {
    let devices = pool.device_configuration().map(|devices| {
        // To give the structure at all, with whatever values, switches the remembering on.
        if devices.challenge_required_on_new_device { "instead of a second factor" } else { "on" }.to_owned()
    });
    let sms = pool.sms_configuration().map(|sms| sms.sns_caller_arn.clone());
    let threats = pool.user_pool_add_ons().and_then(|add_ons| {
        let custom = add_ons.advanced_security_additional_flows().and_then(|flows| flows.custom_auth_mode());
        match &add_ons.advanced_security_mode {
            AdvancedSecurityModeType::Off => custom.map(|mode| mode.as_str().to_owned()),
            mode => Some(mode.as_str().to_owned()),
        }
    });
    let history = pool
        .policies()
        .and_then(UserPoolPolicyType::password_policy)
        .and_then(PasswordPolicyType::password_history_size)
        .filter(|size| *size != 0)
        .map(|size| size.to_string());
    let configuration_set = pool.email_configuration().and_then(EmailConfigurationType::configuration_set);
    let found = [
        (deviation::DEVICES, devices),
        (deviation::SMS, sms),
        (deviation::THREAT_PROTECTION, threats),
        (deviation::PASSWORD_HISTORY, history),
        (deviation::CONFIGURATION_SET, configuration_set.map(ToOwned::to_owned)),
    ];
    let set = |value: &String| !value.is_empty();
    found.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.filter(set)?))).collect()
}

fn observed_mfa(pool: &UserPoolType, mfa: &GetUserPoolMfaConfigOutput) -> Mfa {
    let mut first_factors = first_factors(pool);
    if first_factors.is_empty() {
        // A pool that was never told otherwise.
        first_factors.push(PASSWORD.to_owned());
    }
    // Passkeys are what a sign-in may begin with; a relying party that is set and not used means nothing.
    let passkeys = first_factors.iter().any(|factor| factor == WEB_AUTHN).then(|| {
        let web_authn = mfa.web_authn_configuration();
        Passkeys {
            relying_party_id: web_authn
                .and_then(WebAuthnConfigurationType::relying_party_id)
                .unwrap_or_default()
                .to_owned(),
            user_verification: web_authn
                .and_then(WebAuthnConfigurationType::user_verification)
                .map_or("preferred", |verification| verification.as_str())
                .to_owned(),
            factor: web_authn
                .and_then(WebAuthnConfigurationType::factor_configuration)
                .map_or("SINGLE_FACTOR", |factor| factor.as_str())
                .to_owned(),
        }
    });
    Mfa {
        mode: mfa.mfa_configuration().map_or("OFF", |mode| mode.as_str()).to_owned(),
        software_token: mfa.software_token_mfa_configuration().is_some_and(|totp| totp.enabled),
        other_factors: other_factors(mfa),
        first_factors,
        passkeys,
    }
}

/// The second factors besides an authenticator app. That Cognito tells of one means that it is allowed.
fn other_factors(mfa: &GetUserPoolMfaConfigOutput) -> BTreeSet<String> {
    // The text of the messages alone sends none: that takes a role.
    let sms = mfa.sms_mfa_configuration().and_then(SmsMfaConfigType::sms_configuration).map(|_| "SMS");
    let email = mfa.email_mfa_configuration().map(|_| "EMAIL");
    sms.into_iter().chain(email).map(ToOwned::to_owned).collect()
}

/// With what a sign-in may begin; empty where the pool does not say.
pub(super) fn first_factors(pool: &UserPoolType) -> Vec<String> {
    let policy = pool.policies().and_then(UserPoolPolicyType::sign_in_policy);
    let factors = policy.map(SignInPolicyType::allowed_first_auth_factors).unwrap_or_default();
    sorted(factors.iter().map(AuthFactorType::as_str))
}

fn accounts(pool: &UserPoolType) -> Accounts {
    let recovery = pool.account_recovery_setting();
    let mut mechanisms =
        recovery.map(AccountRecoverySettingType::recovery_mechanisms).unwrap_or_default().to_vec();
    mechanisms.sort_by_key(|mechanism| mechanism.priority);
    let updates = pool.user_attribute_update_settings();
    let verified_first = updates
        .map(UserAttributeUpdateSettingsType::attributes_require_verification_before_update)
        .unwrap_or_default();
    let verification =
        pool.verification_message_template().and_then(VerificationMessageTemplateType::default_email_option);
    Accounts {
        admin_create_only: pool
            .admin_create_user_config()
            .is_some_and(|config| config.allow_admin_create_user_only),
        auto_verified: sorted(pool.auto_verified_attributes().iter().map(VerifiedAttributeType::as_str)),
        verification: verification.map_or("CONFIRM_WITH_CODE", |option| option.as_str()).to_owned(),
        recovery: mechanisms.iter().map(|mechanism| mechanism.name.as_str().to_owned()).collect(),
        verify_before_update: sorted(verified_first.iter().map(VerifiedAttributeType::as_str)),
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = names.map(ToOwned::to_owned).collect();
    names.sort();
    names
}
