//! Changed fields as lines: what is set anew, what comes into a list and what leaves it. Owns how a field is called and how
//! much of a value is shown; finds no difference that the engine has not found.

use std::collections::BTreeMap;

use cogapi_engine::diff::{FieldChange, diff};
use cogapi_engine::reference::is_unknown;
use serde_json::{Value, json};

use super::super::WIDTH;

/// Shown for a value that is nobody's business.
const SECRET: &str = "(secret)";
const UNKNOWN: &str = "(known after apply)";
const NONE: &str = "(none)";

/// The lines of a field, each short enough to stand after `indent` characters.
pub(super) fn lines(field: &FieldChange, indent: usize) -> Vec<String> {
    leaves(field).iter().flat_map(|leaf| leaf_lines(leaf, indent)).collect()
}

/// What of `before` and `after` may be shown: all but secrets.
pub(super) fn masked(field: &FieldChange) -> FieldChange {
    let hide = |value: &Option<Value>| value.as_ref().map(|value| mask(&field.path, value));
    FieldChange { before: hide(&field.before), after: hide(&field.after), ..field.clone() }
}

fn mask(path: &[String], value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let inner = |(key, value): (&String, &Value)| {
                let path = [path, std::slice::from_ref(key)].concat();
                (key.clone(), mask(&path, value))
            };
            Value::Object(fields.iter().map(inner).collect())
        }
        Value::String(_) if is_secret(path) => json!(SECRET),
        _ => value.clone(),
    }
}

/// Whether it is a variable of a function whose name says that its value is a secret. We set none, but somebody may have.
fn is_secret(path: &[String]) -> bool {
    const NAMES: [&str; 4] = ["SECRET", "PASSWORD", "TOKEN", "KEY"];
    matches!(path, [of, name] if of == "environment" && NAMES.iter().any(|end| name.to_uppercase().ends_with(end)))
}

/// The same without objects: where one comes or goes as a whole, its fields do.
pub(in crate::render) fn leaves(field: &FieldChange) -> Vec<FieldChange> {
    let FieldChange { path, before, after, .. } = masked(field);
    let nothing = json!({});
    let inner = match (&before, &after) {
        (Some(Value::Object(fields)), None) if !fields.is_empty() => {
            diff(before.as_ref().unwrap_or(&nothing), &nothing)
        }
        (None, Some(Value::Object(fields))) if !fields.is_empty() => {
            diff(&nothing, after.as_ref().unwrap_or(&nothing))
        }
        _ => return vec![FieldChange { path, before, after, unknown: field.unknown }],
    };
    let under = |leaf: FieldChange| FieldChange { path: [path.clone(), leaf.path].concat(), ..leaf };
    inner.into_iter().map(under).flat_map(|leaf| leaves(&leaf)).collect()
}

fn leaf_lines(leaf: &FieldChange, indent: usize) -> Vec<String> {
    let name = name(&leaf.path);
    let room = WIDTH.saturating_sub(indent);
    match (&leaf.before, &leaf.after) {
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            if is_policy(&leaf.path) {
                return statements(before, after, room);
            }
            let lines = elements(&name, before, after, room);
            if !lines.is_empty() {
                return lines;
            }
            vec![format!("{name} the same in another order")]
        }
        (before, after) => vec![from_to(&name, before.as_ref(), after.as_ref(), room)],
    }
}

/// What a field is called: the keys on its path, or what people call it.
fn name(path: &[String]) -> String {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    match parts[..] {
        ["code_sha256"] => "code:".to_owned(),
        ["body_hash"] => "the API's description:".to_owned(),
        ["throttle", "rate"] => "all methods: throttle".to_owned(),
        ["throttle", "burst"] => "all methods: burst".to_owned(),
        ["routes" | "method_throttles", method, what] => {
            let what = match what {
                "rate" => "throttle",
                "function_arn" => "function",
                other => other,
            };
            format!("{method}: {what}")
        }
        _ => format!("{}:", parts.join(".")),
    }
}

