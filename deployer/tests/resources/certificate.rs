//! The certificate: requested once, proved by its record, waited for, and explained where it fails.

use std::time::Duration;

use aws_sdk_acm::types::{Tag, ValidationMethod};
use aws_sdk_route53::types::{ChangeAction, RrType};
use cogapi::resources::{Certificate, DomainName};
use cogapi_engine::{Found, Resource as _};
use serde_json::json;

use crate::domains::{certificate, change, name, records, values, zone};
use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake};
use crate::support::{World, retag, tags};

/// A world with a zone in it, and a certificate, not requested yet.
async fn with_zone() -> (World, Certificate) {
    let world = World::empty();
    let zone_id = zone(&world).await;
    (world, certificate(&zone_id))
}

async fn count(world: &World) -> usize {
    let listed = world.cx().clients.acm.list_certificates().send().await.unwrap();
    listed.certificate_summary_list.unwrap().len()
}

const CHANGE: Names = &["ChangeResourceRecordSets"];

impl Case for Certificate {
    const MADE_BY: Names = &["RequestCertificate", "ChangeResourceRecordSets"];
    const NAMESAKE: Namesake = Namesake::Ignored;
    // Its validation record.
    const LEAVES: Names = &["hosted_zones"];

    async fn prepare() -> (World, Self) {
        let (world, certificate) = with_zone().await;
        world.settings(&json!({"acm_validation_seconds": 0, "acm_describe_lag_seconds": 0}));
        (world, certificate)
    }

    fn drifts() -> Vec<Drift<Self>> {
        vec![
            // What was issued stays so; but somebody may have requested it anew.
            Self::drift(&["issued"], CHANGE, async |world, certificate, outputs| {
                world.settings(&json!({"acm_validation_seconds": 3600}));
                world.delete(certificate, Some(outputs)).await;
                let request = world.cx().clients.acm.request_certificate().domain_name(&certificate.domain);
                let tags = certificate.tags.iter();
                let tags = tags.map(|(key, value)| Tag::builder().key(key).value(value).build().unwrap());
                let request = request.validation_method(ValidationMethod::Dns);
                request.set_tags(Some(tags.collect())).send().await.unwrap();
            })
            .then(|world| world.settings(&json!({"acm_validation_seconds": 0}))),
            Self::drift(&["zone_id"], CHANGE, async |world, certificate, _| {
                let zone_id = certificate.zone_id.as_deref().unwrap();
                let deleted = records(world, zone_id).await.into_iter().map(|it| (ChangeAction::Delete, it));
                change(world, zone_id, &deleted.collect::<Vec<_>>()).await;
            }),
            Self::drift(&["zone_id"], CHANGE, async |world, certificate, _| {
                let zone_id = certificate.zone_id.as_deref().unwrap();
                let record = records(world, zone_id).await.remove(0);
                let other = values(record.name(), RrType::Cname, "elsewhere.example.net");
                change(world, zone_id, &[(ChangeAction::Upsert, other)]).await;
            }),
            Self::edit(&["tags"], &["AddTagsToCertificate", "RemoveTagsFromCertificate"], |certificate| {
                retag(&mut certificate.tags);
            }),
        ]
    }
}

#[tokio::test]
async fn who_waits_says_for_what() {
    let (world, certificate) = with_zone().await;
    let (cx, told) = world.listening();
    Box::pin(certificate.reconcile(&cx, Found::Missing)).await.unwrap();
    let told = told.lock().unwrap().clone();
    let expected = [
        "waits for the certificate of *.example.com: ACM does not show it yet",
        "waits for the certificate of *.example.com: ACM has not said yet what record proves the domain",
        "waits for the certificate of *.example.com: its record is not visible to ACM yet",
    ];
    // On a busy machine a stage may be over before it is looked at.
    assert!(told.iter().all(|line| expected.contains(&line.as_str())), "{told:?}");
    assert!(told.iter().any(|line| line == expected[2]), "{told:?}");
}

