//! One environment, validated and typed: all that the rest of cogapi knows about what a user wants.
//!
//! Only types. [`super::load`] makes them; whoever holds an [`Environment`] need not check its values again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Serialize, Serializer};

/// Everything that one environment is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// The file's name without `.toml`: 1 to 20 lower-case letters, digits and hyphens.
    pub name: String,
    /// Which account and region.
    pub aws: Aws,
    /// Where cogapi keeps its state.
    pub state: State,
    /// The REST API.
    pub api: Api,
    /// The custom domain; without it the API answers at its execute-api address.
    pub domain: Option<Domain>,
    /// Who sends the mails, and the text of the MFA reset.
    pub email: Email,
    /// How long tokens are valid.
    pub tokens: Tokens,
    /// What a password must be.
    pub password: Password,
    /// Time-based one-time passwords.
    pub mfa: Mfa,
    /// Passkeys; without it there are none, and the pool can stay on the cheaper tier.
    pub passkeys: Option<Passkeys>,
    /// Who may call what.
    pub access: Access,
    /// The Lambda functions.
    pub functions: Functions,
    /// What can't be destroyed.
    pub protection: Protection,
    /// On everything taggable, besides cogapi's own. At most 40.
    pub tags: BTreeMap<String, String>,
}

impl Environment {
    /// What all resource names begin with: `<api name>-<environment>`. Short enough that every function and role name
    /// made from it stays within 64 characters.
    #[must_use]
    pub fn stack(&self) -> String {
        format!("{}-{}", self.api.name, self.name)
    }
}

/// `[aws]`: which account and region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Aws {
    /// E.g. `eu-west-1`.
    pub region: String,
    /// A profile of the shared AWS configuration; without it the SDK's usual chain.
    pub profile: Option<String>,
    /// 12 digits. Where given, any other account must be refused.
    pub account_id: Option<String>,
    /// An emulator on this machine that takes the place of AWS, e.g. `http://127.0.0.1:4580`.
    pub endpoint: Option<String>,
}

/// `[state]`: where cogapi keeps its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// The S3 bucket of state and artefacts.
    pub bucket: String,
    /// The DynamoDB table of locks.
    pub lock_table: String,
}

/// `[api]`: the REST API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Api {
    /// Lower-case letters, digits and hyphens. See [`Environment::stack`].
    pub name: String,
    /// Shown in the AWS console.
    pub description: String,
    /// The stage's name, part of the execute-api address.
    pub stage: String,
    /// Who may call from a browser.
    pub cors_origins: CorsOrigins,
    /// For the whole stage.
    pub throttle: Throttle,
    /// For single methods, instead of the stage's.
    pub method_throttle: BTreeMap<MethodPath, Throttle>,
    /// Whether each request is logged.
    pub access_logs: bool,
    /// The optional web application firewall.
    pub waf: Option<Waf>,
}

/// Which web origins may call the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CorsOrigins {
    /// `*`
    Any,
    /// These, at least one, each like `https://app.example.com`: lower case, no path, no trailing slash.
    Only(BTreeSet<String>),
}

/// A token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Throttle {
    /// Requests a second.
    pub rate: u32,
    /// Requests at once.
    pub burst: u32,
}

/// One method of the API, e.g. `POST /v1/login`; there is such an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MethodPath {
    /// E.g. `POST`.
    pub method: &'static str,
    /// E.g. `/v1/users/{user_id}`.
    pub path: &'static str,
}

impl fmt::Display for MethodPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// As text, so that it can be a key of JSON.
impl Serialize for MethodPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `api.waf`: the web application firewall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Waf {
    /// Requests in 5 minutes from one address.
    pub rate_limit: u32,
}

/// `[domain]`: the custom domain. All names are lower case, without a trailing dot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Domain {
    /// The API's host name, in the zone.
    pub name: String,
    /// The certificate's domain name, possibly a wildcard; it covers `name` and is in the zone.
    pub certificate: String,
    /// The certificate's `Name` tag.
    pub certificate_tag: String,
    /// The Route 53 hosted zone's name.
    pub zone_name: String,
    /// The Route 53 hosted zone's id, without `/hostedzone/`.
    pub zone_id: String,
}

