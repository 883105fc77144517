//! From the file as written to an [`Environment`]: defaults, the rules of [`super::rules`], and what values demand of
//! each other.
//!
//! Every value is looked at, whatever is wrong with others; a rule between two values is applied where both are sound.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use super::environment::{
    Access, Admin, Api, Architecture, Aws, CharacterKind, CorsOrigins, Domain, Email, Environment, Functions,
    Mfa, Passkeys, Password, Protection, Registration, Seconds, State, Throttle, Tokens, Waf,
};
use super::file;
use super::problem::{Checked, Place, Problems};
use super::read::{Entries, Given, List, Needed, Written};
use super::rules::{self, Ruled};

/// The longest name that is made from the stack's: a role of the trigger with the longest name.
const LONGEST_SUFFIX: &str = "-verify-auth-challenge-response-role";
/// Of a Lambda function's name and of an IAM role's.
const LONGEST_NAME: usize = 64;
/// AWS takes 50 tags; the rest is cogapi's and what teams add by hand.
const MOST_TAGS: usize = 40;

/// The environment that the file means.
pub(super) fn environment(name: &str, file: file::File, problems: &mut Problems) -> Checked<Environment> {
    let mut check = Check { problems };
    let aws = check.aws(file.aws);
    let state = check.state(file.state);
    let api = check.api(name, file.api);
    let relying_party_at =
        given(&file.passkeys).and_then(|passkeys| place(passkeys.relying_party_id.as_ref().ok()));
    let domain = file.domain.and_then(|domain| domain.map(|domain| check.domain(domain)).transpose());
    let passkeys = file.passkeys.and_then(|passkeys| passkeys.map(|keys| check.passkeys(keys)).transpose());
    let related = check.relying_party_of(given(&domain), given(&passkeys), relying_party_at.as_ref());
    let email = check.email(file.email);
    let tokens = check.tokens(file.tokens);
    let password = check.password(file.password);
    let mfa = check.mfa(file.mfa);
    let access = check.access(file.access);
    let functions = check.functions(file.functions);
    let protection = check.or(file.protection.deletion, true, |on: &bool| Ok(*on));
    let tags = check.tags(file.tags);
    related?;
    Ok(Environment {
        name: name.to_owned(),
        aws: aws?,
        state: state?,
        api: api?,
        domain: domain?,
        email: email?,
        tokens: tokens?,
        password: password?,
        mfa: mfa?,
        passkeys: passkeys?,
        access: access?,
        functions: functions?,
        protection: Protection { deletion: protection? },
        tags: tags?,
    })
}

/// Applies rules, and keeps what breaks them.
struct Check<'p> {
    problems: &'p mut Problems,
}

