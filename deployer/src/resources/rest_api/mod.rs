//! The REST API: its name and tags, and everything in it as one OpenAPI body. A change here reaches clients only with a new
//! deployment; that is a kind of its own.

mod answers;
mod observe;
mod openapi;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_apigateway::primitives::Blob;
use aws_sdk_apigateway::types::{EndpointConfiguration, EndpointType, PatchOperation, PutMode};
use cogapi_engine::{Failure, Found, Resource};
use serde::{Deserialize, Serialize};

use super::gateway::{is_concurrent, remove, replace, segment, sync_tags, unrepeated};
use super::{Context, TagChanges, Tags, tags_from, topic};
use crate::aws::errors::is_missing;
use crate::aws::failure;
use crate::aws::retry::{SETTLING, Waits, create_once, retry_while};
use crate::permissions::{GATEWAY_TAGS, Grant, Permitted, REST_APIS, ROLES};

pub use openapi::body_hash;
use openapi::{Place, render};

/// The inputs of the REST API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestApi {
    /// Its name. Not unique, so the tags tell ours from others'.
    pub name: String,
    /// What it is, in a sentence.
    pub description: String,
    /// What it answers, by `METHOD /path`, e.g. `POST /v1/users/{user_id}/confirm`.
    pub routes: BTreeMap<String, Route>,
    /// The role that API Gateway assumes to invoke the functions: one, instead of a permission on each function.
    pub invoke_role_arn: String,
    /// The user pool whose ID tokens [`Authorization::Cognito`] takes; only where a route needs it.
    pub user_pool_arn: Option<String>,
    /// What browsers on other origins may do.
    pub cors: Cors,
    /// What is there and no other field can say: a changed preflight or gateway response, a method that invokes no function, a
    /// setting that we leave at its default. Always empty where it is declared, so that whatever is found shows and goes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deviations: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
}

/// What answers a method on a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The function.
    pub function_arn: String,
    /// Who may call it.
    pub authorization: Authorization,
}

/// What API Gateway demands of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Authorization {
    /// Nothing.
    None,
    /// An ID token of the user pool.
    Cognito,
    /// A request signed with AWS credentials that allow it.
    Iam,
}

/// What browsers on other origins may do. The methods are those of the routes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cors {
    /// Origins, e.g. `https://app.example.com`, or `*`. They end up in templates: the configuration must have validated them.
    pub origins: Vec<String>,
    /// Request headers.
    pub headers: Vec<String>,
}

/// What others refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its id.
    pub id: String,
}

/// Settings of the API that we leave at their defaults, as they are named in [`RestApi::deviations`].
mod setting {
    pub(super) const ENDPOINT_TYPE: &str = "endpoint type";
    pub(super) const EXECUTE_API: &str = "execute-api endpoint";
    pub(super) const POLICY: &str = "resource policy";
    pub(super) const BINARY: &str = "binary media types";
    pub(super) const COMPRESSION: &str = "minimum compression size";
    pub(super) const ALL: [&str; 5] = [ENDPOINT_TYPE, EXECUTE_API, POLICY, BINARY, COMPRESSION];
}

impl RestApi {
    /// The APIs of this name: ids, and whether they are ours.
    async fn find(&self, cx: &Context) -> Result<Option<(String, bool)>, Failure> {
        let mut pages = cx.clients.apigateway.get_rest_apis().limit(500).into_paginator().items().send();
        let mut found = None;
        while let Some(api) = pages.next().await {
            let api = api.map_err(|error| failure("listing the REST APIs failed", &error))?;
            if api.name.as_ref() != Some(&self.name) {
                continue;
            }
            let Some(id) = api.id else { continue };
            if cx.owns(&tags_from(api.tags.unwrap_or_default())) {
                return Ok(Some((id, true)));
            }
            found.get_or_insert((id, false));
        }
        Ok(found)
    }

    async fn create(&self, cx: &Context) -> Result<String, Failure> {
        const SUMMARY: &str = "creating the REST API failed";
        let regional = EndpointConfiguration::builder().types(EndpointType::Regional).build();
        let create = || async {
            let made = cx
                .clients
                .apigateway
                .create_rest_api()
                .name(&self.name)
                .description(&self.description)
                .endpoint_configuration(regional.clone())
                .set_tags(Some(self.tags.clone().into_iter().collect()))
                .customize()
                .config_override(unrepeated())
                .send()
                .await;
            made.map(|api| api.id)
        };
        let find = || async { Ok(self.find(cx).await?.and_then(|(id, ours)| ours.then_some(Some(id)))) };
        create_once(SUMMARY, create, find)
            .await?
            .ok_or_else(|| Failure::new(SUMMARY, "CreateRestApi answered without an id"))
    }

    /// Replaces all that is in the API. Idempotent but not atomic: what was cut off is put again by the next run, which sees the
    /// difference.
    ///
    /// With `failonwarnings` any remark of API Gateway's would make every deploy impossible, the harmless ones too. What it
    /// could not use it leaves out, so what it took is read back, before a deployment makes a snapshot of it.
    async fn put_body(&self, cx: &Context, id: &str) -> Result<(), Failure> {
        const SUMMARY: &str = "changing the API's methods failed";
        let place = Place { partition: cx.clients.partition(), region: &cx.clients.region };
        let body = Blob::new(render(self, place).to_string());
        let put = || {
            cx.clients
                .apigateway
                .put_rest_api()
                .rest_api_id(id)
                .mode(PutMode::Overwrite)
                .fail_on_warnings(false)
                .body(body.clone())
                .send()
        };
        retry_while(SUMMARY, is_concurrent, put).await?;
        let mut waits = Waits::within(SETTLING);
        loop {
            let Some(present) = self.observe(cx, id).await? else {
                return Err(Failure::new(SUMMARY, format!("{id} is gone")));
            };
            if !self.body_differs(&present) {
                return Ok(());
            }
            let left_out = format!("it left out {}", self.left_out(&present).join(", "));
            let waited = waits.still("API Gateway did not take all of the API", &left_out).await;
            waited.map_err(|late| {
                late.with_hint("what clients reach was not changed; `plan` shows the differences")
            })?;
        }
    }

