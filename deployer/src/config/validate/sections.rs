//! The sections whose values stand for themselves.

use std::collections::BTreeMap;

use cogapi_handlers::endpoint::Feature;

use super::{Check, all, flag};
use crate::config::environment::{
    Access, Admin, Api, Architecture, Aws, CharacterKind, CorsOrigins, Functions, Mfa, Password,
    Registration, Seconds, State, Throttle, Waf,
};
use crate::config::file;
use crate::config::problem::Checked;
use crate::config::read::{Entries, Given, List, Written};
use crate::config::rules::{self, Ruled, Wrong};

/// The longest of what is appended to [`Environment::stack`](crate::config::Environment::stack): the role of the
/// trigger with the longest name.
const LONGEST_SUFFIX: &str = "-verify-auth-challenge-response-role";
/// Of a Lambda function's name and of an IAM role's.
const LONGEST_NAME: usize = 64;
/// Half of the 4 KB that a function's environment may have.
const LONGEST_ORIGINS: usize = 2_000;
/// AWS takes 50 tags; the rest is cogapi's and what teams add by hand.
const MOST_TAGS: usize = 40;

impl Check<'_> {
    pub(super) fn aws(&mut self, aws: file::Aws) -> Checked<Aws> {
        let region = self.needed(aws.region, rules::region);
        let profile = self.given(aws.profile, rules::line(256));
        let account_id = self.given(aws.account_id, rules::account_id);
        let endpoint = self.given(aws.endpoint, rules::local_endpoint);
        Ok(Aws { region: region?, profile: profile?, account_id: account_id?, endpoint: endpoint? })
    }

    pub(super) fn state(&mut self, state: file::State) -> Checked<State> {
        let bucket = self.needed(state.bucket, rules::bucket);
        let lock_table = self.or(state.lock_table, "cogapi-locks".to_owned(), rules::table);
        Ok(State { bucket: bucket?, lock_table: lock_table? })
    }

    /// What `has` names is configured, or tried to be.
    pub(super) fn api(
        &mut self,
        environment: &str,
        api: file::Api,
        has: impl Fn(Feature) -> bool,
    ) -> Checked<Api> {
        let name = self.needed(api.name, |name: &str| {
            let name = rules::api_name(name)?;
            fits_names(&name, environment)?;
            Ok(name)
        });
        let description = self.or(api.description, "Authentication API".to_owned(), rules::line(1024));
        let stage = self.or(api.stage, "development".to_owned(), rules::stage);
        let cors_origins = self.cors_origins(api.cors_origins);
        let throttle = api.throttle.and_then(|throttle| match throttle {
            Some(throttle) => self.throttle(throttle),
            None => Ok(Throttle { rate: 50, burst: 100 }),
        });
        let method_throttle = api.method_throttle.and_then(|methods| {
            all(methods.into_iter().map(|(method, throttle)| {
                let method = self.needed(Ok(method), rules::method_path(&has));
                let throttle = throttle.and_then(|throttle| self.throttle(throttle));
                Ok((method?, throttle?))
            }))
        });
        let access_logs = flag(api.access_logs, false);
        let waf = api.waf.and_then(|waf| waf.map(|waf| self.waf(waf)).transpose());
        Ok(Api {
            name: name?,
            description: description?,
            stage: stage?,
            cors_origins: cors_origins?,
            throttle: throttle?,
            method_throttle: method_throttle?.into_iter().collect(),
            access_logs: access_logs?,
            waf: waf?,
        })
    }

    fn cors_origins(&mut self, origins: Given<List<String>>) -> Checked<CorsOrigins> {
        let Some(Written { value: origins, at }) = origins? else { return Ok(CorsOrigins::Any) };
        let help = "[\"*\"], or the origins of your web apps";
        if origins.is_empty() {
            return Err(self.problems.report(&at, "is empty", help));
        }
        let origins = self.distinct(origins, |origin| match origin {
            "*" => Ok(origin.to_owned()),
            _ => rules::origin(origin),
        })?;
        if !origins.iter().any(|origin| origin == "*") {
            let length = origins.iter().map(|origin| origin.len() + 1).sum::<usize>();
            if length > LONGEST_ORIGINS {
                let help = format!("at most {LONGEST_ORIGINS}: functions get them in their environment");
                return Err(self.problems.report(&at, format!("has {length} characters"), help));
            }
            return Ok(CorsOrigins::Only(origins.into_iter().collect()));
        }
        if origins.len() > 1 {
            return Err(self.problems.report(&at, "has \"*\" beside other origins", help));
        }
        Ok(CorsOrigins::Any)
    }

    fn throttle(&mut self, throttle: file::Throttle) -> Checked<Throttle> {
        // API Gateway's burst is a signed 32-bit number.
        let most = i32::MAX.unsigned_abs();
        let rate = self.needed(throttle.rate, rules::between(1, most, ""));
        let burst = self.needed(throttle.burst, rules::between(1, most, ""));
        Ok(Throttle { rate: rate?, burst: burst? })
    }

    fn waf(&mut self, waf: file::Waf) -> Checked<Waf> {
        // AWS WAF's bounds of a rate-based rule.
        Ok(Waf { rate_limit: self.needed(waf.rate_limit, rules::between(10, 2_000_000_000, ""))? })
    }

    pub(super) fn password(&mut self, password: file::Password) -> Checked<Password> {
        use CharacterKind::{Lowercase, Number, Symbol, Uppercase};
        const KINDS: [(&str, CharacterKind); 4] =
            [("lowercase", Lowercase), ("uppercase", Uppercase), ("number", Number), ("symbol", Symbol)];
        let min_length = self.or(password.min_length, 14, rules::between(6, 99, " characters"));
        let require = password.require.and_then(|require| match require {
            Some(kinds) => self.distinct(kinds.value, rules::one_of(&KINDS)),
            None => Ok(KINDS.iter().map(|(_, kind)| *kind).collect()),
        });
        let temporary_days = self.or(password.temporary_days, 1, rules::between(1, 365, " days"));
        Ok(Password {
            min_length: min_length?,
            require: require?.into_iter().collect(),
            temporary_days: temporary_days?,
        })
    }

    pub(super) fn mfa(&mut self, mfa: file::Mfa) -> Checked<Mfa> {
        Ok(Mfa { issuer: self.or(mfa.issuer, "CognitoApi".to_owned(), rules::issuer)? })
    }

    pub(super) fn access(&mut self, access: file::Access) -> Checked<Access> {
        let registration = rules::one_of(&[("open", Registration::Open), ("admin", Registration::Admin)]);
        let registration = self.or(access.registration, Registration::Open, registration);
        let admin = rules::one_of(&[("group", Admin::Group), ("iam", Admin::Iam)]);
        let admin = self.or(access.admin, Admin::Group, admin);
        Ok(Access { registration: registration?, admin: admin? })
    }

    pub(super) fn functions(&mut self, functions: file::Functions) -> Checked<Functions> {
        let architecture = self.or(functions.architecture, Architecture::Arm64, rules::architecture);
        // Lambda's bounds.
        let memory_mb = self.or(functions.memory_mb, 128, rules::between(128, 10_240, " MB"));
        // API Gateway waits 29 seconds, so a function that runs longer answers nobody.
        // At least what the slowest handler may take: AdminCreateUser alone is given 8 s, as it must not be cut off halfway,
        // and failed sign-ins are answered on whole seconds. At most what API Gateway waits for.
        let timeout = self.or(functions.timeout, Seconds(10), rules::duration(Seconds(10), Seconds(29)));
        let log_retention_days = self.or(functions.log_retention_days, 30, rules::log_retention());
        // 0 would switch every function off. How many there are to reserve, only the account knows.
        let reserved_concurrency = self.given(functions.reserved_concurrency, rules::between(1, 100_000, ""));
        Ok(Functions {
            architecture: architecture?,
            memory_mb: memory_mb?,
            timeout: timeout?,
            log_retention_days: log_retention_days?,
            reserved_concurrency: reserved_concurrency?,
        })
    }

    pub(super) fn tags(
        &mut self,
        tags: Checked<Entries<Written<String>>>,
    ) -> Checked<BTreeMap<String, String>> {
        let tags = tags?;
        let count = tags.len();
        let mut known: Vec<String> = Vec::new();
        let tags = all(tags.into_iter().map(|(key, value)| {
            let key = self.placed(key, rules::tag_key).and_then(|key| {
                // IAM takes keys that differ in case only for the same.
                let lower = key.value.to_lowercase();
                if known.contains(&lower) {
                    let problem = "differs from another key in case only";
                    return Err(self.problems.report(&key.at, problem, "keep one of them"));
                }
                known.push(lower);
                if known.len() == MOST_TAGS + 1 {
                    let help = format!("at most {MOST_TAGS}: AWS takes 50, and cogapi needs some");
                    return Err(self.problems.report(&key.at, format!("is one of {count} tags"), help));
                }
                Ok(key.value)
            });
            let value = value.and_then(|value| self.needed(Ok(value), rules::tag_value));
            Ok((key?, value?))
        }));
        Ok(tags?.into_iter().collect())
    }
}

/// Whether every name that is made from these two stays within what AWS takes.
fn fits_names(api: &str, environment: &str) -> Ruled<()> {
    let stack = format!("{api}-{environment}");
    let most = LONGEST_NAME - LONGEST_SUFFIX.len();
    if stack.len() <= most {
        return Ok(());
    }
    Err(Wrong {
        problem: format!("makes names longer than AWS's {LONGEST_NAME} characters"),
        help: format!("\"{stack}\" has {} characters, at most {most} fit", stack.len()),
    })
}
