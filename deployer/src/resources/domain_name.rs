//! The API's own domain name in API Gateway: regional, with its certificate, from TLS 1.2 on.

use std::time::Duration;

use aws_sdk_apigateway::operation::get_domain_name::GetDomainNameOutput;
use aws_sdk_apigateway::types::{
    DomainNameStatus, EndpointConfiguration, EndpointType, PatchOperation, SecurityPolicy,
};
use cogapi_engine::{Failure, Found, Replacement, Resource};
use serde::{Deserialize, Serialize};

use super::gateway::{is_concurrent, replace, sync_tags};
use super::waiting::Wait;
use super::{Context, TagChanges, Tags, tags_from, topic};
use crate::aws::errors::{is_code, is_missing};
use crate::aws::failure;
use crate::aws::retry::retry_while;
use crate::permissions::{GATEWAY_TAGS, Grant, Permitted};

/// How long a change may take to reach all of API Gateway.
const UPDATING: Duration = Duration::from_mins(15);

/// The inputs of a domain name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainName {
    /// The host name.
    pub name: String,
    /// The ARN of its certificate, in the same region.
    pub certificate_arn: String,
    /// `REGIONAL`; another only where somebody else made it.
    pub endpoint: String,
    /// The oldest TLS that clients may speak, e.g. `TLS_1_2`.
    pub security_policy: String,
    /// Its tags.
    pub tags: Tags,
}

/// What others refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The host name.
    pub name: String,
    /// Where its DNS record must point.
    pub target: String,
    /// The hosted zone that the target is in, AWS's own.
    pub target_zone_id: String,
}

impl DomainName {
    /// A regional domain name: ImportRestApi's APIs are regional, too, and it needs no certificate in us-east-1.
    #[must_use]
    pub fn regional(name: &str, certificate_arn: &str, tags: Tags) -> Self {
        Self {
            name: name.to_owned(),
            certificate_arn: certificate_arn.to_owned(),
            endpoint: EndpointType::Regional.as_str().to_owned(),
            security_policy: SecurityPolicy::Tls12.as_str().to_owned(),
            tags,
        }
    }

    async fn get(&self, cx: &Context) -> Result<Option<GetDomainNameOutput>, Failure> {
        match cx.clients.apigateway.get_domain_name().domain_name(&self.name).send().await {
            Ok(domain) => Ok(Some(domain)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failure("reading the API's domain name failed", &error)),
        }
    }

    async fn observe(&self, cx: &Context) -> Result<Option<(Self, Outputs)>, Failure> {
        let Some(domain) = self.get(cx).await? else { return Ok(None) };
        let endpoint = domain.endpoint_configuration.and_then(|endpoint| endpoint.types?.into_iter().next());
        let inputs = Self {
            name: self.name.clone(),
            certificate_arn: domain.regional_certificate_arn.unwrap_or_default(),
            endpoint: endpoint.map_or_else(String::new, |endpoint| endpoint.as_str().to_owned()),
            security_policy: domain.security_policy.map_or_else(String::new, |it| it.as_str().to_owned()),
            tags: tags_from(domain.tags.unwrap_or_default()),
        };
        let outputs = Outputs {
            name: self.name.clone(),
            target: domain.regional_domain_name.unwrap_or_default(),
            target_zone_id: domain.regional_hosted_zone_id.unwrap_or_default(),
        };
        Ok(Some((inputs, outputs)))
    }

    async fn create(&self, cx: &Context) -> Result<(), Failure> {
        const SUMMARY: &str = "making the API's domain name failed";
        // Edge-optimised unless it is asked for otherwise.
        let regional = EndpointConfiguration::builder().types(self.endpoint.as_str().into()).build();
        let made = cx
            .clients
            .apigateway
            .create_domain_name()
            .domain_name(&self.name)
            .regional_certificate_arn(&self.certificate_arn)
            .endpoint_configuration(regional)
            .security_policy(self.security_policy.as_str().into())
            .set_tags(Some(self.tags.clone().into_iter().collect()))
            .send()
            .await;
        let Err(error) = made else { return Ok(()) };
        if !is_code(&error, &["ConflictException"]) {
            return Err(failure(SUMMARY, &error));
        }
        // Made by a call whose answer was lost, or by somebody else.
        match self.observe(cx).await? {
            Some((present, _)) if cx.owns(&present.tags) => Ok(()),
            _ => Err(failure(SUMMARY, &error).with_hint(format!(
                "{} is a domain name of API Gateway already, in this account or another: in a region it can be only one's; remove it there, or choose another `domain.name`",
                self.name
            ))),
        }
    }