#[tokio::test]
async fn a_run_that_was_cut_off_is_gone_on_with_and_nothing_is_requested_twice() {
    let (world, certificate) = with_zone().await;
    world.settings(&json!({"acm_validation_seconds": 3600}));
    let zone_id = certificate.zone_id.clone().unwrap();
    let record_is_there = async {
        while records(&world, &zone_id).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        _ = Box::pin(world.deploy(&certificate, None)) => panic!("it did not wait"),
        () = Box::pin(record_is_there) => {}
    }
    let found = world.owned(&certificate, None).await;
    assert_eq!((found.issued, &found.failure, &found.zone_id), (false, &None, &certificate.zone_id));
    let found = world.read(&certificate, None).await;
    world.settings(&json!({"acm_validation_seconds": 1}));
    let (outputs, writes) = world.writes(world.reconcile(&certificate, found)).await;
    // The record is written once more, whatever is there.
    assert_eq!(writes, CHANGE);
    world.expect(&certificate, Some(&outputs.unwrap())).await;
    assert_eq!(count(&world).await, 1);
}

#[tokio::test]
async fn a_certificate_that_failed_is_explained_and_another_is_requested_at_once() {
    for (reason, said) in [
        ("CAA_ERROR", "FAILED, CAA_ERROR"),
        ("INVALID_PUBLIC_DOMAIN", "FAILED, INVALID_PUBLIC_DOMAIN"),
        ("TIMED_OUT", "VALIDATION_TIMED_OUT"),
    ] {
        let (world, certificate) = Certificate::prepare().await;
        world.settings(&json!({"acm_failure": { "*.example.com": reason }}));
        let failure = world.reconcile(&certificate, Found::Missing).await.unwrap_err();
        assert_eq!(failure.detail, format!("*.example.com: {said}"));
        assert!(failure.hint.unwrap().contains("requests another"));
        // The next plan replaces it.
        let found = world.owned(&certificate, None).await;
        assert_eq!(found.failure.as_deref(), Some(said));
        assert!(Certificate::REPLACE_ON.contains(&"failure"));
        world.settings(&json!({"acm_failure": {}}));
        let failed = world.read(&certificate, None).await.existing().unwrap().1.clone();
        let outputs = world.reconcile(&certificate, Found::Missing).await.unwrap();
        assert_ne!(outputs, failed, "within the hour of its token");
        // A run that was cut off here finds the good one.
        world.expect(&certificate, None).await;
        world.delete(&certificate, Some(&failed)).await;
        world.expect(&certificate, Some(&outputs)).await;
    }
}

#[tokio::test]
async fn a_zone_that_is_not_there_or_of_another_name_is_explained() {
    let (world, certificate) = Certificate::prepare().await;
    let nowhere = Certificate { zone_id: Some("Z0123456789".into()), ..certificate.clone() };
    let failure = world.reconcile(&nowhere, Found::Missing).await.unwrap_err();
    assert!(failure.hint.as_ref().unwrap().contains("no such hosted zone"), "{failure}");
    let foreign = Certificate { domain: "auth.example.net".into(), ..certificate };
    let failure = world.reconcile(&foreign, Found::Missing).await.unwrap_err();
    assert!(failure.hint.as_ref().unwrap().contains("is not the one of this name"), "{failure}");
}

#[tokio::test]
async fn the_record_stays_and_the_next_certificate_of_the_domain_is_issued_by_it() {
    let (world, certificate, outputs) = Certificate::deployed().await;
    let zone_id = certificate.zone_id.clone().unwrap();
    world.delete(&certificate, Some(&outputs)).await;
    assert_eq!(records(&world, &zone_id).await.len(), 1);
    world.deploy(&certificate, None).await;
    assert_eq!(records(&world, &zone_id).await.len(), 1);
}

#[tokio::test]
async fn a_certificate_goes_when_api_gateway_has_let_go_of_it() {
    let (world, certificate, outputs) = Certificate::deployed().await;
    world.settings(&json!({"acm_in_use_lag_seconds": 1}));
    let domain = DomainName::regional(&name(&world), &outputs.arn, tags());
    let made = world.deploy(&domain, None).await;
    let remove = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        world.delete(&domain, Some(&made)).await;
    };
    let (cx, told) = world.listening();
    let (deleted, ()) = tokio::join!(Box::pin(certificate.delete(&cx, None)), Box::pin(remove));
    deleted.unwrap();
    let told = told.lock().unwrap().clone();
    assert_eq!(
        told,
        ["waits for the certificate of *.example.com: ACM still counts it as used, and can't delete it"]
    );
    assert_eq!(count(&world).await, 0);
}
