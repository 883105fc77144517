//! The REST API: one body, put whole, and whatever differs from it seen.

use std::collections::BTreeMap;

use aws_sdk_apigateway::Client;
use aws_sdk_apigateway::operation::put_rest_api::PutRestApiInput;
use aws_sdk_apigateway::primitives::Blob;
use aws_sdk_apigateway::types::{
    EndpointConfiguration, EndpointType, GatewayResponseType, IntegrationType, Op, PatchOperation,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use cogapi::resources::{Authorization, Cors, Deployment, RestApi, Route, Stage, Throttle};
use cogapi_engine::{Found, Resource as _};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::common::Emulator;
use crate::support::{STACK, World, tags, tags_and};

fn route(function: &str, authorization: Authorization) -> Route {
    Route {
        function_arn: format!("arn:aws:lambda:eu-west-1:000000000000:function:{STACK}-{function}"),
        authorization,
    }
}

pub(crate) fn api() -> RestApi {
    RestApi {
        name: STACK.into(),
        description: "An authentication API".into(),
        routes: BTreeMap::from([
            ("POST /v1/login".into(), route("login", Authorization::None)),
            ("GET /v1/userinfo".into(), route("userinfo", Authorization::Cognito)),
            ("POST /v1/users/{user_id}/reset-password".into(), route("reset", Authorization::Iam)),
        ]),
        invoke_role_arn: "arn:aws:iam::000000000000:role/invoke".into(),
        user_pool_arn: Some("arn:aws:cognito-idp:eu-west-1:000000000000:userpool/eu-west-1_abc".into()),
        cors: Cors {
            origins: vec!["*".into()],
            headers: vec!["Authorization".into(), "Content-Type".into()],
        },
        deviations: BTreeMap::new(),
        tags: tags(),
    }
}

type Outputs = <RestApi as cogapi_engine::Resource>::Outputs;

/// A world with the API in it.
async fn deployed() -> (World, Outputs) {
    let world = World::empty();
    let outputs = world.deploy(&api(), None).await;
    (world, outputs)
}

async fn resource_id(world: &World, api_id: &str, path: &str) -> String {
    let resources = world.cx().clients.apigateway.get_resources().rest_api_id(api_id).limit(500).send().await;
    let resources = resources.unwrap().items.unwrap();
    resources.into_iter().find(|resource| resource.path() == Some(path)).unwrap().id.unwrap()
}

#[tokio::test]
async fn a_missing_api_is_made_and_then_left_alone() {
    let world = World::empty();
    world.expect_missing(&api(), None).await;
    let (outputs, made) = world.writes(world.deploy(&api(), None)).await;
    assert_eq!(made, ["CreateRestApi", "PutRestApi"]);
    assert!(outputs.execution_arn.ends_with(&format!(":{}", outputs.id)), "{}", outputs.execution_arn);
    world.expect(&api(), Some(&outputs)).await;
    // A run that knows nothing of it finds the same.
    assert_eq!(world.expect(&api(), None).await, outputs);
    world.deploy_with(&api(), Some(&outputs), &[]).await;
}

#[tokio::test]
async fn every_form_of_cors_is_seen_as_it_was_declared() {
    let (world, outputs) = deployed().await;
    for origins in [vec!["https://a.example"], vec!["https://a.example", "https://b.example"], vec![]] {
        let origins = origins.into_iter().map(ToOwned::to_owned).collect();
        let other = RestApi { cors: Cors { origins, ..api().cors }, ..api() };
        world.deploy_with(&other, Some(&outputs), &["PutRestApi"]).await;
    }
}

#[tokio::test]
async fn only_what_differs_is_changed() {
    let (world, outputs) = deployed().await;
    let renamed = RestApi { name: "auth-other".into(), description: "Another".into(), ..api() };
    world.deploy_with(&renamed, Some(&outputs), &["UpdateRestApi"]).await;
    world.deploy_with(&api(), Some(&outputs), &["UpdateRestApi"]).await;

    let tagged = RestApi { tags: tags_and("team", "identity"), ..api() };
    world.deploy_with(&tagged, Some(&outputs), &["TagResource"]).await;
    world.deploy_with(&api(), Some(&outputs), &["UntagResource"]).await;

    let mut open = api();
    open.user_pool_arn = None;
    open.routes.get_mut("GET /v1/userinfo").unwrap().authorization = Authorization::None;
    let mut fewer = api();
    fewer.routes.remove("POST /v1/login");
    let role = RestApi { invoke_role_arn: "arn:aws:iam::000000000000:role/other".into(), ..api() };
    let pool = api().user_pool_arn.map(|arn| arn.replace("_abc", "_xyz"));
    for changed in [open, fewer, role, RestApi { user_pool_arn: pool, ..api() }, api()] {
        world.deploy_with(&changed, Some(&outputs), &["PutRestApi"]).await;
    }
}

#[tokio::test]
async fn what_others_did_to_the_api_shows_and_is_put_right() {
    let (world, outputs) = deployed().await;
    let id = outputs.id.as_str();
    let gateway = &world.cx().clients.apigateway;
    let see = || async {
        let Found::Owned { inputs, .. } = world.read(&api(), Some(&outputs)).await else {
            panic!("not ours")
        };
        inputs
    };

    let login = resource_id(&world, id, "/v1/login").await;
    gateway.delete_resource().rest_api_id(id).resource_id(&login).send().await.unwrap();
    let seen = see().await;
    assert!(!seen.routes.contains_key("POST /v1/login"));
    assert_eq!(seen.deviations.keys().collect::<Vec<_>>(), ["OPTIONS /v1/login"]);
    world.deploy_with(&api(), Some(&outputs), &["PutRestApi"]).await;

    let userinfo = resource_id(&world, id, "/v1/userinfo").await;
    let open = PatchOperation::builder().op(Op::Replace).path("/authorizationType").value("NONE").build();
    let update = gateway.update_method().rest_api_id(id).resource_id(&userinfo).http_method("GET");
    update.patch_operations(open).send().await.unwrap();
    assert_eq!(see().await.routes["GET /v1/userinfo"].authorization, Authorization::None);
    world.deploy_with(&api(), Some(&outputs), &["PutRestApi"]).await;

    let userinfo = resource_id(&world, id, "/v1/userinfo").await;
    let put = gateway.put_integration().rest_api_id(id).resource_id(&userinfo).http_method("OPTIONS");
    put.r#type(IntegrationType::Mock).send().await.unwrap();
    assert_eq!(see().await.deviations["OPTIONS /v1/userinfo"], "changed");
    world.deploy_with(&api(), Some(&outputs), &["PutRestApi"]).await;

    let put = gateway.put_gateway_response().rest_api_id(id).response_type(GatewayResponseType::Default5Xx);
    put.response_templates("application/json", "oops").send().await.unwrap();
    assert_eq!(see().await.deviations["gateway response DEFAULT_5XX"], "changed");
    world.deploy_with(&api(), Some(&outputs), &["PutRestApi"]).await;

    let delete = gateway.delete_gateway_response().rest_api_id(id);
    delete.response_type(GatewayResponseType::Throttled).send().await.unwrap();
    assert_eq!(see().await.deviations["gateway response THROTTLED"], "removed");
    world.deploy_with(&api(), Some(&outputs), &["PutRestApi"]).await;

    let closed =
        PatchOperation::builder().op(Op::Replace).path("/disableExecuteApiEndpoint").value("true").build();
    gateway.update_rest_api().rest_api_id(id).patch_operations(closed).send().await.unwrap();
    assert_eq!(see().await.deviations["execute-api endpoint"], "disabled");
    world.deploy_with(&api(), Some(&outputs), &["UpdateRestApi"]).await;
}

#[tokio::test]
async fn an_api_that_was_deleted_behind_our_back_is_made_anew() {
    let (world, outputs) = deployed().await;
    world.cx().clients.apigateway.delete_rest_api().rest_api_id(&outputs.id).send().await.unwrap();
    world.expect_missing(&api(), Some(&outputs)).await;
    let again = world.deploy(&api(), Some(&outputs)).await;
    assert_ne!(again.id, outputs.id);
    world.expect(&api(), Some(&again)).await;
}

#[tokio::test]
async fn an_api_of_the_same_name_that_is_not_ours_is_not_taken_for_ours_nor_deleted() {
    let world = World::empty();
    let theirs = world.cx().clients.apigateway.create_rest_api().name(STACK).send().await.unwrap();
    assert!(matches!(world.read(&api(), None).await, Found::Unowned { .. }));
    world.delete(&api(), None).await;
    let ours = api().reconcile(&world.cx(), Found::Missing).await.unwrap();
    // Names are not unique: with both there, ours is found.
    assert_eq!(world.expect(&api(), None).await, ours);
    assert_ne!(Some(ours.id), theirs.id);
}

#[tokio::test]
async fn an_adopted_api_becomes_as_it_was_declared() {
    let world = World::empty();
    let theirs = world.cx().clients.apigateway.create_rest_api().name(STACK).send().await.unwrap();
    let outputs = world.deploy(&api(), None).await;
    assert_eq!(Some(&outputs.id), theirs.id.as_ref());
    world.expect(&api(), None).await;
}

#[tokio::test]
async fn what_was_cut_off_before_the_body_was_put_is_finished() {
    let world = World::empty();
    let regional = EndpointConfiguration::builder().types(EndpointType::Regional).build();
    let create = world.cx().clients.apigateway.create_rest_api().name(api().name);
    let create = create.description(api().description).endpoint_configuration(regional);
    create.set_tags(Some(tags().into_iter().collect())).send().await.unwrap();
    world.deploy_with(&api(), None, &["PutRestApi"]).await;
}

/// What API Gateway does with what it can't use: it leaves it out of the body, without a word.
#[derive(Debug)]
struct Deaf(LeaveOut);

type LeaveOut = fn(&mut Value);

impl Intercept for Deaf {
    fn name(&self) -> &'static str {
        "Deaf"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(put) = context.input_mut().downcast_mut::<PutRestApiInput>() {
            let mut body = serde_json::from_slice(put.body.as_ref().unwrap().as_ref()).unwrap();
            (self.0)(&mut body);
            put.body = Some(Blob::new(body.to_string()));
        }
        Ok(())
    }
}

