//! One IAM role with a trust policy and one inline policy: what a function, or API Gateway, may do, and nothing else. Functions
//! whose policies are equal share one.

mod deviations;
mod observe;

use std::collections::BTreeMap;

use aws_sdk_iam::types::Tag;
use cogapi_engine::{Failure, Found, Replacement, Resource};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Context, TagChanges, Tags, topic};
use crate::aws::errors::{is_code, is_missing};
use crate::aws::failure;
use crate::permissions::{ANY, Grant, Permitted, ROLES};

pub(super) use observe::Cache;

/// The name of the one inline policy.
const POLICY: &str = "cogapi";

/// The inputs of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its name, unique in the account.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// The trust policy: who may assume it.
    pub trust: Value,
    /// The inline policy: what it allows. `null` where someone else removed it.
    pub policy: Value,
    /// What others put on it: attached policies, further inline policies, a permissions boundary. Always empty where it is
    /// declared. It matters: each policy adds to what the role may do.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deviations: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
}

/// What others refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

impl Role {
    async fn create(&self, cx: &Context) -> Result<(Self, Outputs), Failure> {
        let made = cx
            .clients
            .iam
            .create_role()
            .role_name(&self.name)
            .description(&self.description)
            .assume_role_policy_document(self.trust.to_string())
            .set_tags(Some(iam_tags(&self.tags)))
            .send()
            .await;
        match made.map(|answer| answer.role) {
            Ok(Some(role)) => {
                let bare = Self { policy: Value::Null, ..self.clone() };
                Ok((bare, Outputs { name: role.role_name, arn: role.arn }))
            }
            Ok(None) => Err(Failure::new("creating the role failed", "CreateRole answered without a role")),
            // A repeated call whose first answer was lost. What the run listed before doesn't know of it.
            Err(error) if is_code(&error, &["EntityAlreadyExists"]) => match self.ask(cx).await? {
                Some((inputs, outputs)) if cx.owns(&inputs.tags) => Ok((inputs, outputs)),
                _ => Err(failure("creating the role failed", &error)),
            },
            Err(error) => Err(failure("creating the role failed", &error)),
        }
    }
}

impl Permitted for Role {
    const GRANTS: &'static [Grant] = &[
        Grant::of(&["iam:GetAccountAuthorizationDetails", "iam:ListRoles"], ANY),
        Grant::of(
            &[
                "iam:CreateRole",
                "iam:DeleteRole",
                "iam:DeleteRolePermissionsBoundary",
                "iam:DeleteRolePolicy",
                "iam:DetachRolePolicy",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListRolePolicies",
                "iam:PutRolePolicy",
                "iam:TagRole",
                "iam:UntagRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:UpdateRole",
            ],
            &[ROLES],
        ),
    ];
}

impl Resource for Role {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "role";
    const TOPIC: &'static str = topic::PERMISSIONS;
    const SERVICE: &'static str = "iam";
    const LOCATED_BY: &'static [&'static str] = &["name"];
    const REPLACE_ON: &'static [&'static str] = &["name"];
    // Only another name makes it another, and one of each name can be there: its functions move over before it goes.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    async fn read(&self, cx: &Context, prior: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        let Some((inputs, outputs)) = self.look_up(cx).await? else { return Ok(Found::Missing) };
        let ours = prior.is_some() || cx.owns(&inputs.tags);
        Ok(Found::there(ours, inputs, outputs))
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        let iam = &cx.clients.iam;
        let (present, outputs) = match found.existing() {
            Some((inputs, outputs)) => (inputs.clone(), outputs.clone()),
            None => self.create(cx).await?,
        };
        if present.description != self.description {
            iam.update_role()
                .role_name(&self.name)
                .description(&self.description)
                .send()
                .await
                .map_err(|error| failure("changing the role's description failed", &error))?;
        }
        if present.trust != self.trust {
            iam.update_assume_role_policy()
                .role_name(&self.name)
                .policy_document(self.trust.to_string())
                .send()
                .await
                .map_err(|error| failure("changing who may assume the role failed", &error))?;
        }
        if present.policy != self.policy {
            iam.put_role_policy()
                .role_name(&self.name)
                .policy_name(POLICY)
                .policy_document(self.policy.to_string())
                .send()
                .await
                .map_err(|error| failure("setting the role's policy failed", &error))?;
        }
        self.undo(cx, &present.deviations).await?;
        let set = |set| iam.tag_role().role_name(&self.name).set_tags(Some(iam_tags(&set))).send();
        let unset = |unset| iam.untag_role().role_name(&self.name).set_tag_keys(Some(unset)).send();
        let tags = TagChanges::between(&present.tags, &self.tags);
        tags.make("the role", |_, _| false, set, unset).await?;
        Ok(outputs)
    }

    async fn delete(&self, cx: &Context, _: Option<&Outputs>) -> Result<(), Failure> {
        let iam = &cx.clients.iam;
        match iam.delete_role_policy().role_name(&self.name).policy_name(POLICY).send().await {
            Ok(_) => {}
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(failure("deleting the role's policy failed", &error)),
        }
        let mut deleted = iam.delete_role().role_name(&self.name).send().await;
        if deleted.as_ref().is_err_and(|error| is_code(error, &["DeleteConflict"])) {
            // It can't be deleted with anything on it that others put there.
            if let Some((present, _)) = self.ask(cx).await? {
                self.undo(cx, &present.deviations).await?;
            }
            deleted = iam.delete_role().role_name(&self.name).send().await;
        }
        match deleted {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(failure("deleting the role failed", &error)),
        }
    }
}

/// Tags as IAM takes them.
fn iam_tags(tags: &Tags) -> Vec<Tag> {
    // Only a tag without a key or a value could not be built.
    tags.iter().filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok()).collect()
}
