//! The SDK's documents, which hold JSON of a form that others define, to and from `serde_json`. Owns nothing else; must not
//! know what a document says.

use aws_smithy_types::{Document, Number};
use serde_json::Value;

/// The document that holds this JSON.
#[must_use]
pub fn from_json(value: Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(value) => Document::Bool(value),
        Value::Number(number) => Document::Number(number_of(&number)),
        Value::String(text) => Document::String(text),
        Value::Array(values) => Document::Array(values.into_iter().map(from_json).collect()),
        Value::Object(members) => {
            Document::Object(members.into_iter().map(|(name, value)| (name, from_json(value))).collect())
        }
    }
}

fn number_of(number: &serde_json::Number) -> Number {
    match (number.as_u64(), number.as_i64()) {
        (Some(number), _) => Number::PosInt(number),
        (None, Some(number)) => Number::NegInt(number),
        // Every number that is neither is a float.
        (None, None) => Number::Float(number.as_f64().unwrap_or_default()),
    }
}

/// The JSON that a document holds.
#[must_use]
pub fn to_json(document: &Document) -> Value {
    match document {
        Document::Null => Value::Null,
        Document::Bool(value) => Value::Bool(*value),
        Document::Number(Number::PosInt(number)) => Value::from(*number),
        Document::Number(Number::NegInt(number)) => Value::from(*number),
        Document::Number(Number::Float(number)) => Value::from(*number),
        Document::String(text) => Value::from(text.as_str()),
        Document::Array(values) => values.iter().map(to_json).collect(),
        Document::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), to_json(value))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_comes_back_as_it_went() {
        for value in [
            json!(null),
            json!(true),
            json!("Zoë"),
            json!([]),
            json!({}),
            json!([0, u64::MAX, -1, i64::MIN, 0.5, -1e300]),
            json!({"rp": {"id": "example.com"}, "pubKeyCredParams": [{"alg": -7}, {"alg": -257}], "timeout": 60000}),
        ] {
            assert_eq!(to_json(&from_json(value.clone())), value);
        }
    }

    #[test]
    fn a_number_that_json_does_not_have_is_null() {
        assert_eq!(to_json(&Document::Number(Number::Float(f64::NAN))), json!(null));
    }
}
