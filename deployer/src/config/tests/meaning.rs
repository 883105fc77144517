//! What a file means: defaults, and every key's way into the environment.

use super::super::Architecture;
use super::{LEAST, invalid, valid};

/// Every key there is, with a value that is not its default.
const EVERY_KEY: &str = r#"
[aws]
region = "us-gov-west-1"
profile = "dev"
endpoint = "http://localhost:4580"
account_id = "012345678901"
[state]
bucket = "b.ucket-1"
lock_table = "Locks_1"
[api]
name = "auth2"
description = "Größe zählt"
stage = "v-1_A"
cors_origins = ["https://app.example.com", "http://localhost:3000"]
throttle = { rate = 1, burst = 2 }
method_throttle."POST /v1/login" = { rate = 3, burst = 4 }
method_throttle."GET /v1/userinfo" = { rate = 5, burst = 6 }
access_logs = true
waf = { rate_limit = 300 }
[domain]
name = "auth.dev.example.com"
certificate = "*.dev.example.com"
certificate_tag = "wildcard.dev"
zone_name = "dev.example.com"
zone_id = "Z1029992156D8O"
[email]
from = "Hello@App.example.com"
reply_to = "help+me@example.com"
ses_identity_arn = "arn:aws-us-gov:ses:us-gov-west-1:012345678901:identity/example.com"
mfa_reset_subject = "Reset"
mfa_reset_message = """
Hello,
{code}"""
[tokens]
id = "300s"
access = "1d"
refresh = "3650d"
[password]
min_length = 6
require = ["symbol", "number"]
temporary_days = 365
[mfa]
issuer = "My Co"
[passkeys]
relying_party_id = "example.com"
[access]
registration = "admin"
admin = "iam"
[functions]
architecture = "x86_64"
memory_mb = 10240
timeout = "29s"
log_retention_days = 3653
reserved_concurrency = 5
[protection]
deletion = false
[tags]
team = "identity"
"Cost Centre" = ""
"#;

#[test]
fn the_least_file_has_all_defaults() {
    insta::assert_json_snapshot!(valid(LEAST), @r#"
    {
      "name": "dev",
      "aws": {
        "region": "eu-west-1",
        "profile": null,
        "account_id": null,
        "endpoint": null
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
        "log_retention_days": 30,
        "reserved_concurrency": null
      },
      "protection": {
        "deletion": true
      },
      "tags": {}
    }
    "#);
}

#[test]
fn every_key_of_the_file_arrives_in_the_environment() {
    insta::assert_json_snapshot!(valid(EVERY_KEY), @r#"
    {
      "name": "dev",
      "aws": {
        "region": "us-gov-west-1",
        "profile": "dev",
        "account_id": "012345678901",
        "endpoint": "http://localhost:4580"
      },
      "state": {
        "bucket": "b.ucket-1",
        "lock_table": "Locks_1"
      },
      "api": {
        "name": "auth2",
        "description": "Größe zählt",
        "stage": "v-1_A",
        "cors_origins": {
          "only": [
            "http://localhost:3000",
            "https://app.example.com"
          ]
        },
        "throttle": {
          "rate": 1,
          "burst": 2
        },
        "method_throttle": {
          "GET /v1/userinfo": {
            "rate": 5,
            "burst": 6
          },
          "POST /v1/login": {
            "rate": 3,
            "burst": 4
          }
        },
        "access_logs": true,
        "waf": {
          "rate_limit": 300
        }
      },
      "domain": {
        "name": "auth.dev.example.com",
        "certificate": "*.dev.example.com",
        "certificate_tag": "wildcard.dev",
        "zone_name": "dev.example.com",
        "zone_id": "Z1029992156D8O"
      },
      "email": {
        "from": "Hello@App.example.com",
        "reply_to": "help+me@example.com",
        "ses_identity_arn": "arn:aws-us-gov:ses:us-gov-west-1:012345678901:identity/example.com",
        "mfa_reset_subject": "Reset",
        "mfa_reset_message": "Hello,\n{code}"
      },
      "tokens": {
        "id": 300,
        "access": 86400,
        "refresh": 315360000
      },
      "password": {
        "min_length": 6,
        "require": [
          "number",
          "symbol"
        ],
        "temporary_days": 365
      },
      "mfa": {
        "issuer": "My Co"
      },
      "passkeys": {
        "relying_party_id": "example.com"
      },
      "access": {
        "registration": "admin",
        "admin": "iam"
      },
      "functions": {
        "architecture": "x86_64",
        "memory_mb": 10240,
        "timeout": 29,
        "log_retention_days": 3653,
        "reserved_concurrency": 5
      },
      "protection": {
        "deletion": false
      },
      "tags": {
        "Cost Centre": "",
        "team": "identity"
      }
    }
    "#);
}

#[test]
fn tables_may_be_written_in_any_of_the_ways_of_toml() {
    let text = r#"
aws.region = "eu-west-1"
state = { bucket = "myco-cogapi-state" }
[api]
name = "myco-auth"
[api.method_throttle]
"POST /v1/login" = { rate = 1, burst = 2 }
[api.throttle]
rate = 3
burst = 0x10
[email]
from = "hello@example.com"
"#;
    let api = valid(text).api;
    assert_eq!((api.throttle.rate, api.throttle.burst), (3, 16));
    let methods: Vec<String> = api.method_throttle.keys().map(ToString::to_string).collect();
    assert_eq!(methods, ["POST /v1/login"]);
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_do_no_harm() {
    let text = format!("\u{feff}{}", LEAST.replace('\n', "\r\n"));
    assert_eq!(valid(&text), valid(LEAST));
    let broken = text.replace("hello@", "");
    assert_eq!(invalid(&broken).problems()[0].line, 8);
}

#[test]
fn host_means_this_machine() {
    let text = format!("{LEAST}[functions]\narchitecture = \"host\"\n");
    let expected = if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X86_64 };
    assert_eq!(valid(&text).functions.architecture, expected);
}
