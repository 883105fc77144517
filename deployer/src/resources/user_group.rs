//! A group of the pool's users, whose members may do what others may not.

use aws_sdk_cognitoidentityprovider::types::GroupType;
use cogapi_engine::{Failure, Found, Replacement, Resource};
use serde::{Deserialize, Serialize};

use super::{Context, topic};
use crate::aws::errors::{is_code, is_missing};
use crate::aws::failure;
use crate::permissions::{Grant, Permitted, USER_POOLS};

/// The inputs of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserGroup {
    /// The pool that it belongs to.
    pub pool_id: String,
    /// Its name, unique in the pool.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
}

/// What others refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its name.
    pub name: String,
}

impl UserGroup {
    fn outputs(&self) -> Outputs {
        Outputs { name: self.name.clone() }
    }

    async fn describe(&self, cx: &Context) -> Result<Option<GroupType>, Failure> {
        let group = cx.clients.cognito.get_group().user_pool_id(&self.pool_id).group_name(&self.name).send();
        match group.await {
            Ok(answer) => Ok(answer.group),
            // The same code for a group and for a pool that is gone.
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failure("reading the group failed", &error)),
        }
    }

    async fn update(&self, cx: &Context) -> Result<(), Failure> {
        const SUMMARY: &str = "changing the group failed";
        let Some(group) = self.describe(cx).await? else {
            return Err(Failure::new(SUMMARY, format!("{} is gone", self.name)));
        };
        cx.clients
            .cognito
            .update_group()
            .user_pool_id(&self.pool_id)
            .group_name(&self.name)
            .description(&self.description)
            // Like Cognito's other updates it may reset what is left out.
            .set_precedence(group.precedence)
            .set_role_arn(group.role_arn)
            .send()
            .await
            .map_err(|error| failure(SUMMARY, &error))?;
        Ok(())
    }
}

impl Permitted for UserGroup {
    const GRANTS: &'static [Grant] = &[Grant::of(
        &[
            "cognito-idp:CreateGroup",
            "cognito-idp:DeleteGroup",
            "cognito-idp:GetGroup",
            "cognito-idp:UpdateGroup",
        ],
        &[USER_POOLS],
    )];
}

impl Resource for UserGroup {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "user_group";
    const TOPIC: &'static str = topic::USER_POOL;
    const SERVICE: &'static str = "cognito-idp";
    const LOCATED_BY: &'static [&'static str] = &["pool_id", "name"];
    const REPLACE_ON: &'static [&'static str] = &["pool_id", "name"];
    // Another pool or another name: both can be there at once.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    async fn read(&self, cx: &Context, _: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        let Some(group) = self.describe(cx).await? else { return Ok(Found::Missing) };
        // Groups can't be tagged. The pool is ours, so its groups are.
        let description = group.description.unwrap_or_default();
        Ok(Found::Owned { inputs: Self { description, ..self.clone() }, outputs: self.outputs() })
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        if let Some((present, _)) = found.existing() {
            if present.description != self.description {
                self.update(cx).await?;
            }
            return Ok(self.outputs());
        }
        let made = cx
            .clients
            .cognito
            .create_group()
            .user_pool_id(&self.pool_id)
            .group_name(&self.name)
            .description(&self.description)
            .send()
            .await;
        match made {
            Ok(_) => {}
            // A repeated call whose first answer was lost; or somebody was faster, with a description of their own.
            Err(error) if is_code(&error, &["GroupExistsException"]) => {
                let there = self.describe(cx).await?.and_then(|group| group.description);
                if there.unwrap_or_default() != self.description {
                    self.update(cx).await?;
                }
            }
            Err(error) => return Err(failure("creating the group failed", &error)),
        }
        Ok(self.outputs())
    }

    async fn delete(&self, cx: &Context, _: Option<&Outputs>) -> Result<(), Failure> {
        let cognito = &cx.clients.cognito;
        match cognito.delete_group().user_pool_id(&self.pool_id).group_name(&self.name).send().await {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(failure("deleting the group failed", &error)),
        }
    }
}
