//! Every rule for a single value, each broken in a file that is otherwise right.

use cogapi_handlers::registry::ENDPOINTS;

use super::super::rules::method_path;
use super::super::{Problem, parse};
use super::{LEAST, invalid};

/// [`LEAST`] with `section.key` set to `value`, and the line on which it stands.
fn with(key: &str, value: &str) -> (String, usize) {
    let (section, name) = key.split_once('.').unwrap();
    let written = format!("{name} = {value}");
    let mut lines: Vec<String> = LEAST.lines().map(ToOwned::to_owned).collect();
    let header = format!("[{section}]");
    let at = if let Some(at) = lines.iter().position(|line| *line == header) {
        at + 1
    } else {
        lines.push(header);
        lines.len()
    };
    if lines.get(at).is_some_and(|line| line.starts_with(&format!("{name} = "))) {
        lines[at] = written;
    } else {
        lines.insert(at, written);
    }
    (lines.join("\n"), at + 1)
}

/// The one problem that the value makes.
fn problem(key: &str, value: &str) -> Problem {
    let (text, line) = with(key, value);
    let error = invalid(&text);
    let [problem] = error.problems() else { panic!("{key} = {value}: {error}") };
    assert_eq!(problem.line, line, "{key} = {value}: {problem}");
    problem.clone()
}

/// Each `value` breaks a rule: the problem has this key and begins like this.
pub(super) fn refused(rows: &[(&str, &str, &str)]) {
    for (key, value, expected) in rows {
        let problem = problem(key, value);
        assert!(problem.key.starts_with(key), "{key} = {value}: {problem}");
        assert!(problem.problem.contains(expected), "{key} = {value}: {problem}");
    }
}

/// None of the values breaks a rule.
pub(super) fn taken(key: &str, values: &[&str]) {
    for value in values {
        let (text, _) = with(key, value);
        if let Err(error) = parse("dev", "dev.toml", &text) {
            panic!("{key} = {value}: {error}");
        }
    }
}

#[test]
fn types_are_checked() {
    refused(&[
        ("aws.region", "1", "is a whole number"),
        ("aws.region", "1.5", "is a decimal number"),
        ("aws.region", "true", "is true or false"),
        ("aws.region", "2026-01-01", "is a date or time"),
        ("aws.region", "[]", "is a list"),
        ("aws.region", "{}", "is a table"),
        ("api.access_logs", "\"true\"", "is text"),
        ("functions.memory_mb", "\"128\"", "is text"),
        ("functions.memory_mb", "128.0", "is a decimal number"),
        ("functions.memory_mb", "99999999999999999999", "is too large"),
        ("api.cors_origins", "\"*\"", "is text"),
        ("api.cors_origins", "[\"https://a.example\", 1]", "is a whole number"),
        ("api.method_throttle", "{ \"POST /v1/login\" = 5 }", "is a whole number"),
        ("password.require", "[[\"symbol\"]]", "is a list"),
    ]);
}

#[test]
fn the_mark_of_references_is_kept_for_the_engine() {
    refused(&[
        ("api.description", "\"${ref:pool#arn}\"", "contains ${ref:"),
        ("tags.team", "\"a${ref:\"", "contains ${ref:"),
        ("password.require", "[\"${ref:x\"]", "contains ${ref:"),
    ]);
}

#[test]
fn regions_are_shaped_like_regions() {
    taken(
        "aws.region",
        &["'us-east-1'", "'ap-southeast-2'", "'us-gov-west-1'", "'eusc-de-east-1'", "'me-south-1'"],
    );
    for value in
        ["''", "'eu-west'", "'eu-west1'", "'EU-WEST-1'", "'eu--1'", "'1'", "'eu-west-1a'", "'eu-west-123'"]
    {
        refused(&[("aws.region", value, "is not a region")]);
    }
}

#[test]
fn account_ids_have_twelve_digits() {
    taken("aws.account_id", &["'012345678901'"]);
    refused(&[
        ("aws.account_id", "'12345678901'", "is not an account id"),
        ("aws.account_id", "'1234-5678-9012'", "is not an account id"),
        ("aws.account_id", "'12345678901x'", "is not an account id"),
    ]);
}

