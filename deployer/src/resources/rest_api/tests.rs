//! Rendering and observing are each other's inverse: what is put is seen as what was declared, and nothing else is.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, HashMap};

use aws_sdk_apigateway::operation::get_rest_api::GetRestApiOutput;
use aws_sdk_apigateway::types::{
    Authorizer, AuthorizerType, EndpointConfiguration, EndpointType, GatewayResponse, Integration,
    IntegrationResponse, IntegrationType, Method, Op, Resource as ApiResource,
};
use serde_json::Value;

use super::observe::Seen;
use super::openapi::{Place, render};
use super::{Authorization, Cors, RestApi, Route, body_hash};
use crate::resources::Tags;

const PLACE: Place<'_> = Place { partition: "aws", region: "eu-west-1" };

fn route(function: &str, authorization: Authorization) -> Route {
    Route { function_arn: format!("arn:aws:lambda:eu-west-1:1:function:{function}"), authorization }
}

fn api() -> RestApi {
    RestApi {
        name: "auth-dev".into(),
        description: "An API".into(),
        routes: BTreeMap::from([
            ("POST /v1/login".into(), route("login", Authorization::None)),
            ("DELETE /v1/users/{user_id}".into(), route("delete-user", Authorization::Cognito)),
            ("GET /v1/users/{user_id}".into(), route("get-user", Authorization::Iam)),
        ]),
        invoke_role_arn: "arn:aws:iam::1:role/invoke".into(),
        user_pool_arn: Some("arn:aws:cognito-idp:eu-west-1:1:userpool/p".into()),
        cors: Cors {
            origins: vec!["*".into()],
            headers: vec!["Authorization".into(), "Content-Type".into()],
        },
        deviations: BTreeMap::new(),
        tags: Tags::from([("team".into(), "identity".into())]),
    }
}

fn with_origins(origins: &[&str]) -> RestApi {
    let origins = origins.iter().map(ToString::to_string).collect();
    RestApi { cors: Cors { origins, ..api().cors }, ..api() }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(ToOwned::to_owned)
}

fn texts(value: &Value) -> Option<HashMap<String, String>> {
    let fields = value.as_object()?;
    Some(fields.iter().map(|(key, value)| (key.clone(), text(value).unwrap())).collect())
}

