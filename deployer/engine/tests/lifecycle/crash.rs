//! Promise 2: a process killed at any point leaves a state from which the next deploy converges.

use std::collections::BTreeMap;

use cogapi_engine::Desired;
use proptest::prelude::*;

use crate::world::{World, address, pinned};

/// One node of a random graph: its kind, its value, its pinned value, and links to nodes before it.
#[derive(Debug, Clone)]
struct Node {
    kind: usize,
    value: u8,
    pinned: u8,
    links: Vec<prop::sample::Index>,
    there: bool,
}

fn node() -> impl Strategy<Value = Node> {
    let links = prop::collection::vec(any::<prop::sample::Index>(), 0..3);
    (0..3_usize, 0..3_u8, 0..2_u8, links, prop::bool::weighted(0.8))
        .prop_map(|(kind, value, pinned, links, there)| Node { kind, value, pinned, links, there })
}

/// The graph's first form, and a second one with other values and other nodes.
fn graphs() -> impl Strategy<Value = (Vec<Node>, Vec<Node>)> {
    prop::collection::vec((node(), node()), 1..7).prop_map(|pairs| {
        pairs
            .into_iter()
            .map(|(first, mut second)| {
                // The kind is part of the name, and what is precious is never replaced.
                second.kind = first.kind;
                if first.kind == 2 {
                    second.pinned = first.pinned;
                }
                (first, second)
            })
            .unzip()
    })
}

fn desired(nodes: &[Node]) -> Desired {
    let mut desired = Desired::nothing();
    let mut made: Vec<String> = Vec::new();
    for (index, node) in nodes.iter().enumerate().filter(|(_, node)| node.there) {
        let mut links: Vec<&str> = node
            .links
            .iter()
            .filter(|_| !made.is_empty())
            .map(|link| made[link.index(made.len())].as_str())
            .collect();
        links.sort_unstable();
        links.dedup();
        let name = format!("n{index}");
        let (value, pin) = (node.value.to_string(), node.pinned.to_string());
        let added = pinned(&mut desired, node.kind, &name, &value, &pin, &links);
        made.push(added.to_string());
    }
    let outputs: BTreeMap<String, String> =
        made.iter().take(1).map(|made| ("first".to_owned(), format!("${{ref:{made}#id}}"))).collect();
    desired.outputs = outputs;
    desired
}

async fn killed_at_every_step(from: &World, to: &Desired, second_kill: usize) {
    for steps in 1.. {
        let world = from.fork();
        let killed = world.deploy_killed_after(to, steps).await;
        if killed {
            // The run that mends may be killed, too.
            world.deploy_killed_after(to, second_kill).await;
            let applied = world.deploy(to).await;
            assert!(applied.is_complete(), "killed after {steps} steps, then: {applied:?}");
        }
        world.assert_converged(to).await;
        if !killed {
            return;
        }
    }
}

/// Whoever goes back to how it was, after a run that was cut off at any step, gets just that.
async fn turned_round_at_every_step(from: &World, back: &Desired, forth: &Desired, second_kill: usize) {
    for steps in 1.. {
        let world = from.fork();
        if !world.deploy_killed_after(forth, steps).await {
            return;
        }
        world.deploy_killed_after(back, second_kill).await;
        let applied = world.deploy(back).await;
        assert!(applied.is_complete(), "turned round after {steps} steps: {applied:?}");
        world.assert_converged(back).await;
    }
}

/// The second form, as far as it can be reached without the memory of the first: nothing is dropped, and what is made beside
/// its forerunner keeps its pin, for nothing tells of a forerunner.
fn reachable(first: &[Node], second: &[Node]) -> Vec<Node> {
    let pairs = first.iter().zip(second);
    pairs
        .map(|(first, second)| Node {
            there: first.there || second.there,
            pinned: if first.kind == 1 { first.pinned } else { second.pinned },
            ..second.clone()
        })
        .collect()
}

/// `PROPTEST_CASES`, or as many as take some seconds.
fn cases(few: u32) -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let usual = ProptestConfig::default();
    ProptestConfig { cases: if asked { usual.cases } else { few }, ..usual }
}

fn block_on(run: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(run);
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn a_lost_state_is_rebuilt_and_changed_wherever_the_run_is_killed(
        (first, second) in graphs(),
        second_kill in 1..12_usize,
    ) {
        let (first, second) = (desired(&first), desired(&reachable(&first, &second)));
        block_on(async {
            let world = World::new();
            assert!(world.deploy(&first).await.is_complete());
            world.backend.lose_state();
            killed_at_every_step(&world, &first, second_kill).await;
            killed_at_every_step(&world, &second, second_kill).await;
        });
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn a_run_killed_at_any_step_converges_when_run_again((first, second) in graphs(), second_kill in 1..12_usize) {
        block_on(async {
            let (first, second) = (desired(&first), desired(&second));
            let world = World::new();
            killed_at_every_step(&world, &first, second_kill).await;
            assert!(world.deploy(&first).await.is_complete());
            turned_round_at_every_step(&world, &first, &second, second_kill).await;
            killed_at_every_step(&world, &second, second_kill).await;
            assert!(world.deploy(&second).await.is_complete());
            killed_at_every_step(&world, &Desired::nothing(), second_kill).await;
        });
    }
}

#[tokio::test]
async fn no_mutating_call_is_made_before_its_intent_is_stored() {
    let mut wanted = Desired::nothing();
    pinned(&mut wanted, 0, "a", "1", "1", &[]);
    for steps in 1.. {
        let world = World::new();
        let killed = world.deploy_killed_after(&wanted, steps).await;
        if !world.cloud.take_calls().is_empty() {
            let state = world.backend.state().expect("a state is stored before the first call");
            assert!(state.resources.contains_key(&address(0, "a")));
        }
        if !killed {
            break;
        }
    }
}

#[tokio::test]
async fn a_replaced_object_goes_only_after_its_users_have_moved() {
    let world = World::new();
    let stack = |pin: &str| {
        let mut desired = Desired::nothing();
        pinned(&mut desired, 1, "v", "1", pin, &[]);
        pinned(&mut desired, 0, "user", "1", "1", &["versioned.v"]);
        desired
    };
    assert!(world.deploy(&stack("1")).await.is_complete());
    let _ = world.cloud.take_calls();
    assert!(world.deploy(&stack("2")).await.is_complete());
    assert_eq!(world.cloud.take_calls(), ["create versioned v", "update plain user", "delete versioned v"]);
    world.assert_converged(&stack("2")).await;
}