fn leave_out(of: &mut Value, name: &str) {
    of.as_object_mut().unwrap().remove(name).unwrap();
}

#[tokio::test]
async fn what_api_gateway_leaves_out_of_the_body_fails_the_deploy_by_name_and_is_put_again() {
    let cases: [(&str, LeaveOut); 5] = [
        ("POST /v1/login", |body| {
            leave_out(&mut body["paths"]["/v1/login"]["post"], "x-amazon-apigateway-integration");
        }),
        ("GET /v1/userinfo", |body| leave_out(&mut body["paths"]["/v1/userinfo"]["get"], "security")),
        ("OPTIONS /v1/userinfo, GET /v1/userinfo", |body| leave_out(&mut body["paths"], "/v1/userinfo")),
        ("OPTIONS /v1/login", |body| {
            let preflight = &mut body["paths"]["/v1/login"]["options"]["x-amazon-apigateway-integration"];
            leave_out(&mut preflight["responses"]["default"], "responseParameters");
        }),
        ("gateway response UNAUTHORIZED", |body| {
            leave_out(&mut body["x-amazon-apigateway-gateway-responses"], "UNAUTHORIZED");
        }),
    ];
    // At the same time, for each waits until it is sure.
    let each = cases.map(async |(names, leave_out)| {
        let world = World::empty();
        let mut cx = world.cx();
        let config = cx.clients.apigateway.config().to_builder().interceptor(Deaf(leave_out));
        cx.clients.apigateway = Client::from_conf(config.build());
        let failure = Box::pin(api().reconcile(&cx, Found::Missing)).await.expect_err(names);
        assert!(names.split(", ").all(|name| failure.detail.contains(name)), "{names}: {failure}");
        assert_ne!(world.read(&api(), None).await.existing().unwrap().0, &api(), "{names}");
        world.deploy_with(&api(), None, &["PutRestApi"]).await;
    });
    join_all(each.map(Box::pin)).await;
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_api() {
    let world = World::empty();
    world.fault(
        &json!([{"kind": "hangup_after", "service": "apigateway", "operation": "CreateRestApi", "times": 1}]),
    );
    let (outputs, made) = world.writes(world.deploy(&api(), None)).await;
    assert_eq!(made, ["CreateRestApi", "PutRestApi"]);
    assert_eq!(world.expect(&api(), None).await, outputs);
    let apis = world.cx().clients.apigateway.get_rest_apis().send().await.unwrap();
    assert_eq!(apis.items().len(), 1);
}

#[tokio::test]
async fn a_deleted_api_is_gone_and_may_be_deleted_again() {
    let world = World::empty();
    let before = world.inventory();
    let outputs = world.deploy(&api(), None).await;
    world.delete(&api(), Some(&outputs)).await;
    assert_eq!(world.inventory(), before);
    world.delete(&api(), Some(&outputs)).await;
    world.delete(&api(), None).await;
}

#[tokio::test]
async fn an_api_whose_making_nobody_remembers_is_found_and_deleted() {
    let (world, _) = deployed().await;
    world.delete(&api(), None).await;
    world.expect_missing(&api(), None).await;
}

/// A stage's answer: status, headers, body.
fn ask(url: &str, method: &str, origin: Option<&str>) -> (u16, BTreeMap<String, String>, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    if let Some(origin) = origin {
        request = request.header("Origin", origin);
    }
    let mut answer = agent.run(request.body(()).unwrap()).unwrap();
    let headers = answer.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let body = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), headers, body)
}

