//! What programs read and pipelines rely on: the stream of `--json`, plans in files, quiet and plain output.

use std::path::Path;

use serde_json::{Value, json};

use crate::common::workspace;
use crate::world::{CONFIGURATION, Ran, World};

/// The events of a run, each as the committed schema says.
fn events(ran: &Ran) -> Vec<Value> {
    let schema = std::fs::read_to_string(workspace().join("docs/events.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let event = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        if let Err(error) = schema.validate(&event) {
            panic!("{error}: {event:#}");
        }
        event
    };
    ran.stdout.lines().map(event).collect()
}

fn of_type<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == name).collect()
}

#[test]
fn the_stream_of_a_whole_deploy_is_as_its_schema_says() {
    let world = World::new();
    let deployed = events(&world.must(&["deploy", "--yes", "--json"]));
    assert_eq!(deployed[0]["type"], "version");
    let plans = of_type(&deployed, "plan");
    let [plan] = plans[..] else { panic!("{plans:?}") };
    let planned = plan["changes"].as_array().unwrap().len();
    assert_eq!(of_type(&deployed, "applying")[0]["changes"], planned);
    assert_eq!(of_type(&deployed, "started").len(), planned);
    assert_eq!(of_type(&deployed, "finished").len(), planned);
    assert_eq!(of_type(&deployed, "done")[0]["changes"], planned);
    let last = deployed.last().unwrap();
    assert_eq!((&last["type"], &last["outputs"]), (&json!("outputs"), &world.outputs()));

    let destroyed = events(&world.must(&["destroy", "--yes", "--json"]));
    assert_eq!(of_type(&destroyed, "finished").len(), planned);
}

#[test]
fn an_error_is_an_event_too_and_tells_the_exit_code() {
    let world = World::new();
    world.must(&["deploy", "--yes"]);
    world.configure(&CONFIGURATION.replace("deletion = false", "deletion = true"));
    world.must(&["deploy", "--yes"]);
    let refused = world.run(&["destroy", "--yes", "--json"]);
    let told = events(&refused);
    let error = told.last().unwrap();
    assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("refused")), "{refused}");
    assert_eq!(error["exit_code"], json!(refused.code));
    assert!(
        refused.stderr.contains("user_pool.main: it is protected"),
        "people are told as always: {refused}"
    );

    world.configure("nonsense");
    let refused = world.run(&["plan", "--json"]);
    let error: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!((&error["code"], &error["exit_code"]), (&json!("configuration"), &json!(5)), "{refused}");
}

#[test]
fn a_command_with_one_sentence_to_say_says_it_as_an_event() {
    let world = World::new();
    let told = events(&world.must(&["unlock", "--yes", "--json"]));
    assert_eq!(told[1], json!({ "type": "result", "text": "dev is not locked" }));
}

#[test]
fn quiet_leaves_nothing_but_the_result() {
    let world = World::new();
    let deployed = world.must(&["deploy", "--yes", "--quiet"]);
    assert!(deployed.stdout.starts_with("api_url"), "{deployed}");
    assert_eq!(deployed.stderr, "", "{deployed}");
}

#[test]
fn colours_are_for_those_who_want_them() {
    let world = World::new();
    let plan = |arguments: &[&str], variable: Option<&str>| {
        let mut command = world.command(&[&["plan"], arguments].concat());
        command.envs(variable.map(|name| (name, "1")));
        let ran = Ran::from(command.output().unwrap());
        assert_eq!(ran.code, Some(0), "{ran}");
        ran.stdout.contains("\x1b[")
    };
    assert!(!plan(&[], None), "a pipe is no terminal");
    assert!(plan(&["--color", "always"], None));
    assert!(plan(&[], Some("CLICOLOR_FORCE")));
    assert!(!plan(&["--color", "never"], Some("CLICOLOR_FORCE")));
}

#[test]
fn a_plan_is_printed_as_a_comment_too() {
    let comment = World::new().must(&["plan", "--format", "markdown"]).stdout;
    assert!(comment.starts_with("### `shop-dev`: "), "{comment}");
    assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
}

/// A file of a plan, made now.
fn planned(world: &World, folder: &Path) -> String {
    let file = folder.join("plan.json").to_str().unwrap().to_owned();
    world.must(&["plan", "--out", &file]);
    file
}

#[track_caller]
fn stale(world: &World, file: &str, why: &str) {
    world.forget_calls();
    let refused = world.run(&["deploy", "--plan", file]);
    assert_eq!(refused.code, Some(7), "{refused}");
    assert!(refused.stderr.contains("the plan is stale, and nothing was touched"), "{refused}");
    assert!(refused.stderr.contains(why), "{refused}");
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_in_a_file_is_done_as_it_was_shown_or_not_at_all() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    // Nobody is asked: it was shown when it was made.
    let file = planned(&world, folder.path());
    world.must(&["deploy", "--plan", &file]);
    assert_eq!(world.run(&["plan", "--detailed-exitcode"]).code, Some(0));
    stale(&world, &file, "another run has changed the environment since");

    let longer = format!("{CONFIGURATION}\n[tokens]\naccess = \"2h\"\n");
    world.configure(&longer);
    let file = planned(&world, folder.path());
    world.configure(&longer.replace("2h", "3h"));
    stale(&world, &file, "the configuration or the handlers have changed since: app_client.api");

    world.configure(&longer);
    let delete = world.clients().lambda;
    delete.delete_function().function_name("shop-dev-login").send().await.unwrap();
    stale(&world, &file, "something was changed outside cogapi since: function.login");
}
