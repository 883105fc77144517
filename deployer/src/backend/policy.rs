//! The bucket's policy: our one statement among others'. Pure.

use serde_json::{Value, json};

/// The statement's name: what we find it by.
const SID: &str = "CogapiTlsOnly";

/// Forbids every request without TLS, to everybody.
pub(super) fn tls_only(partition: &str, bucket: &str) -> Value {
    json!({
        "Sid": SID,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [format!("arn:{partition}:s3:::{bucket}"), format!("arn:{partition}:s3:::{bucket}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    })
}

/// The policy with our statement in it; `None` when it is there already. Other statements stay: a company's own rules on
/// its buckets are none of our business.
pub(super) fn with(found: Option<&Value>, statement: Value) -> Option<Value> {
    let mut policy = match found {
        Some(policy @ Value::Object(_)) => policy.clone(),
        _ => json!({"Version": "2012-10-17"}),
    };
    // A single statement may stand without its list.
    let others = match policy["Statement"].take() {
        Value::Array(statements) => statements,
        Value::Null => Vec::new(),
        single => vec![single],
    };
    if others.contains(&statement) {
        return None;
    }
    let mut statements: Vec<_> = others.into_iter().filter(|other| other["Sid"] != SID).collect();
    statements.push(statement);
    policy["Statement"] = Value::Array(statements);
    Some(policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_with_our_statement_is_left_alone() {
        let first = with(None, tls_only("aws", "b"));
        assert!(first.is_some());
        assert_eq!(with(first.as_ref(), tls_only("aws", "b")), None);
    }

    #[test]
    fn the_statements_of_others_stay_and_a_changed_one_of_ours_is_put_right() {
        let theirs = json!({"Sid": "Audit", "Effect": "Deny"});
        let found = json!({"Version": "2008-10-17", "Statement": theirs});
        let policy = with(Some(&found), tls_only("aws", "b"));
        assert_eq!(
            policy,
            Some(json!({"Version": "2008-10-17", "Statement": [theirs, tls_only("aws", "b")]}))
        );
        let weakened = json!({"Statement": [{"Sid": SID, "Effect": "Allow"}, theirs]});
        let policy = with(Some(&weakened), tls_only("aws", "b"));
        assert_eq!(policy, Some(json!({"Statement": [theirs, tls_only("aws", "b")]})));
    }
}
