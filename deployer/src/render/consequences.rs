//! What a change means for users and operators beyond its fields, in one table: a line for a field or an action, and the
//! sentence that follows from the old and the new value. Decides nothing; whatever is forbidden is the engine's to refuse.

use cogapi_engine::{Action, Address, Change, Reason};
use serde_json::Value;

use super::span::exactly;

/// A sentence, and how much it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Consequence {
    /// Good to know.
    Note(String),
    /// Somebody loses something.
    Warning(String),
}

impl Consequence {
    /// The sentence.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Note(text) | Self::Warning(text) => text,
        }
    }
}

use Consequence::{Note, Warning};

/// The values of a field that matched. `part` is what stands for the `*` of its pattern.
struct Values<'a> {
    part: &'a str,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
}

impl Values<'_> {
    fn numbers(&self) -> Option<(u64, u64)> {
        Some((self.before?.as_u64()?, self.after?.as_u64()?))
    }

    fn texts(&self) -> (Option<&str>, Option<&str>) {
        (self.before.and_then(Value::as_str), self.after.and_then(Value::as_str))
    }

    fn becomes(&self, value: bool) -> bool {
        self.after.and_then(Value::as_bool) == Some(value)
    }

    /// `2 h instead of 1 h`
    fn spans(&self, unit: u64) -> Option<String> {
        let (before, after) = self.numbers()?;
        Some(format!("{} instead of {}", exactly(after * unit), exactly(before * unit)))
    }
}

