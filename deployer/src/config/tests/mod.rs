//! Whole files: here how everything that is wrong with them is told.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod arbitrary;
mod files;
mod meaning;
mod related;
mod values;

use std::fmt::Write;

use super::{ConfigError, Environment, parse};

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

fn invalid(text: &str) -> ConfigError {
    parse("dev", "dev.toml", text).expect_err("should be refused")
}

/// As a person sees it.
fn rendered(error: &ConfigError) -> String {
    crate::render::error::config(error)
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
    insta::assert_snapshot!(invalid(text), @r#"
    dev.toml:2: aws.region: is missing (add region = "eu-west-1")
    dev.toml:3: aws.regoin: is not a known key (did you mean region?)
    dev.toml:4: aws.account_id: is a whole number (write text in double quotes)
    dev.toml:6: state.bucket: has a character that no bucket name can have (3 to 63 lower-case letters, digits, hyphens and dots, e.g. "myco-cogapi-state")
    dev.toml:9: api.cors_origins[1]: is a whole number (write text in double quotes)
    dev.toml:9: api.cors_origins[2]: must be scheme, host and port only, without a path (e.g. "https://app.example.com" or "http://localhost:3000")
    dev.toml:10: api.method_throttle."POST v1/login".burst: is missing (add burst = 100)
    dev.toml:10: api.method_throttle."POST v1/login": is not an endpoint of the API (did you mean "POST /v1/login"?)
    dev.toml:10: api.method_throttle."POST v1/login".rate: is 0 (from 1 to 2147483647)
    dev.toml:11: api.throttle: is a whole number (write a table)
    dev.toml:13: domain.name: "auth.example.org" is not in the zone example.com (example.com or a name below it)
    dev.toml:14: domain.certificate: "*.dev.example.com" does not cover auth.example.org ("auth.example.org" or "*.example.org")
    dev.toml:16: domain.zone_id: "/hostedzone/Z1029992156D8O" is not a hosted zone's id (capitals and digits after a Z, without /hostedzone/, e.g. "Z1029992156D8O")
    dev.toml:18: tokens.access: is 2d (from 5m to 1d, as a whole number and s, m, h or d)
    dev.toml:19: tokens.refresh: is 30m (from 1h to 3650d, as a whole number and s, m, h or d)
    dev.toml:21: functions.architecture: is "arm" (did you mean arm64? one of: arm64, x86_64, host)
    dev.toml:22: functions.memory_mb: is 64 MB (from 128 to 10240)
    dev.toml:23: functions.timeout: is 30s (from 10s to 29s, as a whole number and s, m, h or d)
    dev.toml:24: functions.log_retention_days: is 31, which CloudWatch Logs does not take (one of: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
    dev.toml:26: protection.deletion: is text (write true or false, without quotes)
    dev.toml:28: tags."aws:x": begins with a prefix that is not yours (any other than aws: and cogapi:)
    dev.toml:29: tags.team: is a whole number (write text in double quotes)
    dev.toml:30: paskeys: is not a known key (did you mean passkeys?)
    dev.toml:30: email.from: is missing (add from = "no-reply@example.com")
    "#);
}

#[test]
fn an_empty_file_lacks_only_what_has_no_default() {
    insta::assert_snapshot!(invalid(""), @r#"
    dev.toml:1: aws.region: is missing (add region = "eu-west-1")
    dev.toml:1: state.bucket: is missing (add bucket = "myco-cogapi-state", a bucket name that is free in all of AWS)
    dev.toml:1: api.name: is missing (add name = "myco-auth")
    dev.toml:1: email.from: is missing (add from = "no-reply@example.com")
    "#);
}

#[test]
fn a_section_that_is_no_table_is_told_once() {
    let text = LEAST.replace("[email]\nfrom", "[tags]\nx");
    insta::assert_snapshot!(invalid(&format!("email = 7\ndomain = true\n{text}")), @r#"
    dev.toml:1: email: is a whole number (write a table)
    dev.toml:2: domain: is true or false (write a table)
    "#);
}

#[test]
fn all_syntax_errors_are_reported_and_no_rule_is_tried_on_the_rest() {
    insta::assert_snapshot!(invalid("[aws]\nregion = eu-west-1\n[state\n[api]\nname = \"x\n"), @r#"
    dev.toml:2: string values must be quoted, expected literal string (mend the TOML syntax here)
    dev.toml:3: unclosed table, expected `]` (mend the TOML syntax here)
    dev.toml:5: invalid basic string, expected `"` (mend the TOML syntax here)
    "#);
}

#[test]
fn a_key_that_is_there_twice_is_refused() {
    insta::assert_snapshot!(invalid(&format!("{LEAST}from = 'b@example.com'\n")), @"dev.toml:9: duplicate key (mend the TOML syntax here)");
}

#[test]
fn problems_are_marked_in_the_source() {
    let text = LEAST.replace("region = \"eu-west-1\"", "regoin = \"eu-west-1\"").replace("hello@", "hello");
    insta::assert_snapshot!(rendered(&invalid(&text)), @r#"
    error: dev.toml has 3 problems
      × dev.toml:1: aws.region: is missing (add region = "eu-west-1")
       ╭─[dev.toml:1:2]
     1 │ [aws]
       ·  ───
     2 │ regoin = "eu-west-1"
       ╰────
      × dev.toml:2: aws.regoin: is not a known key (did you mean region?)
       ╭─[dev.toml:2:1]
     1 │ [aws]
     2 │ regoin = "eu-west-1"
       · ──────
     3 │ [state]
       ╰────
      × dev.toml:8: email.from: "helloexample.com" is not an e-mail address (e.g. "hello@example.com")
       ╭─[dev.toml:8:8]
     7 │ [email]
     8 │ from = "helloexample.com"
       ·        ──────────────────
       ╰────
    "#);
}

#[test]
fn a_problem_after_the_last_line_can_be_shown() {
    for text in ["", "\n", "# é", "# é\n\n\n"] {
        assert!(rendered(&invalid(text)).contains("aws.region: is missing"));
    }
}

#[test]
fn at_most_forty_tags_are_taken() {
    let mut text = format!("{LEAST}[tags]\n");
    for number in 0..40 {
        writeln!(text, "key{number:02} = \"x\"").unwrap();
    }
    assert_eq!(valid(&text).tags.len(), 40);
    text.push_str("key40 = \"x\"\nkey41 = \"x\"\n");
    insta::assert_snapshot!(invalid(&text), @"dev.toml:50: tags.key40: is one of 42 tags (at most 40: AWS takes 50, and cogapi needs some)");
}

#[test]
fn names_of_api_and_environment_fit_together_into_what_aws_takes() {
    let longest = "a".repeat(28 - "-dev".len());
    assert_eq!(valid(&LEAST.replace("myco-auth", &longest)).stack().len(), 28);
    insta::assert_snapshot!(invalid(&LEAST.replace("myco-auth", &format!("{longest}a"))), @r#"dev.toml:6: api.name: makes names longer than AWS's 64 characters ("aaaaaaaaaaaaaaaaaaaaaaaaa-dev" has 29 characters, at most 28 fit)"#);
}

#[test]
fn a_value_nested_beyond_reason_is_refused() {
    // Unbounded recursion would end the process, past any catching.
    let error = invalid(&format!("x = {}", "[".repeat(100_000)));
    insta::assert_snapshot!(error, @r"
    dev.toml:1: cannot recurse further; max recursion depth met (mend the TOML syntax here)
    dev.toml:1: unclosed array, expected `]` (mend the TOML syntax here)
    ");
}
