//! Promise 2 with the real binary: `kill -9` at random moments, with faults on every call, then once more: converged, nothing
//! twice, nothing orphaned.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::world::{Ran, World};

/// Runs that are killed, deploys and destroys.
const MOMENTS: usize = 33;
/// How many of them must have been killed before they ended by themselves.
const CUT: usize = 25;
/// At once: more would only make each other slow.
const WORKERS: usize = 3;

/// Everything that a network and a busy cloud do to a caller.
fn faults() -> Value {
    json!([
        { "kind": "latency", "latency_ms": 15 },
        { "kind": "throttle", "probability": 0.04 },
        { "kind": "error500", "probability": 0.02 },
        { "kind": "hangup_before", "probability": 0.02 },
        { "kind": "hangup_after", "probability": 0.02 },
    ])
}

#[test]
fn a_deploy_or_destroy_killed_at_any_moment_is_finished_by_the_next_one() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let clean = World::new();
    clean.faults(&faults());
    clean.forget_calls();
    clean.must(&["deploy", "--yes"]);
    let deploy = calls(&clean);
    clean.no_faults();
    let deployed = clean.shape();
    clean.faults(&faults());
    clean.forget_calls();
    clean.must(&["destroy", "--yes"]);
    let destroy = calls(&clean);
    clean.no_faults();
    println!("an undisturbed deploy makes {deploy} calls, an undisturbed destroy {destroy}");
    let (next, cut) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let moment = next.fetch_add(1, Ordering::Relaxed);
                    if moment >= MOMENTS {
                        break;
                    }
                    let mut random = StdRng::seed_from_u64(seed.wrapping_add(moment as u64));
                    if one_moment(moment, &mut random, [deploy, destroy], &deployed) {
                        cut.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let cut = cut.into_inner();
    println!("{MOMENTS} runs, {cut} of them killed before they ended");
    assert!(cut >= CUT, "only {cut} runs were killed before they ended by themselves");
}

/// Kills one run, then demands that the next one ends well. Says whether there was something to kill.
fn one_moment(moment: usize, random: &mut StdRng, usual: [u64; 2], deployed: &Value) -> bool {
    let world = World::new();
    let before = world.inventory();
    let destroying = moment % 3 == 2;
    if destroying {
        world.must(&["deploy", "--yes"]);
    }
    world.faults(&faults());
    let (operation, usual) = if destroying { ("destroy", usual[1]) } else { ("deploy", usual[0]) };
    world.forget_calls();
    let mut run = world.start(&[operation, "--yes"]);
    // A moment is a number of calls, so that moments are spread over the work however fast the machine is.
    let last_call = random.random_range(1..usual * 9 / 10);
    let begun = Instant::now();
    while calls(&world) < last_call && run.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_mins(4), "moment {moment}: it neither works nor ends");
        std::thread::sleep(Duration::from_millis(3));
    }
    let cut = run.try_wait().unwrap().is_none();
    run.kill().unwrap();
    run.wait().unwrap();
    world.no_faults();
    let at = world.inventory();
    let there =
        ["user_pools", "functions", "roles", "rest_apis"].map(|kind| at[kind].as_array().unwrap().len());
    println!(
        "moment {moment}: {operation} killed after {last_call} calls: {cut}; pools, functions, roles, APIs then: {there:?}"
    );

    // The lease would end by itself; nobody wants to wait for it.
    if !at["tables"].as_array().unwrap().is_empty() {
        world.must(&["unlock", "--yes"]);
    }
    world.faults(&faults());
    let again = world.run(&["deploy", "--yes"]);
    world.no_faults();
    assert_converged(&world, &again, deployed, moment);
    world.must(&["destroy", "--yes"]);
    assert_eq!(world.inventory(), before, "moment {moment}: something was left");
    cut
}

fn assert_converged(world: &World, again: &Ran, deployed: &Value, moment: usize) {
    assert_eq!(again.code, Some(0), "moment {moment}: {again}");
    assert_eq!(&world.shape(), deployed, "moment {moment}: not what a clean deploy makes");
    let planned = world.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(planned.code, Some(0), "moment {moment}: {planned}");
}

fn calls(world: &World) -> u64 {
    world.calls()["total"].as_u64().unwrap()
}
