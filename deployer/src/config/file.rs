//! The TOML as written: which keys there are, which of them must be given, and their types.
//!
//! Owns the keys' names and nothing about their meaning: defaults and rules are in [`super::validate`].

use toml::de::DeTable;

use super::problem::{Checked, Place, Problems};
use super::read::{Entries, Given, List, Needed, Section, Written};

/// An environment file. Sections that mean something by being there are optional, all others read as empty.
pub(super) struct File {
    pub(super) aws: Aws,
    pub(super) state: State,
    pub(super) api: Api,
    pub(super) domain: Checked<Option<Domain>>,
    pub(super) email: Email,
    pub(super) tokens: Tokens,
    pub(super) password: Password,
    pub(super) mfa: Mfa,
    pub(super) passkeys: Checked<Option<Passkeys>>,
    pub(super) access: Access,
    pub(super) functions: Functions,
    pub(super) protection: Protection,
    pub(super) tags: Checked<Entries<Written<String>>>,
}

/// `[aws]`
pub(super) struct Aws {
    pub(super) region: Needed<String>,
    pub(super) profile: Given<String>,
    pub(super) account_id: Given<String>,
    pub(super) endpoint: Given<String>,
}

/// `[state]`
pub(super) struct State {
    pub(super) bucket: Needed<String>,
    pub(super) lock_table: Given<String>,
}

/// `[api]`
pub(super) struct Api {
    pub(super) name: Needed<String>,
    pub(super) description: Given<String>,
    pub(super) stage: Given<String>,
    pub(super) cors_origins: Given<List<String>>,
    pub(super) throttle: Checked<Option<Throttle>>,
    pub(super) method_throttle: Checked<Entries<Throttle>>,
    pub(super) access_logs: Given<bool>,
    pub(super) waf: Checked<Option<Waf>>,
}

/// `{ rate = …, burst = … }`
pub(super) struct Throttle {
    pub(super) rate: Needed<i64>,
    pub(super) burst: Needed<i64>,
}

/// `api.waf`
pub(super) struct Waf {
    pub(super) rate_limit: Needed<i64>,
}

/// `[domain]`
pub(super) struct Domain {
    pub(super) name: Needed<String>,
    pub(super) certificate: Given<String>,
    pub(super) certificate_tag: Given<String>,
    pub(super) zone_name: Needed<String>,
    pub(super) zone_id: Needed<String>,
}

/// `[email]`
pub(super) struct Email {
    pub(super) from: Needed<String>,
    pub(super) reply_to: Given<String>,
    pub(super) ses_identity_arn: Given<String>,
    pub(super) mfa_reset_subject: Given<String>,
    pub(super) mfa_reset_message: Given<String>,
}

/// `[tokens]`
pub(super) struct Tokens {
    pub(super) id: Given<String>,
    pub(super) access: Given<String>,
    pub(super) refresh: Given<String>,
}

/// `[password]`
pub(super) struct Password {
    pub(super) min_length: Given<i64>,
    pub(super) require: Given<List<String>>,
    pub(super) temporary_days: Given<i64>,
}

/// `[mfa]`
pub(super) struct Mfa {
    pub(super) issuer: Given<String>,
}

/// `[passkeys]`
pub(super) struct Passkeys {
    pub(super) relying_party_id: Needed<String>,
}

/// `[access]`
pub(super) struct Access {
    pub(super) registration: Given<String>,
    pub(super) admin: Given<String>,
}

/// `[functions]`
pub(super) struct Functions {
    pub(super) architecture: Given<String>,
    pub(super) memory_mb: Given<i64>,
    pub(super) timeout: Given<String>,
    pub(super) log_retention_days: Given<i64>,
    pub(super) reserved_concurrency: Given<i64>,
}

/// `[protection]`
pub(super) struct Protection {
    pub(super) deletion: Given<bool>,
}

