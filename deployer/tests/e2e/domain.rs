//! A domain of its own: added, changed, taken away and added again, while the API goes on answering at its execute-api address.

use std::time::Duration;

use serde_json::{Value, json};

use crate::common::Emulator;
use crate::world::CONFIGURATION;
use crate::zone::Zone;

/// Whether the API answers, at the emulator, to a sign-in with nothing in it that is sent to `host`.
fn answers_at(host: &str) -> bool {
    status(&Emulator::shared().url, Some(host)) == 400
}

fn answers_at_its_execute_api_address(outputs: &Value) -> bool {
    let url = outputs.get("execute_api_url").unwrap_or(&outputs["api_url"]);
    status(url.as_str().unwrap(), None) == 400
}

fn status(url: &str, host: Option<&str>) -> u16 {
    let mut request = ureq::http::Request::builder().method("POST").uri(format!("{url}/v1/login"));
    if let Some(host) = host {
        request = request.header("host", host);
    }
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    agent.run(request.body("{}".to_owned()).unwrap()).unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_comes_changes_goes_and_comes_again() {
    let zone = Zone::new().await;
    let before = zone.world.inventory();
    zone.configure("auth", "*.example.com");
    let deployed = zone.deploy();
    assert!(deployed.stderr.contains("waits for the certificate of *.example.com: "), "{deployed}");
    let outputs = zone.world.outputs();
    assert_eq!(outputs["api_url"], format!("https://{}", zone.name("auth")));
    assert!(answers_at(&zone.name("auth")), "not at its own name");
    assert!(answers_at_its_execute_api_address(&outputs));

    // Another name, with the same certificate.
    zone.configure("login", "*.example.com");
    zone.deploy();
    let changed = zone.world.outputs();
    assert_eq!(changed["api_url"], format!("https://{}", zone.name("login")));
    assert_eq!(changed["execute_api_url"], outputs["execute_api_url"]);
    assert!(answers_at(&zone.name("login")) && !answers_at(&zone.name("auth")));

    // The same name with another certificate.
    zone.configure("login", "NAME");
    zone.deploy();
    assert!(answers_at(&zone.name("login")));
    let certificates = zone.world.inventory()["certificates"].clone();
    assert_eq!(certificates.as_array().unwrap().len(), 1, "{certificates}");

    zone.world.configure(CONFIGURATION);
    zone.deploy();
    let without = zone.world.outputs();
    assert_eq!(without["api_url"], outputs["execute_api_url"]);
    assert_eq!(without.get("execute_api_url"), None);
    assert!(answers_at_its_execute_api_address(&without) && !answers_at(&zone.name("login")));
    for section in ["domain_names", "certificates"] {
        assert_eq!(zone.world.inventory()[section], json!([]), "{section}");
    }

    zone.configure("auth", "*.example.com");
    zone.deploy();
    assert!(answers_at(&zone.name("auth")));
    zone.world.must(&["destroy", "--yes"]);
    let mut after = zone.world.inventory();
    // The validation records of both certificates stay, for other certificates of the domain.
    assert_eq!(zone.zone_records().len(), before["hosted_zones"][0]["records"].as_array().unwrap().len() + 2);
    after["hosted_zones"] = before["hosted_zones"].clone();
    assert_eq!(after, before);
}

/// While the domain is added and taken away, the address that clients have always goes on answering.
#[tokio::test(flavor = "multi_thread")]
async fn clients_of_the_execute_api_address_notice_nothing() {
    let zone = Zone::new().await;
    zone.deploy();
    let outputs = zone.world.outputs();
    zone.configure("auth", "*.example.com");
    for configuration in ["with", "without"] {
        if configuration == "without" {
            zone.world.configure(CONFIGURATION);
        }
        let mut running = zone.world.start(&["deploy", "--yes"]);
        let mut asked = 0;
        let ended = loop {
            assert!(answers_at_its_execute_api_address(&outputs), "not after {asked} requests");
            asked += 1;
            if let Some(ended) = running.try_wait().unwrap() {
                break ended;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(ended.success() && asked > 5, "{ended} after {asked} requests");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_failed_is_explained_and_the_next_deploy_requests_another() {
    let zone = Zone::new().await;
    zone.configure("auth", "*.example.com");
    let settings = |failures: Value| {
        zone.world.emulator("POST", "settings", &json!({ "acm_failure": failures }).to_string());
    };
    settings(json!({"*.example.com": "CAA_ERROR"}));
    let failed = zone.world.run(&["deploy", "--yes"]);
    assert_eq!(failed.code, Some(1), "{failed}");
    for said in ["certificate.api", "FAILED, CAA_ERROR", "CAA record", "domain_name.api"] {
        assert!(failed.stderr.contains(said), "{said}: {failed}");
    }
    settings(json!({}));
    let planned = zone.world.run(&["plan"]);
    assert!(planned.stdout.contains("CAA_ERROR"), "{planned}");
    zone.deploy();
    assert!(answers_at(&zone.name("auth")));
    let certificates = zone.world.inventory()["certificates"].clone();
    assert_eq!(certificates.as_array().unwrap().len(), 1, "{certificates}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_somebody_else_is_refused_before_anything_is_made() {
    use aws_sdk_route53::types::{
        Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType,
    };
    let zone = Zone::new().await;
    zone.configure("auth", "*.example.com");
    let value = ResourceRecord::builder().value("www.example.net").build().unwrap();
    let record = ResourceRecordSet::builder().name(zone.name("auth")).r#type(RrType::Cname).ttl(60);
    let record = record.resource_records(value).build().unwrap();
    let change = Change::builder().action(ChangeAction::Create).resource_record_set(record).build().unwrap();
    let batch = ChangeBatch::builder().changes(change).build().unwrap();
    let write = zone.world.clients().route53.change_resource_record_sets().hosted_zone_id(&zone.id);
    write.change_batch(batch).send().await.unwrap();
    let before = zone.world.inventory();
    let refused = zone.world.run(&["deploy", "--yes"]);
    assert_eq!(refused.code, Some(4), "{refused}");
    assert!(refused.stderr.contains("dns_record.api: it exists already"), "{refused}");
    assert_eq!(zone.world.inventory(), before);

    let adopted = zone.world.must(&["deploy", "--yes", "--adopt"]);
    assert!(answers_at(&zone.name("auth")), "{adopted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_killed_while_it_waits_for_the_certificate_is_gone_on_with() {
    let zone = Zone::new().await;
    zone.configure("auth", "*.example.com");
    zone.world.emulator("POST", "settings", &json!({ "acm_validation_seconds": 3600 }).to_string());
    let records = zone.zone_records().len();
    let mut running = zone.world.start(&["deploy", "--yes"]);
    while zone.zone_records().len() == records {
        assert!(running.try_wait().unwrap().is_none(), "it ended before it waited");
        std::thread::sleep(Duration::from_millis(50));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    zone.world.must(&["unlock", "--yes"]);
    zone.world.emulator("POST", "settings", &json!({ "acm_validation_seconds": 1 }).to_string());
    zone.deploy();
    assert!(answers_at(&zone.name("auth")));
    let certificates = zone.world.inventory()["certificates"].clone();
    assert_eq!(certificates.as_array().unwrap().len(), 1, "{certificates}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_deleted_by_hand_is_made_again() {
    let zone = Zone::new().await;
    zone.configure("auth", "*.example.com");
    zone.deploy();
    let delete = zone.world.clients().apigateway.delete_domain_name().domain_name(zone.name("auth"));
    delete.send().await.unwrap();
    zone.deploy();
    assert!(answers_at(&zone.name("auth")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_does_not_move_to_a_name_that_leads_to_somebody_else() {
    let zone = Zone::new().await;
    zone.configure("auth", "*.example.com");
    zone.deploy();
    zone.point_elsewhere("login").await;
    zone.configure("login", "*.example.com");
    zone.world.forget_calls();
    let refused = zone.world.run(&["deploy", "--yes"]);
    assert_eq!(refused.code, Some(4), "{refused}");
    assert!(
        refused.stderr.contains("dns_record.api: with another name it would be where something is"),
        "{refused}"
    );
    assert_eq!(zone.world.changes(), [""; 0]);
    assert!(answers_at(&zone.name("auth")));
}

/// Whoever points the name elsewhere has taken it over: it is shown as drift and put right as long as the environment is there, and
/// left to them when it goes.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_pointed_elsewhere_is_put_right_or_left_behind() {
    let zone = Zone::new().await;
    zone.configure("auth", "*.example.com");
    zone.deploy();
    zone.point_elsewhere("auth").await;
    let planned = zone.world.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(planned.code, Some(2), "{planned}");
    assert!(planned.stdout.contains("dns_record.api"), "{planned}");
    zone.deploy();
    assert!(answers_at(&zone.name("auth")));

    zone.point_elsewhere("auth").await;
    zone.world.must(&["destroy", "--yes"]);
    let theirs = format!("{}. 60 A 192.0.2.1", zone.name("auth"));
    assert!(zone.zone_records().contains(&theirs.clone().into()), "{theirs}: {:?}", zone.zone_records());
    assert_eq!(zone.world.inventory()["user_pools"], json!([]));
}