impl Check<'_> {
    fn written<T, V, U>(&mut self, written: &Written<T>, rule: impl FnOnce(&V) -> Ruled<U>) -> Checked<U>
    where
        T: Borrow<V>,
        V: ?Sized,
    {
        rule(written.value.borrow())
            .map_err(|wrong| self.problems.report(&written.at, wrong.problem, wrong.help))
    }

    fn needed<T, V, U>(&mut self, key: Needed<T>, rule: impl FnOnce(&V) -> Ruled<U>) -> Checked<U>
    where
        T: Borrow<V>,
        V: ?Sized,
    {
        self.written(&key?, rule)
    }

    fn given<T, V, U>(&mut self, key: Given<T>, rule: impl FnOnce(&V) -> Ruled<U>) -> Checked<Option<U>>
    where
        T: Borrow<V>,
        V: ?Sized,
    {
        key?.map(|written| self.written(&written, rule)).transpose()
    }

    fn or<T, V, U>(&mut self, key: Given<T>, default: U, rule: impl FnOnce(&V) -> Ruled<U>) -> Checked<U>
    where
        T: Borrow<V>,
        V: ?Sized,
    {
        Ok(self.given(key, rule)?.unwrap_or(default))
    }

    /// The elements, all of them looked at, no two alike.
    fn distinct<T: PartialEq>(
        &mut self,
        list: List<String>,
        rule: impl Fn(&str) -> Ruled<T>,
    ) -> Checked<Vec<T>> {
        let mut values = Vec::new();
        let mut sound = Ok(());
        for element in list {
            let value = element.and_then(|written| {
                let value = self.written(&written, &rule)?;
                if values.contains(&value) {
                    return Err(self.problems.report(&written.at, "is there twice", "write it once"));
                }
                Ok(value)
            });
            match value {
                Ok(value) => values.push(value),
                Err(reported) => sound = Err(reported),
            }
        }
        sound.map(|()| values)
    }

    fn aws(&mut self, aws: file::Aws) -> Checked<Aws> {
        let region = self.needed(aws.region, rules::region);
        let profile = self.given(aws.profile, rules::line(256));
        let account_id = self.given(aws.account_id, rules::account_id);
        Ok(Aws { region: region?, profile: profile?, account_id: account_id? })
    }

    fn state(&mut self, state: file::State) -> Checked<State> {
        let bucket = self.needed(state.bucket, rules::bucket);
        let lock_table = self.or(state.lock_table, "cogapi-locks".to_owned(), rules::table);
        Ok(State { bucket: bucket?, lock_table: lock_table? })
    }

    fn api(&mut self, environment: &str, api: file::Api) -> Checked<Api> {
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
        let method_throttle = api.method_throttle.and_then(|entries| {
            let entries = entries.into_iter().map(|(key, throttle)| {
                let key = self.written(&key, rules::method_path);
                let throttle = throttle.and_then(|throttle| self.throttle(throttle));
                Ok((key?, throttle?))
            });
            all(entries)
        });
        let access_logs = self.or(api.access_logs, false, |on: &bool| Ok(*on));
        let waf = api.waf.and_then(|waf| {
            let waf = waf.map(|waf| {
                // AWS WAF's bounds of a rate-based rule.
                let rate_limit = self.needed(waf.rate_limit, rules::between(10, 2_000_000_000, ""))?;
                Ok(Waf { rate_limit })
            });
            waf.transpose()
        });
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

    fn domain(&mut self, domain: file::Domain) -> Checked<Domain> {
        let name_at = place(domain.name.as_ref().ok());
        let certificate_at = place(given(&domain.certificate));
        let name = self.needed(domain.name, rules::domain);
        let certificate = self.given(domain.certificate, rules::certificate);
        let tag = self.given(domain.certificate_tag, rules::tag_value);
        let zone_name = self.needed(domain.zone_name, rules::domain);
        let zone_id = self.needed(domain.zone_id, rules::zone_id);
        let mut sound = Ok(());
        if let (Ok(name), Ok(zone), Some(at)) = (&name, &zone_name, &name_at)
            && !is_in(name, zone)
        {
            let problem = format!("\"{name}\" is not in the zone {zone}");
            sound = Err(self.problems.report(at, problem, format!("{zone} or a name below it")));
        }
        if let (Ok(Some(certificate)), Ok(name), Some(at)) = (&certificate, &name, &certificate_at)
            && !covers(certificate, name)
        {
            let problem = format!("\"{certificate}\" does not cover {name}");
            sound = Err(self.problems.report(at, problem, covering(name)));
        }
        // ACM proves each of the certificate's names by a record in the zone.
        if let (Ok(Some(certificate)), Ok(zone), Some(at)) = (&certificate, &zone_name, &certificate_at)
            && !is_in(certificate.strip_prefix("*.").unwrap_or(certificate), zone)
        {
            let problem = format!("\"{certificate}\" is not in the zone {zone}");
            sound = Err(self.problems.report(at, problem, format!("{zone}, *.{zone} or a name below")));
        }
        sound?;
        let name = name?;
        let certificate = certificate?.unwrap_or_else(|| name.clone());
        let certificate_tag = tag?.unwrap_or_else(|| certificate.replacen('*', "wildcard", 1));
        Ok(Domain { name, certificate, certificate_tag, zone_name: zone_name?, zone_id: zone_id? })
    }

    fn email(&mut self, email: file::Email) -> Checked<Email> {
        let arn_at = place(given(&email.ses_identity_arn));
        let from = self.needed(email.from, rules::email);
        let reply_to = self.given(email.reply_to, rules::email);
        let ses_identity_arn = self.given(email.ses_identity_arn, rules::ses_identity);
        // The limit of Cognito's own subjects.
        let subject =
            self.or(email.mfa_reset_subject, "Reset your authenticator (MFA)".to_owned(), rules::line(140));
        let message = self.or(
            email.mfa_reset_message,
            "Your MFA reset code is {code}.".to_owned(),
            rules::mfa_reset_message,
        );
        let (from, ses_identity_arn) = (from?, ses_identity_arn?);
        if let (Some(arn), Some(at)) = (&ses_identity_arn, &arn_at)
            && !sends_for(arn, &from)
        {
            let problem = format!("is not an identity that may send as {from}");
            return Err(self.problems.report(at, problem, "the identity of this address or of its domain"));
        }
        Ok(Email {
            from,
            reply_to: reply_to?,
            ses_identity_arn,
            mfa_reset_subject: subject?,
            mfa_reset_message: message?,
        })
    }

    fn tokens(&mut self, tokens: file::Tokens) -> Checked<Tokens> {
        let at = |key| place(given(key));
        let (id_at, access_at, refresh_at) = (at(&tokens.id), at(&tokens.access), at(&tokens.refresh));
        // Cognito's bounds: 5 minutes to 1 day, and 60 minutes to 10 years.
        let short = || rules::duration(Seconds::minutes(5), Seconds::days(1));
        let long = rules::duration(Seconds::hours(1), Seconds::days(3650));
        let id = self.or(tokens.id, Seconds::hours(1), short());
        let access = self.or(tokens.access, Seconds::hours(1), short());
        let refresh = self.or(tokens.refresh, Seconds::hours(24), long);
        let mut sound = Ok(());
        for (token, key, token_at) in [(&id, "id", id_at), (&access, "access", access_at)] {
            let (Ok(token), Ok(refresh)) = (token, &refresh) else { continue };
            // One of the two is written, for the defaults fit each other.
            if let Some(at) = refresh_at.as_ref().or(token_at.as_ref())
                && refresh <= token
            {
                let problem = format!("refresh ({refresh}) is not longer than {key} ({token})");
                sound = Err(self.problems.report(at, problem, "give the refresh token the longest validity"));
            }
        }
        sound?;
        Ok(Tokens { id: id?, access: access?, refresh: refresh? })
    }

    fn password(&mut self, password: file::Password) -> Checked<Password> {
        use CharacterKind::{Lowercase, Number, Symbol, Uppercase};
        const KINDS: [(&str, CharacterKind); 4] =
            [("lowercase", Lowercase), ("uppercase", Uppercase), ("number", Number), ("symbol", Symbol)];
        let min_length = self.or(password.min_length, 14, rules::between(6, 99, ""));
        let require = password.require.and_then(|require| match require {
            Some(written) => self.distinct(written.value, rules::one_of(&KINDS)),
            None => Ok(KINDS.iter().map(|(_, kind)| *kind).collect()),
        });
        let temporary_days = self.or(password.temporary_days, 1, rules::between(1, 365, " days"));
        Ok(Password {
            min_length: min_length?,
            require: require?.into_iter().collect(),
            temporary_days: temporary_days?,
        })
    }

    fn mfa(&mut self, mfa: file::Mfa) -> Checked<Mfa> {
        Ok(Mfa { issuer: self.or(mfa.issuer, "CognitoApi".to_owned(), rules::issuer)? })
    }

    fn passkeys(&mut self, passkeys: file::Passkeys) -> Checked<Passkeys> {
        let relying_party_id = self.needed(passkeys.relying_party_id, rules::relying_party)?;
        Ok(Passkeys { relying_party_id })
    }

    fn relying_party_of(
        &mut self,
        domain: Option<&Domain>,
        passkeys: Option<&Passkeys>,
        at: Option<&Place>,
    ) -> Checked<()> {
        let (Some(domain), Some(passkeys), Some(at)) = (domain, passkeys, at) else { return Ok(()) };
        let (name, id) = (&domain.name, &passkeys.relying_party_id);
        if is_in(name, id) {
            return Ok(());
        }
        let problem = format!("\"{id}\" is neither {name} nor a parent of it");
        Err(self.problems.report(at, problem, format!("\"{name}\" or one of its parents")))
    }

    fn access(&mut self, access: file::Access) -> Checked<Access> {
        let registration = rules::one_of(&[("open", Registration::Open), ("admin", Registration::Admin)]);
        let registration = self.or(access.registration, Registration::Open, registration);
        let admin = rules::one_of(&[("group", Admin::Group), ("iam", Admin::Iam)]);
        let admin = self.or(access.admin, Admin::Group, admin);
        Ok(Access { registration: registration?, admin: admin? })
    }

    fn functions(&mut self, functions: file::Functions) -> Checked<Functions> {
        let architecture = self.or(functions.architecture, Architecture::Arm64, rules::architecture);
        let memory_mb = self.or(functions.memory_mb, 128, rules::between(128, 10_240, " MB"));
        // API Gateway gives up after 29 seconds.
        let timeout = rules::duration(Seconds(1), Seconds(29));
        let timeout = self.or(functions.timeout, Seconds(10), timeout);
        let log_retention_days = self.or(functions.log_retention_days, 30, rules::log_retention());
        Ok(Functions {
            architecture: architecture?,
            memory_mb: memory_mb?,
            timeout: timeout?,
            log_retention_days: log_retention_days?,
        })
    }

    fn tags(&mut self, tags: Checked<Entries<Written<String>>>) -> Checked<BTreeMap<String, String>> {
        let tags = tags?;
        let mut sound = Ok(());
        let mut lower: Vec<String> = Vec::new();
        for (index, (key, _)) in tags.iter().enumerate() {
            // IAM takes keys that differ in case only for the same.
            let key_lower = key.value.to_lowercase();
            if lower.contains(&key_lower) {
                sound =
                    Err(self.problems.report(&key.at, "differs from another key in case only", "drop one"));
            }
            lower.push(key_lower);
            if index == MOST_TAGS {
                let help = format!("at most {MOST_TAGS}: AWS takes 50, and cogapi needs some");
                sound = Err(self.problems.report(&key.at, format!("is one of {} tags", tags.len()), help));
            }
        }
        let tags = all(tags.into_iter().map(|(key, value)| {
            let key = self.written(&key, rules::tag_key);
            let value = value.and_then(|value| self.written(&value, rules::tag_value));
            Ok((key?, value?))
        }));
        sound?;
        Ok(tags?.into_iter().collect())
    }
}

