//! One writer at a time.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::world::{Ran, World};

#[test]
fn of_two_deploys_at_once_one_works_and_the_other_says_who_holds_the_lock() {
    let world = World::new();
    // Both find a backend, and the first is held up long enough for the second to come while it works.
    world.must(&["deploy", "--yes"]);
    world.must(&["destroy-stack", "--yes"]);
    world.forget_calls();
    world.faults(&json!([{ "kind": "latency", "latency_ms": 300 }]));
    let first = world.start(&["deploy", "--yes"]);
    let waiting = Instant::now();
    while !world.took_a_lock() {
        assert!(waiting.elapsed() < Duration::from_mins(1), "the first deploy never took the lock");
        std::thread::sleep(Duration::from_millis(20));
    }
    let second = world.run(&["deploy", "--yes"]);
    let first = Ran::from(first.wait_with_output().unwrap());
    world.no_faults();
    assert_eq!(first.code, Some(0), "{first}");
    assert_eq!(second.code, Some(3), "{second}");
    assert!(second.stderr.contains("dev is locked: "), "{second}");
    assert!(second.stderr.contains("runs `deploy` since "), "{second}");
    assert_eq!(world.inventory()["user_pools"].as_array().unwrap().len(), 1);
    assert_eq!(world.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[test]
fn a_lock_left_behind_is_removed_by_unlock_after_showing_whose_it_is() {
    let world = World::new();
    world.must(&["deploy", "--yes"]);
    assert!(world.must(&["unlock", "--yes"]).stdout.contains("dev is not locked"));
    world.must(&["destroy-stack", "--yes"]);
    world.forget_calls();
    world.faults(&json!([{ "kind": "latency", "latency_ms": 300 }]));
    let mut killed = world.start(&["deploy", "--yes"]);
    while !world.took_a_lock() {
        assert!(killed.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::sleep(Duration::from_millis(20));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    world.no_faults();
    assert_eq!(world.run(&["deploy", "--yes"]).code, Some(3));
    let unlocked = world.must(&["unlock", "--yes"]);
    assert!(unlocked.stderr.contains("runs `deploy` since "), "{unlocked}");
    assert!(unlocked.stdout.contains("dev is unlocked"), "{unlocked}");
    world.must(&["deploy", "--yes"]);
}
