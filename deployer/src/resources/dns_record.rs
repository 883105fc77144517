//! The record by which clients find the API: an alias of the domain name's own address, which works at a zone's apex, too,
//! where a CNAME is forbidden. Route 53 tags no records, so a record is ours when our state knows it or when it points to what is ours.

use aws_sdk_route53::types::{AliasTarget, ChangeAction, ResourceRecordSet, RrType};
use cogapi_engine::{Failure, Found, Replacement, Resource};
use serde::{Deserialize, Serialize};

use super::route53::{Changed, change, in_sync, incomplete, plain, records_at};
use super::{Context, topic};
use crate::permissions::{Grant, HOSTED_ZONE, Permitted, ZONE_CHANGES};

/// The inputs of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsRecord {
    /// The hosted zone's id.
    pub zone_id: String,
    /// Its name, without the trailing dot.
    pub name: String,
    /// `A`; another type only where somebody else's record is in its place.
    pub record_type: String,
    /// What it points to: for an alias one name, else the values as they are.
    pub target: String,
    /// The hosted zone of an alias's target; `None` where it is no alias.
    pub target_zone_id: Option<String>,
    /// Whether Route 53 asks for the health of the target before it answers: always false where it is declared, as API Gateway
    /// tells none.
    pub evaluates_health: bool,
    /// The id of one of several records that somebody chooses between by weight, place or health; `None` where it is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing: Option<String>,
}

/// What others refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its name.
    pub name: String,
}

impl DnsRecord {
    /// An alias of IPv4 addresses: a regional domain name has no others unless it is asked for them.
    #[must_use]
    pub fn alias(zone_id: &str, name: &str, target: &str, target_zone_id: &str) -> Self {
        Self {
            zone_id: zone_id.to_owned(),
            name: name.to_owned(),
            record_type: RrType::A.as_str().to_owned(),
            target: target.to_owned(),
            target_zone_id: Some(target_zone_id.to_owned()),
            evaluates_health: false,
            routing: None,
        }
    }

    fn outputs(&self) -> Outputs {
        Outputs { name: self.name.clone() }
    }

    /// The records that can't be there beside this one: those of its type, and a CNAME, which stands alone at its name.
    async fn in_its_place(&self, cx: &Context) -> Result<Vec<ResourceRecordSet>, Failure> {
        let mut records = records_at(cx, &self.zone_id, &self.name).await?;
        records.retain(|record| [self.record_type.as_str(), "CNAME"].contains(&record.r#type().as_str()));
        Ok(records)
    }

    /// A record of Route 53's as inputs.
    fn mapped(&self, record: &ResourceRecordSet) -> Self {
        let alias = record.alias_target();
        let values =
            || record.resource_records().iter().map(|it| plain(it.value())).collect::<Vec<_>>().join(" ");
        Self {
            zone_id: self.zone_id.clone(),
            name: self.name.clone(),
            record_type: record.r#type().as_str().to_owned(),
            target: alias.map_or_else(values, |alias| plain(alias.dns_name())),
            target_zone_id: alias.map(|alias| alias.hosted_zone_id().to_owned()),
            evaluates_health: alias.is_some_and(AliasTarget::evaluate_target_health),
            routing: record.set_identifier().map(ToOwned::to_owned),
        }
    }

    /// These inputs as a record of Route 53's.
    fn record(&self) -> Result<ResourceRecordSet, Failure> {
        let alias = AliasTarget::builder()
            .dns_name(&self.target)
            .hosted_zone_id(self.target_zone_id.as_deref().unwrap_or_default())
            .evaluate_target_health(self.evaluates_health)
            .build()
            .map_err(|error| incomplete(&error))?;
        ResourceRecordSet::builder()
            .name(&self.name)
            .r#type(self.record_type.as_str().into())
            .alias_target(alias)
            .build()
            .map_err(|error| incomplete(&error))
    }

    /// Writes the record in the place of `removed`, in one batch, so that the name never stops to be answered.
    async fn write(&self, cx: &Context, removed: Vec<ResourceRecordSet>) -> Result<Changed, Failure> {
        let record = self.record()?;
        let same_key =
            |it: &ResourceRecordSet| it.r#type() == record.r#type() && it.set_identifier().is_none();
        let action = if removed.iter().any(same_key) { ChangeAction::Upsert } else { ChangeAction::Create };
        // A record that is written over may not be named twice in a batch; of the others each must be given exactly as it is.
        let gone = removed.into_iter().filter(|it| !same_key(it)).map(|it| (ChangeAction::Delete, it));
        let changes: Vec<_> = gone.chain([(action, record.clone())]).collect();
        change(cx, &self.zone_id, changes).await
    }
}

impl Permitted for DnsRecord {
    const GRANTS: &'static [Grant] = &[
        Grant::of(&["route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"], &[HOSTED_ZONE]),
        Grant::of(&["route53:GetChange"], &[ZONE_CHANGES]),
    ];
}

impl Resource for DnsRecord {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "dns_record";
    const TOPIC: &'static str = topic::DOMAIN;
    const SERVICE: &'static str = "route53";
    const LOCATED_BY: &'static [&'static str] = &["zone_id", "name"];
    const REPLACE_ON: &'static [&'static str] = &["zone_id", "name"];
    // Only another name or zone makes it another, and both can be there.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    async fn read(&self, cx: &Context, prior: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        let records = self.in_its_place(cx).await?;
        let Some(record) = records.first() else { return Ok(Found::Missing) };
        let (inputs, outputs) = (self.mapped(record), self.outputs());
        // What it points to was made for us by API Gateway, so nobody else has reason to point there.
        let ours = prior.is_some() || inputs == *self;
        Ok(Found::there(ours, inputs, outputs))
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        let existing = found.existing().map(|(present, _)| present);
        if existing == Some(self) {
            return Ok(self.outputs());
        }
        let removed = if existing.is_some() { self.in_its_place(cx).await? } else { Vec::new() };
        match self.write(cx, removed).await? {
            Changed::Done(id) => {
                let what = format!("the DNS record {}", self.name);
                in_sync(cx, &what, &id).await?;
            }
            // By us, in a call whose answer was lost, or by somebody else since we looked.
            Changed::Refused(refused) => {
                let records = self.in_its_place(cx).await?;
                if !matches!(&records[..], [only] if self.mapped(only) == *self) {
                    return Err(refused.with_hint(format!(
                        "somebody has changed the records of {} since they were looked at: run the same command again",
                        self.name
                    )));
                }
            }
        }
        Ok(self.outputs())
    }

    async fn delete(&self, cx: &Context, _: Option<&Outputs>) -> Result<(), Failure> {
        // One that somebody has pointed elsewhere serves somebody else by now.
        let points_here = |record: &ResourceRecordSet| {
            let present = self.mapped(record);
            present.target == self.target && present.target_zone_id == self.target_zone_id
        };
        let records = self.in_its_place(cx).await?;
        let Some(ours) = records.into_iter().find(points_here) else { return Ok(()) };
        // A deletion must match the record exactly, so it is sent as Route 53 showed it.
        match change(cx, &self.zone_id, [(ChangeAction::Delete, ours)]).await? {
            Changed::Done(_) => Ok(()),
            // By a call whose answer was lost, or by somebody else.
            Changed::Refused(_) if !self.in_its_place(cx).await?.iter().any(points_here) => Ok(()),
            Changed::Refused(refused) => Err(refused),
        }
    }
}
