//! What differs between two inputs, field by field. Pure; owns no judgement of what a difference means.

use serde::Serialize;
use serde_json::Value;

use crate::reference;

/// One differing field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// Keys and indices from the inputs' root, e.g. `["tokens", "access_seconds"]`.
    pub path: Vec<String>,
    /// The old value, `None` where there was no such field.
    pub before: Option<Value>,
    /// The new value, `None` where the field goes.
    pub after: Option<Value>,
    /// The new value refers to something that is known only after apply; `after` holds the reference tokens.
    pub unknown: bool,
}

/// All differences from `before` to `after`, in the order of their paths. Objects are compared key by key, everything
/// else (lists included: their order may matter) as a whole. `null` and absent are the same.
#[must_use]
pub fn diff(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    walk(&mut Vec::new(), Some(before), Some(after), &mut changes);
    changes
}

fn walk(path: &mut Vec<String>, before: Option<&Value>, after: Option<&Value>, into: &mut Vec<FieldChange>) {
    let before = before.filter(|value| !value.is_null());
    let after = after.filter(|value| !value.is_null());
    if let (Some(Value::Object(old)), Some(Value::Object(new))) = (before, after) {
        let mut keys: Vec<&String> =
            old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))).collect();
        keys.sort();
        for key in keys {
            path.push(key.clone());
            walk(path, old.get(key), new.get(key), into);
            path.pop();
        }
    } else if before != after {
        into.push(FieldChange {
            path: path.clone(),
            before: before.cloned(),
            after: after.cloned(),
            unknown: after.is_some_and(reference::is_unknown),
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(before: &Value, after: &Value) -> Vec<String> {
        diff(before, after).into_iter().map(|change| change.path.join(".")).collect()
    }

    #[test]
    fn only_the_fields_that_differ_are_named() {
        let before = json!({"a": {"b": 1, "c": [1, 2]}, "d": "x", "gone": true});
        let after = json!({"a": {"b": 2, "c": [1, 2]}, "d": "x", "new": {"e": 1}});
        assert_eq!(paths(&before, &after), ["a.b", "gone", "new"]);
    }

    #[test]
    fn null_and_absent_are_the_same() {
        assert!(diff(&json!({"a": null}), &json!({})).is_empty());
    }

    #[test]
    fn a_reference_that_is_not_resolved_yet_is_marked_unknown() {
        let changes = diff(&json!({"arn": "old"}), &json!({"arn": "${ref:role.x#arn}"}));
        assert!(changes[0].unknown);
    }
}
