//! The record of the API's domain: an alias, and never in the place of somebody else's.

use aws_sdk_route53::types::{ChangeAction, ResourceRecordSet, RrType};
use cogapi::resources::DnsRecord;
use cogapi_engine::{Found, Resource as _};
use serde_json::json;

use crate::cognito::owned;
use crate::domains::{ZONE, alias, change, name, records, values, zone};
use crate::support::World;

type Outputs = <DnsRecord as cogapi_engine::Resource>::Outputs;

/// Where API Gateway has the domain names of the region.
const GATEWAY: &str = "ZLY8HYME6SFDD";
const TARGET: &str = "d-0a1b2c3d4e.execute-api.eu-west-1.amazonaws.com";

/// A world with a zone in it, and a record, not made yet.
async fn with_zone() -> (World, DnsRecord) {
    let world = World::empty();
    let zone_id = zone(&world).await;
    let record = DnsRecord::alias(&zone_id, &name(&world), TARGET, GATEWAY);
    (world, record)
}

async fn deployed() -> (World, DnsRecord, Outputs) {
    let (world, record) = with_zone().await;
    let outputs = world.deploy(&record, None).await;
    (world, record, outputs)
}

fn fault(world: &World, kind: &str) {
    let operation = "ChangeResourceRecordSets";
    world.fault(&json!([{"kind": kind, "service": "route53", "operation": operation, "times": 1}]));
}

/// Somebody writes this record, in the place of what is there.
async fn write(world: &World, record: &DnsRecord, written: ResourceRecordSet) {
    let there = records(world, &record.zone_id).await;
    let mut changes: Vec<_> = there.into_iter().map(|it| (ChangeAction::Delete, it)).collect();
    if !changes.is_empty() {
        change(world, &record.zone_id, &changes).await;
    }
    changes = vec![(ChangeAction::Create, written)];
    change(world, &record.zone_id, &changes).await;
}

const CHANGE: &str = "ChangeResourceRecordSets";

#[tokio::test]
async fn a_missing_record_is_made_and_then_left_alone() {
    let (world, record) = with_zone().await;
    world.expect_missing(&record, None).await;
    world.deploy_with(&record, None, &[CHANGE]).await;
    // A run that knows nothing of it finds the same: it points to what is ours.
    let outputs = world.expect(&record, None).await;
    world.deploy_with(&record, Some(&outputs), &[]).await;
    world.deploy_with(&record, None, &[]).await;
}

#[tokio::test]
async fn an_api_may_live_at_the_apex_and_beside_other_names_and_types() {
    let (world, record) = with_zone().await;
    let record = DnsRecord { name: ZONE.into(), ..record };
    let mail = values(ZONE, RrType::Txt, "\"v=spf1 -all\"");
    let wildcard = values("*.example.com", RrType::Cname, "www.example.net");
    change(&world, &record.zone_id, &[(ChangeAction::Create, mail), (ChangeAction::Create, wildcard)]).await;
    world.deploy_with(&record, None, &[CHANGE]).await;
    world.delete(&record, None).await;
    assert_eq!(records(&world, &record.zone_id).await.len(), 2);
}

/// What somebody writes in our record's place, and the fields in which it shows.
type Case = (&'static [&'static str], fn(&DnsRecord) -> ResourceRecordSet);

/// Every way to be another record of the same name.
const OTHERS: [Case; 5] = [
    (&["target"], |record| {
        alias(&record.name, "d-other.execute-api.eu-west-1.amazonaws.com", GATEWAY, false)
    }),
    (&["target", "target_zone_id"], |record| {
        alias(&record.name, "lb.eu-west-1.elb.amazonaws.com", "Z32O12XQLNTSW2", false)
    }),
    (&["evaluates_health"], |record| alias(&record.name, TARGET, GATEWAY, true)),
    (&["target", "target_zone_id"], |record| values(&record.name, RrType::A, "192.0.2.1")),
    (&["record_type", "target", "target_zone_id"], |record| {
        values(&record.name, RrType::Cname, "www.example.net")
    }),
];

