//! Drift, field by field: what somebody changes behind our back is seen in just that field, and put right with just the calls
//! that it takes. A kind's table must have a case for every field that can differ, or the test fails.

use std::collections::BTreeSet;
use std::fmt::Debug;

use cogapi::resources::Context;
use cogapi_engine::Resource;
use futures::future::{BoxFuture, join_all};
use serde_json::{Map, Value};

use crate::cognito::owned;
use crate::support::World;

/// One change that somebody makes with calls of their own.
pub(crate) struct Drift<R: 'static> {
    /// The field of the inputs in which it shows.
    pub(crate) field: &'static str,
    /// Makes the change.
    pub(crate) change: for<'a> fn(&'a World, &'a R) -> BoxFuture<'a, ()>,
    /// The mutating calls that put it right, by name.
    pub(crate) mended_by: &'static [&'static str],
}

/// Demands all of this of every case, each in a world of its own that `prepare` makes.
pub(crate) async fn every_field_is_put_right<R>(
    cases: &[Drift<R>],
    prepare: impl AsyncFn() -> (World, R, R::Outputs),
) where
    R: Resource<Context = Context> + Debug + PartialEq,
    R::Outputs: Debug,
{
    let mut fields = BTreeSet::new();
    let each = cases.iter().map(async |case| {
        let (world, declared, outputs) = Box::pin(prepare()).await;
        world.expect(&declared, Some(&outputs)).await;
        (case.change)(&world, &declared).await;
        let found = owned(&world, &declared, Some(&outputs)).await;
        assert_eq!(differing(&found, &declared), [case.field], "{found:?}");
        world.deploy_with(&declared, Some(&outputs), case.mended_by).await;
        // Deviations are a field only where there are some.
        &changeable(&declared) | &changeable(&found)
    });
    for changeable in join_all(each.map(Box::pin)).await {
        fields.extend(changeable);
    }
    let covered: BTreeSet<String> = cases.iter().map(|case| case.field.to_owned()).collect();
    assert_eq!(covered, fields, "the fields that have a case, and those that there are");
}

/// The fields of the inputs that can differ from what was declared: those that say which thing it is can't.
fn changeable<R: Resource>(inputs: &R) -> BTreeSet<String> {
    let names = fields(inputs).into_iter().map(|(name, _)| name);
    names.filter(|name| !R::REPLACE_ON.contains(&name.as_str())).collect()
}

/// The fields in which two inputs differ.
fn differing<R: Resource>(one: &R, other: &R) -> Vec<String> {
    let (one, other) = (fields(one), fields(other));
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    names.into_iter().filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}

fn fields<R: Resource>(inputs: &R) -> Map<String, Value> {
    match serde_json::to_value(inputs).unwrap() {
        Value::Object(fields) => fields,
        other => panic!("inputs are an object: {other}"),
    }
}
