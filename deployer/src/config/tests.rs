//! Whole files: what they mean, and every way in which they can be wrong.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::{Environment, parse};

/// The least that makes an environment: eight lines, with `[email]` last.
const LEAST: &str = r#"[aws]
region = "eu-west-1"
[state]
bucket = "myco-cogapi-state"
[api]
name = "myco-auth"
[email]
from = "hello@example.com"
"#;

fn valid(text: &str) -> Environment {
    parse("dev", "dev.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

fn problems(text: &str) -> String {
    parse("dev", "dev.toml", text).err().map_or_else(|| "none".to_owned(), |error| error.to_string())
}

#[test]
fn the_least_file_has_all_defaults() {
    insta::assert_json_snapshot!(valid(LEAST), @r#"
    {
      "name": "dev",
      "aws": {
        "region": "eu-west-1",
        "profile": null,
        "account_id": null
      },
      "state": {
        "bucket": "myco-cogapi-state",
        "lock_table": "cogapi-locks"
      },
      "api": {
        "name": "myco-auth",
        "description": "Authentication API",
        "stage": "development",
        "cors_origins": "any",
        "throttle": {
          "rate": 50,
          "burst": 100
        },
        "method_throttle": {},
        "access_logs": false,
        "waf": null
      },
      "domain": null,
      "email": {
        "from": "hello@example.com",
        "reply_to": null,
        "ses_identity_arn": null,
        "mfa_reset_subject": "Reset your authenticator (MFA)",
        "mfa_reset_message": "Your MFA reset code is {code}."
      },
      "tokens": {
        "id": 3600,
        "access": 3600,
        "refresh": 86400
      },
      "password": {
        "min_length": 14,
        "require": [
          "lowercase",
          "uppercase",
          "number",
          "symbol"
        ],
        "temporary_days": 1
      },
      "mfa": {
        "issuer": "CognitoApi"
      },
      "passkeys": null,
      "access": {
        "registration": "open",
        "admin": "group"
      },
      "functions": {
        "architecture": "arm64",
        "memory_mb": 128,
        "timeout": 10,
        "log_retention_days": 30
      },
      "protection": {
        "deletion": true
      },
      "tags": {}
    }
    "#);
}

#[test]
fn all_problems_are_reported_at_once() {
    let text = r#"
[aws]
regoin = "eu-west-1"
account_id = 123456789012
[state]
bucket = "My Bucket"
[api]
name = "myco-auth"
cors_origins = ["*", 7, "https://app.example.com/"]
method_throttle."POST v1/login" = { rate = 0 }
throttle = 50
[domain]
name = "auth.example.org"
certificate = "*.dev.example.com"
zone_name = "example.com"
zone_id = "/hostedzone/Z1029992156D8O"
[tokens]
access = "2d"
refresh = "30m"
[functions]
architecture = "arm"
memory_mb = 64
timeout = "30s"
log_retention_days = 31
[protection]
deletion = "yes"
[tags]
"aws:x" = "y"
team = 4
[paskeys]
"#;
    insta::assert_snapshot!(problems(text), @r#"
    dev.toml:2: aws.region: is missing (add region = "eu-west-1")
    dev.toml:3: aws.regoin: is not a known key (did you mean region?)
    dev.toml:4: aws.account_id: is a whole number (write text in double quotes)
    dev.toml:6: state.bucket: has a character that no bucket name can have (3 to 63 lower-case letters, digits, hyphens and dots, e.g. "myco-cogapi-state")
    dev.toml:9: api.cors_origins[1]: is a whole number (write text in double quotes)
    dev.toml:9: api.cors_origins[2]: must be scheme, host and port only, without a path (e.g. "https://app.example.com" or "http://localhost:3000")
    dev.toml:10: api.method_throttle."POST v1/login".burst: is missing (add burst = 100)
    dev.toml:10: api.method_throttle."POST v1/login": is not a method and path of the API (e.g. "POST /v1/login")
    dev.toml:10: api.method_throttle."POST v1/login".rate: is 0 (from 1 to 2147483647)
    dev.toml:11: api.throttle: is a whole number (write a table)
    dev.toml:13: domain.name: "auth.example.org" is not in the zone example.com (example.com or a name below it)
    dev.toml:14: domain.certificate: "*.dev.example.com" does not cover auth.example.org ("auth.example.org" or "*.example.org")
    dev.toml:16: domain.zone_id: "/hostedzone/Z1029992156D8O" is not a hosted zone's id (capitals and digits after a Z, without /hostedzone/, e.g. "Z1029992156D8O")
    dev.toml:18: tokens.access: is 2d (from 5m to 1d, as a whole number and s, m, h or d)
    dev.toml:19: tokens.refresh: is 30m (from 1h to 3650d, as a whole number and s, m, h or d)
    dev.toml:21: functions.architecture: is "arm" (did you mean arm64? one of: arm64, x86_64, host)
    dev.toml:22: functions.memory_mb: is 64 MB (from 128 to 10240)
    dev.toml:23: functions.timeout: is 30s (from 1s to 29s, as a whole number and s, m, h or d)
    dev.toml:24: functions.log_retention_days: is 31, which CloudWatch Logs does not take (one of: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
    dev.toml:26: protection.deletion: is text (write true or false, without quotes)
    dev.toml:28: tags."aws:x": begins with a prefix that is not yours (any other than aws: and cogapi:)
    dev.toml:29: tags.team: is a whole number (write text in double quotes)
    dev.toml:30: paskeys: is not a known key (did you mean passkeys?)
    dev.toml:30: email.from: is missing (add from = "no-reply@example.com")
    "#);
}

fn environments() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../environments")
}

#[test]
fn the_committed_local_environment_is_valid() {
    let local = super::load(&environments(), "local").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(local.stack(), "cogapi-local");
    assert!(!local.protection.deletion, "what runs locally must be destroyable");
}

#[test]
fn the_example_for_production_is_valid_as_it_is() {
    let text = std::fs::read_to_string(environments().join("prod.toml.example")).unwrap();
    valid(&text);
}

#[test]
fn the_example_for_development_refuses_what_must_be_changed() {
    let text = std::fs::read_to_string(environments().join("dev.toml.example")).unwrap();
    let error = parse("dev", "dev.toml", &text).unwrap_err();
    let keys: Vec<&str> = error.problems().iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["state.bucket", "api.name", "email.from"]);
}
