//! Every AWS operation that a deploy, a deploy of changes and a destroy use fails: once throttled, once with a 500, and once the
//! answer is lost after the work was done. Each time the command ends well, or says clearly why it did not and what to do; and
//! the next one converges, with nothing twice.
//!
//! Which operations these are is taken from what an undisturbed run calls, so that a new kind's are among them.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Mutex;
use std::time::Instant;

use serde_json::{Value, json};

use crate::options::everything;
use crate::world::{Ran, World};
use crate::zone::{Zone, without_made_up_names, without_what_stays};

/// What AWS and the network do to a call.
const KINDS: [&str; 3] = ["throttle", "error500", "hangup_after"];
/// What is run one after another in an account, each time with faults of its own.
const PHASES: [&str; 3] = ["deploy", "deploy of changes", "destroy"];
/// Into so many accounts the operations are dealt out: an operation's fault strikes its first call only, so many fit into one run.
const GROUPS: usize = 2;
/// An operation that the disturbed run did not come to is tried again in another account; some depend on how fast things go.
const ROUNDS: usize = 3;
/// Accounts at once: they wait more than they work.
const WORKERS: usize = 6;

type Operations = BTreeSet<String>;

/// What is not idempotent: after a failure it is looked for before it is tried again.
const LOOKED_FOR: [&str; 4] = [
    "cognito-idp:CreateUserPool",
    "cognito-idp:CreateUserPoolClient",
    "apigateway:ImportRestApi",
    "apigateway:CreateDeployment",
];

/// One account's way through the phases.
struct Life {
    kind: &'static str,
    /// For each phase, what fails in it.
    fail: [Operations; 3],
    round: usize,
}

/// What an undisturbed account showed.
struct Undisturbed {
    /// For each phase, what it called.
    operations: [Operations; 3],
    /// How it looked after each deploy.
    shapes: [Value; 2],
}

#[test]
fn every_operation_may_fail_once_in_each_way_and_the_next_run_converges() {
    let usual = undisturbed();
    let mut lives = VecDeque::new();
    for kind in KINDS {
        for group in 0..GROUPS {
            let fail = usual.operations.each_ref().map(|operations| dealt(operations, group));
            lives.push_back(Life { kind, fail, round: 1 });
        }
    }
    let cases: usize = lives.iter().flat_map(|life| &life.fail).map(BTreeSet::len).sum();
    let (lives, missed) = (Mutex::new(lives), Mutex::new(Vec::new()));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some(life) = lives.lock().unwrap().pop_front() else { break };
                    let fail = lead(&life, &usual);
                    if fail.iter().all(BTreeSet::is_empty) {
                        continue;
                    }
                    let (kind, round) = (life.kind, life.round + 1);
                    if round <= ROUNDS {
                        lives.lock().unwrap().push_back(Life { kind, fail, round });
                    } else {
                        missed.lock().unwrap().push((kind, fail));
                    }
                }
            });
        }
    });
    let all: BTreeSet<&String> = usual.operations.iter().flatten().collect();
    println!("{} operations, {cases} cases, {} s", all.len(), begun.elapsed().as_secs());
    // Looks that are made at once end with the first answer that settles them, so that one may be over before its fault strikes.
    let missed = missed.into_inner().unwrap();
    let count: usize = missed.iter().flat_map(|(_, fail)| fail).map(BTreeSet::len).sum();
    println!("{count} of them were not called again: {missed:?}");
    assert!(count * 50 < cases, "an undisturbed run calls these, a disturbed one never did: {missed:?}");
}

#[test]
fn what_is_final_is_told_and_the_same_command_goes_on_from_there() {
    let usual = undisturbed();
    std::thread::scope(|scope| {
        for kind in KINDS {
            let usual = &usual;
            scope.spawn(move || {
                let zone = Zone::made();
                let world = &zone.world;
                let before = without_what_stays(world.inventory());
                prepare(&zone, 0);
                let mut deploy = usual.operations[0].clone();
                if kind == "error500" {
                    // Whether these made something is looked for during ten seconds.
                    deploy.retain(|operation| !LOOKED_FOR.contains(&operation.as_str()));
                }
                let deploys = until_done(world, kind, &["deploy", "--yes"], &deploy);
                assert_converged(world, &usual.shapes[0], kind);
                let destroys = until_done(world, kind, &["destroy", "--yes"], &usual.operations[2]);
                assert_eq!(without_what_stays(world.inventory()), before, "{kind}: something was left");
                println!(
                    "{kind}, not tried again: done by the {deploys}th deploy and the {destroys}th destroy"
                );
            });
        }
    });
}

#[test]
fn at_the_rates_of_aws_hardly_a_call_is_throttled() {
    let world = World::new();
    world.settings(&json!({ "rates": true }));
    world.must(&["deploy", "--yes"]);
    world.must(&["destroy", "--yes"]);
    let calls = world.calls();
    assert!(calls["throttled"].as_u64().unwrap() <= 3, "{}", calls["throttled_by_operation"]);
}

