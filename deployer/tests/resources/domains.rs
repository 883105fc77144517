//! What the tests of the domain's kinds share: a hosted zone, names of a test's own, and records made by others.

use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType,
};
use cogapi::resources::Certificate;

use crate::support::{World, tags_and};

/// The domain that the zone is for.
pub(crate) const ZONE: &str = "example.com";

/// A hosted zone for [`ZONE`]; its id.
pub(crate) async fn zone(world: &World) -> String {
    let create = world.cx().clients.route53.create_hosted_zone().name(ZONE);
    let made = create.caller_reference("test").send().await.unwrap();
    made.hosted_zone.unwrap().id.trim_start_matches("/hostedzone/").to_owned()
}

/// A name in the zone that no other test has: in a region it can be only one account's.
pub(crate) fn name(world: &World) -> String {
    format!("auth-{}.{ZONE}", world.cx().account)
}

/// A certificate for the zone's names.
pub(crate) fn certificate(zone_id: &str) -> Certificate {
    Certificate::of("*.example.com", zone_id, tags_and("Name", "wildcard.example.com"))
}

/// A record as somebody may have it.
pub(crate) fn values(name: &str, kind: RrType, value: &str) -> ResourceRecordSet {
    let value = ResourceRecord::builder().value(value).build().unwrap();
    ResourceRecordSet::builder().name(name).r#type(kind).ttl(60).resource_records(value).build().unwrap()
}

/// An alias as somebody may have it.
pub(crate) fn alias(name: &str, target: &str, zone_id: &str, health: bool) -> ResourceRecordSet {
    let target =
        AliasTarget::builder().dns_name(target).hosted_zone_id(zone_id).evaluate_target_health(health);
    let alias =
        ResourceRecordSet::builder().name(name).r#type(RrType::A).alias_target(target.build().unwrap());
    alias.build().unwrap()
}

/// Changes the zone's records, as somebody else does.
pub(crate) async fn change(world: &World, zone_id: &str, changes: &[(ChangeAction, ResourceRecordSet)]) {
    let changes = changes.iter().map(|(action, record)| {
        let change = Change::builder().action(action.clone()).resource_record_set(record.clone());
        change.build().unwrap()
    });
    let batch = ChangeBatch::builder().set_changes(Some(changes.collect())).build().unwrap();
    let change = world.cx().clients.route53.change_resource_record_sets().hosted_zone_id(zone_id);
    change.change_batch(batch).send().await.unwrap();
}

/// The zone's records but for those that every zone has.
pub(crate) async fn records(world: &World, zone_id: &str) -> Vec<ResourceRecordSet> {
    let list = world.cx().clients.route53.list_resource_record_sets().hosted_zone_id(zone_id);
    let mut records = list.send().await.unwrap().resource_record_sets;
    records.retain(|record| ![RrType::Ns, RrType::Soa].contains(record.r#type()));
    records
}
