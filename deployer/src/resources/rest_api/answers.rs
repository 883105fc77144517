//! What API Gateway answers by itself, without a function: CORS preflights, and its own errors in the contract's shape. Pure.

use std::collections::{BTreeMap, BTreeSet};

use cogapi_handlers::error::{ErrorCode, FieldProblem, NOT_ACCEPTED};
use cogapi_handlers::request::{BODY, NOT_JSON, TOO_LARGE};
use serde_json::json;

use super::openapi::routes_at;
use super::{Cors, RestApi};

/// How long a browser may remember a preflight's answer, in seconds.
const PREFLIGHT_MAX_AGE: u32 = 600;

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
/// map of headers is case-sensitive. Nothing but directives and nothing between them: what a template renders is the body, and
/// a 204 has none.
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
    .concat()
}

/// The errors that API Gateway answers itself: their types and the contract's code. The types that are not here follow the two
/// defaults.
const ERRORS: &[(&str, ErrorCode)] = &[
    ("ACCESS_DENIED", ErrorCode::Forbidden),
    ("BAD_REQUEST_BODY", ErrorCode::InvalidRequest),
    ("BAD_REQUEST_PARAMETERS", ErrorCode::InvalidRequest),
    ("DEFAULT_4XX", ErrorCode::InvalidRequest),
    ("DEFAULT_5XX", ErrorCode::Internal),
    ("EXPIRED_TOKEN", ErrorCode::InvalidToken),
    ("INTEGRATION_FAILURE", ErrorCode::UpstreamUnavailable),
    ("INTEGRATION_TIMEOUT", ErrorCode::UpstreamUnavailable),
    ("INVALID_API_KEY", ErrorCode::Forbidden),
    ("INVALID_SIGNATURE", ErrorCode::Forbidden),
    // A request that should be signed and is not, and any path that API Gateway does not know.
    ("MISSING_AUTHENTICATION_TOKEN", ErrorCode::Forbidden),
    ("QUOTA_EXCEEDED", ErrorCode::TooManyRequests),
    // Larger than API Gateway's 10 MB; the contract's answer to any body that is too large.
    ("REQUEST_TOO_LARGE", ErrorCode::InvalidRequest),
    ("THROTTLED", ErrorCode::TooManyRequests),
    ("UNAUTHORIZED", ErrorCode::InvalidToken),
    ("WAF_FILTERED", ErrorCode::Forbidden),
];

/// The gateway responses: the contract's error body and headers on all that API Gateway answers itself.
pub(super) fn gateway_answers(api: &RestApi) -> BTreeMap<&'static str, GatewayAnswer> {
    let methods = api.routes.keys().filter_map(|key| key.split_once(' ')).map(|(method, _)| method);
    let mut common = BTreeMap::from([
        ("Access-Control-Allow-Headers", quoted(&api.cors.headers.join(","))),
        ("Access-Control-Allow-Methods", quoted(&allowed(methods))),
        ("Access-Control-Expose-Headers", quoted("Retry-After")),
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
    ERRORS
        .iter()
        .map(|(kind, code)| {
            // The bucket of the throttle fills again within the second.
            let retry = (*code == ErrorCode::TooManyRequests).then(|| ("Retry-After", quoted("1")));
            let parameters = common
                .clone()
                .into_iter()
                .chain(retry)
                .map(|(name, value)| (format!("gatewayresponse.header.{name}"), value))
                .collect();
            let mut body = json!({
                "code": code.as_str(),
                "message": code.message(),
                "request_id": "$context.requestId",
            });
            if *code == ErrorCode::InvalidRequest {
                body["fields"] = json!([FieldProblem { field: BODY.to_owned(), problem: problem(kind) }]);
            }
            let answer =
                GatewayAnswer { status: code.status().to_string(), parameters, body: body.to_string() };
            (*kind, answer)
        })
        .collect()
}

/// What is wrong with a request that API Gateway itself calls bad, in the words of the handlers: a bad request always names a
/// field, which is the body as long as nobody has read it.
fn problem(kind: &str) -> &'static str {
    match kind {
        "BAD_REQUEST_BODY" => NOT_JSON,
        "REQUEST_TOO_LARGE" => TOO_LARGE,
        _ => NOT_ACCEPTED,
    }
}

/// A constant in API Gateway's mapping expressions.
fn quoted(text: &str) -> String {
    format!("'{text}'")
}

fn allowed<'a>(methods: impl Iterator<Item = &'a str>) -> String {
    let methods: BTreeSet<&str> = methods.chain(["OPTIONS"]).collect();
    methods.into_iter().collect::<Vec<_>>().join(",")
}
