//! A plan in a file, for `deploy --plan`: what was shown, and digests of all that it was made from. It is a promise to check and
//! not a list of things to do: `deploy` looks and plans anew, and goes ahead only where that comes to the very same.

use std::collections::BTreeMap;
use std::path::Path;

use cogapi_engine::{Failure, Plan};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Error;
use super::target::Opened;
use crate::render::{count, plan};

/// The format that this version writes and reads.
const FORMAT: u32 = 1;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanFile {
    format: u32,
    /// The version that made it: another may plan otherwise.
    cogapi: String,
    environment: String,
    account: String,
    /// Whether it takes over what is not marked as ours.
    pub(super) adopt: bool,
    /// Which state it goes on from; none where nothing is stored yet.
    state: Option<Position>,
    /// By address.
    resources: BTreeMap<String, Digests>,
    /// As `plan --json` prints it: for whoever reviews it, and compared as well.
    plan: Value,
}

/// A stored state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    lineage: String,
    serial: u64,
}

/// What a change was derived from, as SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Digests {
    desired: String,
    observed: String,
}

impl PlanFile {
    /// What is to be written of a plan.
    pub(super) fn of(opened: &Opened, plan: &Plan, adopt: bool) -> Self {
        Self::of_environment(&opened.environment.name, &opened.cx.account, plan, adopt)
    }

    fn of_environment(environment: &str, account: &str, plan: &Plan, adopt: bool) -> Self {
        let position = Position { lineage: plan.lineage.clone(), serial: plan.serial };
        let resources = plan.changes.iter().map(|(address, change)| {
            let observed = change.observed.existing().map(|(inputs, outputs)| json!([inputs, outputs]));
            let digests =
                Digests { desired: digest(change.desired.as_ref()), observed: digest(observed.as_ref()) };
            (address.to_string(), digests)
        });
        Self {
            format: FORMAT,
            cogapi: env!("CARGO_PKG_VERSION").to_owned(),
            environment: environment.to_owned(),
            account: account.to_owned(),
            adopt,
            // A state that is not stored has a lineage of its own in each run.
            state: (plan.serial > 0).then_some(position),
            resources: resources.collect(),
            plan: json!(plan::json(plan, environment)),
        }
    }

    /// Reads a file.
    pub(super) fn read(file: &Path) -> Result<Self, Error> {
        let unreadable = |why: String| {
            Failure::new("the plan's file can't be read", format!("{}: {why}", file.display()))
                .with_hint("`cogapi plan --out FILE` writes one, for the same version of cogapi")
        };
        let bytes = std::fs::read(file).map_err(|error| unreadable(error.to_string()))?;
        Ok(serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?)
    }

    /// Writes a file.
    pub(super) fn write(&self, file: &Path) -> Result<(), Error> {
        std::fs::write(file, format!("{:#}\n", json!(self))).map_err(|error| {
            Failure::new("the plan could not be written", format!("{}: {error}", file.display())).into()
        })
    }

    /// Refuses where what is planned now is not what the file has.
    pub(super) fn must_be(&self, now: &Self) -> Result<(), Error> {
        self.why_not(now).map_or(Ok(()), |why| Err(Error::Stale(why)))
    }

    /// Why it is not the same any more.
    fn why_not(&self, now: &Self) -> Option<String> {
        if self == now {
            return None;
        }
        let otherwise = |of: fn(&Digests) -> &String| {
            let of =
                |file: &Self, address: &str| file.resources.get(address).map(|digests| of(digests).clone());
            let all = self
                .resources
                .keys()
                .chain(now.resources.keys().filter(|it| !self.resources.contains_key(*it)));
            names(&all.filter(|address| of(self, address) != of(now, address)).collect::<Vec<_>>())
        };
        Some(if (self.format, &self.cogapi) != (now.format, &now.cogapi) {
            format!("it was made by cogapi {}, and this is {}", self.cogapi, now.cogapi)
        } else if self.environment != now.environment {
            format!("it is for the environment {}, and this is {}", self.environment, now.environment)
        } else if self.account != now.account {
            format!("it is for the account {}, and this is {}", self.account, now.account)
        } else if let Some(names) = otherwise(|digests| &digests.desired) {
            format!(
                "the configuration or the handlers have changed since: {names} would become something else"
            )
        } else if self.state != now.state {
            "another run has changed the environment since".to_owned()
        } else if let Some(names) = otherwise(|digests| &digests.observed) {
            format!("something was changed outside cogapi since: {names}")
        } else {
            "planning again came to something else".to_owned()
        })
    }
}

/// The first address, and how many there are beside it.
fn names(addresses: &[&String]) -> Option<String> {
    let (first, others) = addresses.split_first()?;
    Some(match others.len() {
        0 => (*first).clone(),
        others => format!("{first} and {} more", count(others, "resource")),
    })
}

fn digest(value: Option<&Value>) -> String {
    hex::encode(Sha256::digest(json!(value).to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use cogapi_engine::{Desired, Mode, Observed, State};

    use super::*;
    use crate::resources::{LogGroup, Tags, kinds};

    /// The plan of a new log group.
    fn planned(days: i32, state: &State) -> PlanFile {
        let mut desired = Desired::nothing();
        let group = LogGroup { name: "g".to_owned(), retention_days: Some(days), tags: Tags::new() };
        desired.declare("functions", &group);
        let plan =
            cogapi_engine::plan(&kinds(), &desired, state, &Observed::default(), Mode::default()).unwrap();
        PlanFile::of_environment("dev", "123456789012", &plan, false)
    }

    #[test]
    fn the_same_plan_is_the_same_although_nothing_is_stored_yet() {
        assert_eq!(planned(30, &State::default()).why_not(&planned(30, &State::default())), None);
    }

    #[test]
    fn whatever_differs_is_refused_with_a_sentence() {
        let file = planned(30, &State::default());
        let stored = State { serial: 3, ..State::default() };
        let mut drifted = file.clone();
        drifted.resources.get_mut("log_group.functions").unwrap().observed = digest(Some(&json!(1)));
        for (now, why) in [
            (
                planned(7, &State::default()),
                "the configuration or the handlers have changed since: log_group.functions would become something else",
            ),
            (planned(30, &stored), "another run has changed the environment since"),
            (drifted, "something was changed outside cogapi since: log_group.functions"),
            (
                PlanFile { environment: "prod".to_owned(), ..file.clone() },
                "it is for the environment dev, and this is prod",
            ),
            (
                PlanFile { cogapi: "9.9.9".to_owned(), ..file.clone() },
                "it was made by cogapi 0.1.0, and this is 9.9.9",
            ),
            (PlanFile { plan: json!({}), ..file.clone() }, "planning again came to something else"),
        ] {
            assert_eq!(file.why_not(&now).as_deref(), Some(why));
        }
    }

    #[test]
    fn a_file_that_is_no_plan_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plan");
        std::fs::write(&file, "{}").unwrap();
        assert!(matches!(PlanFile::read(&file), Err(Error::Failed(_))));
        let plan = planned(30, &State::default());
        plan.write(&file).unwrap();
        assert_eq!(PlanFile::read(&file).unwrap(), plan);
    }
}
