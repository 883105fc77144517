//! The documents for those who call the API, derived from the handlers' registry: an OpenAPI description, a Postman collection and
//! tables. Two are for those who run cogapi: the example of an environment's file, and the schema of its events. Pure: texts in, texts
//! out. `make docs` writes them, and a test fails when a committed one is not as the sources say.

#[cfg(test)]
mod events;
mod openapi;
mod postman;
mod tables;

use cogapi_handlers::endpoint::{Authorization, Chapter, Endpoint, Feature};
use cogapi_handlers::error::ErrorCode;
use cogapi_handlers::field::ACCESS_TOKEN;
use cogapi_handlers::registry::ENDPOINTS;
use cogapi_handlers::schema::{Kind, Member, example};
use serde_json::Value;

use crate::config::template::Answers;

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Where it is, from the root of the repository.
    pub path: &'static str,
    /// All of it.
    pub text: String,
}

/// All documents; the README with its table of endpoints replaced.
#[must_use]
pub fn all(readme: &str) -> Vec<Document> {
    let document = |path, text| Document { path, text };
    vec![
        document("docs/openapi.json", pretty(&openapi::description())),
        document("docs/postman_collection.json", pretty(&postman::collection())),
        document("docs/endpoints.md", tables::endpoints()),
        document("README.md", tables::within(readme)),
        document("environments/dev.toml.example", Answers::example().text()),
    ]
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// The chapters that have an endpoint.
fn chapters() -> impl Iterator<Item = Chapter> {
    Chapter::ALL.iter().copied().filter(|chapter| of(*chapter).next().is_some())
}

/// The endpoints of a chapter.
fn of(chapter: Chapter) -> impl Iterator<Item = &'static Endpoint> {
    ENDPOINTS.iter().copied().filter(move |endpoint| endpoint.chapter == chapter)
}

/// Every code that an endpoint may answer, in the order of the documents.
fn codes(endpoint: &Endpoint) -> impl Iterator<Item = ErrorCode> {
    let may_answer = |code: &ErrorCode| endpoint.errors.contains(code) || ErrorCode::COMMON.contains(code);
    ErrorCode::ALL.iter().copied().filter(may_answer)
}

/// Who may call an endpoint, and where it is left out.
fn who(endpoint: &Endpoint) -> String {
    let callers = match endpoint.authorization {
        Authorization::Open if takes(endpoint, &ACCESS_TOKEN.member) => {
            "For the user whose access token it takes."
        }
        Authorization::Open => "For anyone.",
        Authorization::IdToken => "With an ID token.",
        Authorization::Admin => "For administrators.",
        Authorization::Registration => {
            "For anyone; for administrators where `[access] registration = \"admin\"`."
        }
    };
    match endpoint.only_with {
        None => callers.to_owned(),
        Some(Feature::Passkeys) => format!("{callers} Only where the environment has `[passkeys]`."),
    }
}

fn takes(endpoint: &Endpoint, field: &Member) -> bool {
    endpoint.request.iter().any(|member| member.name == field.name)
}

/// The replies of an endpoint that worked, an example of each shape, named after what tells them apart.
fn replies(endpoint: &Endpoint) -> impl Iterator<Item = (&'static str, Value)> {
    endpoint.reply.shapes.iter().map(|shape| (name_of(shape), example(shape)))
}

/// What a shape of a reply is called: its first constant.
fn name_of(shape: &[Member]) -> &'static str {
    let constant = |member: &Member| match member.schema.kind {
        Kind::Constant(text) => Some(text),
        _ => None,
    };
    shape.iter().find_map(constant).unwrap_or("done")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Set to write the documents instead of comparing them.
    const WRITE: &str = "COGAPI_WRITE_DOCS";

    #[test]
    fn every_committed_document_is_what_the_registry_says() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let readme = fs::read_to_string(root.join("README.md")).unwrap();
        for Document { path, text } in all(&readme).into_iter().chain([events::schema()]) {
            let file = root.join(path);
            if std::env::var_os(WRITE).is_some() {
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(&file, &text).unwrap();
            }
            let committed = fs::read_to_string(&file).unwrap_or_default();
            assert!(committed == text, "{path} is not what the registry says: run `make docs` and commit it");
        }
    }

    #[test]
    fn every_endpoint_is_in_every_document() {
        for document in all(&format!("{}{}", tables::BEGIN, tables::END)) {
            if document.path.starts_with("environments/") {
                continue;
            }
            for endpoint in ENDPOINTS {
                let path = match document.path {
                    "docs/postman_collection.json" => endpoint.path.replace("{user_id}", ":user_id"),
                    _ => endpoint.path.to_owned(),
                };
                assert!(document.text.contains(&path), "{}: {path}", document.path);
            }
        }
    }

    #[test]
    fn shapes_of_one_reply_are_told_apart_by_their_names() {
        for endpoint in ENDPOINTS {
            let names: BTreeSet<_> = replies(endpoint).map(|(name, _)| name).collect();
            assert_eq!(names.len(), endpoint.reply.shapes.len(), "{}", endpoint.name);
        }
    }
}