type Tell = fn(&Values<'_>) -> Option<Consequence>;

/// What follows from a field of what is there: kind, path, sentence. Of something new nobody has anything to lose.
const FIELDS: &[(&str, &str, Tell)] = &[
    ("app_client", "tokens.access_seconds", |values| {
        Some(Note(format!("access tokens will last {}", values.spans(1)?)))
    }),
    ("app_client", "tokens.id_seconds", |values| {
        Some(Note(format!("sign-in (ID) tokens will last {}", values.spans(1)?)))
    }),
    ("app_client", "tokens.refresh_seconds", |values| {
        Some(Note(format!("users must sign in again after {}", values.spans(1)?)))
    }),
    ("app_client", "session_minutes", |values| {
        Some(Note(format!("a sign-in must be finished within {}", values.spans(60)?)))
    }),
    ("user_pool", "password.min_length", |values| {
        let (before, after) = values.numbers()?;
        Some(Note(format!(
            "new passwords need at least {after} characters instead of {before}; those that users have stay good"
        )))
    }),
    ("user_pool", "password.require", |_| {
        Some(Note("other characters are asked of new passwords; those that users have stay good".to_owned()))
    }),
    ("user_pool", "password.temporary_days", |values| {
        Some(Note(format!("invitations will be good for {}", values.spans(86_400)?)))
    }),
    ("user_pool", "mfa.passkeys.relying_party_id", |values| match values.texts() {
        (None, Some(domain)) => Some(Note(format!("users can make passkeys for {domain} from now on"))),
        (Some(domain), None) => Some(Warning(format!(
            "all passkeys stop working: whoever signs in with one for {domain} must use password and authenticator app"
        ))),
        // A passkey answers only to the domain that it was made for, and a pool knows only one.
        (Some(before), Some(after)) => Some(Warning(format!(
            "every passkey that was made for {before} stops working for good: their owners must sign in with password and authenticator app, and make new ones for {after}"
        ))),
        (None, None) => None,
    }),
    ("user_pool", "mfa.mode", |values| {
        values
            .texts()
            .1
            .filter(|mode| *mode != "ON")
            .map(|_| Warning("users can sign in without a second factor".to_owned()))
    }),
    ("user_pool", "email.ses_identity_arn", |values| match values.texts() {
        (Some(_), None) => Some(Warning(
            "Cognito sends the mails itself: at most 50 a day, and from its own address".to_owned(),
        )),
        (None, Some(_)) => {
            Some(Note("mails go out through SES, without Cognito's limit of 50 a day".to_owned()))
        }
        _ => None,
    }),
    ("user_pool", "email.from", |values| match values.texts() {
        (Some(before), Some(after)) => {
            Some(Note(format!("mails will come from {after} instead of {before}")))
        }
        _ => None,
    }),
    ("user_pool", "deletion_protection", |values| {
        values
            .becomes(false)
            .then(|| Warning("the user pool, and all users with it, can be deleted from now on".to_owned()))
    }),
    ("rest_api", "routes.*.function_arn", |values| match values.texts() {
        (Some(_), None) => Some(Warning(format!("{} is not answered any more", values.part))),
        _ => None,
    }),
    ("rest_api", "routes.*.authorization", |values| match values.texts() {
        (Some(_), Some("none")) => Some(Warning(format!("anybody may call {} from now on", values.part))),
        (Some(_), Some("cognito")) => {
            Some(Warning(format!("{} is refused without an ID token from now on", values.part)))
        }
        (Some(_), Some("iam")) => {
            Some(Warning(format!("{} is refused without a signature (AWS_IAM) from now on", values.part)))
        }
        _ => None,
    }),
    ("rest_api", "cors.origins", |values| {
        let after = values.after?.as_array()?;
        let gone = values.before?.as_array()?.iter().filter(|origin| !after.contains(origin));
        let gone: Vec<&str> = gone.filter_map(Value::as_str).collect();
        (!gone.is_empty() && !after.iter().any(|origin| origin == "*")).then(|| match gone[..] {
            ["*"] => Warning("web apps on other origins than these can't call the API any more".to_owned()),
            _ => Warning(format!("web apps on {} can't call the API any more", gone.join(", "))),
        })
    }),
    ("stage", "throttle.rate", |values| limit("requests to the whole API", values)),
    ("stage", "method_throttles.*.rate", |values| limit(values.part, values)),
    ("stage", "access_logs.log_group_arn", |values| match values.texts() {
        (Some(_), None) => Some(Note("requests are not logged by API Gateway any more".to_owned())),
        (None, Some(_)) => Some(Note("API Gateway logs each request with the caller's address".to_owned())),
        _ => None,
    }),
    ("stage", "name", |_| Some(Warning("the API's execute-api address changes".to_owned()))),
    ("log_group", "retention_days", |values| {
        let (before, after) = values.numbers()?;
        (after < before)
            .then(|| Warning(format!("what was logged more than {} ago is deleted", exactly(after * 86_400))))
    }),
    ("function", "reserved_concurrency", |values| {
        Some(Note(format!("serves at most {} requests at once; others are refused", values.after?.as_u64()?)))
    }),
    ("domain_name", "name", |values| {
        Some(Warning(format!(
            "clients that still use {} find nothing there any more; passkeys go on working only where both names are within the relying party",
            values.texts().0?
        )))
    }),
    ("dns_record", "target", |_| {
        Some(Note("clients follow within a minute, as their resolvers forget the old target".to_owned()))
    }),
];

/// What follows from an action alone: kind, action, sentence.
const ACTIONS: &[(&str, Action, Tell)] = &[
    ("user_pool", Action::Delete, |_| Some(Warning("all users are deleted, for good".to_owned()))),
    ("app_client", Action::Delete, |_| Some(Warning("everybody is signed out".to_owned()))),
    ("app_client", Action::Replace, |_| {
        Some(Warning("everybody is signed out and must sign in again".to_owned()))
    }),
    ("rest_api", Action::Delete, |_| Some(Warning("no client finds the API any more".to_owned()))),
    ("log_group", Action::Delete, |_| Some(Warning("all that was logged is deleted".to_owned()))),
    ("domain_name", Action::Delete, |_| {
        Some(Warning("clients that use this name find nothing there any more".to_owned()))
    }),
    ("certificate", Action::Create, |_| Some(validation())),
    ("certificate", Action::Replace, |_| Some(validation())),
    // https://aws.amazon.com/waf/pricing/
    ("web_acl", Action::Create, |_| {
        Some(Note(
            "AWS charges about 5 USD a month for it, 1 for each rule, and 0.60 for a million requests"
                .to_owned(),
        ))
    }),
];

fn validation() -> Consequence {
    Note("about 3 min: waits until AWS has validated and issued the certificate".to_owned())
}

fn limit(what: &str, values: &Values<'_>) -> Option<Consequence> {
    let rate = |value: Option<&Value>| value.and_then(Value::as_f64);
    Some(match (rate(values.before), rate(values.after)) {
        (before, Some(after)) if before.is_none_or(|before| after < before) => {
            Warning(format!("{what}: more than {after} a second are answered 429"))
        }
        (_, Some(after)) => Note(format!("{what}: up to {after} a second are answered")),
        (Some(_), None) => Note(format!("{what}: the limit of its own goes")),
        (None, None) => return None,
    })
}

/// All that a change means.
pub(super) fn of(address: &Address, change: &Change) -> Vec<Consequence> {
    let kind = address.kind();
    let nothing = Values { part: "", before: None, after: None };
    let actions = ACTIONS.iter().filter(|(of, action, _)| (*of, *action) == (kind, change.action));
    let mut told: Vec<Consequence> = actions.filter_map(|(_, _, tell)| tell(&nothing)).collect();
    if kind == "user_pool" && change.action == Action::Create && change.reason == Reason::DeletedOutside {
        told.push(Warning(
            "the new user pool is empty: the users were lost with the one that was deleted".to_owned(),
        ));
    }
    if matches!(change.action, Action::Update | Action::Replace) {
        for leaf in change.fields.iter().flat_map(super::plan::leaves) {
            for (_, pattern, tell) in FIELDS.iter().filter(|(of, ..)| *of == kind) {
                let values = matched(pattern, &leaf.path).and_then(|part| {
                    tell(&Values { part, before: leaf.before.as_ref(), after: leaf.after.as_ref() })
                });
                told.extend(values.filter(|new| !told.contains(new)));
            }
        }
    }
    told
}

/// What stands for the `*` of a pattern that a path matches; nothing where there is none.
fn matched<'a>(pattern: &str, path: &'a [String]) -> Option<&'a str> {
    let mut star = "";
    let mut parts = pattern.split('.');
    for key in path {
        match parts.next()? {
            "*" => star = key,
            part if part == key => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(star)
}

#[cfg(test)]
mod tests {
    use cogapi_engine::diff::diff;
    use serde_json::json;

    use super::*;
    use crate::render::plan::tests::change;

    /// What is told where a resource of `kind` is changed from one to the other, a warning with a `!` before it.
    fn told(kind: &str, before: &Value, after: &Value) -> String {
        let fields = diff(before, after);
        let change = Change { fields, ..change(Action::Update, Reason::Changed) };
        listed(&of(&Address::new(kind, "main"), &change))
    }

    fn listed(consequences: &[Consequence]) -> String {
        let line = |consequence: &Consequence| match consequence {
            Note(text) => format!("  {text}"),
            Warning(text) => format!("! {text}"),
        };
        consequences.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_a_field_means_is_told_in_a_sentence() {
        let cases = [
            (
                "app_client",
                json!({"tokens": {"access_seconds": 3600, "id_seconds": 3600}}),
                json!({"tokens": {"access_seconds": 7200, "id_seconds": 5400}}),
            ),
            (
                "app_client",
                json!({"tokens": {"refresh_seconds": 86_400}, "session_minutes": 15}),
                json!({"tokens": {"refresh_seconds": 2_592_000}, "session_minutes": 10}),
            ),
            (
                "user_pool",
                json!({"password": {"min_length": 8, "require": [], "temporary_days": 1}}),
                json!({"password": {"min_length": 14, "require": ["symbol"], "temporary_days": 7}}),
            ),
            (
                "user_pool",
                json!({"mfa": {"mode": "ON", "passkeys": {"relying_party_id": "a.example"}}}),
                json!({"mfa": {"mode": "OFF", "passkeys": {"relying_party_id": "b.example"}}}),
            ),
            (
                "user_pool",
                json!({"mfa": {"passkeys": {"relying_party_id": "a.example"}}}),
                json!({"mfa": {"passkeys": null}}),
            ),
            (
                "user_pool",
                json!({"mfa": {}}),
                json!({"mfa": {"passkeys": {"relying_party_id": "a.example"}}}),
            ),
            (
                "user_pool",
                json!({"deletion_protection": true, "email": {"from": "a@example.com", "ses_identity_arn": "arn"}}),
                json!({"deletion_protection": false, "email": {"from": "b@example.com"}}),
            ),
            (
                "user_pool",
                json!({"deletion_protection": false, "email": {}}),
                json!({"deletion_protection": true, "email": {"ses_identity_arn": "arn"}}),
            ),
            (
                "rest_api",
                json!({"routes": {"GET /a": {"function_arn": "a", "authorization": "none"}, "GET /b": {"function_arn": "b", "authorization": "cognito"}, "GET /c": {"function_arn": "c", "authorization": "none"}}}),
                json!({"routes": {"GET /b": {"function_arn": "b", "authorization": "none"}, "GET /c": {"function_arn": "c", "authorization": "iam"}, "GET /d": {"function_arn": "d", "authorization": "none"}}}),
            ),
            (
                "rest_api",
                json!({"cors": {"origins": ["https://a.example", "https://b.example"]}}),
                json!({"cors": {"origins": ["https://b.example"]}}),
            ),
            (
                "rest_api",
                json!({"cors": {"origins": ["*"]}}),
                json!({"cors": {"origins": ["https://b.example"]}}),
            ),
            (
                "rest_api",
                json!({"cors": {"origins": ["https://b.example"]}}),
                json!({"cors": {"origins": ["*"]}}),
            ),
            (
                "stage",
                json!({"throttle": {"rate": 50.0}, "method_throttles": {"POST /v1/login": {"rate": 10.0, "burst": 1}}}),
                json!({"throttle": {"rate": 100.0}, "method_throttles": {"POST /v1/logout": {"rate": 5.0, "burst": 1}}}),
            ),
            (
                "stage",
                json!({"name": "a", "access_logs": {"log_group_arn": "arn", "format": "x"}}),
                json!({"name": "b"}),
            ),
            ("log_group", json!({"retention_days": 30}), json!({"retention_days": 7})),
            ("log_group", json!({"retention_days": 7}), json!({"retention_days": 30})),
            ("function", json!({}), json!({"reserved_concurrency": 5})),
            (
                "domain_name",
                json!({"name": "auth.example.com", "certificate_arn": "1"}),
                json!({"name": "login.example.com", "certificate_arn": "2"}),
            ),
            ("domain_name", json!({"certificate_arn": "1"}), json!({"certificate_arn": "2"})),
        ];
        let told: Vec<String> = cases
            .iter()
            .map(|(kind, before, after)| {
                format!("{kind} {before} -> {after}\n{}\n", told(kind, before, after))
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn what_an_action_means_is_told_once_and_of_something_new_nothing_is_lost() {
        for (kind, action, reason, expected) in [
            ("user_pool", Action::Delete, Reason::Dropped, "! all users are deleted, for good"),
            ("user_pool", Action::Create, Reason::New, ""),
            (
                "user_pool",
                Action::Create,
                Reason::DeletedOutside,
                "! the new user pool is empty: the users were lost with the one that was deleted",
            ),
            (
                "certificate",
                Action::Create,
                Reason::New,
                "  about 3 min: waits until AWS has validated and issued the certificate",
            ),
        ] {
            let fields = diff(&json!({}), &json!({"mfa": {"passkeys": {"relying_party_id": "a.example"}}}));
            let change = Change { fields, ..change(action, reason) };
            assert_eq!(listed(&of(&Address::new(kind, "main"), &change)), expected);
        }
    }

    #[test]
    fn every_line_of_the_table_is_about_a_kind_that_there_is() {
        let kinds = crate::resources::kinds();
        let names: Vec<&str> = kinds.names().collect();
        let told = FIELDS.iter().map(|(kind, ..)| kind).chain(ACTIONS.iter().map(|(kind, ..)| kind));
        for kind in told {
            assert!(names.contains(kind), "{kind}");
        }
    }
}
