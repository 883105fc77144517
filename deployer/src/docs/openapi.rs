//! The API as an OpenAPI 3.1 description for those who call it. The one that API Gateway gets is another, made of what is deployed:
//! [`rest_api`](crate::resources::RestApi).

use std::collections::BTreeMap;

use cogapi_handlers::endpoint::{Authorization, Endpoint};
use cogapi_handlers::error::{ErrorCode, Failure, FieldProblem};
use cogapi_handlers::field::EMAIL;
use cogapi_handlers::registry::ENDPOINTS;
use cogapi_handlers::request::BODY;
use cogapi_handlers::schema::{Kind, Member, Schema, Text, example};
use cogapi_handlers::user::PATH_PARAMETER;
use serde_json::{Map, Value, json};

use super::{chapters, codes, replies, who};

const JSON: &str = "application/json";
/// The scheme of an ID token.
const ID_TOKEN: &str = "id_token";
/// The scheme of a signed request.
const SIGNATURE: &str = "sigv4";

/// The whole description.
pub(super) fn description() -> Value {
    let mut paths = Map::new();
    for endpoint in ENDPOINTS {
        let operations = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        operations[endpoint.method.to_lowercase()] = operation(endpoint);
    }
    let tags: Vec<Value> = chapters().map(|chapter| json!({"name": chapter.title()})).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Authentication API",
            "description": "An authentication API on Amazon Cognito, deployed by cogapi.",
            "version": "1",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{
            "url": "{api_url}",
            "variables": {
                "api_url": {
                    "default": "https://auth.example.com",
                    "description": "What `cogapi outputs` calls `api_url`.",
                },
            },
        }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": {"Error": error_schema()},
            "responses": errors(),
            "securitySchemes": {
                ID_TOKEN: {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The ID token that a sign-in answers. Administrators have the group `admins`.",
                },
                SIGNATURE: {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "AWS Signature Version 4, for administrators where `[access] admin = \"iam\"`.",
                },
            },
        },
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let mut operation = Map::new();
    operation.insert("operationId".into(), json!(endpoint.name));
    operation.insert("tags".into(), json!([endpoint.chapter.title()]));
    operation.insert("summary".into(), json!(endpoint.summary));
    operation.insert("description".into(), json!(who(endpoint)));
    operation.insert("security".into(), security(endpoint.authorization));
    if endpoint.path.contains(&format!("{{{}}}", PATH_PARAMETER.name)) {
        operation.insert("parameters".into(), json!([path_parameter()]));
    }
    if !endpoint.request.is_empty() {
        let mut schema = object(endpoint.request);
        // What is not declared is refused.
        schema["additionalProperties"] = json!(false);
        let content = json!({JSON: {"schema": schema, "example": example(endpoint.request)}});
        operation.insert("requestBody".into(), json!({"required": true, "content": content}));
    }
    operation.insert("responses".into(), responses(endpoint));
    Value::Object(operation)
}

/// Any one of the list is enough; an empty object is no authorization at all.
fn security(authorization: Authorization) -> Value {
    match authorization {
        Authorization::Open => json!([]),
        Authorization::IdToken => json!([{ID_TOKEN: []}]),
        Authorization::Admin => json!([{ID_TOKEN: []}, {SIGNATURE: []}]),
        Authorization::Registration => json!([{}, {ID_TOKEN: []}, {SIGNATURE: []}]),
    }
}

fn path_parameter() -> Value {
    let schema = PATH_PARAMETER.schema;
    json!({
        "name": PATH_PARAMETER.name,
        "in": "path",
        "required": true,
        "description": schema.description,
        "schema": {"type": "string"},
        "example": schema.example(),
    })
}

fn responses(endpoint: &Endpoint) -> Value {
    let mut responses = Map::new();
    let shapes: Vec<Value> = endpoint.reply.shapes.iter().map(|shape| object(shape)).collect();
    let schema = if shapes.len() == 1 { shapes[0].clone() } else { json!({"oneOf": shapes}) };
    let examples: Map<String, Value> =
        replies(endpoint).map(|(name, value)| (name.to_owned(), json!({"value": value}))).collect();
    let done =
        json!({"description": endpoint.summary, "content": {JSON: {"schema": schema, "examples": examples}}});
    responses.insert(endpoint.reply.status.to_string(), done);
    for (status, codes) in by_status(endpoint) {
        responses.insert(
            status.to_string(),
            json!({"$ref": format!("#/components/responses/{}", joined(&codes, "-"))}),
        );
    }
    Value::Object(responses)
}