#[tokio::test]
async fn drift_in_every_field_is_seen_and_put_right_in_one_batch() {
    let mut seen = std::collections::BTreeSet::new();
    for (fields, other) in OTHERS {
        let (world, record, outputs) = deployed().await;
        write(&world, &record, other(&record)).await;
        let found = json!(owned(&world, &record, Some(&outputs)).await);
        let declared = json!(record);
        let differ = |key: &&String| found[key.as_str()] != declared[key.as_str()];
        let differing: Vec<_> = declared.as_object().unwrap().keys().filter(differ).cloned().collect();
        assert_eq!(differing, fields);
        seen.extend(differing);
        world.deploy_with(&record, Some(&outputs), &[CHANGE]).await;
        assert_eq!(records(&world, &record.zone_id).await.len(), 1);
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

#[tokio::test]
async fn one_of_several_that_somebody_chooses_between_is_drift_too() {
    let (world, record, outputs) = deployed().await;
    let weighted = |id: &str| {
        let mut weighted = values(&record.name, RrType::A, "192.0.2.1");
        (weighted.set_identifier, weighted.weight) = (Some(id.to_owned()), Some(1));
        weighted
    };
    write(&world, &record, weighted("a")).await;
    change(&world, &record.zone_id, &[(ChangeAction::Create, weighted("b"))]).await;
    assert_eq!(owned(&world, &record, Some(&outputs)).await.routing.as_deref(), Some("a"));
    world.deploy_with(&record, Some(&outputs), &[CHANGE]).await;
}

#[tokio::test]
async fn a_record_of_somebody_else_is_refused_and_never_written_over() {
    for (_, other) in OTHERS {
        let (world, record) = with_zone().await;
        write(&world, &record, other(&record)).await;
        let before = records(&world, &record.zone_id).await;
        assert!(matches!(world.read(&record, None).await, Found::Unowned { .. }));
        // Made since we looked.
        let failure = Box::pin(record.reconcile(&world.cx(), Found::Missing)).await.unwrap_err();
        assert!(failure.detail.starts_with("InvalidChangeBatch"), "{failure}");
        assert!(failure.hint.unwrap().contains("somebody has changed"));
        assert_eq!(records(&world, &record.zone_id).await, before);
        // Adopted, it becomes as it was declared.
        world.deploy_with(&record, None, &[CHANGE]).await;
    }
}

#[tokio::test]
async fn a_record_that_was_deleted_behind_our_back_is_made_anew() {
    let (world, record, outputs) = deployed().await;
    let deleted = records(&world, &record.zone_id).await.remove(0);
    change(&world, &record.zone_id, &[(ChangeAction::Delete, deleted)]).await;
    world.expect_missing(&record, Some(&outputs)).await;
    world.deploy_with(&record, Some(&outputs), &[CHANGE]).await;
}

#[tokio::test]
async fn a_lost_answer_is_no_failure() {
    let (world, record) = with_zone().await;
    fault(&world, "hangup_after");
    let outputs = world.deploy(&record, None).await;
    world.expect(&record, Some(&outputs)).await;
    fault(&world, "hangup_after");
    world.delete(&record, Some(&outputs)).await;
    world.expect_missing(&record, Some(&outputs)).await;
}

#[tokio::test]
async fn a_call_that_never_arrived_is_made_again() {
    for kind in ["hangup_before", "throttle", "error500"] {
        let (world, record) = with_zone().await;
        fault(&world, kind);
        world.deploy(&record, None).await;
        world.expect(&record, None).await;
    }
}

#[tokio::test]
async fn a_deleted_record_is_gone_and_may_be_deleted_again() {
    let (world, record) = with_zone().await;
    let before = world.inventory();
    let outputs = world.deploy(&record, None).await;
    world.delete(&record, Some(&outputs)).await;
    assert_eq!(world.inventory(), before);
    world.delete(&record, Some(&outputs)).await;
    world.delete(&record, None).await;
    world.expect_missing(&record, Some(&outputs)).await;
    let delete = world.cx().clients.route53.delete_hosted_zone().id(&record.zone_id);
    delete.send().await.unwrap();
    // The zone is gone, too.
    world.delete(&record, Some(&outputs)).await;
    world.expect_missing(&record, Some(&outputs)).await;
}

#[tokio::test]
async fn a_record_that_somebody_has_pointed_elsewhere_is_not_deleted() {
    let (world, record, outputs) = deployed().await;
    write(&world, &record, values(&record.name, RrType::A, "192.0.2.1")).await;
    world.delete(&record, Some(&outputs)).await;
    assert_eq!(records(&world, &record.zone_id).await.len(), 1);
}

#[tokio::test]
async fn what_somebody_changed_that_points_to_us_all_the_same_is_deleted_as_it_is() {
    let (world, record, outputs) = deployed().await;
    write(&world, &record, alias(&record.name, TARGET, GATEWAY, true)).await;
    world.delete(&record, Some(&outputs)).await;
    world.expect_missing(&record, Some(&outputs)).await;
}