/// Deploys an API with these origins and gives its address.
async fn served(world: &World, origins: &[&str]) -> String {
    let origins = origins.iter().map(ToString::to_string).collect();
    let api = RestApi { cors: Cors { origins, ..api().cors }, ..api() };
    let rest_api_id = world.deploy(&api, None).await.id;
    let deployment_id = world.deploy(&Deployment::of(&api, &rest_api_id), None).await.id;
    let stage = Stage {
        rest_api_id,
        name: "dev".into(),
        deployment_id,
        throttle: Some(Throttle { rate: 50.0, burst: 100 }),
        method_throttles: BTreeMap::new(),
        access_logs: None,
        deviations: BTreeMap::new(),
        tags: tags(),
    };
    world.deploy(&stage, None).await;
    format!("{}/_aws/execute-api/{}/dev", Emulator::shared().url, stage.rest_api_id)
}

#[tokio::test]
async fn a_preflight_from_anywhere_is_answered() {
    let world = World::empty();
    let url = served(&world, &["*"]).await;
    let (status, headers, body) = ask(&format!("{url}/v1/userinfo"), "OPTIONS", Some("https://any.example"));
    assert_eq!((status, body.as_str()), (204, ""));
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["access-control-allow-methods"], "GET,OPTIONS");
    assert_eq!(headers["access-control-allow-headers"], "Authorization,Content-Type");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(!headers.contains_key("vary"));
}