#[test]
fn buckets_are_named_by_the_rules_of_s3() {
    taken("state.bucket", &["'abc'", "'1.b-c'"]);
    refused(&[
        ("state.bucket", "'ab'", "has 2 characters"),
        ("state.bucket", "'Abc'", "has a character"),
        ("state.bucket", "'a_c'", "has a character"),
        ("state.bucket", "'-abc'", "must begin and end"),
        ("state.bucket", "'abc.'", "must begin and end"),
        ("state.bucket", "'a..c'", "two dots"),
        ("state.bucket", "'192.168.5.4'", "looks like an IP address"),
        ("state.bucket", "'xn--abc'", "as AWS keeps for itself"),
        ("state.bucket", "'sthree-abc'", "as AWS keeps for itself"),
        ("state.bucket", "'abc-s3alias'", "as AWS keeps for itself"),
        ("state.bucket", "'abc--x-s3'", "as AWS keeps for itself"),
    ]);
    assert_eq!(problem("state.bucket", &format!("'{}'", "a".repeat(64))).problem, "has 64 characters");
}

#[test]
fn tables_and_stages_are_named_by_the_rules_of_their_services() {
    taken("state.lock_table", &["'a.b'", "'A_-'"]);
    taken("api.stage", &["'v1'", "'_'", "'a-B'"]);
    refused(&[
        ("state.lock_table", "'ab'", "can't name a table"),
        ("state.lock_table", "'a b'", "can't name a table"),
        ("api.stage", "''", "can't name a stage"),
        ("api.stage", "'a.b'", "can't name a stage"),
        ("api.stage", "'é'", "can't name a stage"),
    ]);
}

#[test]
fn the_api_s_name_can_begin_every_other_name() {
    taken("api.name", &["'a'", "'a-1'"]);
    for value in ["''", "'1a'", "'Auth'", "'a_b'", "'a-'", "'-a'", "'a b'"] {
        refused(&[("api.name", value, "can't begin the resources' names")]);
    }
}

#[test]
fn texts_are_one_line_where_they_must_be() {
    refused(&[
        ("api.description", "''", "is empty"),
        ("api.description", "'  '", "is empty"),
        ("api.description", "\"a\\nb\"", "line break"),
        ("aws.profile", "''", "is empty"),
        ("aws.endpoint", "'http://127.0.0.10:80'", "has a port"),
        ("aws.endpoint", "'https://lambda.eu-west-1.amazonaws.com'", "is not on this machine"),
        ("aws.endpoint", "'http://127.0.0.1.example.com'", "is not on this machine"),
        ("aws.endpoint", "'127.0.0.1:4580'", "must begin with"),
        // A line break in a subject would begin another header.
        ("email.mfa_reset_subject", "\"a\\r\\nBcc: x@example.com\"", "line break"),
        ("mfa.issuer", "'My:Co'", "has a colon"),
        ("mfa.issuer", "''", "is empty"),
    ]);
    let long = |length| format!("'{}'", "x".repeat(length));
    assert_eq!(problem("email.mfa_reset_subject", &long(141)).problem, "has 141 characters");
    assert_eq!(problem("mfa.issuer", &long(65)).problem, "has 65 characters");
}

