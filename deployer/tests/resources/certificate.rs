//! The certificate: requested once, proved by its record, waited for, and explained where it fails.

use std::time::Duration;

use aws_sdk_acm::types::{Tag, ValidationMethod};
use aws_sdk_route53::types::{ChangeAction, RrType};
use cogapi::resources::{Certificate, STACK_TAG};
use cogapi_engine::{Found, Resource as _};
use serde_json::json;

use crate::cognito::owned;
use crate::domains::{
    certificate, change, listening, name, records, values, with_certificate, with_domain, zone,
};
use crate::drift::Drift;
use crate::support::{World, tags_and};

type Outputs = <Certificate as cogapi_engine::Resource>::Outputs;

/// A world with a zone in it, and a certificate, not requested yet.
async fn with_zone() -> (World, Certificate) {
    let world = World::empty();
    let zone_id = zone(&world).await;
    (world, certificate(&zone_id))
}

async fn deployed() -> (World, Certificate, Outputs) {
    let (world, zone_id, arn) = with_certificate().await;
    (world, certificate(&zone_id), Outputs { arn })
}

fn fault(world: &World, kind: &str, service: &str, operation: &str) {
    world.fault(&json!([{"kind": kind, "service": service, "operation": operation, "times": 1}]));
}

async fn count(world: &World) -> usize {
    let listed = world.cx().clients.acm.list_certificates().send().await.unwrap();
    listed.certificate_summary_list.unwrap().len()
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

#[tokio::test]
async fn a_missing_certificate_is_requested_proved_and_then_left_alone() {
    let (world, certificate) = with_zone().await;
    world.expect_missing(&certificate, None).await;
    world.deploy_with(&certificate, None, &["RequestCertificate", "ChangeResourceRecordSets"]).await;
    // A run that knows nothing of it finds the same.
    let outputs = world.expect(&certificate, None).await;
    world.deploy_with(&certificate, Some(&outputs), &[]).await;
    world.deploy_with(&certificate, None, &[]).await;
    assert_eq!(count(&world).await, 1);
}

#[tokio::test]
async fn who_waits_says_for_what() {
    let (world, certificate) = with_zone().await;
    let (cx, told) = listening(&world);
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
async fn drift_in_every_field_is_seen_and_put_right() {
    let cases = [
        Drift::<Certificate> {
            field: "zone_id",
            change: |world, certificate| {
                Box::pin(async {
                    let zone_id = certificate.zone_id.as_deref().unwrap();
                    let deleted =
                        records(world, zone_id).await.into_iter().map(|it| (ChangeAction::Delete, it));
                    change(world, zone_id, &deleted.collect::<Vec<_>>()).await;
                })
            },
            mended_by: &["ChangeResourceRecordSets"],
        },
        Drift {
            field: "zone_id",
            change: |world, certificate| {
                Box::pin(async {
                    let zone_id = certificate.zone_id.as_deref().unwrap();
                    let record = records(world, zone_id).await.remove(0);
                    let other = values(record.name(), RrType::Cname, "elsewhere.example.net");
                    change(world, zone_id, &[(ChangeAction::Upsert, other)]).await;
                })
            },
            mended_by: &["ChangeResourceRecordSets"],
        },
        Drift {
            field: "tags",
            change: |world, certificate| {
                Box::pin(async {
                    let acm = world.cx().clients.acm;
                    let arn = world.expect(certificate, None).await.arn;
                    let add = acm.add_tags_to_certificate().certificate_arn(arn);
                    let add = add.tags(tag("who", "me")).tags(tag(STACK_TAG, "another"));
                    add.send().await.unwrap();
                })
            },
            mended_by: &["AddTagsToCertificate", "RemoveTagsFromCertificate"],
        },
    ];
    // `issued` can't be taken back: what was issued once is issued, expired or revoked.
    let fields: Vec<_> = cases.iter().map(|case| case.field).collect();
    assert_eq!(fields, ["zone_id", "zone_id", "tags"]);
    for case in cases {
        let (world, certificate, outputs) = deployed().await;
        (case.change)(&world, &certificate).await;
        let found = owned(&world, &certificate, Some(&outputs)).await;
        assert_eq!(
            (found.zone_id == certificate.zone_id, found.tags == certificate.tags),
            (case.field == "tags", case.field != "tags")
        );
        world.deploy_with(&certificate, Some(&outputs), case.mended_by).await;
    }
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
    let found = owned(&world, &certificate, None).await;
    assert_eq!((found.issued, &found.failure, &found.zone_id), (false, &None, &certificate.zone_id));
    let found = world.read(&certificate, None).await;
    world.settings(&json!({"acm_validation_seconds": 1}));
    let (outputs, writes) = world.writes(certificate.reconcile(&world.cx(), found)).await;
    // The record is written once more, whatever is there.
    assert_eq!(writes, ["ChangeResourceRecordSets"]);
    world.expect(&certificate, Some(&outputs.unwrap())).await;
    assert_eq!(count(&world).await, 1);
}

#[tokio::test]
async fn a_lost_answer_requests_no_second_certificate() {
    for (service, operation) in [("acm", "RequestCertificate"), ("route53", "ChangeResourceRecordSets")] {
        let (world, certificate) = with_zone().await;
        fault(&world, "hangup_after", service, operation);
        let outputs = world.deploy(&certificate, None).await;
        world.expect(&certificate, Some(&outputs)).await;
        assert_eq!(count(&world).await, 1);
    }
}

#[tokio::test]
async fn a_call_that_never_arrived_is_made_again() {
    for kind in ["hangup_before", "throttle", "error500"] {
        for (service, operation) in [("acm", "RequestCertificate"), ("route53", "ChangeResourceRecordSets")] {
            let (world, certificate) = with_zone().await;
            fault(&world, kind, service, operation);
            world.deploy(&certificate, None).await;
            world.expect(&certificate, None).await;
        }
    }
}

#[tokio::test]
async fn the_certificates_of_others_are_neither_taken_nor_in_the_way() {
    let (world, certificate) = with_zone().await;
    let theirs = world.cx().clients.acm.request_certificate().domain_name(&certificate.domain);
    theirs.validation_method(ValidationMethod::Dns).send().await.unwrap();
    world.expect_missing(&certificate, None).await;
    let outputs = world.deploy(&certificate, None).await;
    assert_eq!(count(&world).await, 2);
    world.delete(&certificate, Some(&outputs)).await;
    assert_eq!(count(&world).await, 1);
}

#[tokio::test]
async fn a_certificate_that_was_deleted_behind_our_back_is_requested_anew() {
    let (world, certificate, outputs) = deployed().await;
    world.cx().clients.acm.delete_certificate().certificate_arn(&outputs.arn).send().await.unwrap();
    world.expect_missing(&certificate, Some(&outputs)).await;
    world
        .deploy_with(&certificate, Some(&outputs), &["RequestCertificate", "ChangeResourceRecordSets"])
        .await;
}

#[tokio::test]
async fn a_certificate_that_failed_is_explained_and_another_is_requested_at_once() {
    for (reason, said) in [
        ("CAA_ERROR", "FAILED, CAA_ERROR"),
        ("INVALID_PUBLIC_DOMAIN", "FAILED, INVALID_PUBLIC_DOMAIN"),
        ("TIMED_OUT", "VALIDATION_TIMED_OUT"),
    ] {
        let (world, certificate) = with_zone().await;
        world.settings(&json!({"acm_failure": { "*.example.com": reason }}));
        let failure = Box::pin(certificate.reconcile(&world.cx(), Found::Missing)).await.unwrap_err();
        assert_eq!(failure.detail, format!("*.example.com: {said}"));
        assert!(failure.hint.unwrap().contains("requests another"));
        // The next plan replaces it.
        let found = owned(&world, &certificate, None).await;
        assert_eq!(found.failure.as_deref(), Some(said));
        assert!(Certificate::REPLACE_ON.contains(&"failure"));
        world.settings(&json!({"acm_failure": {}}));
        let failed = world.read(&certificate, None).await.existing().unwrap().1.clone();
        let outputs = Box::pin(certificate.reconcile(&world.cx(), Found::Missing)).await.unwrap();
        assert_ne!(outputs, failed, "within the hour of its token");
        // A run that was cut off here finds the good one.
        world.expect(&certificate, None).await;
        world.delete(&certificate, Some(&failed)).await;
        world.expect(&certificate, Some(&outputs)).await;
    }
}

#[tokio::test]
async fn a_zone_that_is_not_there_or_of_another_name_is_explained() {
    let (world, certificate) = with_zone().await;
    world.settings(&json!({"acm_describe_lag_seconds": 0}));
    let nowhere = Certificate { zone_id: Some("Z0123456789".into()), ..certificate.clone() };
    let failure = Box::pin(nowhere.reconcile(&world.cx(), Found::Missing)).await.unwrap_err();
    assert!(failure.hint.as_ref().unwrap().contains("no such hosted zone"), "{failure}");
    let foreign = Certificate { domain: "auth.example.net".into(), ..certificate };
    let failure = Box::pin(foreign.reconcile(&world.cx(), Found::Missing)).await.unwrap_err();
    assert!(failure.hint.as_ref().unwrap().contains("is not the one of this name"), "{failure}");
}

#[tokio::test]
async fn a_new_tag_of_the_configuration_is_set_alone() {
    let (world, certificate, outputs) = deployed().await;
    let mut tags = tags_and("team", "identity");
    tags.insert("Name".into(), "wildcard.example.com".into());
    let tagged = Certificate { tags, ..certificate };
    world.deploy_with(&tagged, Some(&outputs), &["AddTagsToCertificate"]).await;
}

#[tokio::test]
async fn a_deleted_certificate_is_gone_and_its_record_stays() {
    let (world, certificate, outputs) = deployed().await;
    let zone_id = certificate.zone_id.clone().unwrap();
    fault(&world, "hangup_after", "acm", "DeleteCertificate");
    world.delete(&certificate, Some(&outputs)).await;
    world.expect_missing(&certificate, Some(&outputs)).await;
    assert_eq!(count(&world).await, 0);
    assert_eq!(records(&world, &zone_id).await.len(), 1);
    world.delete(&certificate, Some(&outputs)).await;
    world.delete(&certificate, None).await;
    // The next one of the domain is issued by the same record.
    world.deploy(&certificate, None).await;
    assert_eq!(records(&world, &zone_id).await.len(), 1);
    // A crash hid the result of the request: it is found by its tags.
    world.delete(&certificate, None).await;
    assert_eq!(count(&world).await, 0);
}

#[tokio::test]
async fn a_certificate_goes_when_api_gateway_has_let_go_of_it() {
    let (world, zone_id, domain) = with_domain().await;
    world.settings(&json!({"acm_in_use_lag_seconds": 1}));
    let certificate = certificate(&zone_id);
    let made = world.deploy(&domain, None).await;
    assert_eq!(made.name, name(&world));
    let remove = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        world.delete(&domain, Some(&made)).await;
    };
    let (cx, told) = listening(&world);
    let (deleted, ()) = tokio::join!(Box::pin(certificate.delete(&cx, None)), Box::pin(remove));
    deleted.unwrap();
    let told = told.lock().unwrap().clone();
    assert_eq!(
        told,
        ["waits for the certificate of *.example.com: ACM still counts it as used, and can't delete it"]
    );
    assert_eq!(count(&world).await, 0);
}
