//! The API as one OpenAPI 3 body with API Gateway's extensions, rendered from the inputs. Pure: a body per inputs, and the
//! same pieces for `observe` to compare with. Makes no call and knows no endpoint.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Authorization, Cors, RestApi, Route};

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
/// How long a browser may remember a preflight's answer, in seconds.
const PREFLIGHT_MAX_AGE: u32 = 600;

/// Where the API is, as far as the body names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The ARNs' partition.
    pub(super) partition: &'a str,
    /// The region.
    pub(super) region: &'a str,
}

/// The answer to a CORS preflight: headers and, where the origin must be looked at, the template that does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Preflight {
    /// Header name to mapped value, e.g. `'*'` with its quotes.
    pub(super) headers: BTreeMap<String, String>,
    /// The response template.
    pub(super) template: Option<String>,
}

/// What API Gateway answers by itself on one of its own errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GatewayAnswer {
    /// The status.
    pub(super) status: String,
    /// `gatewayresponse.header.<name>` to mapped value.
    pub(super) parameters: BTreeMap<String, String>,
    /// The body's template.
    pub(super) body: String,
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
    hex(&Sha256::digest(Value::Object(body).to_string()))
}

pub(in super::super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
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

fn routes_at<'a>(api: &'a RestApi, path: &str) -> Vec<(&'a str, &'a Route)> {
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

/// The answer to `OPTIONS path`.
pub(super) fn preflight(api: &RestApi, path: &str) -> Preflight {
    let methods = routes_at(api, path).into_iter().map(|(method, _)| method);
    let mut headers = BTreeMap::from([
        ("Access-Control-Allow-Headers", quoted(&api.cors.headers.join(","))),
        ("Access-Control-Allow-Methods", quoted(&allowed(methods))),
        ("Access-Control-Max-Age", quoted(&PREFLIGHT_MAX_AGE.to_string())),
        ("Cache-Control", quoted("no-store")),
    ]);
    let origin = AllowedOrigin::of(&api.cors);
    if let AllowedOrigin::Always(origin) = origin {
        headers.insert("Access-Control-Allow-Origin", quoted(origin));
    }
    if origin.varies() {
        headers.insert("Vary", quoted("Origin"));
    }
    let template = match origin {
        AllowedOrigin::Never | AllowedOrigin::Always(_) => None,
        AllowedOrigin::OneOf(origins) => Some(echo_origin(origins)),
    };
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Preflight { headers, template }
}

/// Which origin an answer names.
#[derive(Debug, Clone, Copy)]
enum AllowedOrigin<'a> {
    Never,
    Always(&'a str),
    OneOf(&'a [String]),
}

impl<'a> AllowedOrigin<'a> {
    fn of(cors: &'a Cors) -> Self {
        match cors.origins.as_slice() {
            origins if origins.iter().any(|origin| origin == "*") => Self::Always("*"),
            [] => Self::Never,
            [origin] => Self::Always(origin),
            origins => Self::OneOf(origins),
        }
    }

    /// Whether it depends on who asks, so that caches must tell them apart.
    fn varies(self) -> bool {
        !matches!(self, Self::Never | Self::Always("*"))
    }
}

/// Names the request's origin in the answer if it is one of `origins`. Clients of HTTP/2 send the header in lower case, and the
/// map of headers is case-sensitive.
fn echo_origin(origins: &[String]) -> String {
    let listed: Vec<String> = origins.iter().map(|origin| format!("$origin == '{origin}'")).collect();
    [
        "#set($origin = $input.params().header.get('Origin'))",
        "#if(!$origin || $origin == '')#set($origin = $input.params().header.get('origin'))#end",
        &format!(
            "#if({})#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)#end",
            listed.join(" || ")
        ),
    ]
    .join("\n")
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

/// Every error that API Gateway answers itself: its type, our status, the contract's code, what the client is told.
const ANSWERS: &[(&str, u16, &str, &str)] = &[
    ("ACCESS_DENIED", 403, "forbidden", "You may not do this."),
    ("BAD_REQUEST_BODY", 400, "invalid_request", "The request's body is not valid."),
    ("BAD_REQUEST_PARAMETERS", 400, "invalid_request", "The request's parameters are not valid."),
    ("DEFAULT_4XX", 400, "invalid_request", "The request is not valid."),
    ("DEFAULT_5XX", 500, "internal", "Something went wrong on our side."),
    ("EXPIRED_TOKEN", 401, "invalid_token", "The token has expired."),
    ("INTEGRATION_FAILURE", 503, "upstream_unavailable", "The service is not available now; try again."),
    ("INTEGRATION_TIMEOUT", 503, "upstream_unavailable", "The service took too long; try again."),
    ("INVALID_API_KEY", 403, "forbidden", "You may not do this."),
    ("INVALID_SIGNATURE", 403, "forbidden", "The request's signature is not valid."),
    // Also what API Gateway answers for a path that it does not know.
    ("MISSING_AUTHENTICATION_TOKEN", 403, "forbidden", "No such endpoint, or it needs authentication."),
    ("QUOTA_EXCEEDED", 429, "too_many_requests", "Too many requests; try again later."),
    // The contract's answer to a body that is too large; API Gateway's own limit of 10 MB is met first.
    ("REQUEST_TOO_LARGE", 400, "invalid_request", "The request is too large."),
    ("THROTTLED", 429, "too_many_requests", "Too many requests; try again later."),
    ("UNAUTHORIZED", 401, "invalid_token", "A valid token is needed."),
    ("WAF_FILTERED", 403, "forbidden", "You may not do this."),
];

/// The gateway responses: the contract's error body and headers on all that API Gateway answers itself.
pub(super) fn gateway_answers(api: &RestApi) -> BTreeMap<&'static str, GatewayAnswer> {
    let methods = api.routes.keys().filter_map(|key| key.split_once(' ')).map(|(method, _)| method);
    let mut common = BTreeMap::from([
        ("Access-Control-Allow-Headers", quoted(&api.cors.headers.join(","))),
        ("Access-Control-Allow-Methods", quoted(&allowed(methods))),
        ("Cache-Control", quoted("no-store")),
    ]);
    let origin = AllowedOrigin::of(&api.cors);
    let named = match origin {
        AllowedOrigin::Never => None,
        AllowedOrigin::Always(origin) => Some(quoted(origin)),
        // Gateway responses know variables but no conditions, so the origin can't be compared here. An origin that is not
        // listed gets to read an error that holds nothing but its own request's id.
        AllowedOrigin::OneOf(_) => Some("method.request.header.Origin".to_owned()),
    };
    common.extend(named.map(|origin| ("Access-Control-Allow-Origin", origin)));
    if origin.varies() {
        common.insert("Vary", quoted("Origin"));
    }
    ANSWERS
        .iter()
        .map(|(kind, status, code, message)| {
            let retry = (*status == 429).then(|| ("Retry-After", quoted("1")));
            let parameters = common
                .clone()
                .into_iter()
                .chain(retry)
                .map(|(name, value)| (format!("gatewayresponse.header.{name}"), value))
                .collect();
            let body = json!({"code": code, "message": message, "request_id": "$context.requestId"});
            let answer = GatewayAnswer { status: status.to_string(), parameters, body: body.to_string() };
            (*kind, answer)
        })
        .collect()
}

/// A constant in API Gateway's mapping expressions.
fn quoted(text: &str) -> String {
    format!("'{text}'")
}

fn allowed<'a>(methods: impl Iterator<Item = &'a str>) -> String {
    let methods: BTreeSet<&str> = methods.chain(["OPTIONS"]).collect();
    methods.into_iter().collect::<Vec<_>>().join(",")
}
