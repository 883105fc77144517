//! The record of the API's domain: an alias, and never in the place of somebody else's.

use aws_sdk_route53::types::{ChangeAction, ResourceRecordSet, RrType};
use cogapi::resources::DnsRecord;
use cogapi_engine::Found;

use crate::domains::{ZONE, alias, change, name, records, values, zone};
use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake};
use crate::support::World;

/// Where API Gateway has the domain names of the region.
const GATEWAY: &str = "ZLY8HYME6SFDD";
const TARGET: &str = "d-0a1b2c3d4e.execute-api.eu-west-1.amazonaws.com";

/// Somebody writes this record, in the place of what is there.
async fn write(world: &World, record: &DnsRecord, written: ResourceRecordSet) {
    clear(world, record).await;
    change(world, &record.zone_id, &[(ChangeAction::Create, written)]).await;
}

/// Somebody deletes whatever is in the zone.
async fn clear(world: &World, record: &DnsRecord) {
    let there = records(world, &record.zone_id).await;
    let deleted: Vec<_> = there.into_iter().map(|it| (ChangeAction::Delete, it)).collect();
    if !deleted.is_empty() {
        change(world, &record.zone_id, &deleted).await;
    }
}

const CHANGE: Names = &["ChangeResourceRecordSets"];

impl Case for DnsRecord {
    const MADE_BY: Names = CHANGE;
    const NAMESAKE: Namesake = Namesake::InTheWay("InvalidChangeBatch");

    async fn prepare() -> (World, Self) {
        let world = World::empty();
        let zone_id = zone(&world).await;
        let record = Self::alias(&zone_id, &name(&world), TARGET, GATEWAY);
        (world, record)
    }

    fn drifts() -> Vec<Drift<Self>> {
        let others = OTHERS.map(|(fields, other)| {
            Self::drift(fields, CHANGE, async move |world, record, _| {
                write(world, record, other(record)).await;
            })
        });
        // One of several that somebody chooses between.
        let routed =
            Self::drift(&["routing", "target", "target_zone_id"], CHANGE, async |world, record, _| {
                let weighted = |id: &str| {
                    let mut weighted = values(&record.name, RrType::A, "192.0.2.1");
                    (weighted.set_identifier, weighted.weight) = (Some(id.to_owned()), Some(1));
                    weighted
                };
                write(world, record, weighted("a")).await;
                change(world, &record.zone_id, &[(ChangeAction::Create, weighted("b"))]).await;
            });
        others.into_iter().chain([routed]).collect()
    }

    /// It has no tags: theirs is one that points elsewhere.
    async fn namesake(&self, world: &World) {
        write(world, self, values(&self.name, RrType::A, "192.0.2.1")).await;
    }

    async fn uprooted(&self, world: &World) {
        // Route 53 deletes only empty zones.
        clear(world, self).await;
        world.cx().clients.route53.delete_hosted_zone().id(&self.zone_id).send().await.unwrap();
    }
}

#[tokio::test]
async fn an_api_may_live_at_the_apex_and_beside_other_names_and_types() {
    let (world, record) = DnsRecord::prepare().await;
    let record = DnsRecord { name: ZONE.into(), ..record };
    let mail = values(ZONE, RrType::Txt, "\"v=spf1 -all\"");
    let wildcard = values("*.example.com", RrType::Cname, "www.example.net");
    change(&world, &record.zone_id, &[(ChangeAction::Create, mail), (ChangeAction::Create, wildcard)]).await;
    world.deploy_with(&record, None, CHANGE).await;
    world.delete(&record, None).await;
    assert_eq!(records(&world, &record.zone_id).await.len(), 2);
}

/// What somebody writes in our record's place, and the fields in which it shows.
type Other = (Names, fn(&DnsRecord) -> ResourceRecordSet);

/// Every way to be another record of the same name.
const OTHERS: [Other; 5] = [
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
async fn a_record_of_somebody_else_is_refused_and_never_written_over() {
    for (_, other) in OTHERS {
        let (world, record) = DnsRecord::prepare().await;
        write(&world, &record, other(&record)).await;
        let before = records(&world, &record.zone_id).await;
        assert!(matches!(world.read(&record, None).await, Found::Unowned { .. }));
        // Made since we looked.
        let failure = world.reconcile(&record, Found::Missing).await.unwrap_err();
        assert!(failure.detail.starts_with("InvalidChangeBatch"), "{failure}");
        assert!(failure.hint.unwrap().contains("somebody has changed"));
        assert_eq!(records(&world, &record.zone_id).await, before);
        // Adopted, it becomes as it was declared.
        world.deploy_with(&record, None, CHANGE).await;
    }
}

#[tokio::test]
async fn a_record_that_somebody_has_pointed_elsewhere_is_not_deleted() {
    let (world, record, outputs) = DnsRecord::deployed().await;
    write(&world, &record, values(&record.name, RrType::A, "192.0.2.1")).await;
    world.delete(&record, Some(&outputs)).await;
    assert_eq!(records(&world, &record.zone_id).await.len(), 1);
}

#[tokio::test]
async fn what_somebody_changed_that_points_to_us_all_the_same_is_deleted_as_it_is() {
    let (world, record, outputs) = DnsRecord::deployed().await;
    write(&world, &record, alias(&record.name, TARGET, GATEWAY, true)).await;
    world.delete(&record, Some(&outputs)).await;
    world.expect_missing(&record, Some(&outputs)).await;
}
