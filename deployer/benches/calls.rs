//! How many calls a deploy, a deploy with nothing to do, and a destroy make, and how long they take when every call takes 60 ms.
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
use world::World;

/// Added to every call: about what it takes from a laptop to AWS.
const LATENCY_MS: u64 = 60;

fn main() {
    let world = World::new();
    // Builds the handlers and fills the caches of the disk, so that only the calls are measured.
    world.must(&["deploy", "--yes"]);
    let inventory = world.inventory();
    let functions = inventory["functions"].as_array().unwrap().len();
    let roles = inventory["roles"].as_array().unwrap().len();
    world.must(&["destroy", "--yes"]);

    println!("{functions} functions, {roles} roles, {LATENCY_MS} ms added to every call");
    println!("{:<28} {:>8} {:>6} {:>6} {:>6}", "", "wall", "calls", "read", "write");
    world.faults(&json!([{ "kind": "latency", "latency_ms": LATENCY_MS }]));
    let mut by_operation = Vec::new();
    for (what, arguments) in [
        ("deploy from nothing", &["deploy", "--yes"][..]),
        ("plan, nothing to do", &["plan"]),
        ("deploy, nothing to do", &["deploy", "--yes"]),
        ("destroy", &["destroy", "--yes"]),
    ] {
        world.forget_calls();
        let start = Instant::now();
        world.must(arguments);
        let wall = start.elapsed();
        let calls = world.calls();
        println!(
            "{what:<28} {:>6.1} s {:>6} {:>6} {:>6}",
            wall.as_secs_f64(),
            calls["total"].as_u64().unwrap(),
            calls["reads"].as_u64().unwrap(),
            calls["writes"].as_u64().unwrap()
        );
        by_operation.push((what, calls["by_operation"].clone()));
    }
    if std::env::args().any(|argument| argument == "--by-operation") {
        for (what, calls) in by_operation {
            println!("\n{what}");
            list(&calls);
        }
    }
}

fn list(calls: &Value) {
    for (operation, count) in calls.as_object().unwrap() {
        println!("{:>6}  {operation}", count.as_u64().unwrap());
    }
}
