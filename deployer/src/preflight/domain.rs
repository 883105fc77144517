//! Whether the domain can be made: the hosted zone, who may issue certificates in it, and what is at the name now. Whether name,
//! certificate and zone fit each other, the configuration knows.

use aws_sdk_route53::types::{HostedZone, ResourceRecordSet, RrType};
use cogapi_engine::kind::Observation;
use cogapi_engine::{Failure, Resource as _};

use super::stack::Stack;
use super::{Check, Finding, Subject};
use crate::aws::errors::is_code;
use crate::aws::failure;
use crate::config::{Domain, is_in};
use crate::resources::{Context, DnsRecord, plain, records_at};

/// The names by which CAA records know Amazon (https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html).
const AMAZON: [&str; 4] = ["amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"];
const LIST_RECORDS: &str = "route53:ListResourceRecordSets";

/// What was found.
pub(super) struct Looked<'a> {
    domain: &'a Domain,
    zone: Result<Option<HostedZone>, Failure>,
    /// The name whose CAA records decide, and these.
    authority: Result<Option<(String, Vec<String>)>, Failure>,
    /// The records at the domain's name.
    records: Result<Vec<ResourceRecordSet>, Failure>,
}

pub(super) async fn look<'a>(subject: &Subject<'a>) -> Option<Looked<'a>> {
    let domain = subject.environment.domain.as_ref()?;
    let cx = subject.cx;
    let (zone, authority, records) = futures::join!(
        zone(cx, domain),
        authority(cx, domain),
        records_at(cx, &domain.zone_id, &domain.name)
    );
    Some(Looked { domain, zone, authority, records })
}

async fn zone(cx: &Context, domain: &Domain) -> Result<Option<HostedZone>, Failure> {
    match cx.clients.route53.get_hosted_zone().id(&domain.zone_id).send().await {
        Ok(answer) => Ok(answer.hosted_zone),
        Err(error) if is_code(&error, &["NoSuchHostedZone"]) => Ok(None),
        Err(error) => Err(failure("reading the hosted zone failed", &error)),
    }
}

/// The CAA records that hold for the certificate's name: those of the nearest name upwards that has any (RFC 8659). What is above
/// the zone is in no zone of ours.
async fn authority(cx: &Context, domain: &Domain) -> Result<Option<(String, Vec<String>)>, Failure> {
    let mut name = domain.certificate.trim_start_matches("*.");
    while is_in(name, &domain.zone_name) {
        let records = records_at(cx, &domain.zone_id, name).await?;
        if let Some(found) = records.iter().find(|record| *record.r#type() == RrType::Caa) {
            let values = found.resource_records().iter().map(|record| record.value().to_owned());
            return Ok(Some((name.to_owned(), values.collect())));
        }
        let Some((_, parent)) = name.split_once('.') else { break };
        name = parent;
    }
    Ok(None)
}

impl Looked<'_> {
    pub(super) fn findings(self, stack: &Stack<'_>) -> Vec<Finding> {
        let Self { domain, zone, authority, records } = self;
        let Some(zone) = zone.transpose() else {
            let rest = [Check::CertificateAuthority, Check::DomainName].map(Finding::not_checked);
            return [vec![no_zone(domain)], rest.to_vec()].concat();
        };
        let present = stack.seen(DnsRecord::KIND).and_then(|mut seen| seen.next());
        vec![
            hosted_zone(domain, zone),
            certificate_authority(domain, authority),
            name(domain, records, present),
        ]
    }
}

fn no_zone(domain: &Domain) -> Finding {
    Finding::problem(Check::HostedZone, format!("the account has no hosted zone {}", domain.zone_id))
        .meaning(format!("neither the certificate's record nor that of {} can be written", domain.name))
        .hint("set `domain.zone_id` to one that `aws route53 list-hosted-zones` shows")
}

