//! Between a pool's inputs and what Cognito sends and takes. Pure: makes no call.

use aws_sdk_cognitoidentityprovider::operation::create_user_pool::CreateUserPoolInput;
use aws_sdk_cognitoidentityprovider::operation::create_user_pool::builders::CreateUserPoolInputBuilder;
use aws_sdk_cognitoidentityprovider::operation::get_user_pool_mfa_config::GetUserPoolMfaConfigOutput;
use aws_sdk_cognitoidentityprovider::operation::set_user_pool_mfa_config::SetUserPoolMfaConfigInput;
use aws_sdk_cognitoidentityprovider::operation::set_user_pool_mfa_config::builders::SetUserPoolMfaConfigInputBuilder;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool::UpdateUserPoolInput;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool::builders::UpdateUserPoolInputBuilder;
use aws_sdk_cognitoidentityprovider::types::{
    AccountRecoverySettingType, AdminCreateUserConfigType, AuthFactorType, DefaultEmailOptionType,
    DeletionProtectionType, EmailConfigurationType, EmailSendingAccountType, PasswordPolicyType,
    RecoveryOptionType, SchemaAttributeType, SignInPolicyType, SoftwareTokenMfaConfigType,
    UserAttributeUpdateSettingsType, UserPoolPolicyType, UserPoolType, UsernameAttributeType,
    UsernameConfigurationType, VerificationMessageTemplateType, VerifiedAttributeType,
    WebAuthnConfigurationType,
};
use cogapi_engine::Failure;

use super::inputs::{
    Accounts, CharacterClass, EmailSettings, Mfa, PASSWORD, Passkeys, PasswordPolicy, SignIn, UserPool,
    WEB_AUTHN,
};
use crate::resources::tags_from;

// ---- from the cloud ----

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
        first_factors,
        passkeys,
    }
}

fn first_factors(pool: &UserPoolType) -> Vec<String> {
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

// ---- to the cloud ----

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

/// `request` with what the inputs say, and the pool's own value for what they don't speak of.
pub(super) fn overlay(
    desired: &UserPool,
    request: UpdateUserPoolInputBuilder,
    pool: &UserPoolType,
) -> Result<UpdateUserPoolInputBuilder, Failure> {
    let Parts { policies, email, template, updates, invitations, recovery } = Parts::of(desired, Some(pool))?;
    let renamed = pool.name() != Some(&desired.name);
    Ok(request
        .set_pool_name(renamed.then(|| desired.name.clone()))
        .policies(policies)
        .deletion_protection(protection(desired.deletion_protection))
        .set_auto_verified_attributes(Some(names(&desired.accounts.auto_verified)))
        .verification_message_template(template)
        .user_attribute_update_settings(updates)
        .email_configuration(email)
        .set_user_pool_tags(Some(desired.tags.clone().into_iter().collect()))
        .admin_create_user_config(invitations)
        .account_recovery_setting(recovery)
        .user_pool_tier(desired.tier.as_str().into()))
}

/// The request that makes the pool, without MFA.
pub(super) fn create_request(desired: &UserPool) -> Result<CreateUserPoolInputBuilder, Failure> {
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

/// All of a pool's MFA: what is left out is switched off.
pub(super) fn mfa_request(mfa: &Mfa) -> SetUserPoolMfaConfigInputBuilder {
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
            email: email_configuration(&desired.email, pool),
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
                .and_then(PasswordPolicyType::password_history_size),
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

fn email_configuration(email: &EmailSettings, pool: Option<&UserPoolType>) -> EmailConfigurationType {
    let account = match email.ses_identity_arn {
        Some(_) => EmailSendingAccountType::Developer,
        None => EmailSendingAccountType::CognitoDefault,
    };
    let configuration_set =
        pool.and_then(UserPoolType::email_configuration).and_then(|email| email.configuration_set.clone());
    EmailConfigurationType::builder()
        .email_sending_account(account)
        .set_from(email.from.clone())
        .set_reply_to_email_address(email.reply_to.clone())
        .set_source_arn(email.ses_identity_arn.clone())
        // A configuration set is SES's, so it goes with the identity.
        .set_configuration_set(configuration_set.filter(|_| email.ses_identity_arn.is_some()))
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
