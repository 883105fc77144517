//! The certificate of the API's domain: requested from ACM, proved by a DNS record, issued. Its validation record is written
//! here and not a resource of its own, because it is not ours to remove: it is the same for every certificate of the domain in
//! the account, and renewals need it (<https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>).

mod validation;

use std::time::Duration;

use aws_sdk_acm::types::{
    CertificateDetail, CertificateStatus, CertificateSummary, CertificateType, Tag, ValidationMethod,
};
use cogapi_engine::{Failure, Found, Replacement, Resource};
use serde::{Deserialize, Serialize};

use super::waiting::Wait;
use super::{Context, TagChanges, Tags, tags_from, topic};
use crate::aws::errors::{is_code, is_missing};
use crate::aws::failure;
use crate::permissions::{ANY, Grant, HOSTED_ZONE, Permitted, ZONE_CHANGES};

/// How long a certificate may still count as used after its domain name is gone: `InUseBy` lags by minutes.
const LETTING_GO: Duration = Duration::from_mins(15);

/// The inputs of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The name that it is for, possibly a wildcard.
    pub domain: String,
    /// The hosted zone that holds its validation record; `None` only where the record is not there.
    pub zone_id: Option<String>,
    /// Whether it is issued: always true where it is declared.
    pub issued: bool,
    /// Why it can't be used any more and another one must be requested; `None` where it is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Its tags, the one that names it in ACM's console among them.
    pub tags: Tags,
}

/// What others refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its ARN.
    pub arn: String,
}

impl Certificate {
    /// A certificate as it should be.
    #[must_use]
    pub fn of(domain: &str, zone_id: &str, tags: Tags) -> Self {
        let (domain, zone_id) = (domain.to_owned(), Some(zone_id.to_owned()));
        Self { domain, zone_id, issued: true, failure: None, tags }
    }

    /// How it is called in messages.
    fn what(&self) -> String {
        format!("the certificate of {}", self.domain)
    }

    /// The certificate of this ARN as inputs.
    async fn observe(&self, cx: &Context, arn: &str) -> Result<Option<Self>, Failure> {
        let Some(detail) = describe(cx, arn).await? else { return Ok(None) };
        let Some(tags) = tags_of(cx, arn).await? else { return Ok(None) };
        let zone_id = match (&self.zone_id, validation::record(&detail)) {
            (Some(zone_id), Some(record)) if validation::is_there(cx, zone_id, record).await? => {
                Some(zone_id.clone())
            }
            _ => None,
        };
        let failure = validation::failed(&detail);
        Ok(Some(Self {
            domain: detail.domain_name.unwrap_or_default(),
            zone_id,
            issued: detail.status == Some(CertificateStatus::Issued),
            failure,
            tags,
        }))
    }

    /// The ARN of the stack's certificate for this domain; the best of them, should a cut-off run have left several. Those of
    /// others are no obstacle: a domain may have any number.
    async fn find(&self, cx: &Context) -> Result<Option<String>, Failure> {
        // It lists certificates of 2,048-bit RSA unless it is asked for others; we request no others.
        let mut pages = cx.clients.acm.list_certificates().into_paginator().items().send();
        let mut best: Option<CertificateSummary> = None;
        while let Some(summary) = pages.next().await {
            let summary = summary.map_err(|error| failure("listing the certificates failed", &error))?;
            let is_candidate = summary.domain_name.as_ref() == Some(&self.domain)
                && summary.r#type == Some(CertificateType::AmazonIssued)
                && best.as_ref().is_none_or(|best| rank(best) < rank(&summary));
            let Some(arn) = summary.certificate_arn.as_ref().filter(|_| is_candidate) else { continue };
            if tags_of(cx, arn).await?.is_some_and(|tags| cx.owns(&tags)) {
                best = Some(summary);
            }
        }
        Ok(best.and_then(|summary| summary.certificate_arn))
    }

    /// Requests one.
    async fn request(&self, cx: &Context) -> Result<String, Failure> {
        const SUMMARY: &str = "requesting the certificate failed";
        // The SDK repeats a lost call with the same token, which then makes no second one. The next attempt must have another:
        // for an hour the same would lead to the same certificate, be it one that failed for good.
        let token = uuid::Uuid::new_v4().simple().to_string();
        let request = cx.clients.acm.request_certificate().domain_name(&self.domain);
        // ACM's default is to write to the domain's postmaster.
        let request = request.validation_method(ValidationMethod::Dns).idempotency_token(token);
        let made = request.set_tags(Some(pairs(self.tags.clone()))).send().await;
        let made = made.map_err(|error| failure(SUMMARY, &error))?;
        made.certificate_arn
            .ok_or_else(|| Failure::new(SUMMARY, "RequestCertificate answered without an ARN"))
    }

    async fn sync_tags(&self, cx: &Context, arn: &str, found: &Tags) -> Result<(), Failure> {
        let acm = &cx.clients.acm;
        let set = |set| acm.add_tags_to_certificate().certificate_arn(arn).set_tags(Some(pairs(set))).send();
        let unset = |keys: Vec<String>| {
            // Without its value, a tag is removed whatever it has.
            let tags = keys.into_iter().filter_map(|key| Tag::builder().key(key).build().ok());
            acm.remove_tags_from_certificate().certificate_arn(arn).set_tags(Some(tags.collect())).send()
        };
        TagChanges::between(found, &self.tags).make("the certificate", |_, _| false, set, unset).await
    }
}