    /// What differs in the body, by name.
    fn left_out(&self, present: &Self) -> Vec<String> {
        let routes = self.routes.iter().filter(|(name, route)| present.routes.get(*name) != Some(route));
        let mut names: BTreeSet<&str> = routes.map(|(name, _)| name.as_str()).collect();
        names.extend(present.deviations.keys().map(String::as_str));
        let pool = (present.user_pool_arn != self.user_pool_arn).then_some("the authorizer");
        let role = (present.invoke_role_arn != self.invoke_role_arn).then_some("the role that invokes");
        names.into_iter().chain(pool).chain(role).map(ToOwned::to_owned).collect()
    }

    /// The patch operations for what the body does not carry.
    fn patches(&self, present: &Self) -> Vec<PatchOperation> {
        let mut patches = Vec::new();
        if present.name != self.name {
            patches.push(replace("/name", &self.name));
        }
        if present.description != self.description {
            patches.push(replace("/description", &self.description));
        }
        let deviates = |name: &str| {
            present.deviations.get(name).filter(|_| !self.deviations.contains_key(name)).map(String::as_str)
        };
        if let Some(other) = deviates(setting::ENDPOINT_TYPE) {
            patches.push(replace(format!("/endpointConfiguration/types/{other}"), "REGIONAL"));
        }
        if deviates(setting::EXECUTE_API).is_some() {
            patches.push(replace("/disableExecuteApiEndpoint", "false"));
        }
        if deviates(setting::POLICY).is_some() {
            patches.push(replace("/policy", ""));
        }
        for media_type in deviates(setting::BINARY).into_iter().flat_map(|types| types.split(' ')) {
            patches.push(remove(format!("/binaryMediaTypes/{}", segment(media_type))));
        }
        if deviates(setting::COMPRESSION).is_some() {
            // An empty value switches it off.
            patches.push(replace("/minimumCompressionSize", ""));
        }
        patches
    }

    /// Whether the two differ in what the body carries.
    fn body_differs(&self, present: &Self) -> bool {
        let in_body = |api: &Self| -> BTreeSet<String> {
            let names = api.deviations.keys().filter(|name| !setting::ALL.contains(&name.as_str()));
            names.cloned().collect()
        };
        present.routes != self.routes
            || present.invoke_role_arn != self.invoke_role_arn
            || present.user_pool_arn != self.user_pool_arn
            || present.cors != self.cors
            || in_body(present) != in_body(self)
    }
}

impl Permitted for RestApi {
    const GRANTS: &'static [Grant] = &[
        Grant::of(
            &["apigateway:GET", "apigateway:POST"],
            &["arn:{partition}:apigateway:{region}::/restapis"],
        ),
        Grant::of(
            &["apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:PUT"],
            &[REST_APIS],
        ),
        Grant::of(&["apigateway:DELETE", "apigateway:PUT"], &[GATEWAY_TAGS]),
        Grant::of(&["iam:PassRole"], &[ROLES]).passed_to("apigateway.amazonaws.com"),
    ];
}

impl Resource for RestApi {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "rest_api";
    const TOPIC: &'static str = topic::API;
    const SERVICE: &'static str = "apigateway";
    const LOCATED_BY: &'static [&'static str] = &["name"];

    async fn read(&self, cx: &Context, prior: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        if let Some(prior) = prior
            && let Some(inputs) = self.observe(cx, &prior.id).await?
        {
            return Ok(Found::Owned { inputs, outputs: prior.clone() });
        }
        let Some((id, ours)) = self.find(cx).await? else { return Ok(Found::Missing) };
        let Some(inputs) = self.observe(cx, &id).await? else { return Ok(Found::Missing) };
        Ok(Found::there(ours, inputs, Outputs { id }))
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        let Some((present, outputs)) = found.existing() else {
            let id = self.create(cx).await?;
            self.put_body(cx, &id).await?;
            return Ok(Outputs { id });
        };
        let patches = self.patches(present);
        if !patches.is_empty() {
            let update = || {
                cx.clients
                    .apigateway
                    .update_rest_api()
                    .rest_api_id(&outputs.id)
                    .set_patch_operations(Some(patches.clone()))
                    .send()
            };
            retry_while("changing the REST API failed", is_concurrent, update).await?;
        }
        let tags = TagChanges::between(&present.tags, &self.tags);
        sync_tags(cx, "the REST API", &format!("/restapis/{}", outputs.id), tags).await?;
        if self.body_differs(present) {
            self.put_body(cx, &outputs.id).await?;
        }
        Ok(outputs.clone())
    }

    async fn delete(&self, cx: &Context, outputs: Option<&Outputs>) -> Result<(), Failure> {
        let id = match outputs {
            Some(outputs) => Some(outputs.id.clone()),
            None => self.find(cx).await?.and_then(|(id, ours)| ours.then_some(id)),
        };
        let Some(id) = id else { return Ok(()) };
        let deleted = cx.clients.apigateway.delete_rest_api().rest_api_id(id).send().await;
        match deleted {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(failure("deleting the REST API failed", &error)),
        }
    }
}