/// What API Gateway shows after it was given the rendered body.
fn imported(api: &RestApi) -> Seen {
    let body = render(api, PLACE);
    let resources = body["paths"].as_object().unwrap().iter().map(|(path, operations)| {
        let operations = operations.as_object().unwrap().iter();
        let methods = operations.map(|(name, operation)| {
            let name = name.to_uppercase();
            (name.clone(), imported_method(&name, operation))
        });
        ApiResource::builder().path(path).set_resource_methods(Some(methods.collect())).build()
    });
    let scheme = &body["components"]["securitySchemes"]["cognito"]["x-amazon-apigateway-authorizer"];
    let authorizer = scheme.is_object().then(|| {
        Authorizer::builder()
            .id("authorizer1")
            .name("cognito")
            .r#type(AuthorizerType::CognitoUserPools)
            .provider_arns(text(&scheme["providerARNs"][0]).unwrap())
            .set_identity_source(text(&scheme["identitySource"]))
            .authorizer_result_ttl_in_seconds(300)
            .build()
    });
    let answers = body["x-amazon-apigateway-gateway-responses"].as_object().unwrap().iter();
    let answers = answers.map(|(kind, answer)| {
        GatewayResponse::builder()
            .response_type(kind.as_str().into())
            .set_status_code(text(&answer["statusCode"]))
            .set_response_parameters(texts(&answer["responseParameters"]))
            .set_response_templates(texts(&answer["responseTemplates"]))
            .build()
    });
    // Types that nobody customised are listed, too.
    let untouched = GatewayResponse::builder()
        .response_type("RESOURCE_NOT_FOUND".into())
        .default_response(true)
        .response_templates("application/json", r#"{"message":$context.error.messageString}"#)
        .build();
    Seen {
        api: GetRestApiOutput::builder()
            .id("api1")
            .set_name(text(&body["info"]["title"]))
            .set_description(text(&body["info"]["description"]))
            .endpoint_configuration(EndpointConfiguration::builder().types(EndpointType::Regional).build())
            .tags("team", "identity")
            .tags("aws:cloudformation:stack-name", "not ours to change")
            .build(),
        resources: resources.chain([ApiResource::builder().path("/").build()]).collect(),
        authorizers: authorizer.into_iter().collect(),
        answers: answers.chain([untouched]).collect(),
    }
}

fn imported_method(name: &str, operation: &Value) -> Method {
    let integration = &operation["x-amazon-apigateway-integration"];
    let kind = text(&integration["type"]).unwrap().to_uppercase();
    let responses = integration["responses"].as_object().map(|responses| {
        let responses = responses.values().map(|response| {
            let status = text(&response["statusCode"]).unwrap();
            let response = IntegrationResponse::builder()
                .status_code(&status)
                .set_response_parameters(texts(&response["responseParameters"]))
                .set_response_templates(texts(&response["responseTemplates"]))
                .build();
            (status, response)
        });
        responses.collect()
    });
    let integration = Integration::builder()
        .r#type(IntegrationType::from(kind.as_str()))
        .set_http_method(text(&integration["httpMethod"]))
        .set_uri(text(&integration["uri"]))
        .set_credentials(text(&integration["credentials"]))
        .set_request_templates(texts(&integration["requestTemplates"]))
        .passthrough_behavior("WHEN_NO_MATCH")
        .timeout_in_millis(29_000)
        .cache_namespace("res1")
        .set_integration_responses(responses);
    let security = operation["security"][0].as_object().and_then(|scheme| scheme.keys().next());
    let (authorization, authorizer) = match security.map(String::as_str) {
        Some("cognito") => ("COGNITO_USER_POOLS", Some("authorizer1".to_owned())),
        Some("sigv4") => ("AWS_IAM", None),
        _ => ("NONE", None),
    };
    Method::builder()
        .http_method(name)
        .authorization_type(authorization)
        .set_authorizer_id(authorizer)
        .api_key_required(false)
        .method_integration(integration.build())
        .build()
}

/// What is seen after `change` was made to what `api` put.
fn seen_after(api: &RestApi, change: impl FnOnce(&mut Seen)) -> RestApi {
    let mut seen = imported(api);
    change(&mut seen);
    api.mapped(PLACE, seen)
}

fn method<'a>(seen: &'a mut Seen, path: &str, name: &str) -> &'a mut Method {
    let resource = seen.resources.iter_mut().find(|resource| resource.path() == Some(path)).unwrap();
    resource.resource_methods.as_mut().unwrap().get_mut(name).unwrap()
}

fn integration<'a>(seen: &'a mut Seen, path: &str, name: &str) -> &'a mut Integration {
    method(seen, path, name).method_integration.as_mut().unwrap()
}

#[test]
fn the_body_is_what_it_was() {
    insta::assert_json_snapshot!("body", render(&api(), PLACE));
}

#[test]
fn with_several_origins_only_a_listed_one_is_echoed() {
    let api = with_origins(&["https://a.example", "https://b.example"]);
    let body = render(&api, PLACE);
    let preflight = &body["paths"]["/v1/login"]["options"]["x-amazon-apigateway-integration"]["responses"];
    insta::assert_json_snapshot!("preflight_for_several_origins", preflight["default"]);
    let answers = &body["x-amazon-apigateway-gateway-responses"];
    insta::assert_json_snapshot!("throttled_for_several_origins", answers["THROTTLED"]);
}

#[test]
fn the_template_of_a_preflight_renders_nothing() {
    let body = render(&with_origins(&["https://a.example", "https://b.example"]), PLACE);
    let preflight = &body["paths"]["/v1/login"]["options"]["x-amazon-apigateway-integration"]["responses"];
    let template = preflight["default"]["responseTemplates"]["application/json"].as_str().unwrap();
    // What is left without the directives is what API Gateway would send as the body of the 204.
    let mut rest = template.to_owned();
    for directive in ["#set(", "#if("] {
        while let Some(start) = rest.find(directive) {
            let mut depth = 0;
            let end = rest[start..].find(|letter| {
                depth += i32::from(letter == '(') - i32::from(letter == ')');
                letter == ')' && depth == 0
            });
            rest.replace_range(start..=start + end.unwrap(), "");
        }
    }
    assert_eq!(rest.replace("#end", ""), "", "{template}");
}