impl Permitted for Certificate {
    const GRANTS: &'static [Grant] = &[
        Grant::of(&["acm:ListCertificates", "acm:RequestCertificate"], ANY),
        Grant::of(
            &[
                "acm:AddTagsToCertificate",
                "acm:DeleteCertificate",
                "acm:DescribeCertificate",
                "acm:ListTagsForCertificate",
                "acm:RemoveTagsFromCertificate",
            ],
            &["arn:{partition}:acm:{region}:{account}:certificate/*"],
        ),
        Grant::of(&["route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"], &[HOSTED_ZONE]),
        Grant::of(&["route53:GetChange"], &[ZONE_CHANGES]),
    ];
}

impl Resource for Certificate {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "certificate";
    const TOPIC: &'static str = topic::DOMAIN;
    const SERVICE: &'static str = "acm";
    const LOCATED_BY: &'static [&'static str] = &["domain"];
    // A failed certificate stays failed: another must be requested.
    const REPLACE_ON: &'static [&'static str] = &["domain", "failure"];
    // The domain name moves to the new one before the old one goes.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    async fn read(&self, cx: &Context, prior: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        if let Some(prior) = prior
            && let Some(inputs) = self.observe(cx, &prior.arn).await?
        {
            return Ok(Found::Owned { inputs, outputs: prior.clone() });
        }
        let Some(arn) = self.find(cx).await? else { return Ok(Found::Missing) };
        Ok(match self.observe(cx, &arn).await? {
            Some(inputs) => Found::Owned { inputs, outputs: Outputs { arn } },
            None => Found::Missing,
        })
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        let outputs = match found.existing() {
            Some((present, outputs)) => {
                self.sync_tags(cx, &outputs.arn, &present.tags).await?;
                outputs.clone()
            }
            None => Outputs { arn: self.request(cx).await? },
        };
        let is_valid = |present: &Self| present.issued && present.zone_id == self.zone_id;
        if !found.existing().is_some_and(|(present, _)| is_valid(present)) {
            self.validate(cx, &outputs.arn).await?;
        }
        Ok(outputs)
    }

    async fn delete(&self, cx: &Context, outputs: Option<&Outputs>) -> Result<(), Failure> {
        const SUMMARY: &str = "deleting the certificate failed";
        let arn = match outputs {
            Some(outputs) => Some(outputs.arn.clone()),
            None => self.find(cx).await?,
        };
        let Some(arn) = arn else { return Ok(()) };
        let mut wait = Wait::new(&cx.reporter, self.what(), LETTING_GO);
        loop {
            let error = match cx.clients.acm.delete_certificate().certificate_arn(&arn).send().await {
                Ok(_) => return Ok(()),
                Err(error) if is_missing(&error) => return Ok(()),
                Err(error) => error,
            };
            // In use, or being renewed right now.
            if !is_code(&error, &["ResourceInUseException", "ConflictException"]) {
                return Err(failure(SUMMARY, &error));
            }
            let because = "ACM still counts it as used, and can't delete it";
            if let Err(late) = wait.again(SUMMARY, &error, because).await {
                let users = describe(cx, &arn).await?.and_then(|detail| detail.in_use_by).unwrap_or_default();
                let detail = format!("{}; used by {}", late.detail, users.join(", "));
                return Err(Failure { detail, ..late }.with_hint(
                    "run the same command again; what else uses this certificate must let go of it first",
                ));
            }
        }
    }
}

/// Issued ones before pending ones before lost ones, and newer before older.
fn rank(summary: &CertificateSummary) -> (u8, Option<f64>) {
    let status = match summary.status {
        Some(CertificateStatus::Issued) => 2,
        Some(CertificateStatus::PendingValidation) => 1,
        _ => 0,
    };
    (status, summary.created_at.map(|at| at.as_secs_f64()))
}

/// A certificate as it is now. One that was just requested is not shown for some seconds.
async fn describe(cx: &Context, arn: &str) -> Result<Option<CertificateDetail>, Failure> {
    match cx.clients.acm.describe_certificate().certificate_arn(arn).send().await {
        Ok(answer) => Ok(answer.certificate),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(failure("reading the certificate failed", &error)),
    }
}

async fn tags_of(cx: &Context, arn: &str) -> Result<Option<Tags>, Failure> {
    match cx.clients.acm.list_tags_for_certificate().certificate_arn(arn).send().await {
        Ok(answer) => {
            let tags = answer.tags.unwrap_or_default();
            Ok(Some(tags_from(tags.into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default())))))
        }
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(failure("reading the certificate's tags failed", &error)),
    }
}

/// Tags as ACM takes them.
fn pairs(tags: Tags) -> Vec<Tag> {
    // A tag has all that it needs once it has a key.
    tags.into_iter().filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok()).collect()
}
