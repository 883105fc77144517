//! A run that is asked to stop, and one that can't store what it did: nothing is lost, and the way on is told.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::world::{CONFIGURATION, Ran, World};

/// What Ctrl-C on a terminal sends.
fn interrupt(run: &Child) {
    let sent = Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Waits until the run has made a call of this operation.
fn wait_for(world: &World, run: &mut Child, operation: &str) {
    let begun = Instant::now();
    while world.calls()["by_operation"][operation].is_null() {
        assert!(run.try_wait().unwrap().is_none(), "it ended before {operation}");
        assert!(begun.elapsed() < Duration::from_mins(1), "{operation} was never called");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn ended(run: Child) -> Ran {
    Ran::from(run.wait_with_output().unwrap())
}

#[test]
fn ctrl_c_in_a_deploy_finishes_what_runs_gives_the_lock_back_and_the_next_deploy_goes_on() {
    let world = World::new();
    world.forget_calls();
    world.faults(&json!([{ "kind": "latency", "latency_ms": 100 }]));
    let mut run = world.start(&["deploy", "--yes"]);
    wait_for(&world, &mut run, "cognito-idp:CreateUserPool");
    interrupt(&run);
    let stopped = ended(run);
    world.no_faults();
    assert_eq!(stopped.code, Some(130), "{stopped}");
    assert!(stopped.stderr.contains("stopped as asked"), "{stopped}");
    assert!(stopped.stderr.contains("Run the same command again"), "{stopped}");
    assert_eq!(world.inventory()["user_pools"].as_array().unwrap().len(), 1);
    assert_eq!(world.inventory()["rest_apis"].as_array().unwrap().len(), 0, "it went on all the same");

    world.must(&["deploy", "--yes"]);
    assert_eq!(world.inventory()["user_pools"].as_array().unwrap().len(), 1);
    assert_eq!(world.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[test]
fn ctrl_c_before_anything_is_changed_gives_the_lock_back() {
    let world = World::new();
    world.must(&["deploy", "--yes"]);
    world.configure(&format!("{CONFIGURATION}\n[tokens]\naccess = \"2h\"\n"));
    world.forget_calls();
    world.faults(&json!([{ "kind": "latency", "latency_ms": 300 }]));
    let mut run = world.start(&["deploy", "--yes"]);
    wait_for(&world, &mut run, "cognito-idp:DescribeUserPool");
    interrupt(&run);
    let stopped = ended(run);
    world.no_faults();
    assert_eq!(stopped.code, Some(130), "{stopped}");
    assert_eq!(world.calls()["by_operation"]["cognito-idp:UpdateUserPoolClient"], json!(null));
    assert!(world.is_free(), "the lock is still taken");
}

/// A deploy in a folder of its own, where it would leave a file.
fn start_in(folder: &Path, world: &World) -> Child {
    let mut command = world.command(&["deploy", "--yes"]);
    command.current_dir(folder).env("AWS_MAX_ATTEMPTS", "1");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn files(folder: &TempDir) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// Storage goes away in the middle of a deploy, as `fault` says, and comes back when it has ended.
fn recovered_from(fault: &str) {
    let world = World::new();
    world.must(&["deploy", "--yes"]);
    world.must(&["destroy-stack", "--yes"]);
    let folder = folder();
    world.forget_calls();
    // Its result comes when storage is away already.
    world.faults(&json!([
        { "kind": "latency", "service": "cognito-idp", "operation": "CreateUserPool", "latency_ms": 2_000 },
    ]));
    let mut run = start_in(folder.path(), &world);
    wait_for(&world, &mut run, "cognito-idp:CreateUserPool");
    world.faults(&json!([{ "kind": fault, "service": "s3", "operation": "PutObject" }]));
    let failed = ended(run);
    world.no_faults();
    assert_eq!(failed.code, Some(1), "{failed}");
    assert!(failed.stderr.contains("what was done could not be stored"), "{failed}");
    let files = files(&folder);
    let [file] = files.as_slice() else { panic!("{files:?} {failed}") };
    // The command that the message tells, as it tells it.
    let name = file.file_name().unwrap().to_str().unwrap();
    let told = format!("cogapi recover-state --env dev {name}");
    assert!(failed.stderr.contains(&told), "{failed}");

    let mut recover = world.command(&["recover-state", "--env", "dev", name]);
    let recovered = Ran::from(recover.current_dir(folder.path()).output().unwrap());
    assert_eq!(recovered.code, Some(0), "{recovered}");
    // An older file does no harm.
    world.must(&["deploy", "--yes"]);
    let mut again = world.command(&["recover-state", "--env", "dev", name]);
    let refused = Ran::from(again.current_dir(folder.path()).output().unwrap());
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(refused.stderr.contains("the stored state is newer"), "{refused}");
    assert_eq!(world.inventory()["user_pools"].as_array().unwrap().len(), 1);
    assert_eq!(world.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[test]
fn a_state_that_can_not_be_stored_is_written_to_a_file_and_recovered_from_it() {
    recovered_from("error500");
}

#[test]
fn the_file_is_newer_than_a_state_that_was_stored_without_an_answer() {
    recovered_from("hangup_after");
}

#[test]
fn a_deploy_whose_lock_was_removed_stops_says_so_and_leaves_nothing_to_recover() {
    let world = World::new();
    world.must(&["deploy", "--yes"]);
    world.must(&["destroy-stack", "--yes"]);
    let folder = folder();
    world.forget_calls();
    // Longer than it takes until the lease is renewed.
    world.faults(&json!([
        { "kind": "latency", "service": "cognito-idp", "operation": "CreateUserPool", "latency_ms": 17_000 },
    ]));
    let mut run = start_in(folder.path(), &world);
    wait_for(&world, &mut run, "cognito-idp:CreateUserPool");
    world.must(&["unlock", "--yes"]);
    let stopped = ended(run);
    world.no_faults();
    assert_eq!(stopped.code, Some(3), "{stopped}");
    assert!(stopped.stderr.contains("another run may have taken over dev: the lock was lost"), "{stopped}");
    assert!(stopped.stderr.contains("changes are done and stored, and nothing new was begun"), "{stopped}");
    assert!(stopped.stderr.contains("run the same command again once the other run has ended"), "{stopped}");
    assert!(!stopped.stderr.contains("recover-state"), "{stopped}");
    assert_eq!(files(&folder), Vec::<PathBuf>::new());
    assert_eq!(world.inventory()["rest_apis"].as_array().unwrap().len(), 0, "it went on all the same");

    world.must(&["deploy", "--yes"]);
    assert_eq!(world.inventory()["user_pools"].as_array().unwrap().len(), 1);
    assert_eq!(world.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[tokio::test]
async fn a_deploy_that_finds_another_writers_state_at_its_first_write_has_changed_nothing() {
    let world = World::new();
    world.must(&["deploy", "--yes"]);
    world.configure(&format!("{CONFIGURATION}\n[tokens]\naccess = \"2h\"\n"));
    let folder = folder();
    world.forget_calls();
    world.faults(&json!([
        { "kind": "latency", "service": "s3", "operation": "PutObject", "latency_ms": 2_000, "times": 1 },
    ]));
    let mut run = start_in(folder.path(), &world);
    wait_for(&world, &mut run, "s3:PutObject");
    let s3 = world.clients().s3;
    let (bucket, key) = (format!("shop-state-{}", world.account), "dev/state.json");
    let state = s3.get_object().bucket(&bucket).key(key).send().await.unwrap();
    let mut state = state.body.collect().await.unwrap().to_vec();
    state.push(b'\n');
    s3.put_object().bucket(&bucket).key(key).body(state.into()).send().await.unwrap();
    let stopped = ended(run);
    world.no_faults();
    assert_eq!(stopped.code, Some(3), "{stopped}");
    assert!(stopped.stderr.contains("another run may have taken over dev: the stored state"), "{stopped}");
    assert!(stopped.stderr.contains("nothing was changed"), "{stopped}");
    assert_eq!(files(&folder), Vec::<PathBuf>::new());
    assert_eq!(world.calls()["by_operation"]["cognito-idp:UpdateUserPoolClient"], json!(null));
    world.must(&["deploy", "--yes"]);
}
