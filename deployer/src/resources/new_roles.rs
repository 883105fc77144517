//! Waiting for new roles together. A role that was just made can't be assumed for some seconds, and CreateFunction is refused
//! until then; functions that are made at the same time would all be refused again and again.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, MutexGuard};

/// Whether the roles of this run are known to be usable.
#[derive(Debug, Default)]
pub(super) struct NewRoles {
    usable: AtomicBool,
    trying: Mutex<()>,
}

impl NewRoles {
    /// Waits until it makes sense to try: one tries for all, and once it was let in, all others go at once. Hold what is returned
    /// while trying. Roles that are made together become usable together, more or less; the rest is each one's own patience.
    pub(super) async fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        if self.usable.load(Ordering::Acquire) {
            return None;
        }
        let turn = self.trying.lock().await;
        (!self.usable.load(Ordering::Acquire)).then_some(turn)
    }

    /// A function was made: nobody has to wait any more.
    pub(super) fn are_usable(&self) {
        self.usable.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    use futures::future::join_all;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_waits_for_all_and_then_all_go_at_once() {
        let (roles, tries) = (NewRoles::default(), AtomicUsize::new(0));
        let begun = tokio::time::Instant::now();
        let create = || async {
            let _turn = roles.turn().await;
            loop {
                tries.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_secs(1)).await;
                if begun.elapsed() > Duration::from_secs(5) {
                    return roles.are_usable();
                }
            }
        };
        join_all((0..27).map(|_| create())).await;
        assert_eq!(tries.into_inner(), 6 + 26);
        assert_eq!(begun.elapsed().as_secs(), 7, "the others went one after another");
    }
}
