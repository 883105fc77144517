//! The recipes of docs/pipelines.md do what they say: their steps run, as the shell of a runner runs them.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::workspace;
use crate::world::{Ran, World};

/// What stands in for the programs of a runner: the binary is there already, and a comment goes into a file.
const RUNNER: &str = r#"
set -eu
cargo() { test "$*" = "install --path deployer --locked"; }
gh() { cp comment.md "comment-on-$3.md"; }
"#;

/// A recipe as its host reads it.
fn recipe(heading: &str) -> Value {
    let page = std::fs::read_to_string(workspace().join("docs/pipelines.md")).unwrap();
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, block) = section.split_once("```yaml\n").unwrap();
    let (yaml, _) = block.split_once("\n```\n").unwrap();
    serde_yaml_ng::from_str(yaml).unwrap_or_else(|error| panic!("{heading}: {error}"))
}

/// Runs lines of a recipe as a step of a runner, in a folder that its steps share.
fn step(world: &World, folder: &Path, lines: &str) -> Ran {
    let usual = world.command(&[]);
    let bin = Path::new(usual.get_program()).parent().unwrap().to_owned();
    let script = format!("{RUNNER}cogapi() ( cd \"$PROJECT\" && command cogapi \"$@\" )\n{lines}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script.replace("${{ github.event.number }}", "7")]).current_dir(folder);
    shell.env("PROJECT", workspace()).env("AWS_TOKEN", "token").env("COGAPI_ROLE", "role");
    for (name, value) in usual.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    let path = std::env::var("PATH").unwrap_or_default();
    shell.env("PATH", format!("{}:{path}", bin.display()));
    Ran::from(shell.output().unwrap())
}

#[track_caller]
fn passes(world: &World, folder: &Path, lines: &str) {
    let ran = step(world, folder, lines);
    assert_eq!(ran.code, Some(0), "{lines}: {ran}");
}

/// The lines of a job's script.
fn script(job: &Value) -> String {
    let lines = job.as_array().unwrap().iter().map(|line| line.as_str().unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn on_github_a_pull_request_gets_the_plan_as_a_comment_and_what_is_merged_is_deployed() {
    let (world, folder) = (World::new(), tempfile::tempdir().unwrap());
    let recipe = recipe("GitHub Actions");
    let steps = recipe["jobs"]["prod"]["steps"].as_array().unwrap();
    for lines in steps.iter().filter_map(|step| step["run"].as_str()) {
        passes(&world, folder.path(), lines);
    }
    let comment = std::fs::read_to_string(folder.path().join("comment-on-7.md")).unwrap();
    assert!(comment.contains("to create") && comment.contains("<details>"), "{comment}");
    let outputs = std::fs::read_to_string(folder.path().join("outputs.json")).unwrap();
    let outputs: Value = serde_json::from_str(&outputs).unwrap();
    assert_eq!(outputs["outputs"], world.outputs());
}

#[test]
fn on_gitlab_a_merge_request_is_planned_what_is_merged_is_deployed_and_changes_by_hand_are_noticed() {
    let (world, folder) = (World::new(), tempfile::tempdir().unwrap());
    let recipe = recipe("GitLab");
    for job in ["plan", "deploy"] {
        passes(&world, folder.path(), &script(&recipe[job]["script"]));
    }
    let nightly = script(&self::recipe("Is anything changed by hand?")["nightly"]["script"]);
    passes(&world, folder.path(), &nightly);
    world.with_clients(async |clients| {
        let pool = world.outputs()["user_pool_id"].as_str().unwrap().to_owned();
        clients.cognito.delete_group().user_pool_id(pool).group_name("admins").send().await.unwrap();
    });
    assert_eq!(step(&world, folder.path(), &nightly).code, Some(2));
}