fn hosted_zone(domain: &Domain, found: Result<HostedZone, Failure>) -> Finding {
    const CHECK: Check = Check::HostedZone;
    let Domain { zone_id, zone_name, .. } = domain;
    let zone = match found {
        Ok(zone) => zone,
        Err(failure) => return Finding::blind(CHECK, "route53:GetHostedZone", &failure),
    };
    let name = plain(&zone.name);
    if name != *zone_name {
        return Finding::problem(CHECK, format!("{zone_id} is the zone of {name}"))
            .meaning(format!("`domain.zone_name` is {zone_name}: no record of {} can be in it", domain.name))
            .hint("correct `domain.zone_id` or `domain.zone_name`");
    }
    if zone.config.is_some_and(|config| config.private_zone) {
        return Finding::problem(CHECK, format!("{zone_id} is a private zone of {zone_name}"))
            .meaning("only the networks that it is attached to see what is in it; ACM would wait in vain for the record that proves the domain")
            .hint(format!("set `domain.zone_id` to the public zone of {zone_name}"));
    }
    Finding::ok(CHECK, format!("{zone_id} is the public zone of {zone_name}"))
}

fn certificate_authority(domain: &Domain, found: Result<Option<(String, Vec<String>)>, Failure>) -> Finding {
    const CHECK: Check = Check::CertificateAuthority;
    match found {
        Err(failure) => Finding::blind(CHECK, LIST_RECORDS, &failure),
        Ok(None) => Finding::ok(CHECK, format!("none for {} in the zone", domain.certificate)),
        Ok(Some((name, values))) if lets_amazon(&values, domain.certificate.starts_with("*.")) => {
            Finding::ok(CHECK, format!("those of {name} let Amazon issue {}", domain.certificate))
        }
        Ok(Some((name, values))) => {
            Finding::problem(CHECK, format!("those of {name} don't let Amazon issue {}", domain.certificate))
                .meaning(format!(
                    "they are: {}. The certificate would fail with CAA_ERROR",
                    values.join(", ")
                ))
                .hint(format!("add 0 issue \"amazon.com\" to the CAA record of {name}, or remove it"))
        }
    }
}

/// Whether CAA records let Amazon issue a certificate (RFC 8659): for a wildcard those that are about wildcards decide, where there
/// are any, and where none is about issuing, anybody may.
fn lets_amazon(values: &[String], wildcard: bool) -> bool {
    let issuers = |property: &str| -> Vec<String> {
        let values = values.iter().filter_map(|value| {
            let mut parts = value.splitn(3, ' ').skip(1);
            let is_about = parts.next()?.eq_ignore_ascii_case(property);
            let issuer = parts.next()?.trim().trim_matches('"').split(';').next()?.trim();
            is_about.then(|| issuer.to_ascii_lowercase())
        });
        values.collect()
    };
    let wild = issuers("issuewild");
    let deciding = if wildcard && !wild.is_empty() { wild } else { issuers("issue") };
    deciding.is_empty() || deciding.iter().any(|issuer| AMAZON.contains(&issuer.as_str()))
}

