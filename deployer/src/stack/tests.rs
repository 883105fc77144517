//! The inventory as it is declared: what it is called, what it waits for, and what each role allows. What a new endpoint adds to
//! an account shows here before anything is deployed.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use cogapi_engine::kind::Observation;
use cogapi_engine::{Action, Address, Mode, Observed, State, graph, plan, reference};
use serde_json::{Value, json};

use super::*;
use crate::config;

/// The least that makes an environment.
const LEAST: &str = r#"[aws]
region = "eu-west-1"
[state]
bucket = "myco-cogapi-state"
[api]
name = "myco-auth"
[email]
from = "hello@example.com"
"#;

/// A domain of its own, with a certificate for more than it.
const DOMAIN: &str = r#"[domain]
name = "auth.dev.example.com"
certificate = "*.dev.example.com"
zone_name = "dev.example.com"
zone_id = "Z1029992156D8O"
"#;

/// The environment `name` of a file.
fn environment(name: &str, text: &str) -> Environment {
    config::parse(name, "test.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

/// What an environment declares in AWS.
fn declared(environment: &Environment) -> Desired {
    desired(&Inputs {
        environment,
        account: "123456789012",
        partition: "aws",
        endpoint: None,
        api_sha256: "api",
        triggers_sha256: "triggers",
    })
}

fn least() -> Desired {
    declared(&environment("dev", LEAST))
}

/// The environment `name` in each way that changes what is declared.
fn variants(name: &str) -> impl Iterator<Item = Environment> {
    let files = [
        "",
        "[passkeys]\nrelying_party_id = \"example.com\"\n",
        "[access]\nregistration = \"admin\"\n",
        "[access]\nregistration = \"admin\"\nadmin = \"iam\"\n",
        "[protection]\ndeletion = false\n",
        DOMAIN,
        "[api.waf]\nrate_limit = 300\n",
        "[api.method_throttle]\n\"POST /v1/login\" = { rate = 1, burst = 2 }\n",
        "[functions]\nreserved_concurrency = 5\n",
    ];
    files.into_iter().map(move |file| environment(name, &format!("{LEAST}{file}")))
}

/// The inputs of all resources of a kind, by address.
fn of_kind<'a>(desired: &'a Desired, kind: &'a str) -> impl Iterator<Item = (&'a Address, &'a Value)> {
    let resources = desired.resources.iter().filter(move |(address, _)| address.kind() == kind);
    resources.map(|(address, declaration)| (address, &declaration.inputs))
}

/// The name that each resource has in AWS; those that have none of their own are left out.
fn names(desired: &Desired) -> BTreeMap<&Address, &str> {
    let names = desired.resources.iter();
    names.filter_map(|(address, declaration)| Some((address, declaration.inputs["name"].as_str()?))).collect()
}

fn edges(desired: &Desired) -> BTreeMap<Address, BTreeSet<Address>> {
    let resources = desired.resources.iter();
    resources.map(|(address, declaration)| (address.clone(), declaration.dependencies())).collect()
}

fn lines(lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

#[test]
fn the_names_of_all_resources() {
    let desired = least();
    let named = names(&desired).into_iter().map(|(address, name)| format!("{address}: {name}"));
    insta::assert_snapshot!(lines(named), @r"
    app_client.api: myco-auth-dev
    function.change-password: myco-auth-dev-change-password
    function.confirm-mfa: myco-auth-dev-confirm-mfa
    function.confirm-password: myco-auth-dev-confirm-password
    function.confirm-user: myco-auth-dev-confirm-user
    function.create-auth-challenge: myco-auth-dev-create-auth-challenge
    function.create-user: myco-auth-dev-create-user
    function.custom-message: myco-auth-dev-custom-message
    function.define-auth-challenge: myco-auth-dev-define-auth-challenge
    function.delete-user: myco-auth-dev-delete-user
    function.forgot-password: myco-auth-dev-forgot-password
    function.login: myco-auth-dev-login
    function.logout: myco-auth-dev-logout
    function.mfa-reset-confirm: myco-auth-dev-mfa-reset-confirm
    function.mfa-reset-start: myco-auth-dev-mfa-reset-start
    function.mfa-reset-verify: myco-auth-dev-mfa-reset-verify
    function.mfa-verify: myco-auth-dev-mfa-verify
    function.refresh-token: myco-auth-dev-refresh-token
    function.resend-confirmation-code: myco-auth-dev-resend-confirmation-code
    function.reset-password: myco-auth-dev-reset-password
    function.userinfo: myco-auth-dev-userinfo
    function.verify-auth-challenge-response: myco-auth-dev-verify-auth-challenge-response
    log_group.functions: /cogapi/myco-auth-dev
    rest_api.main: myco-auth-dev
    role.calls-2-5aafb235: myco-auth-dev-calls-2-5aafb235
    role.calls-2-bfc6d69f: myco-auth-dev-calls-2-bfc6d69f
    role.calls-2-c81e7a0e: myco-auth-dev-calls-2-c81e7a0e
    role.calls-3-58448d4f: myco-auth-dev-calls-3-58448d4f
    role.calls-AdminCreateUser: myco-auth-dev-calls-AdminCreateUser
    role.calls-AdminGetUser: myco-auth-dev-calls-AdminGetUser
    role.calls-AdminInitiateAuth: myco-auth-dev-calls-AdminInitiateAuth
    role.calls-AdminRespondToAuthChallenge: myco-auth-dev-calls-AdminRespondToAuthChallenge
    role.calls-SendEmail: myco-auth-dev-calls-SendEmail
    role.calls-nothing: myco-auth-dev-calls-nothing
    role.invoke: myco-auth-dev-invoke
    stage.main: development
    user_group.admins: admins
    user_pool.main: myco-auth-dev
    ");
}

#[test]
fn what_each_resource_waits_for() {
    let waits = edges(&least()).into_iter().map(|(address, after)| {
        let after: Vec<_> = after.iter().map(ToString::to_string).collect();
        if after.is_empty() { address.to_string() } else { format!("{address}: {}", after.join(" ")) }
    });
    insta::assert_snapshot!(lines(waits), @r"
    app_client.api: user_pool.main
    deployment.main: rest_api.main user_pool.main
    function.change-password: app_client.api log_group.functions role.calls-nothing
    function.confirm-mfa: app_client.api log_group.functions role.calls-AdminRespondToAuthChallenge user_pool.main
    function.confirm-password: app_client.api log_group.functions role.calls-AdminGetUser user_pool.main
    function.confirm-user: app_client.api log_group.functions role.calls-2-bfc6d69f user_pool.main
    function.create-auth-challenge: log_group.functions role.calls-SendEmail
    function.create-user: app_client.api log_group.functions role.calls-AdminCreateUser user_pool.main
    function.custom-message: log_group.functions role.calls-nothing
    function.define-auth-challenge: app_client.api log_group.functions role.calls-nothing
    function.delete-user: app_client.api log_group.functions role.calls-2-5aafb235 user_pool.main
    function.forgot-password: app_client.api log_group.functions role.calls-2-c81e7a0e user_pool.main
    function.login: app_client.api log_group.functions role.calls-AdminInitiateAuth user_pool.main
    function.logout: app_client.api log_group.functions role.calls-nothing
    function.mfa-reset-confirm: app_client.api log_group.functions role.calls-nothing
    function.mfa-reset-start: app_client.api log_group.functions role.calls-nothing user_pool.main
    function.mfa-reset-verify: app_client.api log_group.functions role.calls-AdminInitiateAuth user_pool.main
    function.mfa-verify: app_client.api log_group.functions role.calls-AdminRespondToAuthChallenge user_pool.main
    function.refresh-token: app_client.api log_group.functions role.calls-nothing user_pool.main
    function.resend-confirmation-code: log_group.functions role.calls-2-c81e7a0e user_pool.main
    function.reset-password: app_client.api log_group.functions role.calls-3-58448d4f user_pool.main
    function.userinfo: app_client.api log_group.functions role.calls-nothing user_pool.main
    function.verify-auth-challenge-response: log_group.functions role.calls-nothing
    log_group.functions
    permission.create-auth-challenge: function.create-auth-challenge user_pool.main
    permission.custom-message: function.custom-message user_pool.main
    permission.define-auth-challenge: function.define-auth-challenge user_pool.main
    permission.verify-auth-challenge-response: function.verify-auth-challenge-response user_pool.main
    rest_api.main: role.invoke user_pool.main
    role.calls-2-5aafb235: log_group.functions user_pool.main
    role.calls-2-bfc6d69f: log_group.functions user_pool.main
    role.calls-2-c81e7a0e: log_group.functions user_pool.main
    role.calls-3-58448d4f: log_group.functions user_pool.main
    role.calls-AdminCreateUser: log_group.functions user_pool.main
    role.calls-AdminGetUser: log_group.functions user_pool.main
    role.calls-AdminInitiateAuth: log_group.functions user_pool.main
    role.calls-AdminRespondToAuthChallenge: log_group.functions user_pool.main
    role.calls-SendEmail: log_group.functions
    role.calls-nothing: log_group.functions
    role.invoke
    stage.main: deployment.main function.change-password function.confirm-mfa function.confirm-password function.confirm-user function.create-auth-challenge function.create-user function.custom-message function.define-auth-challenge function.delete-user function.forgot-password function.login function.logout function.mfa-reset-confirm function.mfa-reset-start function.mfa-reset-verify function.mfa-verify function.refresh-token function.resend-confirmation-code function.reset-password function.userinfo function.verify-auth-challenge-response rest_api.main user_pool_triggers.main
    user_group.admins: user_pool.main
    user_pool.main
    user_pool_triggers.main: function.create-auth-challenge function.custom-message function.define-auth-challenge function.verify-auth-challenge-response permission.create-auth-challenge permission.custom-message permission.define-auth-challenge permission.verify-auth-challenge-response user_pool.main
    ");
}

#[test]
fn a_domain_adds_just_its_own_resources_in_the_order_in_which_clients_are_led() {
    let (without, with) = (least(), declared(&environment("dev", &format!("{LEAST}{DOMAIN}"))));
    let added = |it: &&Address| !without.resources.contains_key(it);
    let edges = edges(&with);
    let waits = with.resources.keys().filter(added).map(|address| {
        let after: Vec<_> = edges[address].iter().map(ToString::to_string).collect();
        let declared = &with.resources[address].inputs;
        let waits = if after.is_empty() { String::new() } else { format!(": {}", after.join(" ")) };
        format!("{address}{waits}\n  {declared}")
    });
    insta::assert_snapshot!(lines(waits), @r#"
    base_path_mapping.api: domain_name.api rest_api.main stage.main
      {"domain_name":"${ref:domain_name.api#name}","rest_api_id":"${ref:rest_api.main#id}","stage":"development"}
    certificate.api
      {"domain":"*.dev.example.com","zone_id":"Z1029992156D8O","issued":true,"tags":{"Name":"wildcard.dev.example.com","cogapi:environment":"dev","cogapi:stack":"myco-auth-dev","cogapi:state":"myco-cogapi-state/dev"}}
    dns_record.api: base_path_mapping.api domain_name.api
      {"zone_id":"Z1029992156D8O","name":"auth.dev.example.com","record_type":"A","target":"${ref:domain_name.api#target}","target_zone_id":"${ref:domain_name.api#target_zone_id}","evaluates_health":false}
    domain_name.api: certificate.api
      {"name":"auth.dev.example.com","certificate_arn":"${ref:certificate.api#arn}","endpoint":"REGIONAL","security_policy":"TLS_1_2","tags":{"cogapi:environment":"dev","cogapi:stack":"myco-auth-dev","cogapi:state":"myco-cogapi-state/dev"}}
    "#);
    // All else is as it is without.
    assert!(
        without
            .resources
            .iter()
            .all(|(address, declaration)| with.resources.get(address) == Some(declaration))
    );
    let outputs = with.outputs.iter().filter(|(name, _)| name.ends_with("url"));
    insta::assert_snapshot!(lines(outputs.map(|(name, value)| format!("{name} = {value}"))), @r"
    api_url = ${ref:base_path_mapping.api#url}
    execute_api_url = ${ref:stage.main#invoke_url}
    ");
    assert_eq!(without.outputs["api_url"], with.outputs["execute_api_url"]);
    assert!(!without.outputs.contains_key("execute_api_url"));
}

#[test]
fn what_each_role_allows_and_who_may_assume_it() {
    let desired = least();
    let documents = of_kind(&desired, "role")
        .map(|(address, role)| format!("{address}\n  trust  {}\n  policy {}", role["trust"], role["policy"]));
    insta::assert_snapshot!(lines(documents), @r#"
    role.calls-2-5aafb235
      trust  {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}
      policy {"Version":"2012-10-17","Statement":[{"Sid":"Log","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"${ref:log_group.functions#arn}:*"},{"Sid":"UserPool","Effect":"Allow","Action":["cognito-idp:AdminDeleteUser","cognito-idp:AdminGetUser"],"Resource":"${ref:user_pool.main#arn}"}]}
    role.calls-2-bfc6d69f
      trust  {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}
      policy {"Version":"2012-10-17","Statement":[{"Sid":"Log","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"${ref:log_group.functions#arn}:*"},{"Sid":"UserPool","Effect":"Allow","Action":["cognito-idp:AdminInitiateAuth","cognito-idp:AdminRespondToAuthChallenge"],"Resource":"${ref:user_pool.main#arn}"}]}
    role.calls-2-c81e7a0e
      trust  {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}
      policy {"Version":"2012-10-17","Statement":[{"Sid":"Log","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"${ref:log_group.functions#arn}:*"},{"Sid":"UserPool","Effect":"Allow","Action":["cognito-idp:AdminCreateUser","cognito-idp:AdminGetUser"],"Resource":"${ref:user_pool.main#arn}"}]}
    role.calls-3-58448d4f
      trust  {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}
      policy {"Version":"2012-10-17","Statement":[{"Sid":"Log","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"${ref:log_group.functions#arn}:*"},{"Sid":"UserPool","Effect":"Allow","Action":["cognito-idp:AdminCreateUser","cognito-idp:AdminGetUser","cognito-idp:AdminResetUserPassword"],"Resource":"${ref:user_pool.main#arn}"}]}
    role.calls-AdminCreateUser
      trust  {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}
      policy {"Version":"2012-10-17","Statement":[{"Sid":"Log","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"${ref:log_group.functions#arn}:*"},{"Sid":"UserPool","Effect":"Allow","Action":["cognito-idp:AdminCreateUser"],"Resource":"${ref:user_pool.main#arn}"}]}
    role.calls-AdminGetUser
      trust  {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}
      policy {"Version":"2012-10-17","Statement":[{"Sid":"Log","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"${ref:log_group.functions#arn}:*"},{"Sid":"UserPool","Effect":"Allow","Action":["cognito-idp:AdminGetUser"],"Resource":"${ref:user_pool.main#arn}"}]}
    role.calls-AdminInitiateAuth
      trust  {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}
      policy {"Version":"2012-10-17","Statement":[{"Sid":"Log","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"${ref:log_group.functions#arn}:*"},{"Sid":"UserPool","Effect":"Allow","Action":["cognito-idp:AdminInitiateAuth"],"Resource":"${ref:user_pool.main#arn}"}]}
    role.calls-AdminRespondToAuthChallenge
      trust  {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}
      policy {"Version":"2012-10-17","Statement":[{"Sid":"Log","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"${ref:log_group.functions#arn}:*"},{"Sid":"UserPool","Effect":"Allow","Action":["cognito-idp:AdminRespondToAuthChallenge"],"Resource":"${ref:user_pool.main#arn}"}]}
    role.calls-SendEmail
      trust  {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}
      policy {"Version":"2012-10-17","Statement":[{"Sid":"Log","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"${ref:log_group.functions#arn}:*"},{"Sid":"Mail","Effect":"Allow","Action":["ses:SendEmail"],"Resource":["arn:aws:ses:eu-west-1:123456789012:configuration-set/*","arn:aws:ses:eu-west-1:123456789012:identity/*"],"Condition":{"StringEquals":{"ses:FromAddress":"hello@example.com"}}}]}
    role.calls-nothing
      trust  {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}
      policy {"Version":"2012-10-17","Statement":[{"Sid":"Log","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"${ref:log_group.functions#arn}:*"}]}
    role.invoke
      trust  {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"sts:AssumeRole"}]}
      policy {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":["arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-change-password","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-confirm-mfa","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-confirm-password","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-confirm-user","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-create-user","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-delete-user","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-forgot-password","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-login","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-logout","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-mfa-reset-confirm","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-mfa-reset-start","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-mfa-reset-verify","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-mfa-verify","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-refresh-token","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-resend-confirmation-code","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-reset-password","arn:aws:lambda:eu-west-1:123456789012:function:myco-auth-dev-userinfo"]}]}
    "#);
}

#[test]
fn an_endpoint_that_is_left_out_has_neither_route_nor_function_nor_permission() {
    for environment in variants("dev") {
        let desired = declared(&environment);
        let here: BTreeSet<&str> = deployed(&environment).map(|endpoint| endpoint.name).collect();
        let invoked =
            &of_kind(&desired, "role").find(|(role, _)| role.name() == "invoke").unwrap().1["policy"];
        let (_, api) = of_kind(&desired, "rest_api").next().unwrap();
        for endpoint in ENDPOINTS {
            let is_here = here.contains(endpoint.name);
            assert_eq!(is_here, endpoint.only_with.is_none() || environment.passkeys.is_some());
            let route = format!("{} {}", endpoint.method, endpoint.path);
            assert_eq!(api["routes"].get(&route).is_some(), is_here, "{route}");
            let mut functions = of_kind(&desired, "function").map(|(address, _)| address.name());
            assert_eq!(functions.any(|name| name == endpoint.name), is_here, "{route}");
            let arn = format!("function:myco-auth-dev-{}\"", endpoint.name);
            assert_eq!(invoked.to_string().contains(&arn), is_here, "{route}");
        }
    }
}

#[test]
fn what_needs_passkeys_is_there_only_with_them() {
    let (without, with) = (
        environment("dev", LEAST),
        environment("dev", &format!("{LEAST}[passkeys]\nrelying_party_id = \"a.example\"\n")),
    );
    assert!(has(&without, None) && !has(&without, Some(Feature::Passkeys)));
    assert!(has(&with, None) && has(&with, Some(Feature::Passkeys)));
}

#[test]
fn browsers_may_sign_where_administrators_do() {
    let headers = |file: &str| {
        let desired = declared(&environment("dev", &format!("{LEAST}{file}")));
        of_kind(&desired, "rest_api").next().unwrap().1["cors"]["headers"].clone()
    };
    assert_eq!(headers(""), json!(["Authorization", "Content-Type"]));
    let signed = headers("[access]\nadmin = \"iam\"\n").to_string();
    assert!(
        ["X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256"].iter().all(|it| signed.contains(it))
    );
}

#[test]
fn everything_waited_for_is_declared_and_nothing_waits_for_itself() {
    for environment in variants("dev") {
        let edges = edges(&declared(&environment));
        graph::topological(&edges).unwrap();
        assert!(edges.values().flatten().all(|address| edges.contains_key(address)));
    }
}

#[test]
fn environments_with_the_same_needs_share_no_name() {
    // The second begins like the first.
    let (one, other) = (environment("dev", LEAST), environment("dev-2", LEAST));
    let (one, other) = (declared(&one), declared(&other));
    assert_eq!(edges(&one), edges(&other));
    let shared = names(&one).into_iter().filter(|named| names(&other).values().any(|name| *name == named.1));
    // These lie within a resource that is the environment's own.
    let shared: Vec<_> = shared.map(|(address, _)| address.to_string()).collect();
    assert_eq!(shared, ["stage.main", "user_group.admins"]);
}

#[test]
fn environments_with_the_same_needs_are_told_apart_by_their_tags_and_grant_each_other_nothing() {
    let (one, other) = (environment("dev", LEAST), environment("prod", LEAST));
    let text = json!(declared(&one).resources.values().map(|it| &it.inputs).collect::<Vec<_>>()).to_string();
    assert!(text.contains("myco-auth-dev-login") && !text.contains("myco-auth-prod"));
    for (environment, name) in [(&one, "dev"), (&other, "prod")] {
        let expected = json!({
            "cogapi:environment": name,
            "cogapi:stack": format!("myco-auth-{name}"),
            "cogapi:state": format!("myco-cogapi-state/{name}"),
        });
        let declared = declared(environment);
        let tags = declared.resources.values().filter_map(|declaration| declaration.inputs.get("tags"));
        assert!(tags.clone().all(|tags| *tags == expected));
        // What AWS lets nobody tag has no field for tags, and nothing else.
        let named = names(&declared).into_keys().map(Address::kind);
        let taggable = named.filter(|kind| !["app_client", "user_group"].contains(kind));
        assert_eq!(tags.count(), taggable.count());
    }
}

#[test]
fn the_longest_name_of_an_environment_makes_none_that_aws_refuses() {
    let longest = "a".repeat(24);
    let environment = environment("dev", &LEAST.replace("myco-auth", &longest));
    assert_eq!(environment.stack().len(), 28);
    let declared = declared(&environment);
    for (address, name) in names(&declared) {
        assert!(name.len() <= 64, "{address}: {name}");
    }
}

#[test]
fn a_function_gets_the_secret_only_where_its_handler_declares_it() {
    for environment in variants("dev") {
        let desired = declared(&environment);
        let knowing =
            of_kind(&desired, "function").filter(|(_, function)| !function["client_secret_of"].is_null());
        let knowing: BTreeSet<_> = knowing.map(|(address, _)| address.name()).collect();
        let declaring =
            deployed(&environment).filter(|endpoint| endpoint.environment.contains(&"CLIENT_SECRET"));
        assert_eq!(knowing, declaring.map(|endpoint| endpoint.name).collect());
        // Its value is in no declaration: functions only say whose it is.
        let mut environments = of_kind(&desired, "function").map(|(_, function)| &function["environment"]);
        assert!(environments.all(|environment| environment.get("CLIENT_SECRET").is_none()));
    }
}

#[test]
fn only_a_protected_pool_is_protected() {
    for (file, protected) in [("", true), ("[protection]\ndeletion = false\n", false)] {
        let declared = declared(&environment("dev", &format!("{LEAST}{file}")));
        let kept = declared.resources.iter().filter(|(_, declaration)| declaration.protect);
        let kept: Vec<_> = kept.map(|(address, _)| address.to_string()).collect();
        assert_eq!(kept, if protected { vec!["user_pool.main"] } else { vec![] });
    }
}

#[test]
fn under_another_name_the_new_ones_are_made_before_the_old_ones_go() {
    let (old, new) = (least(), declared(&environment("dev", &LEAST.replace("myco-auth", "auth"))));
    let named = ["function", "log_group", "permission", "role"];
    let resources = old.resources.into_iter().map(|(address, declaration)| {
        let seen = if named.contains(&address.kind()) {
            let inputs = reference::resolve(&declaration.inputs, &|_| Some("old".to_owned()));
            Observation::Owned { inputs, outputs: json!({}) }
        } else {
            Observation::Missing
        };
        (address, seen)
    });
    let observed = Observed { resources: resources.collect(), ..Observed::default() };
    let kinds = crate::resources::kinds();
    let plan = plan(&kinds, &new, &State::default(), &observed, Mode::default()).unwrap();
    for kind in named {
        let mut changes = plan.changes.iter().filter(|(address, _)| address.kind() == kind);
        assert!(changes.clone().next().is_some(), "{kind}");
        assert!(changes.all(|(_, change)| change.action == Action::Replace && change.create_first), "{kind}");
    }
}
