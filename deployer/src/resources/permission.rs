//! One statement in a function's resource policy: who may invoke it, and from where. For Cognito's triggers only; API Gateway
//! assumes a role instead. A policy's other statements are the function's to look after: it must not touch them.

use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use cogapi_engine::{Failure, Found, Replacement, Resource};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Context, topic};
use crate::aws::errors::{is_code, is_missing};
use crate::aws::failure;
use crate::aws::retry::Waits;
use crate::permissions::{FUNCTIONS, Grant, Permitted};

/// What a permission allows.
const ACTION: &str = "lambda:InvokeFunction";

/// The inputs of a permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// The function that may be invoked, by name.
    pub function: String,
    /// The statement's name, unique in the function's policy.
    pub statement_id: String,
    /// The service that may invoke it, e.g. `cognito-idp.amazonaws.com`.
    pub principal: String,
    /// The ARN on whose behalf. Together with the account, so that no other account's pool can.
    pub source_arn: String,
    /// The account on whose behalf.
    pub source_account: String,
}

/// What others refer to: the statement's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The statement's name.
    pub statement_id: String,
}

impl Permission {
    fn outputs(&self) -> Outputs {
        Outputs { statement_id: self.statement_id.clone() }
    }

    /// Our statement among those of the function's policy.
    fn find(&self, statements: &[Value]) -> Option<Self> {
        let statement = statements
            .iter()
            .find(|statement| statement["Sid"].as_str() == Some(self.statement_id.as_str()))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let condition = |name: &str| {
            let operators = statement["Condition"].as_object()?;
            // Condition keys are case-insensitive, and AWS writes them in more than one way.
            operators
                .values()
                .filter_map(Value::as_object)
                .flatten()
                .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then(|| text(value)))
        };
        let principal = match &statement["Principal"] {
            Value::Object(principal) => principal.get("Service").map(text).unwrap_or_default(),
            other => text(other),
        };
        Some(Self {
            function: self.function.clone(),
            statement_id: self.statement_id.clone(),
            principal: match statement["Action"].as_str() {
                Some(ACTION) => principal,
                // It may do something else instead, or more.
                other => format!("{principal} ({})", other.unwrap_or("other actions")),
            },
            source_arn: condition("AWS:SourceArn").unwrap_or_default(),
            source_account: condition("AWS:SourceAccount").unwrap_or_default(),
        })
    }

    async fn remove(&self, cx: &Context) -> Result<(), Failure> {
        let call = cx.clients.lambda.remove_permission().function_name(&self.function);
        match call.statement_id(&self.statement_id).send().await {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(failure("removing the permission failed", &error)),
        }
    }
}

impl Permitted for Permission {
    const GRANTS: &'static [Grant] =
        &[Grant::of(&["lambda:AddPermission", "lambda:GetPolicy", "lambda:RemovePermission"], &[FUNCTIONS])];
}

impl Resource for Permission {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "permission";
    const TOPIC: &'static str = topic::PERMISSIONS;
    const SERVICE: &'static str = "lambda";
    const LOCATED_BY: &'static [&'static str] = &["function", "statement_id"];
    const REPLACE_ON: &'static [&'static str] = &["function", "statement_id"];
    // Two that differ in one of them can be there at once, so nobody who may invoke the function has to wait.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    async fn read(&self, cx: &Context, _: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        // A part of a function of ours is ours.
        Ok(match self.find(&cx.statements(&self.function).await?) {
            Some(inputs) => Found::Owned { inputs, outputs: self.outputs() },
            None => Found::Missing,
        })
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        const SUMMARY: &str = "adding the permission failed";
        // A statement can't be changed, only made anew.
        if found.existing().is_some_and(|(present, _)| present != self) {
            self.remove(cx).await?;
        } else if found.existing().is_some() {
            return Ok(self.outputs());
        }
        let add = cx
            .clients
            .lambda
            .add_permission()
            .function_name(&self.function)
            .statement_id(&self.statement_id)
            .action(ACTION)
            .principal(&self.principal)
            .source_arn(&self.source_arn)
            .source_account(&self.source_account);
        let mut waits = Waits::default();
        let exists = loop {
            let Err(error) = add.clone().send().await else { return Ok(self.outputs()) };
            let conflict = is_code(&error, &["ResourceConflictException"]);
            if conflict && error.message().is_some_and(|message| message.contains("already exists")) {
                break error;
            }
            // Lambda answers the same code while the function is being changed.
            waits.again(SUMMARY, &error, conflict).await?;
        };
        // A repeated call whose first answer was lost, or a statement of our name that says something else.
        if self.find(&cx.statements_now(&self.function).await?).as_ref() == Some(self) {
            return Ok(self.outputs());
        }
        Err(failure(SUMMARY, &exists))
    }

    async fn delete(&self, cx: &Context, _: Option<&Outputs>) -> Result<(), Failure> {
        self.remove(cx).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn permission() -> Permission {
        Permission {
            function: "f".into(),
            statement_id: "cognito".into(),
            principal: "cognito-idp.amazonaws.com".into(),
            source_arn: "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/p".into(),
            source_account: "123456789012".into(),
        }
    }

    #[test]
    fn our_statement_is_found_among_others() {
        let policy = [
            json!({"Sid": "other", "Principal": "*"}),
            json!({"Sid": "cognito", "Action": "lambda:InvokeFunction",
             "Principal": {"Service": "cognito-idp.amazonaws.com"}, "Condition": {
                "ArnLike": {"AWS:SourceArn": "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/p"},
                "StringEquals": {"aws:SourceAccount": "123456789012"}}}),
        ];
        assert_eq!(permission().find(&policy), Some(permission()));
    }

    #[test]
    fn a_statement_that_lost_a_condition_differs() {
        let policy = [json!({"Sid": "cognito", "Action": "lambda:InvokeFunction",
             "Principal": {"Service": "cognito-idp.amazonaws.com"}, "Condition": {
                "ArnLike": {"AWS:SourceArn": "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/p"}}})];
        let found = permission().find(&policy);
        assert_eq!(found.map(|found| found.source_account), Some(String::new()));
        assert_eq!(permission().find(&[]), None);
    }
}
