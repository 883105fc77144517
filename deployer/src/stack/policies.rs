//! Who may do what: one role for each distinct set of operations, and the one that API Gateway invokes functions with.

use std::collections::{BTreeMap, BTreeSet};

use cogapi_handlers::registry::ENDPOINTS;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Inputs;
use super::functions::{self, Shared};
use crate::resources::{Role, Tags};

fn trust(service: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }
        ],
    })
}

/// The role of functions that call just these operations on the user pool.
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
    if !operations.is_empty() {
        statements.push(json!({
            "Sid": "UserPool",
            "Effect": "Allow",
            "Action": operations,
            "Resource": shared.pool.arn,
        }));
    }
    Role {
        name: format!("{}-{}", shared.stack, role_name(&names)),
        description: if names.is_empty() {
            "Functions that call nothing.".to_owned()
        } else {
            format!("Functions that call {} on the user pool.", names.join(", "))
        },
        trust: trust("lambda.amazonaws.com"),
        policy: json!({ "Version": "2012-10-17", "Statement": statements }),
        deviations: BTreeMap::new(),
        tags: shared.tags.clone(),
    }
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
        ENDPOINTS.iter().map(|endpoint| functions::arn(inputs, endpoint.name)).collect();
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
