//! A deployment: an immutable snapshot of the REST API, which a stage serves. A changed body needs a new one, or clients never see
//! the change.

use aws_sdk_apigateway::types::Deployment as Snapshot;
use cogapi_engine::{Failure, Found, Replacement, Resource};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::gateway::unrepeated;
use super::rest_api::{RestApi, body_hash};
use super::{Context, topic};
use crate::aws::errors::is_missing;
use crate::aws::failure;
use crate::aws::retry::{create_once, retry_while};
use crate::permissions::{Grant, Permitted, REST_APIS};

/// What every description begins with.
const MARK: &str = "cogapi ";

/// The inputs of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// The API.
    pub rest_api_id: String,
    /// The hash of the body that it is a snapshot of, references unresolved; see [`body_hash`].
    pub body_hash: String,
    /// The user pool behind the authorizer. The ARNs of functions and roles follow from their names; a pool that was made anew has
    /// another, which the body's hash does not show.
    pub user_pool_arn: Option<String>,
}

/// What others refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its id.
    pub id: String,
}

impl Deployment {
    /// The deployment of an API as it is declared.
    #[must_use]
    pub fn of(api: &RestApi, rest_api_id: impl Into<String>) -> Self {
        Self {
            rest_api_id: rest_api_id.into(),
            body_hash: body_hash(api),
            user_pool_arn: api.user_pool_arn.clone(),
        }
    }

    /// The only thing about a deployment that can be chosen, and so what it is recognised by.
    fn description(&self) -> String {
        let pool = self.user_pool_arn.as_deref().unwrap_or_default();
        format!("{MARK}{}", hex::encode(Sha256::digest(format!("{} {pool}", self.body_hash))))
    }

    /// The inputs of a deployment with this description.
    fn described(&self, description: Option<&str>) -> Self {
        if description == Some(&self.description()) {
            return self.clone();
        }
        // A hash can't be undone: the description itself is then all that there is to show.
        let body_hash = description.unwrap_or_default().trim_start_matches(MARK).to_owned();
        Self { rest_api_id: self.rest_api_id.clone(), body_hash, user_pool_arn: None }
    }

    /// The id of the newest deployment with our description.
    async fn find(&self, cx: &Context) -> Result<Option<String>, Failure> {
        let description = self.description();
        let pages = cx.clients.apigateway.get_deployments().rest_api_id(&self.rest_api_id).limit(500);
        let mut pages = pages.into_paginator().items().send();
        let mut newest: Option<Snapshot> = None;
        while let Some(snapshot) = pages.next().await {
            let snapshot = match snapshot {
                Ok(snapshot) => snapshot,
                // The API itself is gone.
                Err(error) if is_missing(&error) => return Ok(None),
                Err(error) => return Err(failure("listing the API's deployments failed", &error)),
            };
            let newer = newest.as_ref().is_none_or(|newest| newest.created_date <= snapshot.created_date);
            if snapshot.description.as_ref() == Some(&description) && newer {
                newest = Some(snapshot);
            }
        }
        Ok(newest.and_then(|snapshot| snapshot.id))
    }
}

impl Permitted for Deployment {
    const GRANTS: &'static [Grant] =
        &[Grant::of(&["apigateway:DELETE", "apigateway:GET", "apigateway:POST"], &[REST_APIS])];
}

impl Resource for Deployment {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "deployment";
    const TOPIC: &'static str = topic::API;
    const SERVICE: &'static str = "apigateway";
    const LOCATED_BY: &'static [&'static str] = &["rest_api_id"];
    const REPLACE_ON: &'static [&'static str] = &["rest_api_id", "body_hash", "user_pool_arn"];
    // The stage moves to the new one before the old one goes.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    async fn read(&self, cx: &Context, prior: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        if let Some(prior) = prior {
            let got = cx
                .clients
                .apigateway
                .get_deployment()
                .rest_api_id(&self.rest_api_id)
                .deployment_id(&prior.id)
                .send()
                .await;
            match got {
                Ok(snapshot) => {
                    let inputs = self.described(snapshot.description());
                    return Ok(Found::Owned { inputs, outputs: prior.clone() });
                }
                Err(error) if is_missing(&error) => {}
                Err(error) => return Err(failure("reading the API's deployment failed", &error)),
            }
        }
        Ok(match self.find(cx).await? {
            // Part of an API of ours, and with our description.
            Some(id) => Found::Owned { inputs: self.clone(), outputs: Outputs { id } },
            None => Found::Missing,
        })
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        const SUMMARY: &str = "deploying the API failed";
        if let Some((_, outputs)) = found.existing() {
            return Ok(outputs.clone());
        }
        let create = || async {
            let made = cx
                .clients
                .apigateway
                .create_deployment()
                .rest_api_id(&self.rest_api_id)
                .description(self.description())
                .customize()
                .config_override(unrepeated())
                .send()
                .await;
            made.map(|snapshot| snapshot.id)
        };
        let find = || async { Ok(self.find(cx).await?.map(Some)) };
        let id = create_once(SUMMARY, create, find)
            .await?
            .ok_or_else(|| Failure::new(SUMMARY, "CreateDeployment answered without an id"))?;
        Ok(Outputs { id })
    }

    async fn delete(&self, cx: &Context, outputs: Option<&Outputs>) -> Result<(), Failure> {
        let id = match outputs {
            Some(outputs) => Some(outputs.id.clone()),
            None => self.find(cx).await?,
        };
        let Some(id) = id else { return Ok(()) };
        // A stage that just moved away may still count for a moment.
        let in_use = |code: &str, message: &str| {
            code == "ConflictException"
                || (code == "BadRequestException" && message.contains("Active stages"))
        };
        let delete = || async {
            let gateway = &cx.clients.apigateway;
            let deleted =
                gateway.delete_deployment().rest_api_id(&self.rest_api_id).deployment_id(&id).send().await;
            match deleted {
                Ok(_) => Ok(()),
                Err(error) if is_missing(&error) => Ok(()),
                Err(error) => Err(error),
            }
        };
        retry_while("deleting the API's old deployment failed", in_use, delete).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment() -> Deployment {
        Deployment {
            rest_api_id: "a1".into(),
            body_hash: "b1".into(),
            user_pool_arn: Some("arn:pool/1".into()),
        }
    }

    #[test]
    fn a_deployment_is_recognised_by_its_description() {
        let deployment = deployment();
        assert_eq!(deployment.described(Some(&deployment.description())), deployment);
    }

    #[test]
    fn another_body_and_another_user_pool_are_other_deployments() {
        let present = deployment();
        let body = Deployment { body_hash: "b2".into(), ..deployment() };
        let pool = Deployment { user_pool_arn: Some("arn:pool/2".into()), ..deployment() };
        for desired in [body, pool] {
            assert_ne!(desired.described(Some(&present.description())), desired);
        }
        assert_ne!(present.described(None), present);
    }
}
