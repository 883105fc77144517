//! What happens, as it happens: on a terminal a line for all that runs, drawn again and again, and what ended above it; elsewhere
//! plain lines with the time since the start; with `--json` events. Hears of everything, and decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cogapi_engine::{Action, Address, Event};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::style::{CHANGED, FAINT, GONE, MADE, REFUSED, REPLACED, paint};
use super::terminal::{self, DRAWN, output};
use super::{count, json, note, span, tell};
use crate::resources::Waiting;

const TICK: Duration = Duration::from_millis(120);

/// Tells what happens to whoever looks.
#[derive(Debug, Clone)]
pub struct Progress(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    start: Instant,
    /// Whether only what goes wrong is told of single resources.
    brief: bool,
    multi: MultiProgress,
    /// How often a drawn line shows that it lives.
    tick: Option<Duration>,
    lines: Mutex<Lines>,
}

/// The lines that are drawn.
#[derive(Debug, Default)]
struct Lines {
    /// How far it is in all.
    overall: Option<ProgressBar>,
    /// What runs.
    running: BTreeMap<Address, ProgressBar>,
    /// What has ended. A replaced resource ends twice.
    ended: BTreeSet<Address>,
}

impl Progress {
    /// Starts the clock.
    #[must_use]
    pub fn start() -> Self {
        Self::on(DRAWN.clone(), Some(TICK), false)
    }

    /// The same without a line for each resource that was changed as it was to be.
    #[must_use]
    pub fn start_brief() -> Self {
        Self::on(DRAWN.clone(), Some(TICK), true)
    }

    fn on(multi: MultiProgress, tick: Option<Duration>, brief: bool) -> Self {
        Self(Arc::new(Shared { start: Instant::now(), brief, multi, tick, lines: Mutex::default() }))
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.start.elapsed()
    }

    /// A line of our own.
    pub fn say(&self, text: &str) {
        if output().is_json() {
            let text = anstream::adapter::strip_str(text).to_string();
            tell(&json::Event::Message { text, elapsed_ms: json::milliseconds(self.elapsed()) });
        } else if !output().quiet {
            note(&self.stamped(text));
        }
    }

    /// Something that takes a while and says how far it is now and then: drawn, or as a line where nothing is.
    pub fn busy(&self, text: &str) {
        if self.is_drawn() {
            self.overall(text, None);
        } else {
            self.say(text);
        }
    }

    /// For the engine.
    pub fn observe(&self, event: &Event) {
        if output().is_json() {
            if let Some(event) = json::Event::of(event) {
                tell(&event);
            }
        } else if self.is_drawn() {
            self.draw(event);
        } else if let Some(text) = self.worth_telling(event) {
            self.say(&text);
        }
    }

    /// For kinds that wait, on behalf of the resource that is worked on.
    pub fn wait(&self, address: Option<&Address>, waiting: &Waiting) {
        if output().is_json() {
            let Waiting { what, because, elapsed } = waiting.clone();
            let (address, elapsed_ms) = (address.map(ToString::to_string), json::milliseconds(elapsed));
            return tell(&json::Event::Waiting { address, what, because, elapsed_ms });
        }
        let lines = self.lines();
        match address.and_then(|address| lines.running.get(address).zip(Some(address))) {
            Some((line, address)) => {
                line.set_message(format!("{address} waits for {}: {}", waiting.what, waiting.because));
            }
            None => self.say(&waiting.to_string()),
        }
    }

    /// Wipes the drawn lines: what they told of has ended.
    pub fn rest(&self) {
        let Lines { overall, running, .. } = std::mem::take(&mut *self.lines());
        running.into_values().chain(overall).for_each(|line| line.finish_and_clear());
    }

    fn is_drawn(&self) -> bool {
        !self.0.multi.is_hidden()
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn worth_telling(&self, event: &Event) -> Option<String> {
        let as_planned = matches!(event, Event::Finished { .. });
        if self.0.brief && as_planned { None } else { describe(event) }
    }

    fn stamped(&self, text: &str) -> String {
        format!("{} {text}", paint(FAINT, format!("{:>6.1}s", self.elapsed().as_secs_f64())))
    }

    fn draw(&self, event: &Event) {
        match event {
            Event::RefreshStarted { resources } => {
                self.rest();
                self.overall("looking at what there is", Some(*resources));
            }
            Event::Refreshed { address } => self.ended(address),
            Event::ApplyStarted { changes: 0 } => self.rest(),
            Event::ApplyStarted { changes } => {
                self.rest();
                self.overall("making changes", Some(*changes));
            }
            Event::Started { address, action } => {
                let line =
                    ProgressBar::new_spinner().with_style(style("  {spinner} {elapsed:>4}  {wide_msg}"));
                let mut lines = self.lines();
                let line = match &lines.overall {
                    Some(overall) => self.0.multi.insert_before(overall, line),
                    None => self.0.multi.add(line),
                };
                self.enliven(&line);
                line.set_message(format!("{} {address}", doing(*action)));
                lines.running.insert(address.clone(), line);
            }
            Event::Finished { address, .. } | Event::Failed { address, .. } => {
                if let Some(line) = self.lines().running.remove(address) {
                    line.finish_and_clear();
                }
                self.scroll(event);
                self.ended(address);
            }
            Event::Skipped { address, .. } => {
                self.scroll(event);
                self.ended(address);
            }
            Event::Interrupted { .. } => {
                self.scroll(event);
                self.overall("stopping", None);
            }
        }
    }

    /// A line above the drawn ones.
    fn scroll(&self, event: &Event) {
        if let Some(text) = self.worth_telling(event) {
            let _ = self.0.multi.println(terminal::coloured(&self.stamped(&text)));
        }
    }

    fn overall(&self, text: &str, steps: Option<usize>) {
        let mut lines = self.lines();
        let line = lines.overall.get_or_insert_with(|| {
            let line = self.0.multi.add(ProgressBar::new_spinner());
            self.enliven(&line);
            line
        });
        match steps {
            Some(steps) => {
                line.set_style(style("{spinner} {msg}  {bar:24} {pos}/{len}  {elapsed}"));
                line.set_length(steps as u64);
            }
            None if line.length().is_none() => line.set_style(style("{spinner} {wide_msg}  {elapsed}")),
            None => {}
        }
        line.set_message(text.to_owned());
    }

    fn enliven(&self, line: &ProgressBar) {
        if let Some(tick) = self.0.tick {
            line.enable_steady_tick(tick);
        }
    }

    fn ended(&self, address: &Address) {
        let mut lines = self.lines();
        lines.ended.insert(address.clone());
        if let Some(overall) = &lines.overall {
            overall.set_position(lines.ended.len() as u64);
        }
    }
}

/// A drawn line. The templates are ours and tested.
fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    style.progress_chars("=> ").tick_chars("|/-\\ ")
}

