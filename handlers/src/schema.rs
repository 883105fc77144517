//! What the JSON of requests and replies looks like, as data. Owns the description and how a value is held against it; reads no
//! request and writes no reply.

use serde_json::{Map, Value, json};

/// A value.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// What it may be.
    pub kind: Kind,
    /// What it is, a sentence for the documents.
    pub description: &'static str,
}

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// This text and no other.
    Constant(&'static str),
    /// A text.
    Text(Text),
    /// A whole number that is not negative, with an example.
    Count(u32),
    /// A list of such values.
    List(&'static Schema),
    /// An object with just these members.
    Object(&'static [Member]),
    /// An object of a form that others define, such as WebAuthn: its members are not looked at. With an example, in JSON.
    Foreign(&'static str),
}

/// What a text may be.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// The fewest characters.
    pub shortest: usize,
    /// The most characters.
    pub longest: usize,
    /// Its form, by OpenAPI's or JSON Schema's name for it.
    pub format: Option<&'static str>,
    /// Its form, as a regular expression of JSON Schema. Only for the documents.
    pub pattern: Option<&'static str>,
    /// One that is right.
    pub example: &'static str,
}

impl Text {
    /// A text of any form.
    #[must_use]
    pub const fn new(shortest: usize, longest: usize, example: &'static str) -> Self {
        Self { shortest, longest, format: None, pattern: None, example }
    }

    /// The same, of a form that has a name.
    #[must_use]
    pub const fn format(self, format: &'static str) -> Self {
        Self { format: Some(format), ..self }
    }

    /// The same, of a form that a regular expression says.
    #[must_use]
    pub const fn pattern(self, pattern: &'static str) -> Self {
        Self { pattern: Some(pattern), ..self }
    }
}

/// A member of an object.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub schema: Schema,
    /// Whether it may be left out.
    pub optional: bool,
}

impl Member {
    /// A member that is always there.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self { name, schema: Schema { kind, description }, optional: false }
    }

    /// `status`, which is always the same in one kind of reply.
    #[must_use]
    pub const fn status(value: &'static str) -> Self {
        Self::new("status", Kind::Constant(value), "What was done.")
    }

    /// The same member where it may be left out.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }
}

impl Schema {
    /// A value that is right.
    #[must_use]
    pub fn example(&self) -> Value {
        match self.kind {
            Kind::Constant(text) | Kind::Text(Text { example: text, .. }) => json!(text),
            Kind::Count(example) => json!(example),
            Kind::List(element) => json!([element.example()]),
            Kind::Object(members) => example(members),
            // A test parses every example.
            Kind::Foreign(example) => serde_json::from_str(example).unwrap_or_default(),
        }
    }

    /// What is wrong with a value, if anything, with its place. Forms and patterns are not looked at.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        match (self.kind, value) {
            (Kind::Constant(expected), Value::String(text)) if text == expected => Ok(()),
            (Kind::Text(Text { shortest, longest, .. }), Value::String(text))
                if (shortest..=longest).contains(&text.chars().count()) =>
            {
                Ok(())
            }
            (Kind::Count(_), value) if value.is_u64() => Ok(()),
            (Kind::List(element), Value::Array(values)) => {
                values.iter().try_for_each(|value| element.check(value))
            }
            (Kind::Object(members), Value::Object(values)) => check(members, values),
            (Kind::Foreign(_), Value::Object(_)) => Ok(()),
            (kind, value) => Err(format!("{value} is not {kind:?}")),
        }
    }
}

/// An object with all of these members, each right.
#[must_use]
pub fn example(members: &[Member]) -> Value {
    members.iter().map(|member| (member.name.to_owned(), member.schema.example())).collect()
}

/// Whether an object has these members and no other.
pub fn check(members: &[Member], object: &Map<String, Value>) -> Result<(), String> {
    for member in members {
        match object.get(member.name) {
            Some(value) => {
                member.schema.check(value).map_err(|problem| format!("{}: {problem}", member.name))?;
            }
            None if member.optional => {}
            None => return Err(format!("{} is missing", member.name)),
        }
    }
    match object.keys().find(|name| members.iter().all(|member| member.name != *name)) {
        Some(unknown) => Err(format!("{unknown} is not declared")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBERS: &[Member] = &[
        Member::status("DONE"),
        Member::new("name", Kind::Text(Text::new(1, 3, "Zoë")), ""),
        Member::new("age", Kind::Count(7), "").optional(),
        Member::new(
            "tags",
            Kind::List(&Schema { kind: Kind::Text(Text::new(1, 9, "a")), description: "" }),
            "",
        ),
        Member::new("options", Kind::Foreign(r#"{"any":1}"#), ""),
        Member::new("inner", Kind::Object(&[Member::status("IN")]), ""),
    ];

    #[test]
    fn an_example_is_right() {
        let example = example(MEMBERS);
        check(MEMBERS, example.as_object().unwrap()).unwrap();
    }

    #[test]
    fn every_difference_is_found() {
        let changed = |name: &str, value: Value| {
            let mut example = example(MEMBERS);
            example[name] = value;
            check(MEMBERS, example.as_object().unwrap()).is_ok()
        };
        for (name, value) in [
            ("status", json!("UNDONE")),
            ("name", json!("")),
            ("name", json!("Zoës")),
            ("name", json!(null)),
            ("age", json!(-1)),
            ("age", json!("7")),
            ("tags", json!("a")),
            ("tags", json!([""])),
            ("options", json!([])),
            ("inner", json!({})),
            ("inner", json!({"status": "IN", "more": 1})),
            ("more", json!(1)),
        ] {
            assert!(!changed(name, value.clone()), "{name}: {value}");
        }
        assert!(changed("tags", json!([])) && changed("options", json!({})));
    }

    #[test]
    fn only_what_is_optional_may_be_missing() {
        for member in MEMBERS {
            let mut example = example(MEMBERS);
            example.as_object_mut().unwrap().remove(member.name);
            let left = check(MEMBERS, example.as_object().unwrap());
            assert_eq!(left.is_ok(), member.optional, "{}", member.name);
        }
    }
}
