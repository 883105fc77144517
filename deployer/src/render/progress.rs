//! What happens, as plain lines with the time since the start.

use std::time::{Duration, Instant};

use cogapi_engine::{Action, Event};

use super::{count, note};

/// Writes a line for every event that a person wants to see.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    start: Instant,
    brief: bool,
}

impl Progress {
    /// Starts the clock.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now(), brief: false }
    }

    /// The same without a line for each resource that was changed as it was to be.
    #[must_use]
    pub fn brief(self) -> Self {
        Self { brief: true, ..self }
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// A line of our own.
    pub fn say(&self, text: &str) {
        note(&format!("{} {text}", stamp(self.elapsed())));
    }

    /// For the engine.
    pub fn observe(&self, event: &Event) {
        if self.brief && matches!(event, Event::Finished { .. }) {
            return;
        }
        if let Some(text) = describe(event) {
            self.say(&text);
        }
    }
}

fn stamp(elapsed: Duration) -> String {
    format!("{:>6.1}s", elapsed.as_secs_f64())
}

/// `None` for what happens too often to be told.
fn describe(event: &Event) -> Option<String> {
    Some(match event {
        Event::RefreshStarted { resources } => format!("looking at {}", count(*resources, "resource")),
        Event::Refreshed { .. } | Event::Started { .. } | Event::ApplyStarted { changes: 0 } => return None,
        Event::ApplyStarted { changes } => format!("making {}", count(*changes, "change")),
        Event::Finished { address, action, elapsed } => {
            format!("{} {address} ({:.1}s)", done(*action), elapsed.as_secs_f64())
        }
        Event::Failed { address, failure, .. } => format!("FAILED {address}: {}", failure.summary),
        Event::Skipped { address, because, .. } => format!("skipped {address}: it needs {because}"),
        Event::Interrupted { running } => {
            format!("stopping: {running} calls still run, then the state is stored and the lock released")
        }
    })
}

fn done(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "changed",
        Action::Replace => "replaced",
        Action::Delete => "deleted",
        Action::Forget => "forgot",
        Action::None => "left",
    }
}