#[tokio::test]
async fn a_preflight_names_the_origin_only_if_it_is_listed() {
    let world = World::empty();
    let url = served(&world, &["https://a.example", "https://b.example"]).await;
    for (origin, named) in [
        (Some("https://a.example"), true),
        (Some("https://b.example"), true),
        (Some("https://c.example"), false),
        (None, false),
    ] {
        let (status, headers, _) = ask(&format!("{url}/v1/login"), "OPTIONS", origin);
        assert_eq!(status, 204);
        let expected = origin.filter(|_| named);
        assert_eq!(headers.get("access-control-allow-origin").map(String::as_str), expected);
        assert_eq!(headers["vary"], "Origin");
    }
}

#[tokio::test]
async fn what_the_gateway_refuses_has_the_contracts_shape() {
    let world = World::empty();
    let url = served(&world, &["https://a.example"]).await;
    for (path, method, status, code) in [
        ("/v1/userinfo", "GET", 401, "invalid_token"),
        ("/v1/users/u1/reset-password", "POST", 403, "forbidden"),
        ("/v1/nothing", "GET", 403, "forbidden"),
    ] {
        let (answered, headers, body) = ask(&format!("{url}{path}"), method, Some("https://a.example"));
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!((answered, body["code"].as_str()), (status, Some(code)), "{path}: {body}");
        assert!(!body["message"].as_str().unwrap().is_empty());
        assert!(body["request_id"].as_str().is_some_and(|id| !id.is_empty() && !id.starts_with('$')));
        assert_eq!(headers["access-control-allow-origin"], "https://a.example");
        assert_eq!(headers["vary"], "Origin");
        assert_eq!(headers["cache-control"], "no-store");
    }
}
