//! The functions of a stack and the roles that they share: one function an endpoint and a trigger, one role a distinct policy.

use std::collections::BTreeMap;

use cogapi_engine::{Desired, Handle};
use cogapi_handlers::config::env;
use cogapi_handlers::endpoint::TRIGGER_SECONDS;
use cogapi_handlers::registry::TRIGGERS;

use super::{Inputs, deployed, origins, policies, whole};
use crate::config::{Admin, Registration};
use crate::resources::{ClientRef, Function, Role, Tags};

/// The name of the statement that lets Cognito invoke a trigger.
pub(super) const TRIGGER_STATEMENT: &str = "cognito";

/// A declared function.
pub(super) type Made = Handle<Function>;

/// The user pool, by reference.
pub(super) struct Pool {
    pub(super) id: String,
    pub(super) arn: String,
}

/// What all functions have in common.
pub(super) struct Shared<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    pub(super) stack: &'a str,
    pub(super) tags: &'a Tags,
    pub(super) pool: &'a Pool,
    pub(super) client_id: &'a str,
    pub(super) log_group: &'a str,
    pub(super) log_group_arn: &'a str,
}

/// One function before it is declared.
struct Plain {
    name: &'static str,
    summary: &'static str,
    operations: &'static [&'static str],
    variables: Vec<&'static str>,
    /// Who may invoke it, by the name of the permission's statement.
    statement: Option<&'static str>,
    timeout_seconds: u32,
    code_sha256: String,
}

/// The name that a function has in AWS.
fn full_name(stack: &str, name: &str) -> String {
    format!("{stack}-{name}")
}

/// The ARN that a function has, derived from its name.
pub(super) fn arn(inputs: &Inputs<'_>, name: &str) -> String {
    let Inputs { environment, account, partition, .. } = inputs;
    let (region, name) = (&environment.aws.region, full_name(&environment.stack(), name));
    format!("arn:{partition}:lambda:{region}:{account}:function:{name}")
}