    fn patches(&self, present: &Self) -> Vec<PatchOperation> {
        let mut patches = Vec::new();
        if present.certificate_arn != self.certificate_arn {
            patches.push(replace("/regionalCertificateArn", &self.certificate_arn));
        }
        if present.security_policy != self.security_policy {
            patches.push(replace("/securityPolicy", &self.security_policy));
        }
        patches
    }

    async fn update(&self, cx: &Context, patches: Vec<PatchOperation>) -> Result<(), Failure> {
        let update = || {
            let update = cx.clients.apigateway.update_domain_name().domain_name(&self.name);
            update.set_patch_operations(Some(patches.clone())).send()
        };
        retry_while("changing the API's domain name failed", is_concurrent, update).await?;
        Ok(())
    }

    /// Waits until it is as it was told to be. Until then the old certificate is in use, and must not go.
    async fn available(&self, cx: &Context) -> Result<(), Failure> {
        let mut wait = Wait::new(&cx.reporter, format!("the domain name {}", self.name), UPDATING);
        loop {
            let domain = self.get(cx).await?;
            let said = domain.as_ref().and_then(|domain| domain.domain_name_status_message.clone());
            match domain.and_then(|domain| domain.domain_name_status) {
                Some(DomainNameStatus::Updating | DomainNameStatus::Pending) => {}
                None | Some(DomainNameStatus::Available) => return Ok(()),
                Some(status) => {
                    let said = said.unwrap_or_else(|| "API Gateway says no more".to_owned());
                    let detail = format!("{} is {status}: {said}", self.name);
                    return Err(Failure::new("the API's domain name can't be used", detail));
                }
            }
            wait.pause("API Gateway has not changed all of its servers yet").await?;
        }
    }
}

impl Permitted for DomainName {
    const GRANTS: &'static [Grant] = &[
        Grant::of(&["apigateway:POST"], &["arn:{partition}:apigateway:{region}::/domainnames"]),
        Grant::of(
            &["apigateway:DELETE", "apigateway:GET", "apigateway:PATCH"],
            &["arn:{partition}:apigateway:{region}::/domainnames/*"],
        ),
        Grant::of(&["apigateway:DELETE", "apigateway:PUT"], &[GATEWAY_TAGS]),
        // The first custom domain of an account makes it (https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html).
        Grant::of(
            &["iam:CreateServiceLinkedRole"],
            &[
                "arn:{partition}:iam::{account}:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway",
            ],
        ),
    ];
}

impl Resource for DomainName {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "domain_name";
    // Domain names have a rate of their own, of one change in 30 s, and a slow change must not hold up the API's others.
    const TOPIC: &'static str = topic::DOMAIN;
    const SERVICE: &'static str = "apigateway-domains";
    const LOCATED_BY: &'static [&'static str] = &["name"];
    const REPLACE_ON: &'static [&'static str] = &["name"];
    // Under the old name the API answers until it does under the new one.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    async fn read(&self, cx: &Context, prior: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        Ok(match self.observe(cx).await? {
            None => Found::Missing,
            Some((inputs, outputs)) => {
                Found::there(prior.is_some() || cx.owns(&inputs.tags), inputs, outputs)
            }
        })
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        const SUMMARY: &str = "making the API's domain name failed";
        let (present, outputs) = if let Some((present, outputs)) = found.existing() {
            (present.clone(), outputs.clone())
        } else {
            self.create(cx).await?;
            let made = self.observe(cx).await?;
            made.ok_or_else(|| Failure::new(SUMMARY, format!("{} is gone again", self.name)))?
        };
        if present.endpoint != self.endpoint {
            let detail = format!("{} is of the type {}, not {}", self.name, present.endpoint, self.endpoint);
            return Err(Failure::new(SUMMARY, detail).with_hint(
                "whoever made it must remove it first: clients would find nothing while its type changes",
            ));
        }
        let patches = self.patches(&present);
        if !patches.is_empty() {
            self.update(cx, patches).await?;
        }
        let tags = TagChanges::between(&present.tags, &self.tags);
        sync_tags(cx, "the API's domain name", &format!("/domainnames/{}", self.name), tags).await?;
        self.available(cx).await?;
        Ok(outputs)
    }

    async fn delete(&self, cx: &Context, _: Option<&Outputs>) -> Result<(), Failure> {
        let delete = || async {
            match cx.clients.apigateway.delete_domain_name().domain_name(&self.name).send().await {
                Ok(_) => Ok(()),
                Err(error) if is_missing(&error) => Ok(()),
                Err(error) => Err(error),
            }
        };
        retry_while("deleting the API's domain name failed", is_concurrent, delete).await
    }
}
