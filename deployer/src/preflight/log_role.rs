//! The role with which API Gateway writes logs. A deploy takes whichever is set as it is, so one that can't write any would be
//! noticed by nobody.

use aws_sdk_iam::types::Role;
use cogapi_engine::Failure;

use super::{Check, Finding, Subject};
use crate::aws::errors::is_missing;
use crate::aws::failure;
use crate::resources::Context;

const CHECK: Check = Check::LogRole;
/// Who must be trusted to assume it.
const PRINCIPAL: &str = "apigateway.amazonaws.com";

pub(super) async fn look(subject: &Subject<'_>) -> Vec<Finding> {
    if !subject.environment.api.access_logs {
        return Vec::new();
    }
    let account = subject.cx.clients.apigateway.get_account().send().await;
    let set = match account {
        Ok(account) => account.cloudwatch_role_arn.filter(|arn| !arn.is_empty()),
        Err(error) => {
            let failure = failure("reading the account's API Gateway settings failed", &error);
            return vec![Finding::blind(CHECK, "apigateway:GET", &failure)];
        }
    };
    let Some(arn) = set else {
        return vec![Finding::ok(CHECK, "none is set: a deploy makes one for the account")];
    };
    vec![match role(subject.cx, &arn).await {
        Ok(role) => judge(&arn, role.as_ref()),
        Err(failure) => Finding::blind(CHECK, "iam:GetRole", &failure),
    }]
}

async fn role(cx: &Context, arn: &str) -> Result<Option<Role>, Failure> {
    // After the path, if it has one.
    let name = arn.rsplit('/').next().unwrap_or(arn);
    match cx.clients.iam.get_role().role_name(name).send().await {
        Ok(answer) => Ok(answer.role.filter(|role| role.arn() == arn)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(failure("reading API Gateway's log role failed", &error)),
    }
}

fn judge(arn: &str, role: Option<&Role>) -> Finding {
    let useless = |why: String| {
        Finding::problem(CHECK, "API Gateway logs with a role that it can't use")
            .meaning(format!("{why}. A deploy takes the role that is set for all APIs of the account and region as it is: it would end well, and no log would arrive"))
            .hint("set another role, or none, under Settings in API Gateway's console; for none a deploy makes one")
    };
    match role {
        None => useless(format!("{arn} does not exist any more")),
        // Percent-encoded, in which the name stays as it is.
        Some(role) if !role.assume_role_policy_document().unwrap_or_default().contains(PRINCIPAL) => {
            useless(format!("{arn} does not trust {PRINCIPAL}"))
        }
        Some(_) => Finding::ok(CHECK, arn),
    }
}
