//! Tells open pages, by server-sent events, which of their lists have changed. The emulator is asked for its lists only while a page
//! listens.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::stream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::StatusCode;
use hyper::body::{Bytes, Frame};
use sha2::{Digest as _, Sha256};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Receiver, Sender};
use tokio::time::{sleep, timeout};

use super::reply::{Reply, reply};
use super::upstream::Upstream;

/// The lists of the emulator.
const LISTS: [&str; 3] = ["mail", "users", "logs"];
/// The list that is our own.
const REQUESTS: &str = "requests";
/// Between two looks at the lists.
const PAUSE: Duration = Duration::from_millis(400);
/// A sign of life, so that a connection that is gone is noticed on both sides.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Changes that a slow page may be behind, before it is told to look at all.
const BACKLOG: usize = 32;

/// Who listens, and what they are told.
#[derive(Debug, Clone)]
pub(super) struct Events {
    changed: Sender<&'static str>,
}

impl Events {
    pub(super) fn new() -> Self {
        Self { changed: broadcast::channel(BACKLOG).0 }
    }

    /// A request was recorded.
    pub(super) fn requests_changed(&self) {
        // Nobody may be listening.
        let _ = self.changed.send(REQUESTS);
    }

    /// Looks for changes in the emulator, for as long as it is polled.
    pub(super) async fn watch(self, upstream: Arc<Upstream>) {
        let mut seen = HashMap::new();
        loop {
            sleep(PAUSE).await;
            if self.changed.receiver_count() == 0 {
                continue;
            }
            for list in LISTS {
                let Ok(answer) = upstream.ask(&format!("/_cogapi/{list}")).await else { continue };
                let hash = Sha256::digest(&answer);
                if seen.insert(list, hash) != Some(hash) {
                    let _ = self.changed.send(list);
                }
            }
        }
    }

    /// A reply that goes on until the page is closed.
    pub(super) fn listen(&self) -> Reply {
        let greeting = stream::iter([Ok(frame(": listening\n\n"))]);
        let told = stream::unfold(self.changed.subscribe(), async |mut changed| {
            let text = next(&mut changed).await?;
            Some((Ok(frame(text)), changed))
        });
        let body = StreamBody::new(stream::StreamExt::chain(greeting, told));
        let mut answer = reply(StatusCode::OK, "text/event-stream", Bytes::new());
        *answer.body_mut() = body.boxed_unsync();
        answer
    }
}

async fn next(changed: &mut Receiver<&'static str>) -> Option<String> {
    Some(match timeout(HEARTBEAT, changed.recv()).await {
        Err(_) => ":\n\n".to_owned(),
        Ok(Ok(list)) => event(list),
        Ok(Err(RecvError::Lagged(_))) => LISTS.into_iter().chain([REQUESTS]).map(event).collect(),
        Ok(Err(RecvError::Closed)) => return None,
    })
}

fn event(list: &str) -> String {
    format!("event: {list}\ndata: {{}}\n\n")
}

fn frame(text: impl Into<Bytes>) -> Frame<Bytes> {
    Frame::data(text.into())
}
