//! The role with which API Gateway writes logs. An account has one for all of its APIs in a region, whoever they belong to: it is
//! set only where none is, never changed, and never taken away.

use cogapi_engine::{Failure, Found, Resource};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::gateway::replace;
use super::{Context, topic};
use crate::aws::errors::is_code;
use crate::aws::failure;
use crate::aws::retry::retry_while;
use crate::permissions::{Grant, LOG_ROLES, Permitted};

/// AWS's own policy for just this.
const POLICY: &str = "service-role/AmazonAPIGatewayPushToCloudWatchLogs";

/// The inputs of the account's log role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayLogRole {
    /// The name of the role that is made where the account has none set. It says nothing of an environment, since others' APIs log
    /// with it from then on.
    pub role_name: String,
}

/// What others refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The ARN of the role that is set, whatever it is called.
    pub role_arn: String,
}

impl GatewayLogRole {
    /// The role that the account has set, if it has one.
    async fn set_role(cx: &Context) -> Result<Option<Outputs>, Failure> {
        let account = cx.clients.apigateway.get_account().send().await;
        let account =
            account.map_err(|error| failure("reading the account's API Gateway settings failed", &error))?;
        Ok(account.cloudwatch_role_arn.filter(|arn| !arn.is_empty()).map(|role_arn| Outputs { role_arn }))
    }

    /// Makes the role that API Gateway may assume. In another region of the account, or for an environment before this one, it may
    /// have been made already: roles belong to no region.
    async fn create(&self, cx: &Context) -> Result<String, Failure> {
        const SUMMARY: &str = "creating the role for API Gateway's logs failed";
        let iam = &cx.clients.iam;
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "apigateway.amazonaws.com" },
                "Action": "sts:AssumeRole",
            }],
        });
        let create = iam
            .create_role()
            .role_name(&self.role_name)
            .description("API Gateway writes the logs of all APIs of this account.")
            .assume_role_policy_document(trust.to_string());
        match create.send().await {
            Ok(_) => {}
            Err(error) if is_code(&error, &["EntityAlreadyExists"]) => {}
            Err(error) => return Err(failure(SUMMARY, &error)),
        }
        let partition = cx.clients.partition();
        iam.attach_role_policy()
            .role_name(&self.role_name)
            .policy_arn(format!("arn:{partition}:iam::aws:policy/{POLICY}"))
            .send()
            .await
            .map_err(|error| failure("allowing API Gateway to write logs failed", &error))?;
        Ok(format!("arn:{partition}:iam::{}:role/{}", cx.account, self.role_name))
    }
}

impl Permitted for GatewayLogRole {
    const GRANTS: &'static [Grant] = &[
        Grant::of(
            &["apigateway:GET", "apigateway:PATCH"],
            &["arn:{partition}:apigateway:{region}::/account"],
        ),
        Grant::of(&["iam:AttachRolePolicy", "iam:CreateRole", "iam:GetRole"], &[LOG_ROLES]),
        Grant::of(&["iam:PassRole"], &[LOG_ROLES]).passed_to("apigateway.amazonaws.com"),
    ];
}

impl Resource for GatewayLogRole {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "gateway_log_role";
    const TOPIC: &'static str = topic::LOGS;
    const SERVICE: &'static str = "apigateway";
    const LOCATED_BY: &'static [&'static str] = &[];
    const SHARED: bool = true;

    async fn read(&self, cx: &Context, _: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        // Whichever role it is, it serves.
        let set = Self::set_role(cx).await?;
        Ok(set.map_or(Found::Missing, |outputs| Found::Owned { inputs: self.clone(), outputs }))
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        if let Some((_, outputs)) = found.existing() {
            return Ok(outputs.clone());
        }
        // Somebody may have set one since it was looked for, maybe before the plan was agreed on.
        if let Some(outputs) = Self::set_role(cx).await? {
            return Ok(outputs);
        }
        let role_arn = self.create(cx).await?;
        let set = || {
            let update = cx.clients.apigateway.update_account();
            update.patch_operations(replace("/cloudwatchRoleArn", &role_arn)).send()
        };
        retry_while("setting the account's role for API Gateway's logs failed", is_new, set).await?;
        Ok(Outputs { role_arn })
    }

    async fn delete(&self, _: &Context, _: Option<&Outputs>) -> Result<(), Failure> {
        // Never: other APIs of the account would stop logging.
        Ok(())
    }
}

/// A new role can't be assumed for some seconds. API Gateway says the same of a role that may not log: "The role ARN does not have
/// required permissions configured. Please grant trust permission for API Gateway and add the required role policy."
fn is_new(code: &str, message: &str) -> bool {
    code == "BadRequestException" && message.contains("does not have required permissions")
}
