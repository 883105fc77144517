//! The API as a Postman collection, in which one request follows on another: what a reply tells (tokens, sessions, ids) is kept in
//! variables, and the requests after it are made of these.

use std::collections::BTreeSet;

use cogapi_handlers::endpoint::{Authorization, Endpoint};
use cogapi_handlers::field::EMAIL;
use cogapi_handlers::member::{ID_TOKEN, USER_ID};
use cogapi_handlers::registry::ENDPOINTS;
use cogapi_handlers::schema::{Kind, example};
use serde_json::{Map, Value, json};

use super::{chapters, replies, who};

/// The form of the collection, by its name.
const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

/// Keeps what a reply tells.
const KEEP: &str = "for (const [name, value] of Object.entries(pm.response.json())) { \
                    if (typeof value === \"string\" && pm.collectionVariables.has(name)) { \
                    pm.collectionVariables.set(name, value); } }";

/// The whole collection.
pub(super) fn collection() -> Value {
    let told = told();
    let mut variables = vec![json!({"key": "api_url", "value": "https://auth.example.com"})];
    variables.extend(told.iter().map(|name| {
        let value = if *name == EMAIL.member.name { EMAIL.member.schema.example() } else { json!("") };
        json!({"key": name, "value": value})
    }));
    let folders: Vec<Value> = chapters()
        .map(|chapter| {
            let items: Vec<Value> = super::of(chapter).map(|endpoint| item(endpoint, &told)).collect();
            json!({"name": chapter.title(), "item": items})
        })
        .collect();
    json!({
        "info": {
            "name": "Authentication API",
            "description": "Set `api_url` to what `cogapi outputs` says.",
            "schema": SCHEMA,
        },
        "variable": variables,
        "event": [{"listen": "test", "script": {"type": "text/javascript", "exec": [KEEP]}}],
        "item": folders,
    })
}

/// What some reply tells and some request needs.
fn told() -> BTreeSet<&'static str> {
    let members = ENDPOINTS.iter().flat_map(|endpoint| endpoint.reply.shapes.iter().copied().flatten());
    let texts = members.filter(|member| matches!(member.schema.kind, Kind::Text(_)));
    let needed: BTreeSet<&str> =
        ENDPOINTS.iter().flat_map(|endpoint| endpoint.request).map(|member| member.name).collect();
    let told = texts.map(|member| member.name).filter(|name| needed.contains(name));
    // A path and a header need these.
    told.chain([USER_ID.name, ID_TOKEN.name]).collect()
}

fn item(endpoint: &Endpoint, told: &BTreeSet<&str>) -> Value {
    let mut request = Map::new();
    request.insert("method".into(), json!(endpoint.method));
    request.insert("description".into(), json!(format!("{} {}", endpoint.summary, who(endpoint))));
    request.insert("auth".into(), auth(endpoint.authorization));
    request.insert("url".into(), url(endpoint));
    if !endpoint.request.is_empty() {
        let mut body = example(endpoint.request);
        for name in endpoint.request.iter().map(|member| member.name).filter(|name| told.contains(name)) {
            body[name] = json!(format!("{{{{{name}}}}}"));
        }
        request.insert("header".into(), json!([{"key": "Content-Type", "value": "application/json"}]));
        let raw = format!("{body:#}");
        request.insert(
            "body".into(),
            json!({"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}),
        );
    }
    let responses: Vec<Value> = replies(endpoint)
        .map(|(name, body)| {
            let body = format!("{body:#}");
            json!({"name": name, "code": endpoint.reply.status, "_postman_previewlanguage": "json", "body": body})
        })
        .collect();
    json!({
        "name": format!("{} {}", endpoint.method, endpoint.path),
        "request": request,
        "response": responses,
    })
}

fn auth(authorization: Authorization) -> Value {
    match authorization {
        Authorization::Open => json!({"type": "noauth"}),
        Authorization::IdToken | Authorization::Admin | Authorization::Registration => json!({
            "type": "bearer",
            "bearer": [{"key": "token", "value": format!("{{{{{}}}}}", ID_TOKEN.name), "type": "string"}],
        }),
    }
}

fn url(endpoint: &Endpoint) -> Value {
    // Postman writes a placeholder with a colon.
    let placeholder = format!("{{{}}}", USER_ID.name);
    let path = endpoint.path.replace(&placeholder, &format!(":{}", USER_ID.name));
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let mut url = json!({"raw": format!("{{{{api_url}}}}{path}"), "host": ["{{api_url}}"], "path": parts});
    if endpoint.path.contains(&placeholder) {
        url["variable"] = json!([{"key": USER_ID.name, "value": format!("{{{{{}}}}}", USER_ID.name)}]);
    }
    url
}
