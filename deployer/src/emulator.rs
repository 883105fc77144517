//! The local AWS as a process of ours: installed into the project's cache, started, stopped. What it emulates is its own
//! business (`emulator/`).

mod install;

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use cogapi_engine::Failure;

pub use install::install;

/// How long it may take from its start until it answers; it usually takes half a second.
const START: Duration = Duration::from_mins(1);
/// How long it may take to stop its functions and itself.
const STOP: Duration = Duration::from_secs(10);

/// A running emulator. It ends with this process, however this process ends: it stops when its standard input does.
#[derive(Debug)]
pub struct Emulator {
    process: Child,
    /// Where it answers: `http://127.0.0.1:<port>`.
    pub url: String,
}

/// What an emulator is started with.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The region of requests that name none.
    pub region: String,
    /// An address that its account has verified with SES, as whoever sends mails from there must have.
    pub sender: Option<String>,
    /// Where it keeps what exists, for the next start; nowhere unless it is said.
    pub keep_in: Option<PathBuf>,
    /// Whether what was kept there is forgotten first.
    pub forget: bool,
}

impl Emulator {
    /// Starts it on a free port with the Python that [`install`] returned, and waits until it answers. Blocks.
    pub fn start(root: &Path, python: &Path, options: &Options) -> Result<Self, Failure> {
        const SUMMARY: &str = "the emulator could not be started";
        let mut command = Command::new(python);
        command
            .args(["-m", "cogapi_emulator", "--stop-with-stdin", "--region", &options.region])
            .args(options.sender.as_ref().map(|sender| format!("--sender={sender}")))
            .args(options.forget.then_some("--forget"))
            .env("PYTHONPATH", root.join("emulator"))
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(folder) = &options.keep_in {
            command.arg("--data-dir").arg(folder);
        }
        // Ctrl-C on a terminal reaches the whole group, and the emulator must outlive the work that is being finished.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut process = command
            .spawn()
            .map_err(|error| Failure::new(SUMMARY, format!("{}: {error}", python.display())))?;
        let (sender, ready) = mpsc::channel();
        if let Some(output) = process.stdout.take() {
            std::thread::spawn(move || sender.send(address_in(output)));
        }
        let problem = match ready.recv_timeout(START) {
            Ok(Ok(url)) => return Ok(Self { process, url }),
            // Its output has ended, so it is ending; what it had to say is on standard error.
            Ok(Err(said)) => {
                let status =
                    process.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
                format!("it ended with {status} {said}")
            }
            Err(_) => {
                let _ = process.kill();
                format!("it gave no sign of being ready within {START:?}")
            }
        };
        Err(Failure::new(SUMMARY, problem).with_hint(
            "its own message is above; removing `.cache/emulator` makes the next start install it anew",
        ))
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Stops it and its functions, and waits until they are gone.
    pub fn stop(mut self) -> Result<(), Failure> {
        drop(self.process.stdin.take());
        let asked = Instant::now();
        while asked.elapsed() < STOP {
            match self.process.try_wait() {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => std::thread::sleep(Duration::from_millis(20)),
                Err(error) => {
                    return Err(Failure::new("the emulator could not be stopped", error.to_string()));
                }
            }
        }
        let killed = self.process.kill().and_then(|()| self.process.wait());
        killed
            .map(|_| ())
            .map_err(|error| Failure::new("the emulator could not be stopped", error.to_string()))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
    }
}

/// Reads what it says until it says where it answers; else all that it said.
fn address_in(output: impl Read) -> Result<String, String> {
    let mut said = String::new();
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        if let Some(url) = line.strip_prefix("ready ") {
            return Ok(url.trim().to_owned());
        }
        said.push_str(&line);
    }
    Err(said)
}
