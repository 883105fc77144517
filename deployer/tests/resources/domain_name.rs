//! The domain name: regional, with our certificate, and nobody else's.

use aws_sdk_apigateway::types::{EndpointConfiguration, EndpointType, Op, PatchOperation, SecurityPolicy};
use cogapi::resources::{DomainName, STACK_TAG};
use cogapi_engine::{Found, Resource as _};
use futures::future::BoxFuture;
use serde_json::json;

use crate::domains::{certificate, listening, with_domain};
use crate::support::{World, tags_and};

type Outputs = <DomainName as cogapi_engine::Resource>::Outputs;

async fn deployed() -> (World, DomainName, Outputs) {
    let (world, _, domain) = with_domain().await;
    let outputs = world.deploy(&domain, None).await;
    (world, domain, outputs)
}

fn fault(world: &World, kind: &str, operation: &str) {
    world.fault(&json!([{"kind": kind, "service": "apigateway", "operation": operation, "times": 1}]));
}

/// The same name, made by somebody who tags nothing.
async fn theirs(world: &World, domain: &DomainName) {
    let create = world.cx().clients.apigateway.create_domain_name().domain_name(&domain.name);
    let regional = EndpointConfiguration::builder().types(EndpointType::Regional).build();
    let create = create.endpoint_configuration(regional).regional_certificate_arn(&domain.certificate_arn);
    create.security_policy(SecurityPolicy::Tls10).send().await.unwrap();
}

async fn patch(world: &World, domain: &DomainName, path: &str, value: &str) {
    let operation = PatchOperation::builder().op(Op::Replace).path(path).value(value).build();
    let update = world.cx().clients.apigateway.update_domain_name().domain_name(&domain.name);
    update.patch_operations(operation).send().await.unwrap();
}

fn arn(domain: &DomainName) -> String {
    format!("arn:aws:apigateway:eu-west-1::/domainnames/{}", domain.name)
}

#[tokio::test]
async fn a_missing_domain_name_is_made_and_then_left_alone() {
    let (world, _, domain) = with_domain().await;
    world.expect_missing(&domain, None).await;
    world.deploy_with(&domain, None, &["CreateDomainName"]).await;
    // A run that knows nothing of it finds the same.
    let outputs = world.expect(&domain, None).await;
    assert!(outputs.target.ends_with(".execute-api.eu-west-1.amazonaws.com"), "{outputs:?}");
    assert_eq!((&outputs.name, outputs.target_zone_id.as_str()), (&domain.name, "ZLY8HYME6SFDD"));
    world.deploy_with(&domain, Some(&outputs), &[]).await;
    world.deploy_with(&domain, None, &[]).await;
}

