//! What the API's domain name leads to: the empty base path, so that the contract's `/v1/...` paths are the same there as at
//! the execute-api address. A base path of `v1` would be taken off before the API sees the path.

use aws_sdk_apigateway::types::PatchOperation;
use cogapi_engine::{Failure, Found, Replacement, Resource};
use serde::{Deserialize, Serialize};

use super::gateway::{is_concurrent, replace};
use super::{Context, topic};
use crate::aws::errors::{is_code, is_missing};
use crate::aws::failure;
use crate::aws::retry::retry_while;
use crate::permissions::{Grant, MAPPINGS, Permitted};

/// How API Gateway writes the empty base path.
const NONE: &str = "(none)";

/// The inputs of the mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasePathMapping {
    /// The domain name.
    pub domain_name: String,
    /// The API.
    pub rest_api_id: String,
    /// Its stage.
    pub stage: String,
}

/// What others refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Where clients reach the API.
    pub url: String,
}

impl BasePathMapping {
    fn outputs(&self) -> Outputs {
        Outputs { url: format!("https://{}", self.domain_name) }
    }

    async fn observe(&self, cx: &Context) -> Result<Option<Self>, Failure> {
        let get = cx.clients.apigateway.get_base_path_mapping();
        match get.domain_name(&self.domain_name).base_path(NONE).send().await {
            Ok(mapping) => Ok(Some(Self {
                domain_name: self.domain_name.clone(),
                rest_api_id: mapping.rest_api_id.unwrap_or_default(),
                stage: mapping.stage.unwrap_or_default(),
            })),
            // The same for a domain name that is gone.
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failure("reading the domain name's mapping failed", &error)),
        }
    }

    /// Makes it. Returns what is there then.
    async fn create(&self, cx: &Context) -> Result<Self, Failure> {
        let create = cx.clients.apigateway.create_base_path_mapping().domain_name(&self.domain_name);
        // Left out, the base path is the empty one.
        let made = create.rest_api_id(&self.rest_api_id).stage(&self.stage).send().await;
        let Err(error) = made else { return Ok(self.clone()) };
        if is_code(&error, &["ConflictException"]) {
            // Made by a call whose answer was lost.
            if let Some(present) = self.observe(cx).await? {
                return Ok(present);
            }
        }
        // API Gateway takes no empty base path beside another.
        let refused = failure("mapping the domain name to the API failed", &error);
        Err(refused.with_hint(format!(
            "{} may have another base path, made outside cogapi: remove it, as the API takes all paths",
            self.domain_name
        )))
    }

    fn patches(&self, present: &Self) -> Vec<PatchOperation> {
        let mut patches = Vec::new();
        if present.rest_api_id != self.rest_api_id {
            // The documented spelling.
            patches.push(replace("/restapiId", &self.rest_api_id));
        }
        if present.stage != self.stage {
            patches.push(replace("/stage", &self.stage));
        }
        patches
    }
}

impl Permitted for BasePathMapping {
    const GRANTS: &'static [Grant] = &[Grant::of(
        &["apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST"],
        &[MAPPINGS],
    )];
}

impl Resource for BasePathMapping {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "base_path_mapping";
    const TOPIC: &'static str = topic::DOMAIN;
    const SERVICE: &'static str = "apigateway";
    const LOCATED_BY: &'static [&'static str] = &["domain_name"];
    const REPLACE_ON: &'static [&'static str] = &["domain_name"];
    // Of another domain name, so both can be there.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    async fn read(&self, cx: &Context, _: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        // Part of a domain name of ours.
        Ok(match self.observe(cx).await? {
            Some(inputs) => Found::Owned { inputs, outputs: self.outputs() },
            None => Found::Missing,
        })
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        let present = match found.existing() {
            Some((present, _)) => present.clone(),
            None => self.create(cx).await?,
        };
        let patches = self.patches(&present);
        if !patches.is_empty() {
            let update = || {
                let update = cx.clients.apigateway.update_base_path_mapping().base_path(NONE);
                update.domain_name(&self.domain_name).set_patch_operations(Some(patches.clone())).send()
            };
            retry_while("changing the domain name's mapping failed", is_concurrent, update).await?;
        }
        Ok(self.outputs())
    }

    async fn delete(&self, cx: &Context, _: Option<&Outputs>) -> Result<(), Failure> {
        let delete = || async {
            let delete = cx.clients.apigateway.delete_base_path_mapping().base_path(NONE);
            match delete.domain_name(&self.domain_name).send().await {
                Ok(_) => Ok(()),
                Err(error) if is_missing(&error) => Ok(()),
                Err(error) => Err(error),
            }
        };
        retry_while("deleting the domain name's mapping failed", is_concurrent, delete).await
    }
}
