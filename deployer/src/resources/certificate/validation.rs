//! Proving to ACM that the domain is ours, and waiting for what comes of it. Owns the validation record, which is written and
//! never removed.

use std::time::Duration;

use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, FailureReason, ResourceRecord};
use aws_sdk_route53::types::{ChangeAction, ResourceRecord as Value, ResourceRecordSet, RrType};
use cogapi_engine::Failure;

use super::{Certificate, describe};
use crate::resources::Context;
use crate::resources::route53::{Changed, change, incomplete, plain, records_at};
use crate::resources::waiting::Wait;

/// Usually it takes some minutes; ACM itself says that it can take longer
/// (https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html), and gives up after 72 hours.
const ISSUING: Duration = Duration::from_mins(45);
/// ACM's own recommendation for it.
const TTL_SECONDS: i64 = 300;

impl Certificate {
    /// Writes the validation record as soon as ACM names it, and waits until the certificate is issued.
    pub(super) async fn validate(&self, cx: &Context, arn: &str) -> Result<(), Failure> {
        let mut wait = Wait::new(&cx.reporter, self.what(), ISSUING);
        let mut written = false;
        loop {
            let detail = describe(cx, arn).await?;
            let record = detail.as_ref().and_then(record);
            if let (false, Some(record), Some(zone_id)) = (written, record, &self.zone_id) {
                publish(cx, zone_id, record).await?;
                written = true;
            }
            let because = match &detail {
                None => "ACM does not show it yet",
                Some(detail) => match detail.status {
                    Some(CertificateStatus::Issued) => return Ok(()),
                    Some(CertificateStatus::PendingValidation) if !written => {
                        "ACM has not said yet what record proves the domain"
                    }
                    Some(CertificateStatus::PendingValidation) => "its record is not visible to ACM yet",
                    _ => return Err(self.explained(detail)),
                },
            };
            wait.pause(because).await.map_err(|late| self.late(late, written))?;
        }
    }

    /// Why it was not issued in time: what ACM can't see, others can't see either.
    fn late(&self, late: Failure, written: bool) -> Failure {
        match &self.zone_id {
            Some(zone_id) if written => late.with_hint(format!(
                "compare the name servers that the domain's registrar (or its parent zone) has with those of the hosted zone {zone_id}, which must be public; then run the same command again: it goes on waiting"
            )),
            _ => late,
        }
    }

    /// A certificate that will not be issued any more, explained.
    fn explained(&self, detail: &CertificateDetail) -> Failure {
        let said = failed(detail).unwrap_or_default();
        let hint = match (&detail.status, &detail.failure_reason) {
            (Some(CertificateStatus::ValidationTimedOut), _) => {
                "ACM did not see its record within 72 hours: see that the domain's name servers are those of the hosted zone"
            }
            (_, Some(FailureReason::CaaError)) => {
                "a CAA record of the domain, or of a parent, lets others than Amazon issue its certificates: add one for amazon.com, or remove it"
            }
            (_, Some(FailureReason::AdditionalVerificationRequired)) => {
                "ACM wants to know more before it issues one for this domain: open a case at AWS Support"
            }
            (_, Some(FailureReason::DomainNotAllowed)) => {
                "the domain is on a list of unsafe ones (VirusTotal, Google Safe Browsing): have it removed there, then open a case at AWS Support"
            }
            (_, Some(FailureReason::InvalidPublicDomain)) => {
                "it is no public domain: its name is misspelt in `domain`, or is not registered"
            }
            _ => "https://docs.aws.amazon.com/acm/latest/userguide/troubleshooting-failed.html says more",
        };
        Failure::new("the certificate was not issued", format!("{}: {said}", self.domain))
            .with_hint(format!("{hint}; `cogapi deploy` then requests another one"))
    }
}

/// Why a certificate will never be of use again; `None` for one that is, or may be.
pub(super) fn failed(detail: &CertificateDetail) -> Option<String> {
    let status = detail.status.as_ref()?;
    match (status, &detail.failure_reason) {
        (CertificateStatus::Issued | CertificateStatus::PendingValidation, _) => None,
        (status, Some(reason)) => Some(format!("{status}, {reason}")),
        (status, None) => Some(status.to_string()),
    }
}