impl File {
    /// The keys of the text. `Err` where it is not TOML at all: what was recovered from it would only mislead.
    pub(super) fn parse(text: &str, problems: &mut Problems) -> Checked<Self> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut syntax = Ok(());
        for error in errors {
            let at = Place { key: String::new(), span: error.span().unwrap_or(0..0) };
            // The parser's messages take two lines where they say what was expected.
            let message = error.message().replace('\n', ", ");
            syntax = Err(problems.report(&at, message, "mend the TOML syntax here"));
        }
        syntax?;
        // Just after the last character: where a missing section would be written.
        let end = text.trim_end().len();
        Ok(Section::root(table.get_ref(), end, problems, Self::read))
    }

    fn read(root: &mut Section<'_, '_>) -> Self {
        Self {
            aws: root.section("aws", |aws| Aws {
                region: aws.needed("region", "\"eu-west-1\""),
                profile: aws.given("profile"),
                account_id: aws.given("account_id"),
                endpoint: aws.given("endpoint"),
            }),
            state: root.section("state", |state| State {
                bucket: state
                    .needed("bucket", "\"myco-cogapi-state\", a bucket name that is free in all of AWS"),
                lock_table: state.given("lock_table"),
            }),
            api: root.section("api", Api::read),
            domain: root.given_section("domain", |domain| Domain {
                name: domain.needed("name", "\"auth.example.com\""),
                certificate: domain.given("certificate"),
                certificate_tag: domain.given("certificate_tag"),
                zone_name: domain.needed("zone_name", "\"example.com\", the Route 53 hosted zone"),
                zone_id: domain.needed("zone_id", "\"Z…\", the hosted zone's id"),
            }),
            email: root.section("email", |email| Email {
                from: email.needed("from", "\"no-reply@example.com\""),
                reply_to: email.given("reply_to"),
                ses_identity_arn: email.given("ses_identity_arn"),
                mfa_reset_subject: email.given("mfa_reset_subject"),
                mfa_reset_message: email.given("mfa_reset_message"),
            }),
            tokens: root.section("tokens", |tokens| Tokens {
                id: tokens.given("id"),
                access: tokens.given("access"),
                refresh: tokens.given("refresh"),
            }),
            password: root.section("password", |password| Password {
                min_length: password.given("min_length"),
                require: password.given("require"),
                temporary_days: password.given("temporary_days"),
            }),
            mfa: root.section("mfa", |mfa| Mfa { issuer: mfa.given("issuer") }),
            passkeys: root.given_section("passkeys", |passkeys| Passkeys {
                relying_party_id: passkeys.needed("relying_party_id", "\"example.com\""),
            }),
            access: root.section("access", |access| Access {
                registration: access.given("registration"),
                admin: access.given("admin"),
            }),
            functions: root.section("functions", |functions| Functions {
                architecture: functions.given("architecture"),
                memory_mb: functions.given("memory_mb"),
                timeout: functions.given("timeout"),
                log_retention_days: functions.given("log_retention_days"),
                reserved_concurrency: functions.given("reserved_concurrency"),
            }),
            protection: root
                .section("protection", |protection| Protection { deletion: protection.given("deletion") }),
            tags: root.entries_with("tags"),
        }
    }
}

impl Api {
    fn read(api: &mut Section<'_, '_>) -> Self {
        Self {
            name: api.needed("name", "\"myco-auth\""),
            description: api.given("description"),
            stage: api.given("stage"),
            cors_origins: api.given("cors_origins"),
            throttle: api.given_section("throttle", Throttle::read),
            method_throttle: api.entries_of("method_throttle", Throttle::read),
            access_logs: api.given("access_logs"),
            waf: api.given_section("waf", |waf| Waf { rate_limit: waf.needed("rate_limit", "300") }),
        }
    }
}

impl Throttle {
    fn read(throttle: &mut Section<'_, '_>) -> Self {
        Self { rate: throttle.needed("rate", "50"), burst: throttle.needed("burst", "100") }
    }
}
