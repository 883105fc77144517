//! Drift, field by field: what somebody changes behind our back is seen in just those fields, and put right with just the calls that
//! it takes. Every field of a kind's inputs must have a case, or a reason for having none.

use std::collections::BTreeSet;

use cogapi_engine::{Found, Resource};
use futures::future::{LocalBoxFuture, join_all};
use serde::de::{DeserializeOwned, Deserializer, Visitor, value};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use crate::matrix::{Case, Names};
use crate::support::World;

/// One change that somebody makes with calls of their own.
pub(crate) struct Drift<R: Resource> {
    fields: Names,
    change: Change<R>,
    before_mending: fn(&World),
    mended: Mended,
}

type Change<R> =
    Box<dyn for<'a> FnOnce(&'a World, &'a R, &'a <R as Resource>::Outputs) -> LocalBoxFuture<'a, ()>>;

/// What becomes of a change.
enum Mended {
    /// It is put right with these mutating calls.
    By(Names),
    /// It can't be put right, and is refused in these words.
    Not(&'static str),
}

impl<R: Case> Drift<R> {
    /// See [`Case::drift`].
    pub(crate) fn new(
        fields: Names,
        mended_by: Names,
        change: impl AsyncFnOnce(&World, &R, &R::Outputs) + 'static,
    ) -> Self {
        let change: Change<R> =
            Box::new(|world, declared, outputs| Box::pin(async { change(world, declared, outputs).await }));
        Self { fields, change, before_mending: |_| (), mended: Mended::By(mended_by) }
    }

    /// This happens after the change was seen, before it is put right.
    pub(crate) fn then(self, before_mending: fn(&World)) -> Self {
        Self { before_mending, ..self }
    }

    /// It can't be put right: that is refused in these words.
    pub(crate) fn refused(self, words: &'static str) -> Self {
        Self { mended: Mended::Not(words), ..self }
    }

    async fn check(self) {
        let (world, declared, outputs) = R::deployed().await;
        (self.change)(&world, &declared, &outputs).await;
        let found = world.read(&declared, Some(&outputs)).await;
        let (differing, seen) = match &found {
            Found::Owned { inputs, .. } => (differing(inputs, &declared), inputs),
            found => panic!("{:?}: {found:?}", self.fields),
        };
        assert_eq!(differing, self.fields, "{seen:?}");
        (self.before_mending)(&world);
        let (result, writes) = world.writes(world.reconcile(&declared, found)).await;
        match (result, self.mended) {
            (Ok(outputs), Mended::By(calls)) => {
                assert_eq!(writes, calls, "{:?}", self.fields);
                world.expect(&declared, Some(&outputs)).await;
            }
            (Err(failure), Mended::Not(words)) => {
                assert!(failure.detail.contains(words), "{failure}");
                assert_eq!(writes, [""; 0]);
            }
            (result, _) => panic!("{:?}: {result:?}", self.fields),
        }
    }
}

/// Demands all of this of every case of a kind, each in a world of its own.
pub(crate) async fn every_field_is_put_right<R: Case>() {
    let cases = R::drifts();
    let fixed = R::FIXED.iter().map(|(field, _)| *field);
    // What makes it another one is never put right: it is made anew.
    let excused: Vec<_> = fixed.chain(R::REPLACE_ON.iter().copied()).collect();
    let drifting: Vec<_> = cases.iter().flat_map(|case| case.fields).copied().collect();
    let accounted: BTreeSet<_> = excused.iter().chain(&drifting).copied().collect();
    assert_eq!(accounted, fields_of::<R>(), "the fields with a case or an excuse, and those that there are");
    let both: Vec<_> = R::FIXED.iter().filter(|(field, _)| drifting.contains(field)).collect();
    assert!(both.is_empty(), "they differ all the same: {both:?}");
    join_all(cases.into_iter().map(|case| Box::pin(case.check()))).await;
}

/// The fields in which two inputs differ.
fn differing<R: Resource>(one: &R, other: &R) -> Vec<String> {
    let (one, other) = (serialized(one), serialized(other));
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    names.into_iter().filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}

fn serialized<R: Resource>(inputs: &R) -> Map<String, Value> {
    match serde_json::to_value(inputs).unwrap() {
        Value::Object(fields) => fields,
        other => panic!("inputs are an object: {other}"),
    }
}

/// The names of a struct's fields, those included that are left out where there is nothing to say.
fn fields_of<R: DeserializeOwned>() -> BTreeSet<&'static str> {
    let mut fields = BTreeSet::new();
    // It never gets as far as a value.
    assert!(R::deserialize(Fields(&mut fields)).is_err());
    fields
}

/// Asks a struct for its fields, and gives it nothing.
struct Fields<'a>(&'a mut BTreeSet<&'static str>);

impl<'de> Deserializer<'de> for Fields<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom("it is no struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.extend(fields);
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map enum identifier ignored_any
    }
}
