//! Fakes: a cloud, kinds of things in it, a backend in memory, and a fuse that stops a run at any step.
//! They keep the same contracts as the real ones, so that what holds here holds there.

mod backend;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::{Failure, Found, Kinds, Replacement, Resource};

pub use backend::{MemoryBackend, Trouble};

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Burns through after a number of steps: whoever then passes hangs for ever, as if the process had been killed.
#[derive(Debug, Clone, Default)]
pub struct Fuse {
    left: Arc<Mutex<Option<usize>>>,
    burnt: Arc<Mutex<CancellationToken>>,
}

impl Fuse {
    /// Burns through at the `steps`-th step from now; `None`: never.
    pub fn set(&self, steps: Option<usize>) {
        *guard(&self.left) = steps;
        *guard(&self.burnt) = CancellationToken::new();
    }

    /// Cancelled when it has burnt through.
    #[must_use]
    pub fn burnt(&self) -> CancellationToken {
        guard(&self.burnt).clone()
    }

    /// One step.
    pub async fn step(&self) {
        let dead = {
            let mut left = guard(&self.left);
            match left.as_mut() {
                None => false,
                Some(0) => true,
                Some(count) => {
                    *count -= 1;
                    *count == 0
                }
            }
        };
        if dead {
            guard(&self.burnt).cancel();
            std::future::pending::<()>().await;
        }
        tokio::task::yield_now().await;
    }
}

/// An object in the fake cloud.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Its kind.
    pub kind: &'static str,
    /// What it was given.
    pub inputs: Fields,
    /// Whether it carries our mark.
    pub ours: bool,
}

/// What a thing is given: the same for all fake kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fields {
    /// Its name.
    pub name: String,
    /// Can be changed in place.
    pub value: String,
    /// Can't be changed in place.
    pub pinned: String,
    /// References to other things.
    pub links: Vec<String>,
}

/// A cloud in memory.
#[derive(Debug, Clone, Default)]
pub struct Cloud {
    /// What exists, by id.
    pub objects: Arc<Mutex<BTreeMap<String, Object>>>,
    /// Mutating calls made so far, in order, e.g. `create plain a`.
    pub calls: Arc<Mutex<Vec<String>>>,
    /// Calls that fail, by their text in `calls`, or `read plain a`; each as often as said.
    pub failing: Arc<Mutex<BTreeMap<String, usize>>>,
    /// How long calls take, by their text in `calls`.
    pub slow: Arc<Mutex<BTreeMap<String, Duration>>>,
    /// Stops everything.
    pub fuse: Fuse,
    next: Arc<Mutex<u64>>,
}

impl Cloud {
    /// The objects there are.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<String, Object> {
        guard(&self.objects).clone()
    }

    /// An independent copy with the same content.
    #[must_use]
    pub fn fork(&self) -> Self {
        let fork = Self::default();
        *guard(&fork.objects) = self.snapshot();
        *guard(&fork.next) = *guard(&self.next);
        fork
    }

    /// Mutating calls since the last time this was asked.
    #[must_use]
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut guard(&self.calls))
    }

    /// One mutating call: `change` happens between two steps of the fuse.
    async fn mutate<T>(
        &self,
        call: String,
        change: impl FnOnce(&mut BTreeMap<String, Object>) -> T,
    ) -> Result<T, Failure> {
        self.fuse.step().await;
        guard(&self.calls).push(call.clone());
        let slow = guard(&self.slow).get(&call).copied();
        if let Some(slow) = slow {
            tokio::time::sleep(slow).await;
        }
        self.may_refuse(&call)?;
        let done = change(&mut guard(&self.objects));
        self.fuse.step().await;
        Ok(done)
    }

    fn may_refuse(&self, call: &str) -> Result<(), Failure> {
        match guard(&self.failing).get_mut(call).filter(|left| **left > 0) {
            None => Ok(()),
            Some(left) => {
                *left -= 1;
                Err(Failure::new("the fake cloud refused", call))
            }
        }
    }

    fn new_id(&self) -> String {
        let mut next = guard(&self.next);
        *next += 1;
        format!("id-{next}")
    }
}

