//! `cogapi man`

use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _};
use cogapi_engine::Failure;

use super::{Cli, Error, Outcome};
use crate::render::note;

/// Arguments of `cogapi man`.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The folder to write them to; made where it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Man {
    pub(super) fn run(self) -> Result<Outcome, Error> {
        Self::to(&self.out)
    }

    /// Writes them to a folder.
    pub(super) fn to(out: &Path) -> Result<Outcome, Error> {
        let written =
            std::fs::create_dir_all(out).and_then(|()| clap_mangen::generate_to(Cli::command(), out));
        written.map_err(|error| {
            Failure::new("the man pages can't be written", format!("{}: {error}", out.display()))
                .with_hint("choose a folder that you may write to")
        })?;
        note(&format!(
            "the man pages are in {}; `man {}/cogapi.1` shows the first",
            out.display(),
            out.display()
        ));
        Ok(Outcome::Done)
    }
}