#[test]
fn origins_are_written_as_browsers_send_them() {
    taken(
        "api.cors_origins",
        &["['*']", "['http://localhost:3000']", "['https://a.example', 'https://b.example']"],
    );
    taken(
        "api.cors_origins",
        &["['http://127.0.0.1:8080']", "['http://[::1]:8080']", "['https://a.example:80']"],
    );
    refused(&[
        ("api.cors_origins", "[]", "is empty"),
        ("api.cors_origins", "['*', 'https://a.example']", "beside other origins"),
        ("api.cors_origins", "['a.example']", "must begin with"),
        ("api.cors_origins", "['ftp://a.example']", "must begin with"),
        ("api.cors_origins", "['https://a.example/']", "without a path"),
        ("api.cors_origins", "['https://a.example/x']", "without a path"),
        ("api.cors_origins", "['https://me@a.example']", "without a path"),
        ("api.cors_origins", "['https://A.example']", "lower case"),
        ("api.cors_origins", "['https://*.example.com']", "is not a host name"),
        ("api.cors_origins", "['https://']", "is not a host name"),
        ("api.cors_origins", "['https://a.example:443']", "port"),
        ("api.cors_origins", "['http://a.example:80']", "port"),
        ("api.cors_origins", "['http://a.example:']", "port"),
        ("api.cors_origins", "['http://a.example:65536']", "port"),
        ("api.cors_origins", "['http://a.example:+1']", "port"),
        ("api.cors_origins", "['https://a.example', 'https://a.example']", "is there twice"),
    ]);
}

#[test]
fn throttles_are_positive_and_complete() {
    taken("api.throttle", &["{ rate = 1, burst = 1 }"]);
    refused(&[
        ("api.throttle.rate", "0\nthrottle.burst = 1", "is 0"),
        ("api.throttle.rate", "-1\nthrottle.burst = 1", "is -1"),
        ("api.throttle", "{ rate = 1, burst = 0 }", "is 0"),
        ("api.throttle", "{ rate = 1 }", "is missing"),
        ("api.throttle", "{ burst = 1 }", "is missing"),
        ("api.throttle", "{ rate = 1, burst = 1, bust = 1 }", "is not a known key"),
        ("api.waf", "{ rate_limit = 9 }", "is 9"),
        ("api.waf", "{}", "is missing"),
    ]);
}

#[test]
fn only_endpoints_that_there_are_can_be_throttled() {
    let one = |method: &str| format!("{{ '{method}' = {{ rate = 1, burst = 1 }} }}");
    taken("api.method_throttle", &[&one("POST /v1/login"), &one("GET /v1/userinfo")]);
    for method in
        ["POST", "POST /login", "post /v1/login", "POST  /v1/login", "POST /v1/login/", "GET /v1/login", ""]
    {
        refused(&[("api.method_throttle", &one(method), "is not an endpoint")]);
    }
    let help = |method| problem("api.method_throttle", &one(method)).help;
    assert_eq!(help("POST v1/login"), "did you mean \"POST /v1/login\"?");
    assert!(help("nothing").starts_with("method and path of one, e.g. "));
}

#[test]
fn mail_has_real_addresses() {
    taken("email.from", &["'a@b.example'", "'first.last+tag@Example.com'"]);
    for value in
        ["''", "'a'", "'a@b'", "'@b.example'", "'a b@c.example'", "'A <a@b.example>'", "'.a@b.example'"]
    {
        refused(&[
            ("email.from", value, "is not an e-mail address"),
            ("email.reply_to", value, "is not an e-mail"),
        ]);
    }
}

#[test]
fn the_mfa_reset_mail_holds_the_code() {
    refused(&[("email.mfa_reset_message", "'Your code is 123.'", "does not contain {code}")]);
    let long = format!("'{{code}}{}'", "x".repeat(2000));
    assert_eq!(problem("email.mfa_reset_message", &long).problem, "has 2006 bytes");
}

#[test]
fn token_validities_keep_to_the_bounds_of_cognito() {
    taken("tokens.id", &["'5m'", "'300s'", "'23h'"]);
    taken("tokens.refresh", &["'61m'", "'3650d'"]);
    refused(&[
        ("tokens.id", "'4m'", "is 4m"),
        ("tokens.id", "'25h'", "is 25h"),
        ("tokens.access", "'299s'", "is 299s"),
        ("tokens.access", "'2d'", "is 2d"),
        ("tokens.refresh", "'59m'", "is 59m"),
        ("tokens.refresh", "'3651d'", "is 3651d"),
        ("tokens.refresh", "'99999999999d'", "is not a length of time"),
        ("tokens.refresh", "'4294967295d'", "is not a length of time"),
    ]);
    for value in ["''", "'1'", "'h'", "'1 h'", "'1w'", "'1h30m'", "'-1h'", "'+1h'", "'1.5h'", "'1H'", "'١h'"]
    {
        refused(&[("tokens.access", value, "is not a length of time")]);
    }
}

