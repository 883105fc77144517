//! A plan as text and as JSON. Both say the same; neither leaves anything out that would be done.

use std::fmt::Write as _;

use cogapi_engine::diff::FieldChange;
use cogapi_engine::{Action, Address, Change, Plan, Reason};
use serde_json::{Value, json};

use super::{WIDTH, sentence};

/// The version of [`json`]'s form.
const JSON_VERSION: u32 = 1;

/// The plan for a person.
#[must_use]
pub fn text(plan: &Plan, stack: &str) -> String {
    let mut text = String::new();
    let drifted: Vec<_> = plan.changes.iter().filter(|(_, change)| !change.drift.is_empty()).collect();
    if !drifted.is_empty() {
        text.push_str("Changed outside cogapi (found -> what cogapi had set):\n");
        for (address, change) in drifted {
            let _ = writeln!(text, "  ! {address}");
            for field in &change.drift {
                line(&mut text, field, field.after.as_ref(), field.before.as_ref(), false);
            }
        }
        text.push('\n');
    }
    if plan.is_empty() {
        let _ = write!(text, "Nothing to do: {stack} is as its configuration says.");
        return text;
    }
    let _ = writeln!(text, "Changes to {stack}:");
    for (address, change) in plan.changes.iter().filter(|(_, change)| change.is_change()) {
        resource(&mut text, address, change);
    }
    let _ = write!(text, "\n{}", summary(plan));
    text
}

