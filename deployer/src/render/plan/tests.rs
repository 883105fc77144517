//! The screens of real plans: an environment's own, made by the engine from a configuration before and after.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use anstream::adapter::strip_str;
use cogapi_engine::kind::Observation;
use cogapi_engine::reference::{find, resolve};
use cogapi_engine::state::{Entry as Remembered, Phase};
use cogapi_engine::{Desired, Mode, Observed, State};
use serde_json::{Value, json};

use super::*;
use crate::render::WIDTH;
use crate::resources::kinds;
use crate::stack;

const CONFIGURATION: &str = r#"
[aws]
region = "eu-west-1"
[state]
bucket = "shop-state"
[api]
name = "shop"
throttle = { rate = 50, burst = 100 }
[email]
from = "hello@example.com"
[passkeys]
relying_party_id = "example.com"
"#;

const DOMAIN: &str = r#"
[domain]
name = "auth.example.com"
certificate = "*.example.com"
zone_name = "example.com"
zone_id = "Z1029992156D8O"
"#;

/// A change that does nothing.
pub(in crate::render) fn change(action: Action, reason: Reason) -> Change {
    Change {
        action,
        reason,
        fields: Vec::new(),
        drift: Vec::new(),
        create_first: false,
        deposed: 0,
        dependencies: BTreeSet::new(),
        protect: false,
        desired: None,
        observed: Observation::Missing,
        settle: None,
        reinstated: None,
    }
}

/// What an environment should be, with handlers whose code has this hash.
fn desired(configuration: &str, code: &str) -> Desired {
    let environment = crate::config::parse("dev", "dev.toml", configuration).unwrap();
    stack::desired(&stack::Inputs {
        environment: &environment,
        account: "123456789012",
        partition: "aws",
        endpoint: None,
        api_sha256: &format!("{code:A<43}="),
        triggers_sha256: &format!("{code:B<43}="),
    })
}

/// The world in which this was deployed.
fn deployed(desired: &Desired) -> (State, Observed) {
    let known = |value: &Value| resolve(value, &|to| Some(format!("{}-{}", to.address, to.output)));
    let mut outputs: BTreeMap<Address, Value> = BTreeMap::new();
    for reference in desired.resources.values().flat_map(|declared| find(&declared.inputs)) {
        let value = format!("{}-{}", reference.address, reference.output);
        outputs.entry(reference.address).or_insert_with(|| json!({}))[reference.output] = json!(value);
    }
    let mut state = State { lineage: "lineage".to_owned(), serial: 7, ..State::default() };
    let mut observed = Observed::default();
    for (address, declared) in &desired.resources {
        let (inputs, outputs) =
            (known(&declared.inputs), outputs.remove(address).unwrap_or_else(|| json!({})));
        let phase = Phase::Live { inputs: inputs.clone(), outputs: outputs.clone() };
        let (protect, dependencies) = (declared.protect, declared.dependencies());
        let entry = Remembered { protect, dependencies, phase, deposed: Vec::new() };
        state.resources.insert(address.clone(), entry);
        observed.resources.insert(address.clone(), Observation::Owned { inputs, outputs });
    }
    (state, observed)
}

fn planned(desired: &Desired, (state, observed): &(State, Observed)) -> Plan {
    cogapi_engine::plan(&kinds(), desired, state, observed, Mode::default()).unwrap()
}

/// The screen without colours, no line of which is wider than a terminal.
fn screen(plan: &Plan) -> String {
    let text = strip_str(&text(plan, "shop-dev", false)).to_string();
    for line in text.lines() {
        assert!(line.chars().count() <= WIDTH, "{line}");
    }
    text
}

fn from_nothing() -> Plan {
    planned(&desired(&format!("{CONFIGURATION}{DOMAIN}"), "1a2b3c4d"), &Default::default())
}

/// Many things change at once, and the handlers with them.
fn mixed() -> Plan {
    let after = CONFIGURATION
        .replace("rate = 50", "rate = 20")
        .replace("burst = 100 }", "burst = 100 }\nmethod_throttle.\"POST /v1/login\" = { rate = 10, burst = 20 }\ncors_origins = [\"https://shop.example.com\"]")
        .replace("hello@example.com\"", "hello@example.com\"\n[access]\nregistration = \"admin\"\n[tokens]\naccess = \"2h\"\n[functions]\nlog_retention_days = 7");
    planned(&desired(&after, "3c4d5e6f"), &deployed(&desired(CONFIGURATION, "1a2b3c4d")))
}

/// What somebody did by hand: to one function, to all, and to the user pool.
fn drifted() -> Plan {
    let wanted = desired(CONFIGURATION, "1a2b3c4d");
    let (state, mut observed) = deployed(&wanted);
    for (address, seen) in &mut observed.resources {
        let Observation::Owned { inputs, .. } = seen else { continue };
        match address.as_str() {
            "user_pool.main" => inputs["password"]["min_length"] = json!(8),
            "function.login" => inputs["deviations"] = json!({ "statement theirs": "(set outside cogapi)" }),
            other if other.starts_with("function.") => inputs["memory_mb"] = json!(512),
            _ => {}
        }
    }
    observed.resources.insert(Address::new("stage", "main"), Observation::Missing);
    planned(&wanted, &(state, observed))
}