fn from_to(name: &str, before: Option<&Value>, after: Option<&Value>, room: usize) -> String {
    let unknown = after.is_some_and(is_unknown);
    let after = after.filter(|_| !unknown);
    let room = room.saturating_sub(name.chars().count() + 5);
    let shown = |value: Option<&Value>| value.map_or_else(|| NONE.to_owned(), plain);
    let (mut from, mut to) = (shown(before), if unknown { UNKNOWN.to_owned() } else { shown(after) });
    without_the_same(&mut from, &mut to, room / 2);
    // What one of them does not need is the other's.
    let left_by = |other: &str| room - other.chars().count().min(room / 2);
    let (for_from, for_to) = (left_by(&to), left_by(&from));
    format!("{name} {} -> {}", short(&from, for_from), short(&to, for_to))
}

/// A value as text; of a hash as much as tells it from others.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text == SECRET => text.clone(),
        Value::String(text) if is_hash(text) => text.chars().take(8).collect(),
        Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())
        }
        _ => value.to_string(),
    }
}

/// SHA-256 in hexadecimal, or as Lambda tells it: in base64.
fn is_hash(text: &str) -> bool {
    let hexadecimal = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    hexadecimal || (text.len() == 44 && text.ends_with('=') && text.bytes().all(base64))
}

/// Takes from two long texts what both begin with, but for a few characters, so that what differs is seen.
fn without_the_same(from: &mut String, to: &mut String, room: usize) {
    const KEPT: usize = 6;
    if from.chars().count().max(to.chars().count()) <= room {
        return;
    }
    let same = from.chars().zip(to.chars()).take_while(|(from, to)| from == to).count();
    if let Some(skipped) = same.checked_sub(KEPT).filter(|skipped| *skipped > 1) {
        for text in [from, to] {
            *text = format!("…{}", text.chars().skip(skipped).collect::<String>());
        }
    }
}

/// A text in at most about `room` characters, but never so short that it says nothing.
fn short(text: &str, room: usize) -> String {
    let room = room.max(12);
    if text.chars().count() <= room {
        return text.to_owned();
    }
    // What an ARN names comes last.
    if text.starts_with("\"arn:") {
        let skipped = text.chars().count() - (room - 1);
        return format!("…{}", text.chars().skip(skipped).collect::<String>());
    }
    let kept: String = text.chars().take(room - 1).collect();
    format!("{kept}…")
}

/// What comes into a list and what leaves it.
fn elements(name: &str, before: &[Value], after: &[Value], room: usize) -> Vec<String> {
    let room = room.saturating_sub(name.chars().count() + 3);
    let line = |sign: char, value: &Value| {
        let value = if is_unknown(value) { UNKNOWN.to_owned() } else { short(&plain(value), room) };
        format!("{name} {sign} {value}")
    };
    let gone = before.iter().filter(|value| !after.contains(value)).map(|value| line('-', value));
    let new = after.iter().filter(|value| !before.contains(value)).map(|value| line('+', value));
    gone.chain(new).collect()
}

fn is_policy(path: &[String]) -> bool {
    matches!(path, [.., policy, statement] if ["policy", "trust"].contains(&policy.as_str()) && statement == "Statement")
}

/// How statements differ, each known by its `Sid`, else by its place.
fn statements(before: &[Value], after: &[Value], room: usize) -> Vec<String> {
    fn named(statements: &[Value]) -> BTreeMap<String, &Value> {
        let name = |(at, statement): (usize, &Value)| match statement["Sid"].as_str() {
            Some(sid) => format!("statement {sid}"),
            None => format!("statement {}", at + 1),
        };
        statements.iter().enumerate().map(|item| (name(item), item.1)).collect()
    }
    let (before, after) = (named(before), named(after));
    let gone = before.keys().filter(|name| !after.contains_key(*name)).map(|name| format!("- {name}"));
    let mut lines: Vec<String> = gone.collect();
    for (name, statement) in after {
        let Some(before) = before.get(&name) else {
            let action =
                statement.get("Action").map_or_else(String::new, |action| format!(": {}", plain(action)));
            lines.push(short(&format!("+ {name}{action}"), room));
            continue;
        };
        for field in diff(before, statement) {
            let name = format!("{name}: {}", field.path.join("."));
            match (list(field.before.as_ref()), list(field.after.as_ref())) {
                (Some(before), Some(after)) => lines.extend(elements(&name, &before, &after, room)),
                _ => lines.push(from_to(&name, field.before.as_ref(), field.after.as_ref(), room)),
            }
        }
    }
    lines
}

