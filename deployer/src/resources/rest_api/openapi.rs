//! The API as one OpenAPI 3 body with API Gateway's extensions, rendered from the inputs. Pure: a body per inputs, and the
//! same pieces for `observe` to compare with. Makes no call and knows no endpoint.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::answers::{Preflight, gateway_answers, preflight};
use super::{Authorization, RestApi, Route};

/// The name of the one authorizer.
pub(super) const AUTHORIZER: &str = "cognito";
/// The header that carries the token.
pub(super) const IDENTITY_SOURCE: &str = "method.request.header.Authorization";
/// How long the authorizer remembers a token, in seconds: API Gateway's default, written out so that a change shows.
pub(super) const AUTHORIZER_TTL: i32 = 300;
/// The status of a preflight's answer.
pub(super) const PREFLIGHT_STATUS: &str = "204";
/// What makes the mock integration answer with [`PREFLIGHT_STATUS`].
pub(super) const PREFLIGHT_REQUEST: &str = r#"{"statusCode": 204}"#;
/// The content type that templates are chosen by; requests without one count as this.
pub(super) const JSON: &str = "application/json";
/// Where the API is, as far as the body names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The ARNs' partition.
    pub(super) partition: &'a str,
    /// The region.
    pub(super) region: &'a str,
}

/// The whole body.
pub(super) fn render(api: &RestApi, place: Place<'_>) -> Value {
    let mut body = definition(api, place);
    // PutRestApi takes name and description from here.
    body.insert("info".into(), json!({"title": api.name, "description": api.description, "version": "1"}));
    Value::Object(body)
}

/// What a deployment is a snapshot of, hashed: everything but the API's name and description. References may still be
/// tokens, so a change behind a reference does not show here: see [`Deployment`](crate::resources::Deployment).
#[must_use]
pub fn body_hash(api: &RestApi) -> String {
    // An API never moves to another region, so its place says nothing.
    let body = definition(api, Place { partition: "aws", region: "" });
    hex::encode(Sha256::digest(Value::Object(body).to_string()))
}

fn definition(api: &RestApi, place: Place<'_>) -> Map<String, Value> {
    let mut paths = Map::new();
    for path in paths_of(api) {
        let mut operations = Map::new();
        for (method, route) in routes_at(api, path) {
            operations.insert(method.to_lowercase(), operation(api, path, route, place));
        }
        operations.insert("options".into(), preflight_operation(path, &preflight(api, path)));
        paths.insert(path.to_owned(), Value::Object(operations));
    }
    let mut body = Map::new();
    body.insert("openapi".into(), json!("3.0.1"));
    body.insert("paths".into(), Value::Object(paths));
    let schemes = security_schemes(api);
    if !schemes.is_empty() {
        body.insert("components".into(), json!({"securitySchemes": schemes}));
    }
    let answers: Map<String, Value> = gateway_answers(api)
        .into_iter()
        .map(|(kind, answer)| {
            let answer = json!({
                "statusCode": answer.status,
                "responseParameters": answer.parameters,
                "responseTemplates": {JSON: answer.body},
            });
            (kind.to_owned(), answer)
        })
        .collect();
    body.insert("x-amazon-apigateway-gateway-responses".into(), Value::Object(answers));
    body
}

/// Every path with a route.
pub(super) fn paths_of(api: &RestApi) -> BTreeSet<&str> {
    api.routes.keys().filter_map(|key| key.split_once(' ')).map(|(_, path)| path).collect()
}

pub(super) fn routes_at<'a>(api: &'a RestApi, path: &str) -> Vec<(&'a str, &'a Route)> {
    api.routes
        .iter()
        .filter_map(|(key, route)| key.split_once(' ').map(|(method, at)| (method, at, route)))
        .filter(|(_, at, _)| *at == path)
        .map(|(method, _, route)| (method, route))
        .collect()
}

