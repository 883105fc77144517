//! Ctrl-C and SIGTERM: the first asks to stop in order, and is all that is needed.

use cogapi_engine::ApplyOptions;
use tokio::task::JoinHandle;

use super::Error;
use crate::render::note;

/// Listens until it is dropped.
#[derive(Debug)]
pub(super) struct Interrupt(JoinHandle<()>);

impl Interrupt {
    /// Cancels `options` at the first signal. Later ones are answered: a run that is cut off leaves work to the next.
    pub(super) fn listen(options: &ApplyOptions) -> Self {
        let cancel = options.cancel.clone();
        Self(tokio::spawn(async move {
            loop {
                signal().await;
                if cancel.is_cancelled() {
                    note(
                        "still stopping: what runs is finished and stored, so that nothing is left half done",
                    );
                }
                cancel.cancel();
            }
        }))
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Does `work`, of which nothing has to be finished, unless a signal asks to end first.
pub(super) async fn unless_interrupted<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::select! {
        done = work => done,
        () = signal() => Err(Error::Interrupted),
    }
}

/// Waits for a signal that asks to end.
pub(super) async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a way to listen, signals end the process as they always do.
        std::future::pending::<()>().await;
    }
}
