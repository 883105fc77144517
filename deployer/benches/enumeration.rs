//! How long the endpoints that must not tell who has an account take for addresses that somebody has and that nobody has:
//! 200 replies each, interleaved, and the largest difference of their medians as a ratio.
//!
//! Times hold for this machine and this run only; AWS's own are other ones. `make bench` runs it, in some minutes: most of them are
//! spent waiting for the moments at which those answers leave.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark fails by panicking")]
#![allow(unreachable_pub, dead_code, reason = "the harness is shared with the tests")]

#[path = "../tests/e2e/authenticator.rs"]
mod authenticator;
#[path = "../tests/e2e/client.rs"]
mod client;
#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/e2e/each.rs"]
mod each;
#[path = "../tests/e2e/passkey.rs"]
mod passkey;
#[path = "../tests/e2e/person.rs"]
mod person;
#[path = "../tests/e2e/silent.rs"]
mod silent;
#[path = "../tests/e2e/world.rs"]
mod world;

use std::time::{Duration, Instant};

use client::Api;
use each::{each, each_of};
use person::Person;
use serde_json::json;
use silent::SILENT;

/// Replies to each of the two.
const REPLIES: usize = 200;
/// People who have an account: so many that none is locked out for wrong passwords.
const PEOPLE: usize = REPLIES / 5;
/// Requests at a time.
const AT_ONCE: usize = 8;

fn main() {
    let api = Api::complete();
    api.world.settings(&json!({ "cognito_reset_attempts_per_hour": REPLIES }));
    let people = each(&[(); PEOPLE], |()| {
        let (person, tokens) = Person::signed_in(&api);
        person.registers_passkey(&tokens);
        person
    });
    println!("{REPLIES} replies each, {AT_ONCE} at a time");
    println!("{:<28} {:>10} {:>10} {:>8}", "median", "known", "unknown", "ratio");
    let ratios = SILENT.map(|silent| {
        let times = each_of(AT_ONCE, &(0..REPLIES).collect::<Vec<_>>(), |at| {
            let (known, unknown) = (&people[at % PEOPLE], Person::stranger(&api));
            // Who is first differs from pair to pair, so that neither always meets the other's traces.
            if at % 2 == 0 {
                let first = time(&silent, known);
                (first, time(&silent, &unknown))
            } else {
                let first = time(&silent, &unknown);
                (time(&silent, known), first)
            }
        });
        let (known, unknown): (Vec<_>, Vec<_>) = times.into_iter().unzip();
        let (known, unknown) = (median(known), median(unknown));
        let ratio = known.max(unknown).as_secs_f64() / known.min(unknown).as_secs_f64();
        println!(
            "{:<28} {:>7.1} ms {:>7.1} ms {ratio:>8.4}",
            silent.endpoint,
            millis(known),
            millis(unknown)
        );
        ratio
    });
    println!("{:<28} {:>32.4}", "largest", ratios.into_iter().fold(1.0, f64::max));
}

fn time(silent: &silent::Silent, person: &Person<'_>) -> Duration {
    let request = silent.request(person);
    let start = Instant::now();
    person.api.ask(&request);
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