/// What the plan would do, in one line.
#[must_use]
pub fn summary(plan: &Plan) -> String {
    let part = |action, word: &str| match plan.count(action) {
        0 => None,
        count => Some(format!("{count} to {word}")),
    };
    let replaced = plan.changes.values().map(|change| change.deposed).sum::<usize>();
    let parts = [
        part(Action::Create, "create"),
        part(Action::Update, "change"),
        part(Action::Replace, "replace"),
        part(Action::Delete, "delete"),
        part(Action::Forget, "forget"),
        (replaced > 0).then(|| format!("{replaced} replaced earlier and still to delete")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "Plan: nothing to do.".to_owned() } else { format!("Plan: {}.", parts.join(", ")) }
}

fn resource(text: &mut String, address: &Address, change: &Change) {
    let (sign, what) = match change.action {
        Action::Create => ("+", "create"),
        Action::Update => ("~", "change"),
        Action::Replace if change.create_first => ("±", "replace, the new one first"),
        Action::Replace => ("±", "replace, the old one goes first"),
        Action::Delete => ("-", "delete"),
        Action::Forget if change.reason == Reason::Shared => ("x", "forget, it stays for the whole account"),
        Action::Forget => ("x", "forget, it is gone already"),
        Action::None => ("±", "delete the one that it replaced earlier"),
    };
    let why = match change.reason {
        Reason::Drifted => ", changed outside cogapi",
        Reason::DeletedOutside if change.action == Action::Create => ", deleted outside cogapi",
        Reason::Unfinished => ", left unfinished by an earlier run",
        Reason::Adopted => ", taken over",
        Reason::Dropped | Reason::Shared => ", no longer configured",
        Reason::New | Reason::Changed | Reason::Unchanged | Reason::DeletedOutside => "",
    };
    let _ = writeln!(text, "  {sign} {address}  ({what}{why})");
    if matches!(change.action, Action::Update | Action::Replace) {
        for field in &change.fields {
            line(text, field, field.before.as_ref(), field.after.as_ref(), field.unknown);
        }
    }
    for consequence in &change.consequences {
        sentence(text, "      warning:", consequence);
    }
}

fn line(text: &mut String, field: &FieldChange, from: Option<&Value>, to: Option<&Value>, unknown: bool) {
    let name = field.path.join(".");
    let room = WIDTH.saturating_sub(name.len() + 16) / 2;
    let from = from.map_or_else(|| "(none)".to_owned(), |value| short(value, room));
    let to = match to {
        _ if unknown => "(known after apply)".to_owned(),
        Some(value) => short(value, room),
        None => "(none)".to_owned(),
    };
    let _ = writeln!(text, "      {name}: {from} -> {to}");
}

/// A value in at most about `room` characters, but never so short that it says nothing.
fn short(value: &Value, room: usize) -> String {
    let whole = value.to_string();
    let room = room.max(12);
    if whole.chars().count() <= room {
        return whole;
    }
    let kept: String = whole.chars().take(room - 1).collect();
    format!("{kept}…")
}

/// The plan for a program.
#[must_use]
pub fn json(plan: &Plan, environment: &str) -> Value {
    let worth_telling = |change: &Change| change.is_change() || !change.drift.is_empty();
    let changes = plan.changes.iter().filter(|(_, change)| worth_telling(change)).map(|(address, change)| {
        json!({
            "address": address,
            "action": change.action,
            "reason": change.reason,
            "fields": change.fields,
            "consequences": change.consequences,
            "drift": change.drift,
            "deposed": change.deposed,
        })
    });
    json!({
        "version": JSON_VERSION,
        "environment": environment,
        "empty": plan.is_empty(),
        "changes": changes.collect::<Vec<_>>(),
        "violations": plan.violations,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use cogapi_engine::Violation;
    use cogapi_engine::kind::Observation;

    use super::*;

    fn change(action: Action, reason: Reason) -> Change {
        Change {
            action,
            reason,
            fields: Vec::new(),
            consequences: Vec::new(),
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

    fn field(path: &[&str], before: Value, after: Value) -> FieldChange {
        let known = |value: Value| (!value.is_null()).then_some(value);
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        FieldChange { path, before: known(before), after: known(after), unknown: false }
    }

    fn plan(changes: Vec<(&str, Change)>) -> Plan {
        Plan {
            lineage: "lineage".to_owned(),
            serial: 7,
            changes: changes
                .into_iter()
                .map(|(address, change)| (Address::parse(address).unwrap(), change))
                .collect(),
            violations: Vec::new(),
            outputs: BTreeMap::new(),
        }
    }

    /// One of each.
    fn mixed() -> Plan {
        let tokens = ["access_token_seconds"];
        plan(vec![
            ("user_pool.main", change(Action::None, Reason::Unchanged)),
            (
                "user_pool.staff",
                Change {
                    fields: vec![field(&["mfa", "passkeys"], json!("old"), json!("new"))],
                    consequences: vec![
                        "it can be done, and all who have used this for years will have to come by and get a new one"
                            .to_owned(),
                        "so will the others".to_owned(),
                    ],
                    ..change(Action::Update, Reason::Changed)
                },
            ),
            ("function.login", change(Action::Create, Reason::New)),
            ("function.userinfo", change(Action::Create, Reason::DeletedOutside)),
            (
                "app_client.api",
                Change {
                    fields: vec![field(&tokens, json!(3600), json!(7200))],
                    ..change(Action::Update, Reason::Changed)
                },
            ),
            (
                "user_group.admins",
                Change {
                    fields: vec![field(&["description"], json!("hi"), json!("Administrators"))],
                    drift: vec![field(&["description"], json!("Administrators"), json!("hi"))],
                    ..change(Action::Update, Reason::Drifted)
                },
            ),
            (
                "deployment.main",
                Change {
                    create_first: true,
                    fields: vec![FieldChange {
                        unknown: true,
                        ..field(&["body"], json!("aaa"), json!("token"))
                    }],
                    ..change(Action::Replace, Reason::Changed)
                },
            ),
            ("stage.main", Change { deposed: 1, ..change(Action::None, Reason::Unchanged) }),
            ("role.calls-nothing", change(Action::Delete, Reason::Dropped)),
            ("log_group.functions", change(Action::Forget, Reason::DeletedOutside)),
            ("gateway_log_role.account", change(Action::Forget, Reason::Shared)),
        ])
    }

    #[test]
    fn a_plan_says_all_that_would_be_done_and_why() {
        insta::assert_snapshot!(text(&mixed(), "shop-dev"));
    }

    #[test]
    fn no_line_of_a_plan_is_wider_than_a_terminal() {
        let long = "x".repeat(500);
        let path = ["statements", "0", "resource"];
        let plan = plan(vec![(
            "role.invoke",
            Change {
                fields: vec![
                    field(&path, json!(long), json!([long, 1])),
                    field(&["b"], json!(1), json!(long)),
                ],
                ..change(Action::Update, Reason::Changed)
            },
        )]);
        let text = text(&plan, "shop-dev");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    }

    #[test]
    fn a_plan_with_nothing_to_do_says_so_and_shows_drift_all_the_same() {
        let mut plan = plan(vec![("user_pool.main", change(Action::None, Reason::Unchanged))]);
        assert_eq!(text(&plan, "shop-dev"), "Nothing to do: shop-dev is as its configuration says.");
        // Somebody made by hand what the configuration now asks for.
        let address = Address::parse("user_pool.main").unwrap();
        plan.changes.get_mut(&address).unwrap().drift = vec![field(&["mfa"], json!("ON"), json!("OFF"))];
        insta::assert_snapshot!(text(&plan, "shop-dev"));
    }

    #[test]
    fn a_program_reads_the_same_plan() {
        let mut plan = mixed();
        plan.violations.push(Violation {
            address: Address::parse("user_pool.main").unwrap(),
            problem: "its schema can't be changed".to_owned(),
            hint: "keep it".to_owned(),
        });
        insta::assert_json_snapshot!(json(&plan, "dev"));
    }
}
