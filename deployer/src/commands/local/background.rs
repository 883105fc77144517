//! A `cogapi local` in the background: started, waited for, stopped. What it does there is its own business.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use cogapi_engine::Failure;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use super::{Error, Outcome};
use crate::local::{Runner, Running};
use crate::render::result;

/// What it says is here, in the folder of its data.
const LOG: &str = "local.log";
/// How much of it is repeated when it fails.
const TAIL: usize = 20;
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Starts this very command in the background, and waits until it is ready.
pub(super) async fn start(data: &Path) -> Result<Runner, Error> {
    let log = data.join(LOG);
    let failed = |error: &std::io::Error| {
        Failure::new("`cogapi local` could not be started", format!("{}: {error}", log.display()))
    };
    let output = File::create(&log).map_err(|error| failed(&error))?;
    let program = std::env::current_exe().map_err(|error| failed(&error))?;
    let mut command = Command::new(program);
    command
        .args(std::env::args_os().skip(1).filter(|argument| argument != "--detach"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(output);
    // Ctrl-C in the terminal that it was started from is not for it.
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn().map_err(|error| failed(&error))?;
    loop {
        sleep(PAUSE).await;
        if let Some(status) = child.try_wait().map_err(|error| failed(&error))? {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            let last: Vec<&str> = said.lines().rev().take(TAIL).collect();
            let last = last.into_iter().rev().collect::<Vec<_>>().join("\n");
            return Err(Failure::new(
                "`cogapi local` ended before it was ready",
                format!("{status}\n{last}"),
            )
            .into());
        }
        if let Some(runner) = runner(data)?.filter(|runner| is_ready(runner, &child)) {
            return Ok(runner);
        }
    }
}

/// Waits until the one that runs is ready.
pub(super) async fn ready(data: &Path) -> Result<Runner, Error> {
    loop {
        match Running::claim(data)? {
            Running::Theirs(Some(runner)) if runner.variables.is_some() => return Ok(runner),
            Running::Theirs(_) => sleep(PAUSE).await,
            Running::Ours(_) => {
                return Err(Failure::new("`cogapi local` ended before it was ready", "it runs no more")
                    .with_hint("run the same command again")
                    .into());
            }
        }
    }
}

/// Asks the one that runs to stop, and waits until it has.
pub(super) async fn stop(data: &Path) -> Result<Outcome, Error> {
    let Running::Theirs(runner) = Running::claim(data)? else {
        result("`cogapi local` does not run");
        return Ok(Outcome::Done);
    };
    let Some(Runner { pid, .. }) = runner else {
        return Err(Failure::new("`cogapi local` is still starting", "it has not told its process yet")
            .with_hint("run the same command again in a moment")
            .into());
    };
    // The lock is held, so the process that told its id is still there, and no other has that id.
    let asked = Command::new("kill").arg(pid.to_string()).status().await;
    if !asked.as_ref().is_ok_and(std::process::ExitStatus::success) {
        let why = asked.map_or_else(|error| error.to_string(), |status| status.to_string());
        return Err(
            Failure::new(format!("process {pid} could not be stopped"), format!("kill: {why}")).into()
        );
    }
    while let Running::Theirs(_) = Running::claim(data)? {
        sleep(PAUSE).await;
    }
    result("stopped");
    Ok(Outcome::Done)
}

fn runner(data: &Path) -> Result<Option<Runner>, Failure> {
    Ok(match Running::claim(data)? {
        Running::Theirs(runner) => runner,
        Running::Ours(_) => None,
    })
}

fn is_ready(runner: &Runner, child: &Child) -> bool {
    runner.variables.is_some() && child.id() == Some(runner.pid)
}
