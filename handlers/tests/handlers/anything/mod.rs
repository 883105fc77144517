//! Whatever is sent, the reply is one of the contract's, nothing of it is logged, and nothing panics. What is sent is made from what
//! the registry declares, so a new endpoint or trigger is tried without a line in here.
//!
//! `PROPTEST_CASES` says how many values are tried for each endpoint and trigger, where a run is to be longer than CI's.
//! What fails is told as small as it was found, and its seed is kept in `tests/proptest-regressions`, to be tried first from then on.

mod claims;
mod events;
mod mails;
mod requests;
mod values;

use proptest::{
    strategy::Strategy,
    test_runner::{Config, TestRunner},
};
use tokio::runtime::{Builder, Runtime};
use values::CANARY;

/// Enough to find what is wrong for many values; `PROPTEST_CASES` finds what is wrong for few.
const CASES: u32 = 48;

fn config() -> Config {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let default = Config::default();
    Config { cases: if asked { default.cases } else { CASES }, source_file: Some(file!()), ..default }
}

/// Tries what `promise` asserts of one function with many values.
fn hold<S: Strategy>(function: &str, values: S, promise: impl AsyncFn(S::Value)) {
    let result = TestRunner::new(config()).run(&values, |value| {
        clock().block_on(promise(value));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{function}: {error}");
    }
}

/// One whose time passes when there is nothing else to do.
fn clock() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

/// What holds for every log line.
fn assert_is_harmless(log: &serde_json::Value) {
    // The runtime answers a panic, so it does not end the test.
    assert_ne!(log["cause"], "panicked");
    assert!(!log.to_string().contains(CANARY), "what was sent was logged: {log}");
}
