//! How many calls a deploy, a deploy with nothing to do, and a destroy make, and how long they take when every call takes 60 ms;
//! then once more, with the emulator throttling at the rates that AWS publishes for its control planes.
//!
//! Counts are exact and comparable; times hold for this machine and this run only. `make bench` runs it.
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(unreachable_pub, dead_code, reason = "the harness is shared with the tests")]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/e2e/world.rs"]
mod world;

use std::time::Instant;

use serde_json::{Value, json};
use world::{CONFIGURATION, World};

/// Added to every call: about what it takes from a laptop to AWS.
const LATENCY_MS: u64 = 60;

fn main() {
    let world = World::new();
    // With passkeys all functions are there.
    world.configure(&format!("{CONFIGURATION}\n[passkeys]\nrelying_party_id = \"example.com\"\n"));
    // Builds the handlers and fills the caches of the disk, so that only the calls are measured.
    world.must(&["deploy", "--yes"]);
    let inventory = world.inventory();
    let functions = inventory["functions"].as_array().unwrap().len();
    let roles = inventory["roles"].as_array().unwrap().len();
    world.must(&["destroy", "--yes"]);

    println!("{functions} functions, {roles} roles, {LATENCY_MS} ms added to every call");
    world.faults(&json!([{ "kind": "latency", "latency_ms": LATENCY_MS }]));
    let mut by_operation = measure(&world);
    println!("\nthe same, throttled at the rates that AWS publishes");
    world.settings(&json!({ "rates": true }));
    by_operation.extend(measure(&world));
    if std::env::args().any(|argument| argument == "--by-operation") {
        for (what, calls) in by_operation {
            println!("\n{what}");
            list(&calls["by_operation"]);
            if calls["throttled"] != 0 {
                println!("throttled:");
                list(&calls["throttled_by_operation"]);
            }
        }
    }
}

/// Runs everything once and prints a line for each; returns the emulator's counts.
fn measure(world: &World) -> Vec<(&'static str, Value)> {
    println!("{:<28} {:>8} {:>6} {:>6} {:>6} {:>9}", "", "wall", "calls", "read", "write", "throttled");
    let runs = [
        ("deploy from nothing", &["deploy", "--yes"][..]),
        ("plan, nothing to do", &["plan"]),
        ("deploy, nothing to do", &["deploy", "--yes"]),
        ("destroy", &["destroy", "--yes"]),
    ];
    let run = |(what, arguments)| {
        world.forget_calls();
        let start = Instant::now();
        world.must(arguments);
        let wall = start.elapsed();
        let calls = world.calls();
        let count = |of: &str| calls[of].as_u64().unwrap();
        println!(
            "{what:<28} {:>6.1} s {:>6} {:>6} {:>6} {:>9}",
            wall.as_secs_f64(),
            count("total"),
            count("reads"),
            count("writes"),
            count("throttled")
        );
        (what, calls)
    };
    runs.into_iter().map(run).collect()
}

fn list(calls: &Value) {
    for (operation, count) in calls.as_object().unwrap() {
        println!("{:>6}  {operation}", count.as_u64().unwrap());
    }
}
