//! One IAM role with a trust policy and one inline policy: what a function, or API Gateway, may do. Functions whose policies
//! are equal share one.

use aws_sdk_iam::types::Tag;
use cogapi_engine::{Failure, Found, Resource};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Context, TagChanges, Tags, tags_from};
use crate::aws::errors::{is_code, is_missing};
use crate::aws::failure;

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
    /// What is there under this name, and its ARN.
    async fn observe(&self, cx: &Context) -> Result<Option<(Self, Outputs)>, Failure> {
        let role = match cx.clients.iam.get_role().role_name(&self.name).send().await {
            Ok(answer) => answer.role,
            Err(error) if is_missing(&error) => None,
            Err(error) => return Err(failure("reading the role failed", &error)),
        };
        let Some(role) = role else { return Ok(None) };
        let policy =
            match cx.clients.iam.get_role_policy().role_name(&self.name).policy_name(POLICY).send().await {
                Ok(answer) => document(&answer.policy_document),
                Err(error) if is_missing(&error) => Value::Null,
                Err(error) => return Err(failure("reading the role's policy failed", &error)),
            };
        let inputs = Self {
            name: self.name.clone(),
            description: role.description().unwrap_or_default().to_owned(),
            trust: role.assume_role_policy_document().map_or(Value::Null, document),
            policy,
            tags: tags_from(role.tags().iter().map(|tag| (tag.key(), tag.value()))),
        };
        Ok(Some((inputs, Outputs { name: role.role_name, arn: role.arn })))
    }

    async fn create(&self, cx: &Context) -> Result<(Self, Outputs), Failure> {
        let tags = self.tags.iter().map(|(key, value)| tag(key, value)).collect::<Result<_, _>>()?;
        let made = cx
            .clients
            .iam
            .create_role()
            .role_name(&self.name)
            .description(&self.description)
            .assume_role_policy_document(self.trust.to_string())
            .set_tags(Some(tags))
            .send()
            .await;
        match made.map(|answer| answer.role) {
            Ok(Some(role)) => {
                let bare = Self { policy: Value::Null, ..self.clone() };
                Ok((bare, Outputs { name: role.role_name, arn: role.arn }))
            }
            Ok(None) => Err(Failure::new("creating the role failed", "CreateRole answered without a role")),
            // A repeated call whose first answer was lost.
            Err(error) if is_code(&error, &["EntityAlreadyExists"]) => match self.observe(cx).await? {
                Some((inputs, outputs)) if cx.owns(&inputs.tags) => Ok((inputs, outputs)),
                _ => Err(failure("creating the role failed", &error)),
            },
            Err(error) => Err(failure("creating the role failed", &error)),
        }
    }

    /// Takes off whatever somebody else put on the role, for it can't be deleted before.
    async fn strip(&self, cx: &Context) -> Result<(), Failure> {
        const SUMMARY: &str = "removing what others put on the role failed";
        let iam = &cx.clients.iam;
        let attached = iam.list_attached_role_policies().role_name(&self.name).send().await;
        for policy in attached.map_err(|error| failure(SUMMARY, &error))?.attached_policies() {
            let detached = iam
                .detach_role_policy()
                .role_name(&self.name)
                .set_policy_arn(policy.policy_arn.clone())
                .send()
                .await;
            detached.map_err(|error| failure(SUMMARY, &error))?;
        }
        let inline = iam.list_role_policies().role_name(&self.name).send().await;
        for policy in inline.map_err(|error| failure(SUMMARY, &error))?.policy_names() {
            let deleted = iam.delete_role_policy().role_name(&self.name).policy_name(policy).send().await;
            deleted.map_err(|error| failure(SUMMARY, &error))?;
        }
        Ok(())
    }
}

impl Resource for Role {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "role";
    const SERVICE: &'static str = "iam";
    const LOCATED_BY: &'static [&'static str] = &["name"];
    const REPLACE_ON: &'static [&'static str] = &["name"];

    async fn read(&self, cx: &Context, prior: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        let Some((inputs, outputs)) = self.observe(cx).await? else { return Ok(Found::Missing) };
        Ok(if prior.is_some() || cx.owns(&inputs.tags) {
            Found::Owned { inputs, outputs }
        } else {
            Found::Unowned { inputs, outputs }
        })
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
        let tags = TagChanges::between(&present.tags, &self.tags);
        if !tags.set.is_empty() {
            let set = tags.set.iter().map(|(key, value)| tag(key, value)).collect::<Result<_, _>>()?;
            iam.tag_role()
                .role_name(&self.name)
                .set_tags(Some(set))
                .send()
                .await
                .map_err(|error| failure("tagging the role failed", &error))?;
        }
        if !tags.unset.is_empty() {
            iam.untag_role()
                .role_name(&self.name)
                .set_tag_keys(Some(tags.unset))
                .send()
                .await
                .map_err(|error| failure("untagging the role failed", &error))?;
        }
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
            self.strip(cx).await?;
            deleted = iam.delete_role().role_name(&self.name).send().await;
        }
        match deleted {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(failure("deleting the role failed", &error)),
        }
    }
}

fn tag(key: &str, value: &str) -> Result<Tag, Failure> {
    Tag::builder()
        .key(key)
        .value(value)
        .build()
        .map_err(|error| Failure::new("a tag of the role is not valid", error.to_string()))
}

/// A policy document as IAM gives it: JSON, URL-encoded (RFC 3986). What can't be read differs from everything.
fn document(text: &str) -> Value {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    serde_json::from_str(&decoded).unwrap_or_else(|_| Value::String(decoded.into_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_policy_document_is_read_encoded_and_plain() {
        let policy = json!({"Statement": [{"Effect": "Allow", "Action": "a:B"}]});
        assert_eq!(
            document(
                "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22a%3AB%22%7D%5D%7D"
            ),
            policy
        );
        assert_eq!(document(&policy.to_string()), policy);
        assert_eq!(document("not a policy"), json!("not a policy"));
    }
}
