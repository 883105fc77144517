//! Instructions instead of time: the same for the same binary, whatever else the machine does.

use crate::{aws::Aws, function::Function, lambda};
use std::{fs, path::Path, process::Command};

/// Millions of instructions of one function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instructions {
    /// To the first poll.
    pub(crate) init: f64,
    /// From there to the first reply.
    pub(crate) first: f64,
}

/// Counts them, where valgrind is installed.
pub(crate) fn instructions(function: &Function, aws: &Aws) -> Option<Instructions> {
    Command::new("valgrind").arg("--version").output().ok()?;
    let init = counted(function, aws, false);
    Some(Instructions { init, first: counted(function, aws, true) - init })
}

fn counted(function: &Function, aws: &Aws, invoked: bool) -> f64 {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let counts = folder.join(format!("callgrind-{}", function.name.replace(' ', "-")));
    let output = format!("--callgrind-out-file={}", counts.display());
    let command = function.watched("valgrind", &["--quiet", "--tool=callgrind", &output], aws);
    let mut running = lambda::Function::start(command);
    running.first_poll();
    if invoked {
        assert!(running.invoke(&function.event).result.is_ok());
    }
    // A process that is killed writes no counts.
    let terminated = Command::new("sh").args(["-c", &format!("kill -TERM {}", running.id())]).status();
    assert!(terminated.unwrap().success());
    running.logged();
    let counts = fs::read_to_string(counts).unwrap();
    let total = counts.lines().find_map(|line| line.strip_prefix("totals: ")).expect("callgrind counts");
    total.trim().parse::<f64>().unwrap() / 1e6
}
