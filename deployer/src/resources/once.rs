//! Values that one run asks for only once, by key. Owns no call and no policy on when to forget: the cache lives as long as
//! its [`Context`](super::Context).

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

/// A cache in which everyone who asks for the same key at the same time waits for one call.
pub(super) struct OnceByKey<T>(Mutex<HashMap<String, Arc<OnceCell<T>>>>);

impl<T: Clone> OnceByKey<T> {
    /// The value of `key`, asked for with `ask` by whoever comes first. A failure is not kept.
    pub(super) async fn get_or_ask<E, Fut>(&self, key: &str, ask: impl FnOnce() -> Fut) -> Result<T, E>
    where
        Fut: Future<Output = Result<T, E>>,
    {
        let cell = self.entries().entry(key.to_owned()).or_default().clone();
        cell.get_or_try_init(ask).await.cloned()
    }

    /// Remembers what an answer told on the way.
    pub(super) fn put(&self, key: &str, value: T) {
        self.entries().insert(key.to_owned(), Arc::new(OnceCell::new_with(Some(value))));
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Arc<OnceCell<T>>>> {
        // Nothing can fail while the lock is held, so a poisoned map is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for OnceByKey<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> fmt::Debug for OnceByKey<T> {
    /// Without the values: some of them are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnceByKey(..)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn many_who_ask_at_once_share_one_call() {
        let (cache, calls) = (OnceByKey::default(), AtomicUsize::new(0));
        let ask = async || {
            let answer = cache.get_or_ask("a", async || {
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(calls.fetch_add(1, Ordering::Relaxed))
            });
            answer.await.unwrap()
        };
        assert_eq!(tokio::join!(ask(), ask(), ask()), (0, 0, 0));
    }

    #[tokio::test]
    async fn a_failure_is_not_kept_and_what_was_put_is() {
        let cache = OnceByKey::default();
        assert_eq!(cache.get_or_ask("a", async || Err("no")).await, Err("no"));
        assert_eq!(cache.get_or_ask("a", async || Ok::<_, &str>(1)).await, Ok(1));
        cache.put("a", 2);
        assert_eq!(cache.get_or_ask("a", async || Err("no")).await, Ok(2));
    }
}