/// The record that proves the domain; ACM names it only after some seconds. There is one, as there is one name: a wildcard and
/// what it stands under have the same.
pub(super) fn record(detail: &CertificateDetail) -> Option<&ResourceRecord> {
    detail.domain_validation_options().iter().find_map(|option| option.resource_record())
}

/// Whether a zone has it.
pub(super) async fn is_there(cx: &Context, zone_id: &str, record: &ResourceRecord) -> Result<bool, Failure> {
    let records = records_at(cx, zone_id, record.name()).await?;
    let values = records.iter().filter(|it| *it.r#type() == RrType::Cname);
    let mut values = values.flat_map(ResourceRecordSet::resource_records);
    Ok(values.any(|value| plain(value.value()) == plain(record.value())))
}

/// Writes it, whether it is there or not: other certificates of the domain have the same.
async fn publish(cx: &Context, zone_id: &str, record: &ResourceRecord) -> Result<(), Failure> {
    let value = Value::builder().value(record.value()).build().map_err(|error| incomplete(&error))?;
    let set = ResourceRecordSet::builder()
        .name(record.name())
        .r#type(RrType::Cname)
        .ttl(TTL_SECONDS)
        .resource_records(value)
        .build()
        .map_err(|error| incomplete(&error))?;
    match change(cx, zone_id, [(ChangeAction::Upsert, set)]).await? {
        Changed::Done(_) => Ok(()),
        Changed::Refused(refused) => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(status: CertificateStatus, reason: Option<FailureReason>) -> CertificateDetail {
        CertificateDetail::builder().status(status).set_failure_reason(reason).build()
    }

    #[test]
    fn a_certificate_that_is_or_may_be_issued_has_not_failed() {
        for status in [CertificateStatus::Issued, CertificateStatus::PendingValidation] {
            assert_eq!(failed(&detail(status, None)), None);
        }
        assert_eq!(
            failed(&detail(CertificateStatus::Failed, Some(FailureReason::CaaError))).as_deref(),
            Some("FAILED, CAA_ERROR")
        );
        for status in [CertificateStatus::ValidationTimedOut, CertificateStatus::Expired] {
            assert_eq!(failed(&detail(status.clone(), None)), Some(status.to_string()));
        }
    }

    #[test]
    fn why_none_was_issued_is_explained_with_what_to_do() {
        let certificate = Certificate::of("auth.example.com", "Z1", [].into());
        let explained = |status, reason| certificate.explained(&detail(status, reason)).to_string();
        let failed = |reason| explained(CertificateStatus::Failed, Some(reason));
        let all = [
            failed(FailureReason::CaaError),
            failed(FailureReason::Other),
            explained(CertificateStatus::ValidationTimedOut, None),
        ];
        insta::assert_snapshot!(all.join("\n"), @r"
        the certificate was not issued: auth.example.com: FAILED, CAA_ERROR
          hint: a CAA record of the domain, or of a parent, lets others than Amazon issue its certificates: add one for amazon.com, or remove it; `cogapi deploy` then requests another one
        the certificate was not issued: auth.example.com: FAILED, OTHER
          hint: https://docs.aws.amazon.com/acm/latest/userguide/troubleshooting-failed.html says more; `cogapi deploy` then requests another one
        the certificate was not issued: auth.example.com: VALIDATION_TIMED_OUT
          hint: ACM did not see its record within 72 hours: see that the domain's name servers are those of the hosted zone; `cogapi deploy` then requests another one
        ");
    }

    #[test]
    fn whoever_waited_in_vain_for_a_record_of_theirs_is_told_where_to_look() {
        let certificate = Certificate::of("auth.example.com", "Z1", [].into());
        let late = || Failure::new("AWS took too long", "waits for it").with_hint("again");
        let hint = certificate.late(late(), true).hint;
        assert!(hint.is_some_and(|hint| hint.contains("registrar") && hint.contains("zone Z1")));
        assert_eq!(certificate.late(late(), false), late());
    }
}
