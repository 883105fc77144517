//! The schema of what `--json` prints line by line, derived from the types that are printed.

use schemars::schema_for;
use serde_json::json;

use super::{Document, pretty};
use crate::render::json::{Event, FORMAT};

/// The schema of an event.
pub(super) fn schema() -> Document {
    let mut schema = schema_for!(Event);
    schema.insert("title".to_owned(), json!(format!("What `cogapi --json` prints a line, format {FORMAT}")));
    Document { path: "docs/events.schema.json", text: pretty(&json!(schema)) }
}
