//! How a role is: from a list of all of the account's, asked for once a run, or where that is refused, by asking for it alone.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_iam::types::{AttachedPolicy, EntityType, RoleDetail, Tag};
use cogapi_engine::Failure;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::deviations::deviations;
use super::{Outputs, POLICY, Role};
use crate::aws::errors::{is_code, is_missing};
use crate::aws::failure;
use crate::resources::{Context, Tags, tags_from};

/// All roles of the account by name; `None` where we may not list them.
pub(in crate::resources) type Cache = OnceCell<Option<HashMap<String, (Role, Outputs)>>>;

/// The most that IAM gives at once.
const PAGE: i32 = 1000;

impl Role {
    /// What is there under this name, and its ARN.
    ///
    /// A role takes four calls to be known completely, and there are many. GetAccountAuthorizationDetails and ListRoles tell the
    /// same of all of them in two for every thousand roles. That takes two more permissions, which can't be limited to our own
    /// roles; so a principal without them asks for each of ours alone.
    pub(super) async fn look_up(&self, cx: &Context) -> Result<Option<(Self, Outputs)>, Failure> {
        match cx.roles.get_or_try_init(|| list(cx)).await? {
            Some(roles) => Ok(roles.get(&self.name).cloned()),
            None => self.ask(cx).await,
        }
    }

    /// What is there under this name now.
    pub(super) async fn ask(&self, cx: &Context) -> Result<Option<(Self, Outputs)>, Failure> {
        const POLICIES: &str = "reading the role's policies failed";
        let iam = &cx.clients.iam;
        let role = match iam.get_role().role_name(&self.name).send().await {
            Ok(answer) => answer.role,
            Err(error) if is_missing(&error) => None,
            Err(error) => return Err(failure("reading the role failed", &error)),
        };
        let Some(role) = role else { return Ok(None) };
        let attached = match iam.list_attached_role_policies().role_name(&self.name).send().await {
            Ok(answer) => answer.attached_policies.unwrap_or_default(),
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(failure(POLICIES, &error)),
        };
        // Ten attached policies are a role's most, and 10 KB of inline ones: both fit on a page.
        let names = match iam.list_role_policies().role_name(&self.name).send().await {
            Ok(answer) => answer.policy_names,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(failure(POLICIES, &error)),
        };
        let mut inline = BTreeMap::new();
        for name in names {
            match iam.get_role_policy().role_name(&self.name).policy_name(&name).send().await {
                Ok(answer) => inline.insert(name, document(&answer.policy_document)),
                Err(error) if is_missing(&error) => None,
                Err(error) => return Err(failure(POLICIES, &error)),
            };
        }
        let boundary = role.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
        let inputs = Self {
            name: self.name.clone(),
            description: role.description().unwrap_or_default().to_owned(),
            trust: role.assume_role_policy_document().map_or(Value::Null, document),
            policy: inline.get(POLICY).cloned().unwrap_or_default(),
            deviations: deviations(arns(&attached), inline, boundary),
            tags: tags(role.tags()),
        };
        Ok(Some((inputs, Outputs { name: role.role_name, arn: role.arn })))
    }
}

/// All roles of the account; `None` where we may not list them.
async fn list(cx: &Context) -> Result<Option<HashMap<String, (Role, Outputs)>>, Failure> {
    let (details, descriptions) = futures::try_join!(details(cx), descriptions(cx))?;
    let (Some(details), Some(mut descriptions)) = (details, descriptions) else { return Ok(None) };
    let roles = details.into_iter().filter_map(|role| {
        let name = role.role_name.clone()?;
        let description = descriptions.remove(&name).unwrap_or_default();
        Some((name, detailed(role, description)?))
    });
    Ok(Some(roles.collect()))
}

/// All roles with their policies, but without their descriptions.
async fn details(cx: &Context) -> Result<Option<Vec<RoleDetail>>, Failure> {
    let call = cx.clients.iam.get_account_authorization_details().filter(EntityType::Role).max_items(PAGE);
    let mut pages = call.into_paginator().send();
    let mut roles = Vec::new();
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => roles.extend(page.role_detail_list.unwrap_or_default()),
            Err(error) if is_code(&error, &["AccessDenied"]) => return Ok(None),
            Err(error) => return Err(failure("listing the roles' policies failed", &error)),
        }
    }
    Ok(Some(roles))
}

/// All roles' descriptions by name.
async fn descriptions(cx: &Context) -> Result<Option<HashMap<String, String>>, Failure> {
    let mut roles = cx.clients.iam.list_roles().max_items(PAGE).into_paginator().items().send();
    let mut descriptions = HashMap::new();
    while let Some(role) = roles.next().await {
        match role {
            Ok(role) => descriptions.insert(role.role_name, role.description.unwrap_or_default()),
            Err(error) if is_code(&error, &["AccessDenied"]) => return Ok(None),
            Err(error) => return Err(failure("listing the roles failed", &error)),
        };
    }
    Ok(Some(descriptions))
}

fn detailed(role: RoleDetail, description: String) -> Option<(Role, Outputs)> {
    let inline: BTreeMap<String, Value> = role
        .role_policy_list()
        .iter()
        .filter_map(|policy| Some((policy.policy_name()?.to_owned(), document(policy.policy_document()?))))
        .collect();
    let boundary = role.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
    let inputs = Role {
        name: role.role_name().unwrap_or_default().to_owned(),
        description,
        trust: role.assume_role_policy_document().map_or(Value::Null, document),
        policy: inline.get(POLICY).cloned().unwrap_or_default(),
        deviations: deviations(arns(role.attached_managed_policies()), inline, boundary),
        tags: tags(role.tags()),
    };
    let outputs = Outputs { name: inputs.name.clone(), arn: role.arn? };
    Some((inputs, outputs))
}

/// Attached policies: ARN and name.
fn arns(attached: &[AttachedPolicy]) -> impl Iterator<Item = (String, String)> {
    attached.iter().map(|policy| {
        (
            policy.policy_arn().unwrap_or_default().to_owned(),
            policy.policy_name().unwrap_or_default().to_owned(),
        )
    })
}

fn tags(tags: &[Tag]) -> Tags {
    tags_from(tags.iter().map(|tag| (tag.key(), tag.value())))
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
