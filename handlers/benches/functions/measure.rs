//! What a function needs, measured from outside: by the clock of its runtime API, and by what the kernel says of its process.

use crate::lambda::Function;
use serde_json::Value;
use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

/// How often something is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Cold starts.
    pub(crate) starts: usize,
    /// Requests to the function that was started last.
    pub(crate) requests: usize,
    /// For all starts, and for all requests. Some of each are made whatever they take.
    pub(crate) at_most: Duration,
}

const FEWEST: usize = 3;

/// What was found.
#[derive(Debug)]
pub(crate) struct Measured {
    /// From the start of the process to its first poll.
    pub(crate) init: Times,
    /// From the start of the process to its first reply.
    pub(crate) first: Times,
    /// From an event to its reply, when the function is warm.
    pub(crate) warm: Times,
    /// Processor time of the whole process for one of the latter.
    pub(crate) processor: Duration,
    /// The most that the process ever had in memory, in bytes.
    pub(crate) memory: u64,
}

/// Times of the same thing.
#[derive(Debug)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The time that so many of a hundred do not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        self.0[(self.0.len() * percent).div_ceil(100).max(1) - 1]
    }
}

/// Starts and calls a function often, with one event.
pub(crate) fn measure(
    command: impl Fn() -> Command,
    event: &Value,
    effort: Effort,
    is_right: impl Fn(&Value) -> bool,
) -> Measured {
    let invoke = |function: &mut Function| {
        let reply = function.invoke(event);
        assert!(reply.result.as_ref().is_ok_and(&is_right), "{:?}: {:?}", command(), reply.result);
        reply.at
    };
    let mut running = None;
    let cold = repeated(effort.starts, effort.at_most, || {
        let mut function = Function::start(command());
        let replied = invoke(&mut function);
        let started = function.started();
        let times = (function.first_poll() - started, replied - started);
        running = Some(function);
        times
    });
    let mut function = running.expect("it was started");
    let before = processor_time(&function);
    let warm = repeated(effort.requests, effort.at_most, || {
        let asked = Instant::now();
        invoke(&mut function) - asked
    });
    let processor = processor_time(&function).saturating_sub(before) / u32::try_from(warm.len()).unwrap();
    let (init, first) = cold.into_iter().unzip();
    Measured {
        init: Times::new(init),
        first: Times::new(first),
        warm: Times::new(warm),
        processor,
        memory: memory(&function),
    }
}

fn repeated<T>(times: usize, at_most: Duration, mut once: impl FnMut() -> T) -> Vec<T> {
    let begun = Instant::now();
    let mut results = Vec::new();
    while results.len() < times && (results.len() < FEWEST || begun.elapsed() < at_most) {
        results.push(once());
    }
    results
}

/// What the process's threads have used. Linux counts it in nanoseconds.
fn processor_time(function: &Function) -> Duration {
    let threads = fs::read_dir(format!("/proc/{}/task", function.id())).expect("the benchmark runs on Linux");
    let used = |thread: fs::DirEntry| -> Option<u64> {
        let statistics = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        statistics.split(' ').next()?.parse().ok()
    };
    Duration::from_nanos(threads.flatten().filter_map(used).sum())
}

/// The peak of the process's resident memory.
fn memory(function: &Function) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", function.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells it");
    let kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1024
}