/// `None` for what happens too often to be told.
fn describe(event: &Event) -> Option<String> {
    Some(match event {
        Event::RefreshStarted { resources } => format!("looking at {}", count(*resources, "resource")),
        Event::Refreshed { .. } | Event::Started { .. } | Event::ApplyStarted { changes: 0 } => return None,
        Event::ApplyStarted { changes } => format!("making {}", count(*changes, "change")),
        Event::Finished { address, action, elapsed } => {
            format!("{} {address} {}", done(*action), paint(FAINT, format!("({})", span::took(*elapsed))))
        }
        Event::Failed { address, failure, .. } => {
            format!("{} {address}: {}", paint(REFUSED, "FAILED"), failure.summary)
        }
        Event::Skipped { address, because, .. } => format!("skipped {address}: it needs {because}"),
        Event::Interrupted { running } => {
            format!("stopping: {} to finish, then all is stored and unlocked", count(*running, "call"))
        }
    })
}

fn done(action: Action) -> String {
    match action {
        Action::Create => paint(MADE, "created"),
        Action::Update => paint(CHANGED, "changed"),
        Action::Replace => paint(REPLACED, "replaced"),
        Action::Delete => paint(GONE, "deleted"),
        Action::Forget => paint(FAINT, "forgot"),
        Action::None => "left".to_owned(),
    }
}

fn doing(action: Action) -> &'static str {
    match action {
        Action::Create => "creating",
        Action::Update => "changing",
        Action::Replace => "replacing",
        Action::Delete => "deleting",
        Action::Forget => "forgetting",
        Action::None => "leaving",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use cogapi_engine::Failure;
    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    /// A run in which one change waits, one fails and one is given up.
    fn events() -> [Event; 8] {
        let (action, elapsed) = (Action::Create, Duration::from_millis(1_240));
        let started = |name| Event::Started { address: address(name), action };
        let failure = Failure::new("making the stage failed", "NotFoundException: no such deployment");
        [
            Event::ApplyStarted { changes: 5 },
            started("certificate.api"),
            started("user_pool.main"),
            started("stage.main"),
            Event::Finished { address: address("user_pool.main"), action, elapsed },
            Event::Failed { address: address("stage.main"), action, failure },
            Event::Skipped {
                address: address("base_path_mapping.api"),
                action,
                because: address("stage.main"),
            },
            Event::Interrupted { running: 1 },
        ]
    }

    /// Without what depends on when it was looked at.
    fn at_any_time(screen: &str) -> String {
        let word = |word: &str| {
            let number = word.strip_suffix('s').and_then(|number| number.parse::<f64>().ok());
            if number.is_some() { "0s".to_owned() } else { word.to_owned() }
        };
        let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
        screen.lines().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn on_a_terminal_what_runs_has_a_line_and_what_ended_stands_above() {
        let terminal = InMemoryTerm::new(24, 80);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let progress = Progress::on(MultiProgress::with_draw_target(target), None, false);
        let mut screens = Vec::new();
        for event in events() {
            progress.observe(&event);
            if matches!(event, Event::Started { ref address, .. } if address.kind() == "stage") {
                let waiting = Waiting {
                    what: "the certificate of *.example.com".to_owned(),
                    because: "Amazon has not seen its CNAME yet".to_owned(),
                    elapsed: Duration::from_secs(40),
                };
                progress.wait(Some(&address("certificate.api")), &waiting);
                screens.push(at_any_time(&terminal.contents()));
            }
        }
        screens.push(at_any_time(&terminal.contents()));
        progress.rest();
        screens.push(at_any_time(&terminal.contents()));
        insta::assert_snapshot!(screens.join("\n--------\n"));
    }

    #[test]
    fn without_a_terminal_everything_worth_telling_is_a_line() {
        let told = events().into_iter().filter_map(|event| describe(&event)).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(anstream::adapter::strip_str(&told).to_string());
    }

    #[test]
    fn a_program_reads_the_same() {
        let told = events().iter().filter_map(json::Event::of).collect::<Vec<_>>();
        insta::assert_json_snapshot!(told);
    }
}
