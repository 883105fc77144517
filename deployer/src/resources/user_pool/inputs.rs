//! What a user pool is declared with, and what others refer to. Owns the defaults that every environment shares; they are
//! inputs all the same, so that drift in them is seen and put right.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::resources::Tags;

/// The inputs of a user pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserPool {
    /// Its name. Cognito lets several pools have the same.
    pub name: String,
    /// How users are named: fixed when the pool is made.
    pub sign_in: SignIn,
    /// From whom its mails come.
    pub email: EmailSettings,
    /// Which passwords are good enough.
    pub password: PasswordPolicy,
    /// What else a user must prove.
    pub mfa: Mfa,
    /// Who makes, verifies and recovers accounts.
    pub accounts: Accounts,
    /// The feature plan: `LITE`, `ESSENTIALS` or `PLUS`. Passkeys need `ESSENTIALS`.
    pub tier: String,
    /// Whether Cognito itself refuses to delete it.
    pub deletion_protection: bool,
    /// What is set and no other field can say. Always empty where it is declared, so that
    /// whatever is found shows and goes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deviations: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
}

/// Settings of a pool that we leave off, as they are named in [`UserPool::deviations`].
pub(super) mod deviation {
    /// Devices are remembered, and may then stand in for a second factor.
    pub(in crate::resources::user_pool) const DEVICES: &str = "remembered devices";
    /// The pool can send text messages: a second factor and a recovery that need no more than a phone number.
    pub(in crate::resources::user_pool) const SMS: &str = "SMS";
    /// Risk scores of a paid tier, which let sign-ins pass or fail by rules of their own.
    pub(in crate::resources::user_pool) const THREAT_PROTECTION: &str = "threat protection";
    /// How many passwords may not come again.
    pub(in crate::resources::user_pool) const PASSWORD_HISTORY: &str = "password history";
    /// Where SES reports what became of the mails.
    pub(in crate::resources::user_pool) const CONFIGURATION_SET: &str = "SES configuration set";
}

/// What Cognito lets nobody change once the pool is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// The attributes that serve as a user's name, sorted.
    pub username_attributes: Vec<String>,
    /// Whether `Jane` and `jane` are two users.
    pub case_sensitive: bool,
    /// The standard attributes without which no user can be made, sorted. All other standard attributes (`name`,
    /// `phone_number`) are there too.
    pub required_attributes: Vec<String>,
}

impl Default for SignIn {
    /// By e-mail address, in any case.
    fn default() -> Self {
        Self {
            username_attributes: vec!["email".to_owned()],
            case_sensitive: false,
            required_attributes: vec!["email".to_owned()],
        }
    }
}

/// From whom the pool's mails come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailSettings {
    /// The sender: an address, or a name with one. Only with an SES identity.
    pub from: Option<String>,
    /// Where replies go.
    pub reply_to: Option<String>,
    /// The SES identity to send with. Without it Cognito sends from an address of its own, 50 mails a day.
    pub ses_identity_arn: Option<String>,
}

/// Which passwords are good enough.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// At least this many characters: 6 to 99.
    pub min_length: i32,
    /// At least one character of each of these.
    pub require: BTreeSet<CharacterClass>,
    /// How long the password of an invitation holds.
    pub temporary_days: i32,
}

/// A sort of characters that a password may have to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CharacterClass {
    /// `a` to `z`.
    Lowercase,
    /// `0` to `9`.
    Number,
    /// Punctuation.
    Symbol,
    /// `A` to `Z`.
    Uppercase,
}

/// What a user must prove, and with what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mfa {
    /// `ON`, `OPTIONAL` or `OFF`.
    pub mode: String,
    /// Whether an authenticator app will do as the second factor.
    pub software_token: bool,
    /// What else will do as one, `EMAIL` or `SMS`. Always empty where it is declared: both prove less than an authenticator
    /// app, and a mailbox alone recovers the password already.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub other_factors: BTreeSet<String>,
    /// With what a sign-in may begin, sorted: `PASSWORD`, and `WEB_AUTHN` for passkeys.
    pub first_factors: Vec<String>,
    /// How passkeys work, where a sign-in may begin with one.
    pub passkeys: Option<Passkeys>,
}

impl Mfa {
    /// A password and an authenticator app, always.
    #[must_use]
    pub fn totp() -> Self {
        Self { mode: "ON".to_owned(), software_token: true, ..Self::off() }
    }

    /// As [`Mfa::totp`], or a passkey that verifies its user, which satisfies MFA by itself.
    #[must_use]
    pub fn totp_or_passkey(relying_party_id: &str) -> Self {
        Self {
            first_factors: vec![PASSWORD.to_owned(), WEB_AUTHN.to_owned()],
            passkeys: Some(Passkeys {
                relying_party_id: relying_party_id.to_owned(),
                user_verification: "required".to_owned(),
                factor: "MULTI_FACTOR_WITH_USER_VERIFICATION".to_owned(),
            }),
            ..Self::totp()
        }
    }

    /// As a pool is when it has just been made.
    pub(super) fn off() -> Self {
        Self {
            mode: "OFF".to_owned(),
            software_token: false,
            other_factors: BTreeSet::new(),
            first_factors: vec![PASSWORD.to_owned()],
            passkeys: None,
        }
    }

    /// Whether what SetUserPoolMfaConfig sets is the same. The first factors are UpdateUserPool's.
    pub(super) fn same_configuration(&self, other: &Self) -> bool {
        self.mode == other.mode
            && self.software_token == other.software_token
            && self.other_factors == other.other_factors
            && self.passkeys == other.passkeys
    }
}

pub(super) const PASSWORD: &str = "PASSWORD";
pub(super) const WEB_AUTHN: &str = "WEB_AUTHN";

/// How passkeys work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkeys {
    /// The domain that passkeys are made for. A pool has one; changing it orphans every passkey.
    pub relying_party_id: String,
    /// Whether the authenticator must verify its user: `required` or `preferred`.
    pub user_verification: String,
    /// Whether a passkey satisfies MFA: `MULTI_FACTOR_WITH_USER_VERIFICATION`, or `SINGLE_FACTOR` where not.
    pub factor: String,
}

/// Who makes, verifies and recovers accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounts {
    /// Whether only an administrator makes users: the API does, and nobody can go around it.
    pub admin_create_only: bool,
    /// The attributes that Cognito verifies with a code of its own accord, sorted.
    pub auto_verified: Vec<String>,
    /// Whether a code (`CONFIRM_WITH_CODE`) or a link verifies them.
    pub verification: String,
    /// By what a lost password is recovered, the preferred way first.
    pub recovery: Vec<String>,
    /// The attributes that keep their old value until the new one is verified, sorted. With an access token users can change
    /// attributes at Cognito directly, so without it they could take an address that is not theirs.
    pub verify_before_update: Vec<String>,
}

impl Default for Accounts {
    /// Made through the API, verified and recovered by mail.
    fn default() -> Self {
        Self {
            admin_create_only: true,
            auto_verified: vec!["email".to_owned()],
            verification: "CONFIRM_WITH_CODE".to_owned(),
            recovery: vec!["verified_email".to_owned()],
            verify_before_update: vec!["email".to_owned()],
        }
    }
}

/// What others refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its id, e.g. `eu-west-1_AbCdEfGhI`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
}
