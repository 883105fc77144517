//! How an environment is: what there is of it, and whether it is as cogapi left it. Finds the differences and makes texts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cogapi_engine::diff::diff;
use cogapi_engine::kind::Observation;
use cogapi_engine::state::Phase;
use cogapi_engine::{Address, LockInfo, Observed, State};
use jiff::Timestamp;
use serde_json::json;

use super::count;

/// The version of [`json`]'s form.
const JSON_VERSION: u32 = 1;

/// What does not come from the state.
#[derive(Debug)]
pub struct About<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// The prefix of all names.
    pub stack: &'a str,
    /// The 12-digit account.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
    /// Where the state is.
    pub bucket: &'a str,
    /// When it was last stored.
    pub stored_at: Option<Timestamp>,
    /// Who works on the environment.
    pub holder: Option<&'a LockInfo>,
}

/// The resources that are not as cogapi left them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Status(BTreeMap<Address, Deviation>);

/// How a resource is not as it was left.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Deviation {
    /// It is not there any more.
    Gone,
    /// These fields have other values.
    Changed(Vec<String>),
    /// A run was cut off while it worked on it.
    Unfinished,
}

impl Status {
    /// Compares what is remembered with what was seen.
    #[must_use]
    pub fn of(state: &State, observed: &Observed) -> Self {
        let deviations = state.resources.iter().filter_map(|(address, entry)| {
            let Phase::Live { inputs, .. } = &entry.phase else {
                return Some((address.clone(), Deviation::Unfinished));
            };
            let deviation = match observed.resources.get(address).and_then(Observation::existing) {
                None => Deviation::Gone,
                Some((seen, _)) => {
                    let fields: Vec<String> =
                        diff(inputs, seen).into_iter().map(|field| field.path.join(".")).collect();
                    if fields.is_empty() {
                        return None;
                    }
                    Deviation::Changed(fields)
                }
            };
            Some((address.clone(), deviation))
        });
        Self(deviations.collect())
    }
}

/// The status for a person.
#[must_use]
pub fn text(about: &About<'_>, status: &Status, state: &State) -> String {
    let About { environment, stack, account, region, bucket, .. } = about;
    let mut text = format!("{stack} in {region}, account {account}\n");
    let resources = count(state.resources.len(), "resource");
    let _ = match (state.resources.len(), status.0.len()) {
        (0, _) => writeln!(text, "  not deployed"),
        (_, 0) => writeln!(text, "  {resources}, all as cogapi left them"),
        (_, several) => writeln!(text, "  {resources}, {several} of them not as cogapi left them:"),
    };
    for (address, deviation) in &status.0 {
        let how = match deviation {
            Deviation::Gone => "gone".to_owned(),
            Deviation::Changed(fields) => format!("changed: {}", fields.join(", ")),
            Deviation::Unfinished => "left unfinished by a run that was cut off".to_owned(),
        };
        let _ = writeln!(text, "    {address}: {how}");
    }
    let _ = write!(text, "  state: s3://{bucket}/{environment}/state.json, ");
    let _ = match about.stored_at {
        Some(at) => writeln!(text, "serial {}, stored {at:.0}", state.serial),
        None => writeln!(text, "not stored yet"),
    };
    let _ = match about.holder {
        Some(holder) => write!(text, "  lock: {holder}; its lease ends at {:.0}", holder.expires),
        None => write!(text, "  lock: free"),
    };
    if !status.0.is_empty() {
        let _ = write!(
            text,
            "\n`cogapi plan --env {environment}` shows the values, `cogapi deploy` puts them right"
        );
    }
    text
}

/// The status for a program.
#[must_use]
pub fn json(about: &About<'_>, status: &Status, state: &State) -> serde_json::Value {
    let deviations: BTreeMap<&str, _> = status
        .0
        .iter()
        .map(|(address, deviation)| {
            let deviation = match deviation {
                Deviation::Gone => json!({ "status": "gone" }),
                Deviation::Changed(fields) => json!({ "status": "changed", "fields": fields }),
                Deviation::Unfinished => json!({ "status": "unfinished" }),
            };
            (address.as_str(), deviation)
        })
        .collect();
    json!({
        "version": JSON_VERSION,
        "environment": about.environment,
        "stack": about.stack,
        "account": about.account,
        "region": about.region,
        "resources": state.resources.len(),
        "deviations": deviations,
        "state": { "bucket": about.bucket, "serial": state.serial, "stored_at": about.stored_at },
        "lock": about.holder,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use cogapi_engine::state::Entry;

    use super::*;

    fn live(inputs: serde_json::Value) -> Entry {
        Entry {
            protect: false,
            dependencies: std::collections::BTreeSet::new(),
            phase: Phase::Live { inputs, outputs: json!({}) },
            deposed: Vec::new(),
        }
    }

    fn about() -> About<'static> {
        About {
            environment: "dev",
            stack: "shop-dev",
            account: "123456789012",
            region: "eu-west-1",
            bucket: "shop-state",
            stored_at: Some("2026-11-21T10:00:00Z".parse().unwrap()),
            holder: None,
        }
    }

    #[test]
    fn what_is_not_as_it_was_left_is_named_with_its_fields() {
        let address = |text: &str| Address::parse(text).unwrap();
        let mut state = State { serial: 42, ..State::default() };
        let unfinished = Entry { phase: Phase::Creating { inputs: json!({}) }, ..live(json!({})) };
        state.resources.insert(address("function.login"), live(json!({ "memory_mb": 128 })));
        state.resources.insert(address("role.invoke"), live(json!({ "name": "x" })));
        state.resources.insert(address("stage.main"), unfinished);
        state
            .resources
            .insert(address("user_pool.main"), live(json!({ "mfa": { "mode": "ON" }, "name": "p" })));
        let seen = |inputs| Observation::Owned { inputs, outputs: json!({}) };
        let observed = Observed {
            resources: BTreeMap::from([
                (address("function.login"), Observation::Missing),
                (address("role.invoke"), seen(json!({ "name": "x" }))),
                (address("stage.main"), Observation::Missing),
                (address("user_pool.main"), seen(json!({ "mfa": { "mode": "OFF" }, "name": "p" }))),
            ]),
            ..Observed::default()
        };
        let status = Status::of(&state, &observed);
        insta::assert_snapshot!(text(&about(), &status, &state));
        insta::assert_snapshot!(format!("{:#}", json(&about(), &status, &state)));
    }

    #[test]
    fn an_environment_that_is_not_deployed_says_so() {
        let about = About { stored_at: None, ..about() };
        insta::assert_snapshot!(text(&about, &Status::default(), &State::default()));
    }
}
