//! The lease of a held lock: until when it surely holds, its renewal, and noticing in time that it is lost. Owns no lock:
//! `session` takes it and gives it back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::backend::{Backend, BackendError, LockToken};

/// How long a lease lasts; after a crash the environment is locked for at most this long.
pub const LEASE: Duration = Duration::from_mins(1);

/// How long of that it is relied on: others judge by clocks that may be some seconds ahead of ours, and what was begun in its
/// last moment still runs.
pub const RELIED_ON: Duration = Duration::from_secs(50);

/// How long after one renewal the next one is due, and how long one is waited for before it is tried again.
const EVERY: Duration = Duration::from_secs(15);
/// Between a renewal that failed and the next try.
const PAUSE: Duration = Duration::from_secs(1);

/// A moment by both clocks. The monotonic one is never set, but stands still while the machine sleeps; the others' leases, and
/// ours in their eyes, end by the clock on the wall.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    steady: Instant,
    pub(crate) wall: Timestamp,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self { steady: Instant::now(), wall: Timestamp::now() }
    }

    /// When a lease ends that was asked for now.
    pub(crate) fn lease_end(self) -> Timestamp {
        self.wall + LEASE
    }
}

/// A lease, shared by those who rely on it and the task that renews it.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    held: Arc<Mutex<Held>>,
    lost: CancellationToken,
}

#[derive(Debug)]
struct Held {
    /// When it was asked for: from then on it lasts, not from when the answer came.
    asked: Moment,
    why_lost: Option<String>,
}

impl Lease {
    pub(crate) fn new(asked: Moment) -> Self {
        let held = Held { asked, why_lost: None };
        Self { held: Arc::new(Mutex::new(held)), lost: CancellationToken::new() }
    }

    /// Whether it surely holds. Once it did not, it never does again.
    pub(crate) fn holds(&self) -> bool {
        let (asked, now) = (self.held().asked, Moment::now());
        let over = now.steady >= asked.steady + RELIED_ON || now.wall >= asked.wall + RELIED_ON;
        if over && !self.lost.is_cancelled() {
            self.lose("it was not renewed before its lease ended".to_owned());
        }
        !self.lost.is_cancelled()
    }

    /// Cancelled once it is lost.
    pub(crate) fn lost(&self) -> CancellationToken {
        self.lost.clone()
    }

    /// Why it is lost, if it is.
    pub(crate) fn why_lost(&self) -> Option<String> {
        self.held().why_lost.clone()
    }

    /// Renews it until it is lost.
    pub(crate) async fn keep(self, backend: Arc<dyn Backend>, token: LockToken) {
        loop {
            let asked = self.held().asked.steady;
            let mut last = "no answer".to_owned();
            let renewed = renew(backend.as_ref(), &token, asked + EVERY, &mut last);
            match timeout_at(asked + RELIED_ON, renewed).await {
                Ok(Ok(asked)) => self.held().asked = asked,
                Ok(Err(why)) => return self.lose(why),
                Err(_) => return self.lose(format!("its lease could not be renewed in time: {last}")),
            }
        }
    }

    fn lose(&self, why: String) {
        self.held().why_lost.get_or_insert(why);
        self.lost.cancel();
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Nothing panics while it is held.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Renews once it is due, as often as that takes, and says since when the new lease lasts: since the first try, for one that
/// was given up may arrive after a later one. Fails only where the lock is somebody else's. `last` tells how the last try went.
async fn renew(
    backend: &dyn Backend,
    token: &LockToken,
    due: Instant,
    last: &mut String,
) -> Result<Moment, String> {
    sleep_until(due).await;
    let first = Moment::now();
    loop {
        match timeout(EVERY, backend.renew(token, Moment::now().lease_end())).await {
            Ok(Ok(())) => return Ok(first),
            Ok(Err(BackendError::LockLost(why))) => return Err(why),
            Ok(Err(error)) => {
                *last = error.to_string();
                sleep(PAUSE).await;
            }
            Err(_) => "no answer".clone_into(last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_holds_until_some_seconds_before_its_end() {
        let lease = Lease::new(Moment::now());
        sleep(Duration::from_secs(49)).await;
        assert!(lease.holds());
        sleep(Duration::from_secs(1)).await;
        assert!(!lease.holds() && lease.lost().is_cancelled());
    }

    #[tokio::test]
    async fn it_ends_while_the_machine_sleeps() {
        let now = Moment::now();
        let lease = Lease::new(Moment { wall: now.wall - LEASE, ..now });
        assert!(!lease.holds(), "the steady clock alone would not tell");
    }
}
