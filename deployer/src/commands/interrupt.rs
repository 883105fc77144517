//! Ctrl-C and SIGTERM: the first asks to stop in order, and is all that is needed. One listener for the whole process, so
//! that no signal falls between two steps of a command.

use std::sync::LazyLock;

use tokio_util::sync::CancellationToken;

use super::Error;
use crate::render::note;

static ASKED: LazyLock<CancellationToken> = LazyLock::new(CancellationToken::new);

/// Listens from now on, for as long as the process runs.
pub(super) fn listen() {
    tokio::spawn(async {
        let Ok(mut signals) = Signals::new() else { return };
        loop {
            signals.next().await;
            if ASKED.is_cancelled() {
                note("still stopping: what runs is finished and stored, so that nothing is left half done");
            }
            ASKED.cancel();
        }
    });
}

/// Asks to stop when standard input ends: whoever holds its other end has ended.
pub(super) fn ask_when_stdin_ends() {
    // A thread of its own, which nothing waits for: no runtime can take such a read back.
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        ASKED.cancel();
    });
}

/// Cancelled once a signal has asked to stop.
pub(super) fn asked() -> CancellationToken {
    ASKED.clone()
}

/// Does `work`, of which nothing has to be finished, unless a signal asks to stop.
pub(super) fn unless_interrupted<T>(
    work: impl Future<Output = Result<T, Error>>,
) -> impl Future<Output = Result<T, Error>> {
    // In a box: what a command waits for is as large as the SDK's futures.
    let work = Box::pin(work);
    async {
        tokio::select! {
            done = work => done,
            () = ASKED.cancelled() => Err(Error::Interrupted),
        }
    }
}

/// The signals that ask to stop. Where none can be listened to, they end the process as they always do.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