/// A change that Cognito can't make, of what is protected.
fn refused() -> Plan {
    let wanted = desired(CONFIGURATION, "1a2b3c4d");
    let (state, mut observed) = deployed(&wanted);
    if let Some(Observation::Owned { inputs, .. }) =
        observed.resources.get_mut(&Address::new("user_pool", "main"))
    {
        inputs["sign_in"]["case_sensitive"] = json!(true);
    }
    planned(&wanted, &(state, observed))
}

#[test]
fn no_kind_is_left_out_of_plans() {
    for kind in kinds().names() {
        assert!(topic::ALL.contains(&topic_of(&Address::new(kind, "any"))), "{kind}");
    }
}

#[test]
fn a_plan_from_nothing_is_short() {
    insta::assert_snapshot!(screen(&from_nothing()));
}

#[test]
fn a_plan_says_all_that_would_be_done_sorted_by_what_it_is_about() {
    insta::assert_snapshot!(screen(&mixed()));
}

#[test]
fn colours_say_no_more_than_the_signs() {
    let coloured = text(&mixed(), "shop-dev", false);
    assert_ne!(coloured, screen(&mixed()));
    insta::assert_snapshot!(coloured.replace('\u{1b}', "ESC"));
}

#[test]
fn whoever_wants_every_name_gets_it() {
    let told = text(&from_nothing(), "shop-dev", true);
    for address in from_nothing().changes.keys() {
        assert!(told.contains(address.as_str()), "{address}: {told}");
    }
}

#[test]
fn what_was_changed_outside_has_a_section_of_its_own() {
    insta::assert_snapshot!(screen(&drifted()));
}

#[test]
fn what_is_refused_says_so_where_it_stands() {
    insta::assert_snapshot!(screen(&refused()));
}

#[test]
fn a_destruction_says_what_is_lost() {
    let (state, observed) = deployed(&desired(CONFIGURATION, "1a2b3c4d"));
    let mode = Mode { lift_protection: true, ..Mode::default() };
    let plan = cogapi_engine::plan(&kinds(), &Desired::nothing(), &state, &observed, mode).unwrap();
    insta::assert_snapshot!(screen(&plan));
}

#[test]
fn a_plan_with_nothing_to_do_says_so_and_shows_drift_all_the_same() {
    let wanted = desired(CONFIGURATION, "1a2b3c4d");
    let (mut state, observed) = deployed(&wanted);
    let plan = planned(&wanted, &(state.clone(), observed.clone()));
    assert_eq!(screen(&plan), "Nothing to do: shop-dev is as its configuration says.");
    // Somebody made by hand what the configuration now asks for.
    let pool = state.resources.get_mut(&Address::new("user_pool", "main")).unwrap();
    if let Phase::Live { inputs, .. } = &mut pool.phase {
        inputs["password"]["min_length"] = json!(8);
    }
    insta::assert_snapshot!(screen(&planned(&wanted, &(state, observed))));
}

/// Whatever a plan can hold, in its words: what the environment above does not come to.
#[test]
fn every_action_and_every_reason_has_its_words() {
    let all = [
        ("function.userinfo", change(Action::Create, Reason::DeletedOutside)),
        ("deployment.main", Change { create_first: true, ..change(Action::Replace, Reason::Changed) }),
        ("app_client.api", change(Action::Replace, Reason::Unfinished)),
        ("stage.main", Change { deposed: 1, ..change(Action::None, Reason::Unchanged) }),
        ("role.calls-nothing", change(Action::Delete, Reason::Dropped)),
        ("log_group.functions", change(Action::Forget, Reason::DeletedOutside)),
        ("gateway_log_role.account", change(Action::Forget, Reason::Shared)),
        ("user_group.admins", change(Action::Update, Reason::Adopted)),
    ];
    let changes =
        all.into_iter().map(|(address, change)| (Address::parse(address).unwrap(), change)).collect();
    let (violations, outputs) = (Vec::new(), BTreeMap::new());
    insta::assert_snapshot!(screen(&Plan {
        lineage: "l".to_owned(),
        serial: 1,
        changes,
        violations,
        outputs
    }));
}

#[test]
fn a_program_reads_the_same_plan() {
    let mut plan = mixed();
    plan.changes.retain(|address, _| ["app_client", "stage"].contains(&address.kind()));
    plan.violations = refused().violations;
    insta::assert_json_snapshot!(json(&plan, "dev"));
}

#[test]
fn a_comment_begins_with_what_matters_and_unfolds_the_rest() {
    insta::assert_snapshot!(markdown(&mixed(), "shop-dev"));
}

#[test]
fn a_comment_is_never_longer_than_github_takes() {
    let mut plan = mixed();
    let field = |name: usize| FieldChange {
        path: vec![format!("field{name}")],
        before: Some(json!("x".repeat(60))),
        after: Some(json!("y".repeat(60))),
        unknown: false,
    };
    for change in plan.changes.values_mut().filter(|change| change.action == Action::Update) {
        change.fields.extend((0..2_000).map(field));
    }
    let comment = markdown(&plan, "shop-dev");
    assert!(comment.chars().count() <= 65_000, "{}", comment.chars().count());
    assert!(comment.contains("too long for a comment"));
}