/// `[email]`: who sends the mails, and the text of the MFA reset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Email {
    /// The sender's address.
    pub from: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// The SES identity that covers `from`. Without it Cognito sends its mails itself (`COGNITO_DEFAULT`, 50 a day).
    pub ses_identity_arn: Option<String>,
    /// One line.
    pub mfa_reset_subject: String,
    /// Contains `{code}`.
    pub mfa_reset_message: String,
}

/// `[tokens]`: how long tokens are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// 5 minutes to 1 day.
    pub id: Seconds,
    /// 5 minutes to 1 day.
    pub access: Seconds,
    /// 60 minutes to 10 years, and longer than the other two.
    pub refresh: Seconds,
}

/// A length of time in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Seconds(pub u32);

impl Seconds {
    /// So many minutes.
    #[must_use]
    pub const fn minutes(count: u32) -> Self {
        Self(count * 60)
    }

    /// So many hours.
    #[must_use]
    pub const fn hours(count: u32) -> Self {
        Self::minutes(count * 60)
    }

    /// So many days.
    #[must_use]
    pub const fn days(count: u32) -> Self {
        Self::hours(count * 24)
    }
}

/// As in a configuration file, in the largest unit that gives a whole number.
impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, letter) in [(Self::days(1), 'd'), (Self::hours(1), 'h'), (Self::minutes(1), 'm')] {
            if self.0 > 0 && self.0.is_multiple_of(unit.0) {
                return write!(f, "{}{letter}", self.0 / unit.0);
            }
        }
        write!(f, "{}s", self.0)
    }
}

/// `[password]`: what a password must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Password {
    /// Characters, 6 to 99.
    pub min_length: u32,
    /// Kinds of characters of which there must be at least one each.
    pub require: BTreeSet<CharacterKind>,
    /// Days until an invitation's password expires, 1 to 365.
    pub temporary_days: u32,
}

/// A kind of character that a password may have to contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CharacterKind {
    /// a to z.
    Lowercase,
    /// A to Z.
    Uppercase,
    /// 0 to 9.
    Number,
    /// Cognito's list of special characters.
    Symbol,
}

/// `[mfa]`: time-based one-time passwords.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mfa {
    /// Shown in authenticator apps; contains no colon.
    pub issuer: String,
}

/// `[passkeys]`: WebAuthn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Passkeys {
    /// The relying party. Changing it makes every passkey useless.
    pub relying_party_id: String,
}

/// `[access]`: who may call what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Access {
    /// Who may make a user.
    pub registration: Registration,
    /// How an administrator proves to be one.
    pub admin: Admin,
}

/// Who may make a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Anyone.
    Open,
    /// Administrators.
    Admin,
}

/// How an administrator proves to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Admin {
    /// By an ID token with the group `admins`.
    Group,
    /// By a signed request (`AWS_IAM`).
    Iam,
}

/// `[functions]`: the Lambda functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Functions {
    /// What they are built for.
    pub architecture: Architecture,
    /// MB, 128 to 10,240.
    pub memory_mb: u32,
    /// 1 to 29 seconds.
    pub timeout: Seconds,
    /// How long logs are kept; one of the values that CloudWatch Logs takes.
    pub log_retention_days: u32,
    /// How many requests each function serves at once, taken from the account's pool for it alone.
    pub reserved_concurrency: Option<u32>,
}

/// A processor architecture, as Lambda names it. A file's `host` is resolved to one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// AWS Graviton.
    Arm64,
    /// Intel and AMD.
    X86_64,
}

impl Architecture {
    /// This machine's, where Lambda has it.
    #[must_use]
    pub fn host() -> Option<Self> {
        match std::env::consts::ARCH {
            "aarch64" => Some(Self::Arm64),
            "x86_64" => Some(Self::X86_64),
            _ => None,
        }
    }
}

/// As Lambda names it.
impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        })
    }
}

/// `[protection]`: what can't be destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Protection {
    /// While true, the user pool can't be destroyed.
    pub deletion: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_shown_in_the_largest_unit_that_fits() {
        let shown = |seconds: u32| Seconds(seconds).to_string();
        assert_eq!([shown(0), shown(61), shown(3600), shown(5400)], ["0s", "61s", "1h", "90m"]);
        assert_eq!([shown(86_400), shown(90_000)], ["1d", "25h"]);
    }

    #[test]
    fn json_names_the_architecture_as_lambda_does() {
        for architecture in [Architecture::Arm64, Architecture::X86_64] {
            assert_eq!(serde_json::json!(architecture), architecture.to_string());
        }
    }
}
