//! Resource kinds with their types erased, so that the engine can work on JSON. Owns the conversion and its errors.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Address, Failure, Found, Replacement, Resource};

/// What a read found, erased.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// There is no such thing.
    Missing,
    /// There, and ours.
    Owned {
        /// The inputs as they are now.
        inputs: Value,
        /// Its outputs.
        outputs: Value,
    },
    /// There under our name, not known to be ours.
    Unowned {
        /// The inputs as they are now.
        inputs: Value,
        /// Its outputs.
        outputs: Value,
    },
}

impl Observation {
    /// Inputs and outputs where there is something.
    #[must_use]
    pub fn existing(&self) -> Option<(&Value, &Value)> {
        match self {
            Self::Missing => None,
            Self::Owned { inputs, outputs } | Self::Unowned { inputs, outputs } => Some((inputs, outputs)),
        }
    }
}

/// A kind of resource, erased.
#[async_trait]
pub trait Kind<C: Send + Sync>: Send + Sync {
    /// See [`Resource::TOPIC`].
    fn topic(&self) -> &'static str;
    /// See [`Resource::SERVICE`].
    fn service(&self) -> &'static str;
    /// See [`Resource::LOCATED_BY`].
    fn located_by(&self) -> &'static [&'static str];
    /// See [`Resource::REPLACE_ON`].
    fn replace_on(&self) -> &'static [&'static str];
    /// See [`Resource::REPLACEMENT`].
    fn replacement(&self) -> Replacement;
    /// See [`Resource::SHARED`].
    fn shared(&self) -> bool;
    /// See [`Resource::read`].
    async fn read(&self, cx: &C, inputs: &Value, outputs: Option<&Value>) -> Result<Observation, Failure>;
    /// See [`Resource::reconcile`].
    async fn reconcile(&self, cx: &C, inputs: &Value, found: &Observation) -> Result<Value, Failure>;
    /// See [`Resource::delete`].
    async fn delete(&self, cx: &C, inputs: &Value, outputs: Option<&Value>) -> Result<(), Failure>;
}

struct Erased<R>(PhantomData<fn() -> R>);

fn typed<T: DeserializeOwned>(kind: &str, what: &str, value: &Value) -> Result<T, Failure> {
    serde_json::from_value(value.clone()).map_err(|error| {
        Failure::new(format!("the {what} of a {kind} can't be read"), error.to_string())
            .with_hint("the state may have been written by another version of cogapi")
    })
}

fn json<T: serde::Serialize>(kind: &str, what: &str, value: &T) -> Result<Value, Failure> {
    serde_json::to_value(value)
        .map_err(|error| Failure::new(format!("the {what} of a {kind} can't be written"), error.to_string()))
}

#[async_trait]
impl<R: Resource> Kind<R::Context> for Erased<R> {
    fn topic(&self) -> &'static str {
        R::TOPIC
    }

    fn service(&self) -> &'static str {
        R::SERVICE
    }

    fn located_by(&self) -> &'static [&'static str] {
        R::LOCATED_BY
    }

    fn replace_on(&self) -> &'static [&'static str] {
        R::REPLACE_ON
    }

    fn replacement(&self) -> Replacement {
        R::REPLACEMENT
    }

    fn shared(&self) -> bool {
        R::SHARED
    }

    async fn read(
        &self,
        cx: &R::Context,
        inputs: &Value,
        outputs: Option<&Value>,
    ) -> Result<Observation, Failure> {
        let inputs: R = typed(R::KIND, "inputs", inputs)?;
        let outputs: Option<R::Outputs> =
            outputs.map(|outputs| typed(R::KIND, "outputs", outputs)).transpose()?;
        Ok(match inputs.read(cx, outputs.as_ref()).await? {
            Found::Missing => Observation::Missing,
            Found::Owned { inputs, outputs } => Observation::Owned {
                inputs: json(R::KIND, "inputs", &inputs)?,
                outputs: json(R::KIND, "outputs", &outputs)?,
            },
            Found::Unowned { inputs, outputs } => Observation::Unowned {
                inputs: json(R::KIND, "inputs", &inputs)?,
                outputs: json(R::KIND, "outputs", &outputs)?,
            },
        })
    }

    async fn reconcile(
        &self,
        cx: &R::Context,
        inputs: &Value,
        found: &Observation,
    ) -> Result<Value, Failure> {
        let desired: R = typed(R::KIND, "inputs", inputs)?;
        let found = match found {
            Observation::Missing => Found::Missing,
            Observation::Owned { inputs, outputs } => Found::Owned {
                inputs: typed(R::KIND, "inputs", inputs)?,
                outputs: typed(R::KIND, "outputs", outputs)?,
            },
            Observation::Unowned { inputs, outputs } => Found::Unowned {
                inputs: typed(R::KIND, "inputs", inputs)?,
                outputs: typed(R::KIND, "outputs", outputs)?,
            },
        };
        json(R::KIND, "outputs", &desired.reconcile(cx, found).await?)
    }

    async fn delete(&self, cx: &R::Context, inputs: &Value, outputs: Option<&Value>) -> Result<(), Failure> {
        let inputs: R = typed(R::KIND, "inputs", inputs)?;
        let outputs: Option<R::Outputs> =
            outputs.map(|outputs| typed(R::KIND, "outputs", outputs)).transpose()?;
        inputs.delete(cx, outputs.as_ref()).await
    }
}

/// All kinds that the engine may meet, by name.
pub struct Kinds<C> {
    kinds: BTreeMap<&'static str, Arc<dyn Kind<C>>>,
}

impl<C: Send + Sync + 'static> Kinds<C> {
    /// No kinds yet.
    #[must_use]
    pub fn new() -> Self {
        Self { kinds: BTreeMap::new() }
    }

    /// Adds a kind.
    #[must_use]
    pub fn register<R: Resource<Context = C>>(mut self) -> Self {
        self.kinds.insert(R::KIND, Arc::new(Erased::<R>(PhantomData)));
        self
    }

    /// The kind of an address.
    pub fn of(&self, address: &Address) -> Result<&Arc<dyn Kind<C>>, Failure> {
        self.kinds.get(address.kind()).ok_or_else(|| {
            Failure::new(
                "unknown kind of resource",
                format!("{address} is of a kind that this cogapi does not know"),
            )
            .with_hint("the state was written by a newer cogapi: use that one")
        })
    }

    /// The names of all kinds.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.kinds.keys().copied()
    }
}

impl<C: Send + Sync + 'static> Default for Kinds<C> {
    fn default() -> Self {
        Self::new()
    }
}