/// What a key holds, if it is there and sound.
fn given<T>(key: &Checked<Option<T>>) -> Option<&T> {
    key.as_ref().ok().and_then(Option::as_ref)
}

/// Where a value stands.
fn place<T>(written: Option<&Written<T>>) -> Option<Place> {
    written.map(|written| written.at.clone())
}

/// All values, or the proof for one that is not there; unlike `collect`, it looks at every one.
fn all<T>(values: impl Iterator<Item = Checked<T>>) -> Checked<Vec<T>> {
    let values: Vec<Checked<T>> = values.collect();
    values.into_iter().collect()
}

fn fits_names(api: &str, environment: &str) -> Ruled<()> {
    let stack = format!("{api}-{environment}");
    let most = LONGEST_NAME - LONGEST_SUFFIX.len();
    if stack.len() <= most {
        return Ok(());
    }
    Err(rules::Wrong {
        problem: format!("makes names longer than AWS's {LONGEST_NAME} characters"),
        help: format!("\"{stack}\" has {} characters, at most {most} fit", stack.len()),
    })
}

/// Whether `name` is `parent` or below it.
fn is_in(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether a certificate for this name is good for `host`: a wildcard stands for exactly one label.
fn covers(certificate: &str, host: &str) -> bool {
    match certificate.strip_prefix("*.") {
        Some(parent) => host.split_once('.').is_some_and(|(_, rest)| rest == parent),
        None => certificate == host,
    }
}

/// The certificates that would do for `host`.
fn covering(host: &str) -> String {
    match host.split_once('.') {
        Some((_, parent)) if parent.contains('.') => format!("\"{host}\" or \"*.{parent}\""),
        _ => format!("\"{host}\""),
    }
}

/// Whether SES lets this identity send for the address: an address for itself, a domain for all below it.
fn sends_for(arn: &str, from: &str) -> bool {
    let Some((_, identity)) = arn.split_once(":identity/") else { return false };
    if identity.contains('@') {
        return identity.eq_ignore_ascii_case(from);
    }
    from.rsplit_once('@').is_some_and(|(_, host)| is_in(&host.to_ascii_lowercase(), identity))
}