/// The codes that an endpoint may answer, by their status.
fn by_status(endpoint: &Endpoint) -> BTreeMap<u16, Vec<ErrorCode>> {
    let mut statuses: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in codes(endpoint) {
        statuses.entry(code.status()).or_default().push(code);
    }
    statuses
}

/// Every reply that is an error: one for all endpoints that may answer the same codes with one status.
fn errors() -> BTreeMap<String, Value> {
    let sets = ENDPOINTS.iter().flat_map(|endpoint| by_status(endpoint).into_values());
    sets.map(|codes| (joined(&codes, "-"), error(&codes))).collect()
}

fn joined(codes: &[ErrorCode], between: &str) -> String {
    codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(between)
}

fn error(codes: &[ErrorCode]) -> Value {
    let names: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let examples: Map<String, Value> =
        codes.iter().map(|code| (code.as_str().to_owned(), json!({"value": error_example(*code)}))).collect();
    let schema = json!({
        "allOf": [{"$ref": "#/components/schemas/Error"}],
        "properties": {"code": {"enum": names}},
    });
    let mut response = json!({
        "description": format!("`{}`", joined(codes, "`, `")),
        "content": {JSON: {"schema": schema, "examples": examples}},
    });
    if codes.contains(&ErrorCode::TooManyRequests) {
        let schema = json!({"type": "integer"});
        response["headers"] = json!({"Retry-After": {"description": "Seconds to wait.", "schema": schema}});
    }
    response
}

/// An error as a function would write it.
fn error_example(code: ErrorCode) -> Value {
    let failure = if code == ErrorCode::InvalidRequest {
        Failure::invalid(vec![FieldProblem { field: EMAIL.member.name.to_owned(), problem: "is missing" }])
    } else {
        Failure::new(code)
    };
    serde_json::from_str(&failure.body("1f6a2a0e-6b3c-4d0e-8f6e-0d6f3c1b2a4d")).unwrap_or_default()
}

fn error_schema() -> Value {
    let codes: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    json!({
        "type": "object",
        "required": ["code", "message", "request_id"],
        "properties": {
            "code": {"type": "string", "enum": codes, "description": "For programs."},
            "message": {"type": "string", "description": "For people."},
            "request_id": {"type": "string", "description": "To be told when asking for help."},
            "session": {
                "type": "string",
                "description": "With `invalid_code`, where the code may be tried again: the session to do that in.",
            },
            "fields": {
                "type": "array",
                "description": "Every problem of a request that is not valid.",
                "items": {
                    "type": "object",
                    "required": ["field", "problem"],
                    "properties": {
                        "field": {
                            "type": "string",
                            "description": format!("The field's name; `{BODY}` for the whole of it."),
                        },
                        "problem": {"type": "string"},
                    },
                },
            },
        },
    })
}

fn object(members: &[Member]) -> Value {
    let properties: Map<String, Value> =
        members.iter().map(|member| (member.name.to_owned(), schema(&member.schema))).collect();
    let required: Vec<&str> =
        members.iter().filter(|member| !member.optional).map(|member| member.name).collect();
    json!({"type": "object", "required": required, "properties": properties})
}

fn schema(described: &Schema) -> Value {
    let mut schema = match described.kind {
        Kind::Constant(text) => json!({"type": "string", "const": text}),
        Kind::Text(text) => self::text(text),
        Kind::Count(_) => json!({"type": "integer", "minimum": 0}),
        Kind::List(element) => json!({"type": "array", "items": self::schema(element)}),
        Kind::Object(members) => object(members),
        Kind::Foreign(_) => json!({"type": "object"}),
    };
    schema["description"] = json!(described.description);
    schema
}

fn text(text: Text) -> Value {
    let mut schema = json!({"type": "string", "minLength": text.shortest, "maxLength": text.longest});
    for (key, value) in [("format", text.format), ("pattern", text.pattern)] {
        if let Some(value) = value {
            schema[key] = json!(value);
        }
    }
    schema
}
