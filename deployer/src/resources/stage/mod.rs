//! A stage: the name under which clients reach a deployment, and how many requests it takes.

mod settings;

use std::collections::BTreeMap;

use aws_sdk_apigateway::operation::get_stage::GetStageOutput;
use cogapi_engine::{Failure, Found, Replacement, Resource};
use serde::{Deserialize, Serialize};

use super::gateway::{is_concurrent, sync_tags};
use super::{Context, TagChanges, Tags, tags_from, topic};
use crate::aws::errors::{is_code, is_missing};
use crate::aws::failure;
use crate::aws::retry::{Waits, retry_while};
use crate::permissions::{GATEWAY_TAGS, Grant, Permitted, REST_APIS};
use settings::{access_logs, method_of, options, path_of_key};

/// All methods, in the stage's settings.
const ALL: &str = "*/*";

/// The inputs of a stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// The API.
    pub rest_api_id: String,
    /// Its name, the first part of every path.
    pub name: String,
    /// What it serves.
    pub deployment_id: String,
    /// How many requests it takes altogether; `None` only where someone else took the limit away.
    pub throttle: Option<Throttle>,
    /// How many requests single methods take, by `METHOD /path`.
    pub method_throttles: BTreeMap<String, Throttle>,
    /// Where each request is logged, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_logs: Option<AccessLogs>,
    /// Settings that we leave at their defaults and someone changed. Always empty where it is declared. It matters: full request
    /// logging, say, writes passwords to the log.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deviations: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
}

/// A line for each request. API Gateway writes it with the account's log role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLogs {
    /// The ARN of the log group, without `:*`.
    pub log_group_arn: String,
    /// What is in a line, with API Gateway's variables.
    pub format: String,
}

/// A token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Throttle {
    /// Requests a second.
    pub rate: f64,
    /// Requests at once.
    pub burst: i32,
}

/// What others refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Where clients reach the API: `https://<api>.execute-api.<region>.<suffix>/<stage>`.
    pub invoke_url: String,
}

impl Stage {
    fn outputs(&self, cx: &Context) -> Outputs {
        let suffix = cx.clients.dns_suffix();
        let (api, region, name) = (&self.rest_api_id, &cx.clients.region, &self.name);
        Outputs { invoke_url: format!("https://{api}.execute-api.{region}.{suffix}/{name}") }
    }

    async fn observe(&self, cx: &Context) -> Result<Option<Self>, Failure> {
        let gateway = &cx.clients.apigateway;
        let got = gateway.get_stage().rest_api_id(&self.rest_api_id).stage_name(&self.name).send().await;
        match got {
            Ok(stage) => Ok(Some(self.mapped(stage))),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failure("reading the API's stage failed", &error)),
        }
    }

    fn mapped(&self, stage: GetStageOutput) -> Self {
        let mut deviations = BTreeMap::new();
        if stage.tracing_enabled {
            deviations.insert("/tracingEnabled".to_owned(), "true".to_owned());
        }
        if stage.cache_cluster_enabled {
            deviations.insert("/cacheClusterEnabled".to_owned(), "true".to_owned());
        }
        if stage.canary_settings.is_some() {
            deviations.insert("/canarySettings".to_owned(), "set".to_owned());
        }
        for (name, value) in stage.variables.unwrap_or_default() {
            deviations.insert(format!("/variables/{name}"), value);
        }
        let mut throttle = None;
        let mut method_throttles = BTreeMap::new();
        for (key, setting) in stage.method_settings.unwrap_or_default() {
            let limit =
                Throttle { rate: setting.throttling_rate_limit(), burst: setting.throttling_burst_limit() };
            if key == ALL {
                throttle = Some(limit);
            } else {
                method_throttles.insert(method_of(&key), limit);
            }
            deviations.extend(options(&path_of_key(&key), &setting));
        }
        Self {
            rest_api_id: self.rest_api_id.clone(),
            name: self.name.clone(),
            deployment_id: stage.deployment_id.unwrap_or_default(),
            throttle,
            method_throttles,
            access_logs: stage.access_log_settings.and_then(access_logs),
            deviations,
            tags: tags_from(stage.tags.unwrap_or_default()),
        }
    }

    /// What CreateStage makes of these inputs: it takes neither method settings nor access logs.
    fn bare(&self) -> Self {
        Self { throttle: None, method_throttles: BTreeMap::new(), access_logs: None, ..self.clone() }
    }

    async fn create(&self, cx: &Context) -> Result<Self, Failure> {
        let mut waits = Waits::default();
        loop {
            let made = cx
                .clients
                .apigateway
                .create_stage()
                .rest_api_id(&self.rest_api_id)
                .stage_name(&self.name)
                .deployment_id(&self.deployment_id)
                .set_tags(Some(self.tags.clone().into_iter().collect()))
                .send()
                .await;
            let Err(error) = made else { return Ok(self.bare()) };
            // Either it is there, made by a call whose answer was lost, or another change to the API is under way.
            let conflict = is_code(&error, &["ConflictException"]);
            if conflict && let Some(present) = self.observe(cx).await? {
                return Ok(present);
            }
            waits.again("creating the API's stage failed", &error, conflict).await?;
        }
    }
}

impl Permitted for Stage {
    const GRANTS: &'static [Grant] = &[
        Grant::of(
            &["apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST"],
            &[REST_APIS],
        ),
        Grant::of(&["apigateway:DELETE", "apigateway:PUT"], &[GATEWAY_TAGS]),
    ];
}

impl Resource for Stage {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "stage";
    const TOPIC: &'static str = topic::API;
    const SERVICE: &'static str = "apigateway";
    const LOCATED_BY: &'static [&'static str] = &["rest_api_id", "name"];
    const REPLACE_ON: &'static [&'static str] = &["rest_api_id", "name"];
    // It takes another API or another name, so both can be there at once; the other way round nobody would answer clients
    // until the new one is made.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    async fn read(&self, cx: &Context, _: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        // Part of an API of ours.
        Ok(match self.observe(cx).await? {
            Some(inputs) => Found::Owned { inputs, outputs: self.outputs(cx) },
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
                cx.clients
                    .apigateway
                    .update_stage()
                    .rest_api_id(&self.rest_api_id)
                    .stage_name(&self.name)
                    .set_patch_operations(Some(patches.clone()))
                    .send()
            };
            retry_while("changing the API's stage failed", passes, update).await?;
        }
        let path = format!("/restapis/{}/stages/{}", self.rest_api_id, self.name);
        let tags = TagChanges::between(&present.tags, &self.tags);
        sync_tags(cx, "the API's stage", &path, tags).await?;
        Ok(self.outputs(cx))
    }

    async fn delete(&self, cx: &Context, _: Option<&Outputs>) -> Result<(), Failure> {
        let delete = || async {
            let gateway = &cx.clients.apigateway;
            let deleted =
                gateway.delete_stage().rest_api_id(&self.rest_api_id).stage_name(&self.name).send().await;
            match deleted {
                Ok(_) => Ok(()),
                Err(error) if is_missing(&error) => Ok(()),
                Err(error) => Err(error),
            }
        };
        retry_while("deleting the API's stage failed", is_concurrent, delete).await
    }
}

/// Whether a refusal of UpdateStage passes by itself. The account's log role is set before any stage that logs is changed, but not
/// everywhere at once: until then API Gateway says "CloudWatch Logs role ARN must be set in account settings to enable logging".
fn passes(code: &str, message: &str) -> bool {
    is_concurrent(code, message)
        || (code == "BadRequestException" && message.contains("role ARN must be set in account settings"))
}