fn operation(api: &RestApi, path: &str, route: &Route, place: Place<'_>) -> Value {
    let mut operation = Map::new();
    parameters(path, &mut operation);
    // The proxy integration passes every status through; one response is what OpenAPI demands.
    operation.insert("responses".into(), json!({"200": {"description": "As the function answers."}}));
    let scheme = match route.authorization {
        Authorization::None => None,
        Authorization::Cognito => Some(AUTHORIZER),
        Authorization::Iam => Some("sigv4"),
    };
    if let Some(scheme) = scheme {
        // No scopes: with scopes the authorizer takes access tokens only, without it takes ID tokens only.
        operation.insert("security".into(), json!([{scheme: []}]));
    }
    operation.insert(
        "x-amazon-apigateway-integration".into(),
        json!({
            "type": "aws_proxy",
            // Lambda is invoked by POST, whatever the client's method is.
            "httpMethod": "POST",
            "uri": invocation_uri(&route.function_arn, place),
            "credentials": api.invoke_role_arn,
            "passthroughBehavior": "when_no_match",
        }),
    );
    Value::Object(operation)
}

/// The URI by which API Gateway invokes a function.
pub(super) fn invocation_uri(function_arn: &str, place: Place<'_>) -> String {
    let Place { partition, region } = place;
    format!("arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{function_arn}/invocations")
}

fn parameters(path: &str, operation: &mut Map<String, Value>) {
    let placeholders = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Vec<Value> = placeholders
        .map(|name| {
            // `{proxy+}` is API Gateway's way to say "and all below".
            let name = name.trim_end_matches('+');
            json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})
        })
        .collect();
    if !parameters.is_empty() {
        operation.insert("parameters".into(), Value::Array(parameters));
    }
}

fn security_schemes(api: &RestApi) -> Map<String, Value> {
    let uses = |wanted| api.routes.values().any(|route| route.authorization == wanted);
    let mut schemes = Map::new();
    if let Some(pool) = api.user_pool_arn.as_ref().filter(|_| uses(Authorization::Cognito)) {
        schemes.insert(
            AUTHORIZER.into(),
            json!({
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "x-amazon-apigateway-authtype": "cognito_user_pools",
                "x-amazon-apigateway-authorizer": {
                    "type": "cognito_user_pools",
                    "providerARNs": [pool],
                    "identitySource": IDENTITY_SOURCE,
                    "authorizerResultTtlInSeconds": AUTHORIZER_TTL,
                },
            }),
        );
    }
    if uses(Authorization::Iam) {
        schemes.insert(
            "sigv4".into(),
            json!({
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "x-amazon-apigateway-authtype": "awsSigv4",
            }),
        );
    }
    schemes
}

fn preflight_operation(path: &str, preflight: &Preflight) -> Value {
    let declared: Map<String, Value> = preflight
        .headers
        .keys()
        .map(String::as_str)
        .chain(preflight.template.as_ref().map(|_| "Access-Control-Allow-Origin"))
        .map(|name| (name.to_owned(), json!({"schema": {"type": "string"}})))
        .collect();
    let mapped: Map<String, Value> = preflight
        .headers
        .iter()
        .map(|(name, value)| (format!("method.response.header.{name}"), json!(value)))
        .collect();
    let mut response = Map::new();
    response.insert("statusCode".into(), json!(PREFLIGHT_STATUS));
    response.insert("responseParameters".into(), Value::Object(mapped));
    if let Some(template) = &preflight.template {
        response.insert("responseTemplates".into(), json!({JSON: template}));
    }
    let mut operation = Map::new();
    parameters(path, &mut operation);
    operation.insert(
        "responses".into(),
        json!({PREFLIGHT_STATUS: {"description": "What a browser may send.", "headers": declared}}),
    );
    operation.insert(
        "x-amazon-apigateway-integration".into(),
        json!({
            "type": "mock",
            "requestTemplates": {JSON: PREFLIGHT_REQUEST},
            "passthroughBehavior": "when_no_match",
            "responses": {"default": response},
        }),
    );
    Value::Object(operation)
}
