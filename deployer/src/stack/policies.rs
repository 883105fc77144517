//! Who may do what: one role for each distinct set of operations, and the one that API Gateway invokes functions with.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::functions::{self, Shared};
use super::{Inputs, deployed};
use crate::resources::{Role, Tags};

fn trust(service: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }
        ],
    })
}

/// The role of functions that call just these operations.
pub(super) fn function_role(shared: &Shared<'_>, operations: &[&str]) -> Role {
    let operations: BTreeSet<&str> = operations.iter().copied().collect();
    let short = |operation: &&str| operation.rsplit(':').next().unwrap_or(operation).to_owned();
    let names: Vec<String> = operations.iter().map(short).collect();
    // AWS gives a function's role no right to log by itself.
    let mut statements = vec![json!({
        "Sid": "Log",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": format!("{}:*", shared.log_group_arn),
    })];
    let mut of_services: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for operation in operations {
        of_services.entry(operation.split(':').next().unwrap_or_default()).or_default().push(operation);
    }
    statements.extend(of_services.iter().map(|(service, operations)| statement(shared, service, operations)));
    Role {
        name: format!("{}-{}", shared.stack, role_name(&names)),
        description: if names.is_empty() {
            "Functions that call nothing.".to_owned()
        } else {
            format!("Functions that call {}.", names.join(", "))
        },
        trust: trust("lambda.amazonaws.com"),
        policy: json!({ "Version": "2012-10-17", "Statement": statements }),
        deviations: BTreeMap::new(),
        tags: shared.tags.clone(),
    }
}

/// What allows operations of one service, on what is ours.
fn statement(shared: &Shared<'_>, service: &str, operations: &[&str]) -> Value {
    match service {
        "cognito-idp" => json!({
            "Sid": "UserPool",
            "Effect": "Allow",
            "Action": operations,
            "Resource": shared.pool.arn,
        }),
        // The sender is what is limited. The resources can't say it alone: SES asks for the configuration set that an identity has by
        // default, too, and in its sandbox for the recipient's identity.
        "ses" => json!({
            "Sid": "Mail",
            "Effect": "Allow",
            "Action": operations,
            "Resource": mail_resources(shared.inputs),
            "Condition": { "StringEquals": { "ses:FromAddress": shared.inputs.environment.email.from } },
        }),
        // A handler that calls what has no policy here is a mistake in the handlers, found by the first test that declares it.
        other => panic!("no policy is known for the service {other}"),
    }
}

/// What SES may be asked to send with: the identity that is configured, else those of our own account.
fn mail_resources(inputs: &Inputs<'_>) -> Vec<String> {
    let Inputs { environment, account, partition, .. } = inputs;
    let configured = environment.email.ses_identity_arn.as_deref();
    let region = configured.and_then(|arn| arn.split(':').nth(3)).unwrap_or(&environment.aws.region);
    let own = ["configuration-set/*", "identity/*"]
        .map(|resource| format!("arn:{partition}:ses:{region}:{account}:{resource}"));
    let foreign = configured.filter(|arn| arn.split(':').nth(4) != Some(account)).map(ToOwned::to_owned);
    own.into_iter().chain(foreign).collect()
}

/// The name of a role follows from what it allows, so functions with equal needs share one, and a function whose needs change
/// moves to another without taking the others along.
fn role_name(operations: &[String]) -> String {
    match operations {
        [] => "calls-nothing".to_owned(),
        [one] => format!("calls-{one}"),
        several => {
            let hash = Sha256::digest(several.join(","));
            format!("calls-{}-{}", several.len(), hex::encode(&hash[..4]))
        }
    }
}

/// The role that API Gateway assumes to invoke the endpoints' functions, and no others.
pub(super) fn invoke_role(inputs: &Inputs<'_>, stack: &str, tags: &Tags) -> Role {
    let functions: BTreeSet<String> =
        deployed(inputs.environment).map(|endpoint| functions::arn(inputs, endpoint.name)).collect();
    Role {
        name: format!("{stack}-invoke"),
        description: "API Gateway invokes the endpoints' functions.".to_owned(),
        trust: trust("apigateway.amazonaws.com"),
        policy: json!({
            "Version": "2012-10-17",
            "Statement": [
                { "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": functions }
            ],
        }),
        deviations: BTreeMap::new(),
        tags: tags.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::stack::functions::Pool;

    /// What a role for these operations allows beside logging, in an environment with these keys in `[email]`.
    fn allowed(operations: &[&str], email: &str) -> Vec<Value> {
        let text = format!(
            "[aws]\nregion = \"eu-west-3\"\n[state]\nbucket = \"b-state\"\n[api]\nname = \"shop\"\n\
             [email]\nfrom = \"hello@example.com\"\n{email}"
        );
        let environment = crate::config::parse("dev", "test.toml", &text).unwrap();
        let shared = Shared {
            inputs: &Inputs {
                environment: &environment,
                account: "123456789012",
                partition: "aws",
                endpoint: None,
                api_sha256: "",
                triggers_sha256: "",
            },
            stack: "shop-dev",
            tags: &Tags::new(),
            pool: &Pool { id: "pool".to_owned(), arn: "the-pool".to_owned() },
            client_id: "",
            log_group: "",
            log_group_arn: "logs",
        };
        let policy = function_role(&shared, operations).policy;
        policy["Statement"].as_array().unwrap()[1..].to_vec()
    }

    #[test]
    fn each_service_is_allowed_on_what_is_ours_and_nothing_else() {
        let statements =
            allowed(&["ses:SendEmail", "cognito-idp:AdminGetUser", "cognito-idp:AdminCreateUser"], "");
        let mut services = statements.iter();
        let pool = services.next().unwrap();
        assert_eq!(pool["Action"], json!(["cognito-idp:AdminCreateUser", "cognito-idp:AdminGetUser"]));
        assert_eq!(pool["Resource"], "the-pool");
        let mail = services.next().unwrap();
        assert_eq!(mail["Action"], json!(["ses:SendEmail"]));
        assert_eq!(mail["Condition"], json!({"StringEquals": {"ses:FromAddress": "hello@example.com"}}));
        assert_eq!(
            mail["Resource"],
            json!([
                "arn:aws:ses:eu-west-3:123456789012:configuration-set/*",
                "arn:aws:ses:eu-west-3:123456789012:identity/*",
            ])
        );
        assert!(services.next().is_none());
    }

    #[test]
    fn mails_go_out_from_the_region_and_account_of_the_identity() {
        for (arn, resources) in [
            (
                "arn:aws:ses:eu-west-1:123456789012:identity/example.com",
                json!([
                    "arn:aws:ses:eu-west-1:123456789012:configuration-set/*",
                    "arn:aws:ses:eu-west-1:123456789012:identity/*",
                ]),
            ),
            (
                "arn:aws:ses:eu-west-1:210987654321:identity/example.com",
                json!([
                    "arn:aws:ses:eu-west-1:123456789012:configuration-set/*",
                    "arn:aws:ses:eu-west-1:123456789012:identity/*",
                    "arn:aws:ses:eu-west-1:210987654321:identity/example.com",
                ]),
            ),
        ] {
            let statements = allowed(&["ses:SendEmail"], &format!("ses_identity_arn = \"{arn}\""));
            assert_eq!(statements[0]["Resource"], resources);
        }
    }
}