#[test]
fn every_bad_request_that_the_gateway_answers_names_the_body() {
    let body = render(&api(), PLACE);
    for (kind, answer) in body["x-amazon-apigateway-gateway-responses"].as_object().unwrap() {
        let told: Value =
            serde_json::from_str(answer["responseTemplates"]["application/json"].as_str().unwrap()).unwrap();
        let fields = &told["fields"];
        if told["code"] == "invalid_request" {
            assert_eq!(fields.as_array().unwrap().len(), 1, "{kind}");
            assert_eq!(fields[0]["field"], "body", "{kind}");
            assert!(fields[0]["problem"].as_str().is_some_and(|text| !text.is_empty()), "{kind}");
        } else {
            assert!(fields.is_null(), "{kind}");
        }
    }
}

#[test]
fn without_origins_no_answer_names_one() {
    let body = render(&with_origins(&[]), PLACE).to_string();
    assert!(!body.contains("Access-Control-Allow-Origin"));
    assert!(!body.contains("Vary"));
}

#[test]
fn what_was_put_is_seen_as_it_was_declared() {
    for api in [
        api(),
        with_origins(&["https://a.example"]),
        with_origins(&["https://a.example", "https://b.example"]),
        with_origins(&[]),
    ] {
        assert_eq!(seen_after(&api, |_| {}), api);
    }
}

#[test]
fn a_route_that_was_changed_added_or_removed_shows() {
    let api = api();
    let removed = seen_after(&api, |seen| {
        seen.resources.retain(|resource| resource.path() != Some("/v1/login"));
    });
    assert!(!removed.routes.contains_key("POST /v1/login"));
    assert_eq!(removed.deviations, BTreeMap::from([("OPTIONS /v1/login".into(), "removed".into())]));

    let opened = seen_after(&api, |seen| {
        let method = method(seen, "/v1/users/{user_id}", "DELETE");
        method.authorization_type = Some("NONE".into());
        method.authorizer_id = None;
    });
    assert_eq!(opened.routes["DELETE /v1/users/{user_id}"].authorization, Authorization::None);

    let moved = seen_after(&api, |seen| {
        let integration = integration(seen, "/v1/login", "POST");
        integration.uri = integration.uri.as_ref().map(|uri| uri.replace(":login", ":other"));
    });
    assert!(moved.routes["POST /v1/login"].function_arn.ends_with(":other"));

    let added = seen_after(&api, |seen| {
        let method = method(seen, "/v1/login", "POST").clone();
        let other = ApiResource::builder().path("/x").resource_methods("PUT", method).build();
        seen.resources.push(other);
    });
    assert!(added.routes.contains_key("PUT /x"));
    for drifted in [removed, opened, moved, added] {
        assert!(api.body_differs(&drifted));
    }
}

#[test]
fn what_the_inputs_cannot_say_shows_as_a_deviation() {
    type Change = fn(&mut Seen);
    let cases: [(&str, &str, Change); 12] = [
        ("POST /v1/login", "changed", |seen| method(seen, "/v1/login", "POST").api_key_required = Some(true)),
        ("POST /v1/login", "changed", |seen| integration(seen, "/v1/login", "POST").timeout_in_millis = 50),
        ("POST /v1/login", "changed", |seen| {
            integration(seen, "/v1/login", "POST").credentials = Some("arn:aws:iam::1:role/other".into());
        }),
        ("POST /v1/login", "changed", |seen| {
            method(seen, "/v1/login", "POST").authorization_scopes = Some(vec!["x".into()]);
        }),
        ("GET /", "added", |seen| {
            let http = Integration::builder().r#type(IntegrationType::HttpProxy).build();
            let method = Method::builder().authorization_type("NONE").method_integration(http).build();
            seen.resources.push(ApiResource::builder().path("/").resource_methods("GET", method).build());
        }),
        ("OPTIONS /v1/login", "changed", |seen| {
            let responses = &mut integration(seen, "/v1/login", "OPTIONS").integration_responses;
            responses.as_mut().unwrap().get_mut("204").unwrap().response_parameters = None;
        }),
        ("OPTIONS /v1/login", "changed", |seen| {
            method(seen, "/v1/login", "OPTIONS").authorization_type = Some("AWS_IAM".into());
        }),
        ("gateway response UNAUTHORIZED", "changed", |seen| {
            let ours = |answer: &&mut GatewayResponse| answer.response_type == Some("UNAUTHORIZED".into());
            seen.answers.iter_mut().find(ours).unwrap().status_code = Some("200".into());
        }),
        ("gateway response THROTTLED", "removed", |seen| {
            seen.answers.retain(|answer| answer.response_type != Some("THROTTLED".into()));
        }),
        ("gateway response RESOURCE_NOT_FOUND", "added", |seen| {
            seen.answers.last_mut().unwrap().default_response = false;
        }),
        ("authorizer other", "added", |seen| {
            seen.authorizers.push(Authorizer::builder().name("other").build());
        }),
        ("authorizer cognito", "changed", |seen| {
            seen.authorizers[0].authorizer_result_ttl_in_seconds = Some(0);
        }),
    ];
    let api = api();
    for (name, state, change) in cases {
        let seen = seen_after(&api, change);
        assert_eq!(seen.deviations, BTreeMap::from([(name.to_owned(), state.to_owned())]));
        assert!(api.body_differs(&seen), "{name}");
        assert!(api.patches(&seen).is_empty(), "{name}");
    }
}