/// Runs `arguments` again and again, with the SDK's retries off and each operation failing once, until it is done. Says how often.
fn until_done(world: &World, kind: &str, arguments: &[&str], operations: &Operations) -> usize {
    world.faults(&rules(kind, operations));
    let mut left = operations.len() + 1;
    // Each fault is final at most once, and may leave the lock behind.
    for attempt in 1..=2 * operations.len() + 1 {
        let command = world.command(arguments).env("AWS_MAX_ATTEMPTS", "1").output();
        let ran = Ran::from(command.unwrap());
        let now = world.faults_left().as_array().unwrap().len();
        if ran.code == Some(0) {
            world.no_faults();
            return attempt;
        }
        if ran.code == Some(3) {
            // The call that gives the lock back failed, too; its lease would end by itself.
            world.must(&["unlock", "--yes"]);
            continue;
        }
        assert!(now < left, "{kind}: nothing struck, and yet: {ran}");
        left = now;
        assert_clear(kind, &ran);
    }
    panic!("{kind}: {} still fails without faults", arguments.join(" "));
}

/// Leads an account through the phases without a fault.
fn undisturbed() -> Undisturbed {
    let zone = Zone::made();
    let world = &zone.world;
    let mut operations = [const { BTreeSet::new() }; 3];
    let mut shapes = [Value::Null, Value::Null];
    for (phase, called) in operations.iter_mut().enumerate() {
        prepare(&zone, phase);
        world.forget_calls();
        world.must(command(phase));
        called.extend(world.calls()["by_operation"].as_object().unwrap().keys().cloned());
        if let Some(shape) = shapes.get_mut(phase) {
            *shape = without_made_up_names(world.shape());
        }
    }
    Undisturbed { operations, shapes }
}

/// Leads a new account through the phases. Returns what was to fail and was not called.
fn lead(life: &Life, usual: &Undisturbed) -> [Operations; 3] {
    let zone = Zone::made();
    let world = &zone.world;
    let before = without_what_stays(world.inventory());
    let mut left = [const { BTreeSet::new() }; 3];
    for (phase, fail) in life.fail.iter().enumerate() {
        prepare(&zone, phase);
        world.faults(&rules(life.kind, fail));
        let begun = Instant::now();
        let ran = world.run(command(phase));
        let not_struck = world.faults_left();
        world.no_faults();
        left[phase].extend(not_struck.as_array().unwrap().iter().map(name));
        let struck: Vec<_> = fail.difference(&left[phase]).collect();
        let which = format!("{} with {} of {}", PHASES[phase], life.kind, list(&struck));
        let (count, code, took) = (struck.len(), ran.code, begun.elapsed().as_secs_f64());
        println!(
            "{}, {} of {count} operations: exit code {code:?} after {took:.1} s",
            PHASES[phase], life.kind
        );
        if ran.code != Some(0) {
            println!("{which}: {ran}");
            assert_clear(&which, &ran);
            world.must(command(phase));
        }
        match usual.shapes.get(phase) {
            Some(shape) => assert_converged(world, shape, &which),
            None => assert_eq!(without_what_stays(world.inventory()), before, "{which}: something was left"),
        }
    }
    left
}

/// The environment as it is to be for a phase: everything that can be asked for, then all of it otherwise.
fn prepare(zone: &Zone, phase: usize) {
    let changes = [
        ("The shop's accounts", "The shop's users"),
        ("[functions]", "[functions]\nmemory_mb = 256\nlog_retention_days = 7"),
        ("reserved_concurrency = 5", "reserved_concurrency = 6"),
        ("rate_limit = 300", "rate_limit = 400"),
        ("burst = 20", "burst = 30"),
        ("relying_party_id = \"example.com\"", "relying_party_id = \"new-HOST\""),
        ("registration = \"admin\"", "registration = \"open\""),
        ("name = \"HOST\"", "name = \"new-HOST\""),
    ];
    let mut file = everything();
    if phase == 1 {
        for (is, becomes) in changes {
            assert!(file.contains(is), "{is}");
            file = file.replace(is, becomes);
        }
        file.push_str(
            "\n[tokens]\naccess = \"2h\"\n\n[password]\nmin_length = 20\n\n[tags]\nteam = \"identity\"\n",
        );
    }
    zone.configure_as("dev", &file);
}

fn command(phase: usize) -> &'static [&'static str] {
    if phase == 2 { &["destroy", "--yes"] } else { &["deploy", "--yes"] }
}

/// Each operation fails once.
fn rules(kind: &str, operations: &Operations) -> Value {
    let rule = |operation: &String| {
        let (service, operation) = operation.split_once(':').unwrap();
        json!({ "kind": kind, "service": service, "operation": operation, "times": 1 })
    };
    operations.iter().map(rule).collect()
}

/// The operation of a rule.
fn name(rule: &Value) -> String {
    format!("{}:{}", rule["service"].as_str().unwrap(), rule["operation"].as_str().unwrap())
}

/// A group's part of the operations.
fn dealt(operations: &Operations, group: usize) -> Operations {
    operations.iter().skip(group).step_by(GROUPS).cloned().collect()
}

fn list(operations: &[&String]) -> String {
    operations.iter().map(|operation| operation.as_str()).collect::<Vec<_>>().join(", ")
}

fn assert_converged(world: &World, shape: &Value, which: &str) {
    let planned = world.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(planned.code, Some(0), "{which}: {planned}");
    assert_eq!(&without_made_up_names(world.shape()), shape, "{which}: not what a clean deploy makes");
}

/// Whether a failure tells what failed, what AWS said, under which id, and what to do.
fn assert_clear(which: &str, ran: &Ran) {
    let told = &ran.stderr;
    assert_eq!(ran.code, Some(1), "{which}: {ran}");
    assert!(told.contains("error: ") && told.contains("hint: "), "{which}: {ran}");
    if !which.contains("hangup") {
        assert!(told.contains("request id"), "{which}: {ran}");
    }
}
