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
use cogapi::resources::{Authorization, Cors, RestApi, Route};
use cogapi_engine::{Found, Resource};
use futures::future::join_all;
use serde_json::Value;

use crate::common::Emulator;
use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake, QUICK, Reasons};
use crate::stage::staged;
use crate::support::{STACK, World, retag, tags};

type Outputs = <RestApi as Resource>::Outputs;

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

async fn resource_id(world: &World, api_id: &str, path: &str) -> String {
    let resources = world.cx().clients.apigateway.get_resources().rest_api_id(api_id).limit(500).send().await;
    let resources = resources.unwrap().items.unwrap();
    resources.into_iter().find(|resource| resource.path() == Some(path)).unwrap().id.unwrap()
}

const PUT: Names = &["PutRestApi"];
const UPDATE: Names = &["UpdateRestApi"];

impl Case for RestApi {
    const MADE_BY: Names = &["CreateRestApi", "PutRestApi"];
    const NAMESAKE: Namesake = Namesake::Beside;
    const MISHAPS: Names = QUICK;
    const FIXED: Reasons = &[(
        "cors",
        "what carries it shows as deviations: no answer of API Gateway's says what it was made from",
    )];

    async fn prepare() -> (World, Self) {
        (World::empty(), api())
    }

    fn drifts() -> Vec<Drift<Self>> {
        vec![
            Self::edit(&["name"], UPDATE, |api| api.name = "auth-other".into()),
            Self::edit(&["description"], UPDATE, |api| api.description = "Another".into()),
            Self::edit(&["invoke_role_arn"], PUT, |api| api.invoke_role_arn.push_str("-other")),
            Self::edit(&["user_pool_arn"], PUT, |api| {
                api.user_pool_arn = api.user_pool_arn.as_ref().map(|arn| arn.replace("_abc", "_xyz"));
            }),
            Self::edit(&["deviations"], PUT, |api| api.cors.origins = vec!["https://a.example".into()]),
            Self::edit(&["routes"], PUT, |api| {
                api.routes.get_mut("POST /v1/login").unwrap().function_arn.push_str("-other");
            }),
            // Anybody may call it, and there is no authorizer left.
            Self::edit(&["routes", "user_pool_arn"], PUT, |api| {
                api.routes.get_mut("GET /v1/userinfo").unwrap().authorization = Authorization::None;
                api.user_pool_arn = None;
            }),
            // Or there is.
            Self::drift(&["routes"], PUT, async |world, _, Outputs { id }| {
                let userinfo = resource_id(world, id, "/v1/userinfo").await;
                let open = PatchOperation::builder().op(Op::Replace).path("/authorizationType").value("NONE");
                let update = world.cx().clients.apigateway.update_method().rest_api_id(id);
                let update = update.resource_id(userinfo).http_method("GET").patch_operations(open.build());
                update.send().await.unwrap();
            }),
            Self::drift(&["deviations", "routes"], PUT, async |world, _, Outputs { id }| {
                let login = resource_id(world, id, "/v1/login").await;
                let delete = world.cx().clients.apigateway.delete_resource().rest_api_id(id);
                delete.resource_id(login).send().await.unwrap();
                shows(world, "OPTIONS /v1/login", "removed").await;
            }),
            Self::drift(&["deviations"], PUT, async |world, _, Outputs { id }| {
                let userinfo = resource_id(world, id, "/v1/userinfo").await;
                let put = world.cx().clients.apigateway.put_integration().rest_api_id(id);
                let put = put.resource_id(userinfo).http_method("OPTIONS").r#type(IntegrationType::Mock);
                put.send().await.unwrap();
                shows(world, "OPTIONS /v1/userinfo", "changed").await;
            }),
            Self::drift(&["deviations"], PUT, async |world, _, Outputs { id }| {
                let put = world.cx().clients.apigateway.put_gateway_response().rest_api_id(id);
                let put = put.response_type(GatewayResponseType::Default5Xx);
                put.response_templates("application/json", "oops").send().await.unwrap();
                shows(world, "gateway response DEFAULT_5XX", "changed").await;
            }),
            Self::drift(&["deviations"], PUT, async |world, _, Outputs { id }| {
                let delete = world.cx().clients.apigateway.delete_gateway_response().rest_api_id(id);
                delete.response_type(GatewayResponseType::Throttled).send().await.unwrap();
                shows(world, "gateway response THROTTLED", "removed").await;
            }),
            Self::drift(&["deviations"], UPDATE, async |world, _, Outputs { id }| {
                let closed = PatchOperation::builder().op(Op::Replace).path("/disableExecuteApiEndpoint");
                let update = world.cx().clients.apigateway.update_rest_api().rest_api_id(id);
                update.patch_operations(closed.value("true").build()).send().await.unwrap();
                shows(world, "execute-api endpoint", "disabled").await;
            }),
            Self::edit(&["tags"], &["TagResource", "UntagResource"], |api| retag(&mut api.tags)),
        ]
    }
}

/// Demands that just this deviation shows.
async fn shows(world: &World, name: &str, value: &str) {
    let found = world.owned(&api(), None).await.deviations;
    assert_eq!(found, BTreeMap::from([(name.to_owned(), value.to_owned())]));
}

#[tokio::test]
async fn every_form_of_cors_is_seen_as_it_was_declared() {
    let (world, _, outputs) = RestApi::deployed().await;
    for origins in [vec!["https://a.example"], vec!["https://a.example", "https://b.example"], vec![]] {
        let origins = origins.into_iter().map(ToOwned::to_owned).collect();
        let other = RestApi { cors: Cors { origins, ..api().cors }, ..api() };
        world.deploy_with(&other, Some(&outputs), &["PutRestApi"]).await;
    }
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
    let rest_api_id = staged(world, &api, "dev").await;
    format!("{}/_aws/execute-api/{}/dev", Emulator::shared().url, rest_api_id)
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
