//! The binary as a person at a terminal of 80 columns has it: reads, types, presses keys.
#![cfg(unix)]

use std::process::{Command, Stdio};

use rexpect::process::WaitStatus;
use rexpect::reader::Options;
use rexpect::session::{PtySession, spawn_with_options};

use crate::world::World;

/// How long the program may take until it shows what is waited for: the first to come builds the handlers.
const PATIENCE_MS: u64 = 300_000;
/// A new terminal has no size; `$0` is the program.
const IN_80_COLUMNS: &str = "stty rows 40 cols 80 && exec \"$0\" \"$@\"";

/// What keys send.
pub(crate) const ENTER: &str = "\r";
pub(crate) const CTRL_C: &str = "\x03";

/// A program at a terminal, which ends with it.
pub(crate) struct Terminal {
    session: PtySession,
    shown: String,
}

impl Terminal {
    /// Starts what [`World::command`] makes at a terminal of its own.
    pub(crate) fn start(command: &Command) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", IN_80_COLUMNS]).arg(command.get_program()).args(command.get_args());
        // The terminal takes the place of all three before the program starts.
        shell.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
        if let Some(folder) = command.get_current_dir() {
            shell.current_dir(folder);
        }
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let options = Options::new().timeout_ms(Some(PATIENCE_MS)).strip_ansi_escape_codes(true);
        Self { session: spawn_with_options(shell, options).unwrap(), shown: String::new() }
    }

    /// Waits until a text is shown. What comes before it was shown, too.
    pub(crate) fn shows(&mut self, text: &str) -> &mut Self {
        let before = self.session.exp_string(text);
        let before =
            before.unwrap_or_else(|error| panic!("{text:?} is not shown: {error}\nafter {}", self.shown));
        self.shown.push_str(&before);
        self.shown.push_str(text);
        self
    }

    /// Types a line and ends it.
    pub(crate) fn types(&mut self, line: &str) -> &mut Self {
        self.presses(line).presses(ENTER)
    }

    /// Presses keys.
    pub(crate) fn presses(&mut self, keys: &str) -> &mut Self {
        self.session.send(keys).unwrap();
        self.session.flush().unwrap();
        self
    }

    /// Waits for the program's end. Returns its exit code and all that it has shown.
    pub(crate) fn ended(mut self) -> (i32, String) {
        let rest = self.session.exp_eof().unwrap_or_else(|error| panic!("{error}\nafter {}", self.shown));
        self.shown.push_str(&rest);
        match self.session.process().wait().unwrap() {
            WaitStatus::Exited(_, code) => (code, self.shown),
            other => panic!("{other:?}\n{}", self.shown),
        }
    }
}

#[test]
fn a_question_that_is_not_answered_with_yes_means_that_nothing_is_done() {
    let world = World::new();
    // After Ctrl-C the line is not ended: that would be an answer, too, and might come first.
    for (answer, code) in [("no\r", 1), (ENTER, 1), (CTRL_C, 130)] {
        let mut terminal = Terminal::start(&world.command(&["deploy"]));
        terminal.shows("Make these changes? [type yes] ").presses(answer);
        let (ended, shown) = terminal.ended();
        assert_eq!(ended, code, "{shown}");
    }
    assert_eq!(world.writes(), [""; 0]);
}