#[test]
fn a_setting_that_we_leave_at_its_default_is_put_back_by_a_patch_alone() {
    type Change = fn(&mut GetRestApiOutput);
    let cases: [(&str, &str, Change); 5] = [
        ("/endpointConfiguration/types/EDGE", "REGIONAL", |api| {
            api.endpoint_configuration.as_mut().unwrap().types = Some(vec![EndpointType::Edge]);
        }),
        ("/disableExecuteApiEndpoint", "false", |api| api.disable_execute_api_endpoint = true),
        ("/policy", "", |api| api.policy = Some("{}".into())),
        ("/minimumCompressionSize", "", |api| api.minimum_compression_size = Some(1)),
        ("/binaryMediaTypes/image~1png", "-", |api| api.binary_media_types = Some(vec!["image/png".into()])),
    ];
    let api = api();
    for (path, value, change) in cases {
        let seen = seen_after(&api, |seen| change(&mut seen.api));
        let patches = api.patches(&seen);
        assert_eq!(patches.len(), 1, "{path}");
        assert_eq!(patches[0].path(), Some(path));
        match patches[0].op() {
            Some(Op::Remove) => assert_eq!(value, "-"),
            _ => assert_eq!(patches[0].value(), Some(value)),
        }
        assert!(!api.body_differs(&seen), "{path}");
    }
}

#[test]
fn a_new_name_is_a_patch_and_no_new_body() {
    let api = api();
    let renamed = RestApi { name: "other".into(), description: "Another".into(), ..api.clone() };
    let paths: Vec<_> = renamed.patches(&api).into_iter().filter_map(|patch| patch.path).collect();
    assert_eq!(paths, ["/name", "/description"]);
    assert!(!renamed.body_differs(&api));
    assert_eq!(body_hash(&renamed), body_hash(&api));
}

#[test]
fn every_change_that_clients_can_see_changes_the_body_hash() {
    let api = api();
    let mut hashes = vec![body_hash(&api)];
    let mut route = api.clone();
    route.routes.remove("POST /v1/login");
    let mut authorization = api.clone();
    authorization.routes.get_mut("POST /v1/login").unwrap().authorization = Authorization::Iam;
    let role = RestApi { invoke_role_arn: "arn:aws:iam::1:role/other".into(), ..api.clone() };
    let cors = with_origins(&["https://a.example"]);
    for changed in [route, authorization, role, cors] {
        assert!(changed.body_differs(&api));
        hashes.push(body_hash(&changed));
    }
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 5);
}

#[test]
fn another_pool_behind_the_authorizer_shows_as_another_pool() {
    let api = api();
    let seen = seen_after(&api, |seen| seen.authorizers[0].provider_arns = Some(vec!["arn:other".into()]));
    assert_eq!(seen, RestApi { user_pool_arn: Some("arn:other".into()), ..api });
}

#[test]
fn another_role_on_every_method_shows_as_another_role() {
    let api = api();
    let other = RestApi { invoke_role_arn: "arn:aws:iam::1:role/other".into(), ..api.clone() };
    assert_eq!(api.mapped(PLACE, imported(&other)), other);
}