/// `present` is what the plan has seen of our own record.
fn name(
    domain: &Domain,
    records: Result<Vec<ResourceRecordSet>, Failure>,
    present: Option<&Observation>,
) -> Finding {
    const CHECK: Check = Check::DomainName;
    let name = &domain.name;
    let records = match records {
        Ok(records) => records,
        Err(failure) => return Finding::blind(CHECK, LIST_RECORDS, &failure),
    };
    let of = |kinds: &[RrType]| records.iter().find(|record| kinds.contains(record.r#type()));
    let told = |record: &ResourceRecordSet| format!("{name} is {}", points_to(record));
    // Ours may be at the name that the environment had before.
    let is_here = |seen: &Observation| match seen {
        Observation::Owned { inputs, .. } => inputs["name"] == **name && inputs["zone_id"] == *domain.zone_id,
        Observation::Unowned { .. } | Observation::Missing => false,
    };
    let taken = of(&[RrType::A, RrType::Cname]);
    match (taken, present) {
        (Some(record), Some(seen)) if !is_here(seen) => Finding::problem(CHECK, told(record))
            .meaning("this record is not of this environment, so a deploy leaves it and ends there")
            .hint(
                "choose another `domain.name`, remove the record, or deploy with --adopt, which replaces it",
            ),
        (Some(record), None) => Finding::not_checked(CHECK)
            .meaning(format!("{}: whose it is can't be told without a look at the resources", told(record))),
        _ => match of(&[RrType::Aaaa]) {
            // We write none: a regional domain name has IPv4 addresses unless it is asked for others.
            Some(other) => Finding::warning(CHECK, told(other))
                .meaning("clients with IPv6 go there and not to the API: a deploy makes an A record only")
                .hint("remove the AAAA record"),
            None if taken.is_some() => Finding::ok(CHECK, format!("{name} is this environment's")),
            None => Finding::ok(CHECK, format!("nothing is at {name} yet")),
        },
    }
}

/// A record in a few words, as in `a CNAME to www.example.net`.
fn points_to(record: &ResourceRecordSet) -> String {
    let alias = record.alias_target().map(|alias| plain(alias.dns_name()));
    let values =
        || record.resource_records().iter().map(|it| plain(it.value())).collect::<Vec<_>>().join(" ");
    let kind = record.r#type().as_str();
    let article = if kind.starts_with('A') { "an" } else { "a" };
    format!("{article} {kind} record to {}", alias.unwrap_or_else(values))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use aws_sdk_route53::types::ResourceRecord;
    use serde_json::json;

    use super::*;
    use crate::preflight::Verdict;

    #[test]
    fn a_record_at_the_name_is_ours_only_if_the_plan_has_seen_ours_there() {
        let names = ["auth.example.com", "auth.example.com", "auth.example.com", "example.com", "Z1"];
        let [name, certificate, certificate_tag, zone_name, zone_id] = names.map(ToOwned::to_owned);
        let domain = Domain { name, certificate, certificate_tag, zone_name, zone_id };
        let record = |kind| {
            let value = ResourceRecord::builder().value("x.example.net").build().unwrap();
            let record = ResourceRecordSet::builder().name("auth.example.com.").r#type(kind);
            record.resource_records(value).build().unwrap()
        };
        let inputs = |name: &str| json!({ "name": name, "zone_id": "Z1" });
        let owned = |name| Observation::Owned { inputs: inputs(name), outputs: json!({}) };
        let unowned = Observation::Unowned { inputs: inputs("auth.example.com"), outputs: json!({}) };
        for (kind, present, verdict) in [
            (None, Some(Observation::Missing), Verdict::Ok),
            (Some(RrType::A), Some(owned("auth.example.com")), Verdict::Ok),
            (Some(RrType::A), Some(unowned), Verdict::Problem),
            // The environment has another name until now.
            (Some(RrType::Cname), Some(owned("old.example.com")), Verdict::Problem),
            (Some(RrType::Cname), Some(Observation::Missing), Verdict::Problem),
            (Some(RrType::A), None, Verdict::NotChecked),
            (Some(RrType::Aaaa), Some(Observation::Missing), Verdict::Warning),
            (Some(RrType::Mx), Some(Observation::Missing), Verdict::Ok),
        ] {
            let records = kind.clone().into_iter().map(record).collect();
            let found = super::name(&domain, Ok(records), present.as_ref());
            assert_eq!(found.verdict, verdict, "{kind:?} {present:?}");
        }
    }

    #[test]
    fn caa_records_that_name_others_only_keep_amazon_out() {
        for (values, host, wildcard) in [
            (&["0 issue \"amazon.com\""][..], true, true),
            (&["0 issue \"letsencrypt.org\""], false, false),
            (&["0 issue \"letsencrypt.org\"", "0 issue \"amazonaws.com; policy=ev\""], true, true),
            (&["0 issue \";\""], false, false),
            (&["0 issue \"amazon.com\"", "0 issuewild \"letsencrypt.org\""], true, false),
            (&["0 issue \"letsencrypt.org\"", "0 issuewild \"AmazonTrust.com\""], false, true),
            (&["0 issuewild \";\""], true, false),
            (&["0 iodef \"mailto:security@example.com\""], true, true),
        ] {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            assert_eq!(lets_amazon(&values, false), host, "{values:?}");
            assert_eq!(lets_amazon(&values, true), wildcard, "{values:?}");
        }
    }
}
