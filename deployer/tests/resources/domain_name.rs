//! The domain name: regional, with our certificate, and nobody else's.

use aws_sdk_acm::types::ValidationMethod;
use aws_sdk_apigateway::types::{Op, PatchOperation};
use cogapi::aws::Clients;
use cogapi::resources::{Certificate, DomainName};
use cogapi_engine::{Found, Resource as _};

use crate::common::Emulator;
use crate::domains::{certificate, name};
use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake};
use crate::support::{World, retag, tags};

const UPDATE: Names = &["UpdateDomainName"];

impl Case for DomainName {
    const MADE_BY: Names = &["CreateDomainName"];
    const NAMESAKE: Namesake = Namesake::InTheWay("ConflictException");

    async fn prepare() -> (World, Self) {
        let (world, _, certificate) = Certificate::deployed().await;
        let domain = Self::regional(&name(&world), &certificate.arn, tags());
        (world, domain)
    }

    fn drifts() -> Vec<Drift<Self>> {
        vec![
            Self::drift(&["certificate_arn"], UPDATE, async |world, domain, outputs| {
                let certificate_arn = issued(&world.cx().clients).await;
                world.deploy(&Self { certificate_arn, ..domain.clone() }, Some(outputs)).await;
            }),
            Self::edit(&["security_policy"], UPDATE, |domain| domain.security_policy = "TLS_1_0".into()),
            Self::drift(&["certificate_arn", "endpoint"], UPDATE, async |world, domain, _| {
                // An edge-optimised domain name takes its certificate from there.
                let elsewhere = Clients::emulator("us-east-1", &Emulator::shared().url, &world.cx().account);
                let certificate = issued(&elsewhere).await;
                let patch = |op, path: &str, value: &str| {
                    PatchOperation::builder().op(op).path(path).value(value).build()
                };
                let update = world.cx().clients.apigateway.update_domain_name().domain_name(&domain.name);
                let types = "/endpointConfiguration/types";
                update
                    .patch_operations(patch(Op::Add, types, "EDGE"))
                    .patch_operations(patch(Op::Replace, "/certificateArn", &certificate))
                    .patch_operations(patch(Op::Remove, types, "REGIONAL"))
                    .send()
                    .await
                    .unwrap();
            })
            .refused("is of the type EDGE"),
            Self::edit(&["tags"], &["TagResource", "UntagResource"], |domain| retag(&mut domain.tags)),
        ]
    }
}

/// A certificate that somebody requested: issued at once, as its record is there already.
async fn issued(clients: &Clients) -> String {
    let request = clients.acm.request_certificate().domain_name(certificate("Z0").domain);
    let request = request.validation_method(ValidationMethod::Dns).send().await;
    request.unwrap().certificate_arn.unwrap()
}

#[tokio::test]
async fn a_domain_name_tells_where_its_record_must_point() {
    let (_, domain, outputs) = DomainName::deployed().await;
    assert!(outputs.target.ends_with(".execute-api.eu-west-1.amazonaws.com"), "{outputs:?}");
    assert_eq!((outputs.name, outputs.target_zone_id.as_str()), (domain.name, "ZLY8HYME6SFDD"));
}

#[tokio::test]
async fn a_change_is_over_when_api_gateway_says_so() {
    let (world, domain, outputs) = DomainName::deployed().await;
    let weak = DomainName { security_policy: "TLS_1_0".into(), ..domain.clone() };
    let found = world.read(&weak, Some(&outputs)).await;
    let (cx, told) = world.listening();
    Box::pin(weak.reconcile(&cx, found)).await.unwrap();
    let told = told.lock().unwrap().clone();
    let expected = format!(
        "waits for the domain name {}: API Gateway has not changed all of its servers yet",
        domain.name
    );
    assert_eq!(told, [expected]);
}

#[tokio::test]
async fn whoever_has_the_name_already_is_to_remove_it_there() {
    let (world, domain) = DomainName::prepare().await;
    domain.namesake(&world).await;
    let failure = world.reconcile(&domain, Found::Missing).await.unwrap_err();
    assert!(failure.hint.unwrap().contains("only one's"));
}
