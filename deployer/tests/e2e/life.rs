//! Deploy, plan, destroy.

use serde_json::json;

use crate::world::{CONFIGURATION, World};

#[test]
fn a_second_plan_is_empty_and_makes_no_mutating_call() {
    let world = World::new();
    world.must(&["deploy", "--yes"]);
    world.forget_calls();
    let planned = world.must(&["plan", "--detailed-exitcode"]);
    assert!(planned.stdout.contains("Nothing to do"), "{planned}");
    assert_eq!(world.calls()["writes"], 0, "{}", world.calls());
    world.forget_calls();
    world.must(&["deploy", "--yes"]);
    // Only the lock is taken and given back.
    assert_eq!(world.writes(), ["dynamodb:PutItem", "dynamodb:UpdateItem"]);
}

#[test]
fn a_changed_token_validity_is_planned_as_exactly_that() {
    let world = World::new();
    world.must(&["deploy", "--yes"]);
    world.configure(&format!("{CONFIGURATION}\n[tokens]\naccess = \"2h\"\n"));
    let planned = world.run(&["plan", "--detailed-exitcode", "--json"]);
    assert_eq!(planned.code, Some(2), "{planned}");
    let plan: serde_json::Value = serde_json::from_str(&planned.stdout).unwrap();
    let changes = plan["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{plan:#}");
    assert_eq!((&changes[0]["address"], &changes[0]["action"]), (&json!("app_client.api"), &json!("update")));
    let fields = changes[0]["fields"].as_array().unwrap();
    assert_eq!(fields.len(), 1, "{plan:#}");
    assert_eq!((&fields[0]["before"], &fields[0]["after"]), (&json!(3600), &json!(7200)));

    world.must(&["deploy", "--yes"]);
    assert_eq!(world.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[test]
fn destroy_leaves_the_account_as_it_was() {
    let world = World::new();
    let before = world.inventory();
    world.must(&["deploy", "--yes"]);
    assert_ne!(world.inventory(), before);
    let destroyed = world.must(&["destroy", "--yes"]);
    assert!(destroyed.stderr.contains("looking again found nothing of it"), "{destroyed}");
    assert_eq!(world.inventory(), before);
    // And once more, with nothing there.
    world.must(&["destroy", "--yes"]);
    assert_eq!(world.inventory(), before);
}

#[test]
fn a_backend_is_not_destroyed_while_an_environment_has_resources() {
    let world = World::new();
    world.must(&["deploy", "--yes"]);
    let deployed = world.inventory();
    let refused = world.run(&["destroy-backend", "--yes"]);
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(refused.stderr.contains("`dev` has"), "{refused}");
    assert_eq!(world.inventory()["user_pools"], deployed["user_pools"]);
    world.must(&["destroy-stack", "--yes"]);
    world.must(&["destroy-backend", "--yes"]);
}

#[test]
fn a_protected_pool_is_not_destroyed_and_nothing_else_is_either() {
    let world = World::new();
    world.configure(&CONFIGURATION.replace("deletion = false", "deletion = true"));
    world.must(&["deploy", "--yes"]);
    let deployed = world.inventory();
    let refused = world.run(&["destroy", "--yes"]);
    assert_eq!(refused.code, Some(4), "{refused}");
    assert!(refused.stderr.contains("user_pool.main: it is protected"), "{refused}");
    assert_eq!(world.inventory(), deployed);
    world.configure(CONFIGURATION);
    world.must(&["deploy", "--yes"]);
    world.must(&["destroy", "--yes"]);
}

#[test]
fn another_account_than_the_configured_one_is_refused_before_anything_is_asked_of_it() {
    let world = World::new();
    world.configure(&CONFIGURATION.replace("[aws]", "[aws]\naccount_id = \"111111111111\""));
    world.forget_calls();
    let refused = world.run(&["deploy", "--yes"]);
    assert_eq!(refused.code, Some(6), "{refused}");
    assert!(refused.stderr.contains("aws.account_id is 111111111111"), "{refused}");
    assert_eq!(world.calls()["by_operation"], json!({ "sts:GetCallerIdentity": 1 }));
}

#[test]
fn nobody_is_asked_where_nobody_can_answer_and_nothing_is_made_for_it() {
    let world = World::new();
    let before = world.inventory();
    let refused = world.run(&["deploy"]);
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(refused.stderr.contains("--yes"), "{refused}");
    assert_eq!(world.inventory(), before);
    world.must(&["deploy", "--yes"]);
    let deployed = world.inventory();
    for command in ["destroy", "destroy-stack", "destroy-backend"] {
        let refused = world.run(&[command]);
        assert_eq!(refused.code, Some(1), "{refused}");
        assert!(refused.stderr.contains("--yes"), "{refused}");
    }
    assert_eq!(world.inventory(), deployed);
    assert!(world.is_free(), "a lock was left");
}

/// "Nothing to destroy" would be believed, and the stack paid for ever after.
#[test]
fn destroy_without_a_state_looks_before_it_says_that_there_is_nothing() {
    let world = World::new();
    world.must(&["deploy", "--yes"]);
    let deployed = world.inventory();
    world.configure(&CONFIGURATION.replace("shop-state-", "renamed-state-"));
    let refused = world.run(&["destroy", "--yes"]);
    assert_eq!(refused.code, Some(4), "{refused}");
    assert!(refused.stderr.contains("user_pool.main: exists under this environment's name"), "{refused}");
    assert!(refused.stderr.contains("`state.bucket` was renamed"), "{refused}");
    assert_eq!(world.inventory(), deployed);
    world.configure(CONFIGURATION);
    world.must(&["destroy", "--yes"]);
}

/// Their names collide: both are `shop-a-b`. So do the names of two projects that nobody told of each other.
#[test]
fn what_another_environment_or_project_made_is_refused_and_never_taken_over() {
    let world = World::new();
    world.configure_as("a-b", CONFIGURATION);
    world.must(&["deploy", "--yes", "--env", "a-b"]);
    let made = world.inventory();
    world.configure_as("b", &CONFIGURATION.replace("\"shop\"", "\"shop-a\""));
    let collides = world.run(&["deploy", "--yes", "--env", "b"]);
    assert_eq!(collides.code, Some(4), "{collides}");
    assert!(collides.stderr.contains("--adopt"), "{collides}");

    // The same file, but for where the state is.
    world.configure_as("a-b", &CONFIGURATION.replace("shop-state-", "other-state-"));
    let collides = world.run(&["deploy", "--yes", "--env", "a-b"]);
    assert_eq!(collides.code, Some(4), "{collides}");
    for section in ["user_pools", "functions", "roles", "rest_apis", "log_groups"] {
        assert_eq!(world.inventory()[section], made[section], "{section}");
    }
}