#[test]
fn passwords_keep_to_the_bounds_of_cognito() {
    taken("password.require", &["[]", "['number']"]);
    refused(&[
        ("password.min_length", "5", "is 5 characters"),
        ("password.min_length", "100", "is 100 characters"),
        ("password.temporary_days", "0", "is 0 days"),
        ("password.temporary_days", "366", "is 366 days"),
        ("password.require", "['digit']", "is \"digit\""),
        ("password.require", "['number', 'number']", "is there twice"),
    ]);
}

#[test]
fn choices_are_told_when_none_was_made() {
    refused(&[
        ("access.registration", "'opne'", "is \"opne\""),
        ("access.admin", "'GROUP'", "is \"GROUP\""),
        ("functions.architecture", "'riscv64'", "is \"riscv64\""),
    ]);
    assert_eq!(problem("access.registration", "'opne'").help, "did you mean open? one of: open, admin");
    assert_eq!(problem("functions.architecture", "'riscv64'").help, "one of: arm64, x86_64, host");
}

#[test]
fn functions_keep_to_the_bounds_of_lambda_the_gateway_and_the_logs() {
    refused(&[
        ("functions.memory_mb", "127", "is 127 MB"),
        ("functions.memory_mb", "10241", "is 10241 MB"),
        ("functions.memory_mb", "-128", "is -128 MB"),
        ("functions.timeout", "'9s'", "is 9s"),
        ("functions.timeout", "'30s'", "is 30s"),
        ("functions.timeout", "'1m'", "is 1m"),
        ("functions.log_retention_days", "0", "is 0, which"),
        ("functions.log_retention_days", "31", "is 31, which"),
        ("functions.reserved_concurrency", "0", "is 0"),
        ("functions.reserved_concurrency", "\"5\"", "is text"),
    ]);
}

#[test]
fn tags_can_be_set_everywhere() {
    taken("tags.'a b_.:/=+-@é1'", &["'a b_.:/=+-@é1'", "''"]);
    refused(&[
        ("tags.team", "'a;b'", "has a character"),
        ("tags.team", "\"a\\nb\"", "has a character"),
        ("tags.\"a;b\"", "'x'", "has a character"),
        ("tags.\"aws:x\"", "'x'", "a prefix that is not yours"),
        ("tags.\"AWS:x\"", "'x'", "a prefix that is not yours"),
        ("tags.\"cogapi:stack\"", "'x'", "a prefix that is not yours"),
        ("tags.\"\"", "'x'", "has 0 characters"),
    ]);
    assert_eq!(problem("tags.team", &format!("'{}'", "x".repeat(257))).problem, "has 257 characters");
    assert_eq!(problem(&format!("tags.{}", "x".repeat(129)), "'x'").problem, "has 129 characters");
    let twice = invalid(&format!("{LEAST}[tags]\nTeam = 'x'\nteam = 'y'\n"));
    assert_eq!(
        twice.to_string(),
        "dev.toml:11: tags.team: differs from another key in case only (keep one of them)"
    );
}

#[test]
fn an_endpoint_that_is_left_out_cannot_be_throttled() {
    for endpoint in ENDPOINTS {
        let written = format!("{} {}", endpoint.method, endpoint.path);
        assert!(method_path(|_| true)(&written).is_ok(), "{written}");
        let without = method_path(|_| false)(&written);
        assert_eq!(without.is_ok(), endpoint.only_with.is_none(), "{written}: {without:?}");
    }
}

#[test]
fn a_list_of_origins_that_no_function_could_be_told_is_refused() {
    let origins = |count: usize| {
        let origins: Vec<_> = (0..count).map(|at| format!("\"https://app-{at:03}.example.com\"")).collect();
        format!("[{}]", origins.join(", "))
    };
    taken("api.cors_origins", &[&origins(70)]);
    refused(&[("api.cors_origins", &origins(80), "has 2240 characters")]);
}
