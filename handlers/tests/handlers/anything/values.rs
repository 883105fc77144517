//! Values that are right, nearly right, or nothing of the kind. Must not know what they are for.

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Map, Value};

/// In most texts that are made up, so that it is noticed wherever one gets to.
pub(super) const CANARY: &str = "c4n4ry";

/// What begins, ends or means something somewhere.
const SPECIAL: &[&str] = &[
    "",
    " ",
    "\0",
    "\r\n",
    "\u{1b}[2J",
    "\u{feff}",
    "\u{202e}",
    "e\u{301}",
    "\u{1f469}\u{200d}\u{1f680}",
    "\\u0000",
    "\\",
    "\"",
    "'--",
    "<script>",
    "&amp;",
    "{####}",
    "{username}",
    "{code}",
    "%00",
    "%40",
    "%",
    "../",
    "@",
    "a@b.example",
    ".",
    "..",
    "=",
    ",",
    "[",
    "]",
    "null",
    "true",
    "-0",
    "1e999",
];

/// More than any field takes, and at times more than a body may have.
const LONG: usize = 20_000;
/// More than the parser goes down.
const DEEP: usize = 200;

/// Any text, some of it short, long or strange.
pub(super) fn any_text() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        4 => any::<String>(),
        4 => select(SPECIAL).prop_map(ToOwned::to_owned),
        1 => (select(SPECIAL), 1..LONG).prop_map(|(text, times)| text.repeat(times / text.len().max(1))),
    ];
    (text, prop::bool::weighted(0.8)).prop_map(|(text, marked)| if marked { text + CANARY } else { text })
}

/// Any JSON.
pub(super) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        2 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        4 => any_text().prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any_text(), inner), 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    });
    prop_oneof![
        8 => tree,
        1 => (1..DEEP).prop_map(|depth| (0..depth).fold(Value::Null, |inner, _| Value::from(vec![inner]))),
    ]
}

/// A text with something wrong in one place.
pub(super) fn near_text(text: &str) -> impl Strategy<Value = String> + use<> {
    let text = text.to_owned();
    (any::<Index>(), any::<Index>(), any_text()).prop_map(move |(from, to, between)| {
        let places: Vec<usize> = text.char_indices().map(|(place, _)| place).chain([text.len()]).collect();
        let (from, to) = (*from.get(&places), *to.get(&places));
        format!("{}{between}{}", &text[..from.min(to)], &text[from.max(to)..])
    })
}

/// Values like this one: each part of it as it is, nearly so, another or not there.
pub(super) fn near(value: &Value) -> BoxedStrategy<Value> {
    let alike = match value {
        Value::Object(members) => near_members(members).prop_map(Value::from_iter).boxed(),
        Value::Array(values) => values.iter().map(near).collect::<Vec<_>>().prop_map(Value::from).boxed(),
        Value::String(text) => prop_oneof![
            6 => Just(value.clone()),
            1 => near_text(text).prop_map(Value::from),
        ]
        .boxed(),
        Value::Bool(it) => prop::bool::weighted(if *it { 0.75 } else { 0.25 }).prop_map(Value::from).boxed(),
        _ => Just(value.clone()).boxed(),
    };
    prop_oneof![12 => alike, 1 => any_json()].boxed()
}

/// Members like these: each there once, not at all or twice, and at times some that nobody asked for.
pub(super) fn near_members(
    members: &Map<String, Value>,
) -> impl Strategy<Value = Vec<(String, Value)>> + use<> {
    let member = |(name, value): (&String, &Value)| {
        let one = (Just(name.clone()), near(value));
        prop_oneof![
            24 => vec(one.clone(), 1),
            1 => vec(one.clone(), 0),
            1 => vec(one, 2),
        ]
    };
    let declared: Vec<_> = members.iter().map(member).collect();
    let others = prop_oneof![
        8 => Just(vec![]),
        1 => vec((any_text(), any_json()), 1..4),
    ];
    (declared, others).prop_map(|(declared, others)| declared.into_iter().flatten().chain(others).collect())
}
