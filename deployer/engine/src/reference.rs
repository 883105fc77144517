//! References from one resource's inputs to another's outputs, as tokens inside strings.
//!
//! A token may stand anywhere in a string (an ARN inside a policy, say), so inputs stay plain typed values and the
//! engine alone knows about references. Configuration must refuse [`MARK`] in what users write.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::Address;

/// What every token begins with.
pub const MARK: &str = "${ref:";

/// One output of one resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Whose output.
    pub address: Address,
    /// Which output: a field name of the kind's outputs.
    pub output: String,
}

impl Reference {
    /// The token that stands for this output until it is known.
    #[must_use]
    pub fn token(&self) -> String {
        format!("{MARK}{}#{}}}", self.address, self.output)
    }
}

/// A stretch of a string: text as it is, or a reference.
enum Piece<'a> {
    Text(&'a str),
    Reference(Reference),
}

fn pieces(mut text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    while let Some(start) = text.find(MARK) {
        let token = &text[start + MARK.len()..];
        let parsed = token.find('}').and_then(|end| {
            let (address, output) = token[..end].split_once('#')?;
            Some((end, Reference { address: Address::parse(address)?, output: output.to_owned() }))
        });
        let Some((end, reference)) = parsed else {
            found.push(Piece::Text(&text[..start + MARK.len()]));
            text = token;
            continue;
        };
        if start > 0 {
            found.push(Piece::Text(&text[..start]));
        }
        found.push(Piece::Reference(reference));
        text = &token[end + 1..];
    }
    if !text.is_empty() {
        found.push(Piece::Text(text));
    }
    found
}

/// Every reference in `value`, keys of objects included.
#[must_use]
pub fn find(value: &Value) -> BTreeSet<Reference> {
    let mut found = BTreeSet::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Value, into: &mut BTreeSet<Reference>) {
    let mut text = |text: &str| {
        into.extend(pieces(text).into_iter().filter_map(|piece| match piece {
            Piece::Reference(reference) => Some(reference),
            Piece::Text(_) => None,
        }));
    };
    match value {
        Value::String(string) => text(string),
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(fields) => {
            for (key, field) in fields {
                collect(&Value::String(key.clone()), into);
                collect(field, into);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `value` with every reference replaced that `lookup` knows; the others stay as tokens.
pub fn resolve(value: &Value, lookup: &dyn Fn(&Reference) -> Option<String>) -> Value {
    match value {
        Value::String(text) => Value::String(resolve_text(text, lookup)),
        Value::Array(items) => Value::Array(items.iter().map(|item| resolve(item, lookup)).collect()),
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(key, field)| (resolve_text(key, lookup), resolve(field, lookup))).collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// [`resolve`] for one string.
pub fn resolve_text(text: &str, lookup: &dyn Fn(&Reference) -> Option<String>) -> String {
    if !text.contains(MARK) {
        return text.to_owned();
    }
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Reference(reference) => lookup(&reference).unwrap_or_else(|| reference.token()),
        })
        .collect()
}

/// Whether anything in `value` is still unknown.
#[must_use]
pub fn is_unknown(value: &Value) -> bool {
    !find(value).is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_is_found_and_resolved_wherever_it_stands() {
        let reference = Reference { address: Address::new("pool", "main"), output: "arn".into() };
        let value = json!({"policy": [format!("on {} only", reference.token())], (reference.token()): 1});
        assert_eq!(find(&value), BTreeSet::from([reference.clone()]));
        let resolved = resolve(&value, &|asked| (*asked == reference).then(|| "arn:1".to_owned()));
        assert_eq!(resolved, json!({"policy": ["on arn:1 only"], "arn:1": 1}));
    }

    #[test]
    fn what_is_not_a_whole_token_stays_as_it_was_written() {
        for text in ["${ref:", "${ref:a.b", "${ref:ab#c}", "${ref:a.b}", "${aws:username}", "$"] {
            assert_eq!(resolve(&json!(text), &|_| Some("x".into())), json!(text));
        }
    }
}
