//! `cogapi completions`

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, Outcome};
use crate::render::result;

/// Arguments of `cogapi completions`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// For which shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "cogapi", &mut script);
        result(String::from_utf8_lossy(&script).trim_end());
        Outcome::Done
    }
}
