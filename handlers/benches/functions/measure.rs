//! What a function needs, measured from outside: by the clock of its runtime API, and by what the kernel says of its process.

use crate::{aws::Aws, function::Function, lambda::Function as Running};
use std::{
    fs,
    time::{Duration, Instant},
};

/// How often something is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Cold starts.
    pub(crate) starts: usize,
    /// Requests to the one that was started last.
    pub(crate) requests: usize,
    /// For the starts and for the requests of one function. Some of each are made whatever they take.
    pub(crate) at_most: Duration,
}

const FEWEST: usize = 3;

/// What was found.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) name: String,
    /// From the start of the process to its first poll.
    pub(crate) init: Times,
    /// From the start of the process to its first reply.
    pub(crate) first: Times,
    /// From an event to its reply, when the function is warm.
    pub(crate) warm: Times,
    /// Processor time for one of the latter.
    pub(crate) processor: Duration,
    /// The most that the process ever had in memory, in bytes.
    pub(crate) memory: u64,
    /// Bytes of what is deployed.
    pub(crate) zip: Option<usize>,
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

/// Starts and calls functions often. They take turns, so that what else the machine does meets all alike.
pub(crate) fn measure(functions: &[Function], effort: Effort, aws: &Aws) -> Vec<Measured> {
    let mut trials: Vec<_> = functions.iter().map(|function| Trial::of(function, aws)).collect();
    in_turns(&mut trials, effort.starts, effort.at_most, Trial::start);
    for trial in &mut trials {
        trial.before = processor_time(trial.running());
    }
    in_turns(&mut trials, effort.requests, effort.at_most, Trial::request);
    trials.into_iter().map(Trial::measured).collect()
}

fn in_turns<'a>(trials: &mut [Trial<'a>], times: usize, at_most: Duration, once: fn(&mut Trial<'a>)) {
    let mut spent = vec![Duration::ZERO; trials.len()];
    for turn in 0..times {
        for (trial, spent) in trials.iter_mut().zip(&mut spent) {
            if turn < FEWEST || *spent < at_most {
                let begun = Instant::now();
                once(trial);
                *spent += begun.elapsed();
            }
        }
    }
}

/// A function that is being measured.
struct Trial<'a> {
    function: &'a Function,
    aws: &'a Aws,
    /// The one that was started last.
    running: Option<Running>,
    init: Vec<Duration>,
    first: Vec<Duration>,
    warm: Vec<Duration>,
    /// The processor time that it had used before the warm requests.
    before: Duration,
}

impl<'a> Trial<'a> {
    fn of(function: &'a Function, aws: &'a Aws) -> Self {
        let (init, first, warm) = (vec![], vec![], vec![]);
        Self { function, aws, running: None, init, first, warm, before: Duration::ZERO }
    }

    fn running(&mut self) -> &mut Running {
        self.running.as_mut().expect("it was started")
    }

    /// Lets it answer; when the reply was there.
    fn invoke(&mut self) -> Instant {
        let function = self.function;
        let reply = self.running().invoke(&function.event);
        let is_right = reply.result.as_ref().is_ok_and(|reply| function.is_right(reply));
        assert!(is_right, "{}: {:?}", function.name, reply.result);
        reply.at
    }

    fn start(&mut self) {
        self.running = Some(Running::start(self.function.command(self.aws)));
        let replied = self.invoke();
        let started = self.running().started();
        let polled = self.running().first_poll();
        self.init.push(polled - started);
        self.first.push(replied - started);
    }

    fn request(&mut self) {
        let asked = Instant::now();
        let replied = self.invoke();
        self.warm.push(replied - asked);
    }

    fn measured(mut self) -> Measured {
        let used = processor_time(self.running()).saturating_sub(self.before);
        Measured {
            name: self.function.name.clone(),
            processor: used / u32::try_from(self.warm.len()).unwrap(),
            memory: memory(self.running()),
            zip: self.function.zip,
            init: Times::new(self.init),
            first: Times::new(self.first),
            warm: Times::new(self.warm),
        }
    }
}

/// What the process's first thread has used of a processor: a function's only one, but for names that are looked up.
fn processor_time(running: &Running) -> Duration {
    let statistics = fs::read_to_string(format!("/proc/{}/schedstat", running.id()));
    let statistics = statistics.expect("the benchmark runs on Linux");
    let nanoseconds = statistics.split(' ').next().and_then(|it| it.parse().ok());
    Duration::from_nanos(nanoseconds.expect("Linux counts it"))
}

/// The peak of the process's resident memory.
fn memory(running: &Running) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells it");
    let kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1024
}