/// Declares all functions and their roles.
pub(super) fn declare(desired: &mut Desired, shared: &Shared<'_>) -> BTreeMap<&'static str, Made> {
    let configured = shared.inputs.environment.functions.timeout.0;
    let endpoints = deployed(shared.inputs.environment).map(|endpoint| Plain {
        name: endpoint.name,
        summary: endpoint.summary,
        operations: endpoint.operations,
        variables: [&[env::CORS_ORIGINS], endpoint.environment].concat(),
        // API Gateway assumes a role.
        statement: None,
        timeout_seconds: configured,
        code_sha256: shared.inputs.api_sha256.to_owned(),
    });
    let triggers = TRIGGERS.iter().map(|trigger| Plain {
        name: trigger.name,
        summary: trigger.summary,
        operations: trigger.operations,
        variables: trigger.environment.to_vec(),
        statement: Some(TRIGGER_STATEMENT),
        // Cognito waits no longer. A function that ran on would only be in the way of the next try, and be paid for.
        timeout_seconds: configured.min(TRIGGER_SECONDS),
        code_sha256: shared.inputs.triggers_sha256.to_owned(),
    });
    let mut roles: BTreeMap<String, Handle<Role>> = BTreeMap::new();
    let mut made = BTreeMap::new();
    for plain in endpoints.chain(triggers) {
        let role = policies::function_role(shared, plain.operations);
        let name = role.name.strip_prefix(&full_name(shared.stack, "")).unwrap_or(&role.name).to_owned();
        let role = roles.entry(name.clone()).or_insert_with(|| desired.declare(&name, &role)).output("arn");
        made.insert(plain.name, desired.declare(plain.name, &function(shared, &plain, role)));
    }
    made
}

fn function(shared: &Shared<'_>, plain: &Plain, role_arn: String) -> Function {
    let settings = &shared.inputs.environment.functions;
    let secret = plain.variables.contains(&env::CLIENT_SECRET);
    let variables = plain.variables.iter().filter(|name| **name != env::CLIENT_SECRET);
    let set = |name: &&str| Some(((*name).to_owned(), variable(shared, name)?));
    Function {
        name: full_name(shared.stack, plain.name),
        description: plain.summary.to_owned(),
        role_arn,
        code_sha256: plain.code_sha256.clone(),
        handler: plain.name.to_owned(),
        architecture: settings.architecture.to_string(),
        memory_mb: whole(settings.memory_mb),
        timeout_seconds: whole(plain.timeout_seconds),
        environment: variables.filter_map(set).collect(),
        client_secret_of: secret
            .then(|| ClientRef { pool_id: shared.pool.id.clone(), client_id: shared.client_id.to_owned() }),
        log_group: shared.log_group.to_owned(),
        reserved_concurrency: settings.reserved_concurrency.map(whole),
        statements: plain.statement.map(ToOwned::to_owned).into_iter().collect(),
        deviations: BTreeMap::new(),
        tags: shared.tags.clone(),
    }
}

/// The value of a variable that a handler declares; nothing where it is optional and not configured.
fn variable(shared: &Shared<'_>, name: &str) -> Option<String> {
    let environment = shared.inputs.environment;
    let email = &environment.email;
    let value = match name {
        env::USER_POOL_ID => &shared.pool.id,
        env::CLIENT_ID => shared.client_id,
        env::MFA_ISSUER => &environment.mfa.issuer,
        env::PASSWORD_MIN_LENGTH => &environment.password.min_length.to_string(),
        env::CORS_ORIGINS => &origins(environment).join(","),
        env::REGISTRATION => match environment.access.registration {
            Registration::Open => "open",
            Registration::Admin => "admin",
        },
        env::ADMIN => match environment.access.admin {
            Admin::Group => "group",
            Admin::Iam => "iam",
        },
        env::MFA_RESET_SUBJECT => &email.mfa_reset_subject,
        env::MFA_RESET_MESSAGE => &email.mfa_reset_message,
        env::EMAIL_FROM => &email.from,
        env::EMAIL_REPLY_TO => email.reply_to.as_ref()?,
        env::SES_IDENTITY_ARN => email.ses_identity_arn.as_ref()?,
        env::PASSKEY_RELYING_PARTY_ID => &environment.passkeys.as_ref()?.relying_party_id,
        // A handler that asks for what nobody sets is a mistake in the handlers, found by the first test that declares it.
        other => panic!("no value is known for the variable {other}"),
    };
    Some(value.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use serde_json::{Value, json};

    use super::*;
    use crate::stack::desired;

    const LEAST: &str = "[aws]\nregion = \"eu-west-1\"\n[state]\nbucket = \"b-state\"\n[api]\nname = \"shop\"\n\
                         [email]\nfrom = \"hello@example.com\"\n";

    /// The functions of an environment, by name.
    fn functions(text: &str) -> BTreeMap<String, Value> {
        let environment = crate::config::parse("dev", "test.toml", text).unwrap();
        let desired = desired(&Inputs {
            environment: &environment,
            account: "123456789012",
            partition: "aws",
            endpoint: None,
            api_sha256: "api",
            triggers_sha256: "triggers",
        });
        let resources = desired.resources.into_iter().filter(|(address, _)| address.kind() == "function");
        resources.map(|(address, declaration)| (address.name().to_owned(), declaration.inputs)).collect()
    }

    #[test]
    fn a_trigger_has_no_more_time_than_cognito_waits() {
        for (settings, seconds) in [("", 10), ("[functions]\ntimeout = \"29s\"\n", 29)] {
            let functions = functions(&format!("{LEAST}{settings}"));
            for trigger in TRIGGERS {
                assert_eq!(functions[trigger.name]["timeout_seconds"], 5, "{}", trigger.name);
            }
            for (name, function) in &functions {
                let is_trigger = TRIGGERS.iter().any(|trigger| trigger.name == name);
                assert!(is_trigger || function["timeout_seconds"] == seconds, "{name}");
            }
        }
    }

    #[test]
    fn the_longest_texts_fit_into_every_functions_environment() {
        let host = format!("{}.{0}.{0}.{}.example", "h".repeat(63), "o".repeat(53));
        let address = format!("{}@{host}", "a".repeat(64));
        let origins: Vec<_> = (1..8).map(|at| format!("\"https://{at}{}\"", &host[1..])).collect();
        let least = LEAST.replace("eu-west-1", "us-gov-west-1").replace("hello@example.com", &address);
        let text = least.replace(
            "[email]",
            &format!(
                "cors_origins = [{}]\n[mfa]\nissuer = \"{}\"\n[email]\nreply_to = \"{address}\"\n\
                 ses_identity_arn = \"arn:aws-us-gov:ses:us-gov-west-1:123456789012:identity/{address}\"\n\
                 mfa_reset_subject = \"{}\"\nmfa_reset_message = \"{{code}}{}\"",
                origins.join(", "),
                "€".repeat(64),
                "€".repeat(140),
                "x".repeat(1994),
            ),
        );
        for (name, function) in functions(&text) {
            let environment = function["environment"].as_object().unwrap();
            let length: usize =
                environment.iter().map(|(key, value)| key.len() + value.as_str().unwrap().len()).sum();
            // The app client's secret is told apart, and has 64 characters at most.
            assert!(length + "CLIENT_SECRET".len() + 64 <= 4096, "{name}: {length}");
        }
    }

    #[test]
    fn the_handlers_know_the_policys_length() {
        let functions = functions(&format!("{LEAST}[password]\nmin_length = 30\n"));
        assert_eq!(functions["create-user"]["environment"]["PASSWORD_MIN_LENGTH"], json!("30"));
    }
}