/// In policies a single string stands for a list of one.
fn list(value: Option<&Value>) -> Option<Vec<Value>> {
    match value? {
        Value::Array(items) => Some(items.clone()),
        Value::String(_) => value.cloned().map(|value| vec![value]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of all that differs between two values of a field.
    fn lines_of(before: &Value, after: &Value) -> String {
        diff(before, after).iter().flat_map(|field| lines(field, 6)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_list_is_compared_by_its_elements() {
        let before = json!({ "cors": { "origins": ["https://a.example", "https://b.example"] } });
        let after = json!({ "cors": { "origins": ["https://b.example", "https://c.example"] } });
        insta::assert_snapshot!(lines_of(&before, &after), @r#"
        cors.origins: - "https://a.example"
        cors.origins: + "https://c.example"
        "#);
        insta::assert_snapshot!(lines_of(&json!({ "a": [1, 2] }), &json!({ "a": [2, 1] })), @"a: the same in another order");
    }

    #[test]
    fn what_an_api_answers_is_told_method_by_method() {
        let arn = |name: &str| format!("arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-{name}");
        let before = json!({
            "method_throttles": { "POST /v1/login": { "rate": 50.0, "burst": 100 } },
            "routes": {
                "POST /v1/users": { "authorization": "none", "function_arn": arn("create-user") },
                "POST /v1/logout": { "authorization": "none", "function_arn": arn("logout") },
            },
            "body_hash": "a".repeat(64),
        });
        let after = json!({
            "method_throttles": { "POST /v1/login": { "rate": 10.0, "burst": 100 } },
            "routes": {
                "POST /v1/users": { "authorization": "cognito", "function_arn": arn("new-user") },
                "GET /v1/users": { "authorization": "iam", "function_arn": arn("users") },
            },
            "body_hash": "b".repeat(64),
        });
        insta::assert_snapshot!(lines_of(&before, &after));
    }

    #[test]
    fn a_policy_is_compared_statement_by_statement() {
        let statement =
            |sid: &str, actions: Value| json!({ "Sid": sid, "Action": actions, "Effect": "Allow" });
        let before = json!({ "policy": { "Statement": [
            statement("Log", json!("logs:PutLogEvents")),
            statement("Mail", json!("ses:SendEmail")),
        ] } });
        let after = json!({ "policy": { "Statement": [
            statement("Log", json!(["logs:CreateLogStream", "logs:PutLogEvents"])),
            statement("UserPool", json!(["cognito-idp:AdminGetUser"])),
        ] } });
        insta::assert_snapshot!(lines_of(&before, &after), @r#"
        - statement Mail
        statement Log: Action + "logs:CreateLogStream"
        + statement UserPool: ["cognito-idp:AdminGetUser"]
        "#);
    }

    #[test]
    fn of_two_long_texts_the_place_is_shown_where_they_differ() {
        let text = |end: &str| json!({ "message": format!("{}{end}", "Long ago there was. ".repeat(6)) });
        insta::assert_snapshot!(lines_of(&text("Once."), &text("Twice.")), @r#"message: … was. Once." -> … was. Twice.""#);
    }

    #[test]
    fn what_looks_like_a_secret_is_not_shown_wherever_it_comes_from() {
        let after = json!({ "environment": { "DB_PASSWORD": "hunter2", "PASSWORD_MIN_LENGTH": "14" } });
        let (coming, going) = (lines_of(&json!({}), &after), lines_of(&after, &json!({})));
        assert!(coming.contains("DB_PASSWORD: (none) -> (secret)"), "{coming}");
        assert!(going.contains("PASSWORD_MIN_LENGTH: \"14\" -> (none)"), "{going}");
        assert!(!format!("{coming}{going}").contains("hunter2"));
        let field = masked(&diff(&json!({}), &after).remove(0));
        assert!(!format!("{field:?}").contains("hunter2"));
    }
}