/// The names of the fake kinds: replaced delete-first, create-first, never; and one that others rely on, too.
pub const KINDS: [&str; 4] = ["plain", "versioned", "precious", "shared"];

/// A thing of the kind `KINDS[K]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Thing<const K: usize>(pub Fields);

/// What others may refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThingOutputs {
    /// Its id.
    pub id: String,
}

impl<const K: usize> Resource for Thing<K> {
    type Context = Cloud;
    type Outputs = ThingOutputs;
    const KIND: &'static str = KINDS[K];
    const TOPIC: &'static str = "Fakes";
    const SERVICE: &'static str = "fake";
    const LOCATED_BY: &'static [&'static str] = &["name"];
    const REPLACE_ON: &'static [&'static str] = &["name", "pinned"];
    const REPLACEMENT: Replacement = match K {
        0 => Replacement::DeleteFirst,
        1 => Replacement::CreateFirst,
        _ => Replacement::Never("it would be lost"),
    };
    const SHARED: bool = K == 3;

    async fn read(&self, cx: &Cloud, prior: Option<&ThingOutputs>) -> Result<Found<Self>, Failure> {
        tokio::task::yield_now().await;
        cx.may_refuse(&format!("read {} {}", Self::KIND, self.0.name))?;
        let objects = guard(&cx.objects);
        // As in a real cloud: by id where it is known, else by what makes it recognisable.
        let by_id = prior.and_then(|prior| objects.get_key_value(&prior.id));
        let recognised = |object: &Object| {
            object.kind == Self::KIND
                && object.inputs.name == self.0.name
                && (K != 1 || object.inputs.pinned == self.0.pinned)
        };
        let found = match prior {
            Some(_) => by_id,
            None => objects.iter().find(|(_, object)| recognised(object)),
        };
        Ok(match found {
            None => Found::Missing,
            Some((id, object)) => {
                let (inputs, outputs) = (Self(object.inputs.clone()), ThingOutputs { id: id.clone() });
                if object.ours || prior.is_some() {
                    Found::Owned { inputs, outputs }
                } else {
                    Found::Unowned { inputs, outputs }
                }
            }
        })
    }

    async fn reconcile(&self, cx: &Cloud, found: Found<Self>) -> Result<ThingOutputs, Failure> {
        let fields = self.0.clone();
        let object = Object { kind: Self::KIND, inputs: fields.clone(), ours: true };
        let (id, verb) = match found.existing() {
            Some((inputs, outputs)) => {
                if inputs == self && !matches!(found, Found::Unowned { .. }) {
                    return Ok(outputs.clone());
                }
                (outputs.id.clone(), "update")
            }
            None => (cx.new_id(), "create"),
        };
        let call = format!("{verb} {} {}", Self::KIND, fields.name);
        cx.mutate(call, |objects| objects.insert(id.clone(), object)).await?;
        Ok(ThingOutputs { id })
    }

    async fn delete(&self, cx: &Cloud, outputs: Option<&ThingOutputs>) -> Result<(), Failure> {
        let id = match outputs {
            Some(outputs) => Some(outputs.id.clone()),
            None => self.read(cx, None).await?.existing().map(|(_, outputs)| outputs.id.clone()),
        };
        let Some(id) = id else { return Ok(()) };
        let used = cx.snapshot().values().any(|object| object.inputs.links.contains(&id));
        if used && K != 0 {
            return Err(Failure::new("it is in use", id));
        }
        cx.mutate(format!("delete {} {}", Self::KIND, self.0.name), |objects| objects.remove(&id)).await?;
        Ok(())
    }
}

/// All fake kinds.
#[must_use]
pub fn kinds() -> Kinds<Cloud> {
    Kinds::new().register::<Thing<0>>().register::<Thing<1>>().register::<Thing<2>>().register::<Thing<3>>()
}