/// One field changed by somebody, and the calls that put it right.
type Case =
    (&'static str, for<'a> fn(&'a World, &'a DomainName) -> BoxFuture<'a, ()>, &'static [&'static str]);

#[tokio::test]
async fn drift_in_every_field_is_seen_and_put_right() {
    let cases: [Case; 3] = [
        (
            "certificate_arn",
            |world, domain| {
                Box::pin(async {
                    let theirs = certificate("Z0").domain;
                    let request = world.cx().clients.acm.request_certificate().domain_name(theirs);
                    let request = request.validation_method(aws_sdk_acm::types::ValidationMethod::Dns);
                    // Issued at once: its record is there already.
                    let arn = request.send().await.unwrap().certificate_arn.unwrap();
                    patch(world, domain, "/regionalCertificateArn", &arn).await;
                })
            },
            &["UpdateDomainName"],
        ),
        (
            "security_policy",
            |world, domain| Box::pin(patch(world, domain, "/securityPolicy", "TLS_1_0")),
            &["UpdateDomainName"],
        ),
        (
            "tags",
            |world, domain| {
                Box::pin(async {
                    let tag = world.cx().clients.apigateway.tag_resource().resource_arn(arn(domain));
                    tag.tags("who", "me").tags(STACK_TAG, "another").send().await.unwrap();
                })
            },
            &["TagResource", "UntagResource"],
        ),
    ];
    // `endpoint` can't be changed on the emulator; see the type of somebody else's below.
    for (field, change, mended_by) in cases {
        let (world, domain, outputs) = deployed().await;
        change(&world, &domain).await;
        let found = crate::cognito::owned(&world, &domain, Some(&outputs)).await;
        let (found, declared) = (json!(found), json!(domain));
        let differ = |key: &&String| found[key.as_str()] != declared[key.as_str()];
        assert_eq!(declared.as_object().unwrap().keys().filter(differ).collect::<Vec<_>>(), [field]);
        world.deploy_with(&domain, Some(&outputs), mended_by).await;
    }
}

#[tokio::test]
async fn a_change_is_over_when_api_gateway_says_so() {
    let (world, domain, outputs) = deployed().await;
    let weak = DomainName { security_policy: "TLS_1_0".into(), ..domain.clone() };
    let found = world.read(&weak, Some(&outputs)).await;
    let (cx, told) = listening(&world);
    Box::pin(weak.reconcile(&cx, found)).await.unwrap();
    let told = told.lock().unwrap().clone();
    let expected = format!(
        "waits for the domain name {}: API Gateway has not changed all of its servers yet",
        domain.name
    );
    assert_eq!(told, [expected]);
}

#[tokio::test]
async fn a_domain_name_that_was_deleted_behind_our_back_is_made_anew() {
    let (world, domain, outputs) = deployed().await;
    world.cx().clients.apigateway.delete_domain_name().domain_name(&domain.name).send().await.unwrap();
    world.expect_missing(&domain, Some(&outputs)).await;
    world.deploy_with(&domain, Some(&outputs), &["CreateDomainName"]).await;
}

#[tokio::test]
async fn a_domain_name_that_is_not_ours_is_not_taken_for_ours_and_can_be_adopted() {
    let (world, _, domain) = with_domain().await;
    theirs(&world, &domain).await;
    assert!(matches!(world.read(&domain, None).await, Found::Unowned { .. }));
    world.deploy_with(&domain, None, &["TagResource", "UpdateDomainName"]).await;
}

#[tokio::test]
async fn a_domain_name_that_somebody_made_since_we_looked_is_left_as_it_is() {
    let (world, _, domain) = with_domain().await;
    theirs(&world, &domain).await;
    let failure = Box::pin(domain.reconcile(&world.cx(), Found::Missing)).await.unwrap_err();
    assert!(failure.detail.starts_with("ConflictException"), "{failure}");
    assert!(failure.hint.unwrap().contains("only one's"));
    assert!(matches!(world.read(&domain, None).await, Found::Unowned { .. }));
}

#[tokio::test]
async fn a_domain_name_of_another_type_is_not_changed() {
    let (world, domain, outputs) = deployed().await;
    let edge = DomainName { endpoint: "EDGE".into(), ..domain.clone() };
    let found = Found::Unowned { inputs: edge, outputs };
    let (result, writes) = world.writes(domain.reconcile(&world.cx(), found)).await;
    assert!(result.unwrap_err().detail.contains("is of the type EDGE"));
    assert_eq!(writes, [""; 0]);
}

#[tokio::test]
async fn a_lost_answer_is_no_failure() {
    for operation in ["CreateDomainName", "UpdateDomainName"] {
        let (world, _, domain) = with_domain().await;
        fault(&world, "hangup_after", operation);
        let outputs = world.deploy(&domain, None).await;
        let weak = DomainName { security_policy: "TLS_1_0".into(), ..domain };
        world.deploy(&weak, Some(&outputs)).await;
        world.expect(&weak, Some(&outputs)).await;
    }
}

#[tokio::test]
async fn a_call_that_never_arrived_is_made_again() {
    for kind in ["hangup_before", "throttle", "error500"] {
        let (world, _, domain) = with_domain().await;
        fault(&world, kind, "CreateDomainName");
        world.deploy(&domain, None).await;
        world.expect(&domain, None).await;
    }
}

#[tokio::test]
async fn a_new_tag_of_the_configuration_is_set_alone() {
    let (world, domain, outputs) = deployed().await;
    let tagged = DomainName { tags: tags_and("team", "identity"), ..domain };
    world.deploy_with(&tagged, Some(&outputs), &["TagResource"]).await;
}

#[tokio::test]
async fn a_deleted_domain_name_is_gone_and_may_be_deleted_again() {
    let (world, _, domain) = with_domain().await;
    let before = world.inventory();
    let outputs = world.deploy(&domain, None).await;
    fault(&world, "hangup_after", "DeleteDomainName");
    world.delete(&domain, Some(&outputs)).await;
    assert_eq!(world.inventory()["domain_names"], before["domain_names"]);
    world.delete(&domain, Some(&outputs)).await;
    world.delete(&domain, None).await;
    world.expect_missing(&domain, Some(&outputs)).await;
}
