//! `cogapi unlock`

use clap::Args;
use cogapi_engine::Backend as _;

use super::target::Target;
use super::{Error, Outcome, question};
use crate::render::{note, result};

/// Arguments of `cogapi unlock`.
#[derive(Debug, Args)]
pub(super) struct Unlock {
    #[command(flatten)]
    target: Target,
    /// Go ahead without being asked
    #[arg(long, short)]
    yes: bool,
}

impl Unlock {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let opened = self.target.open().await?;
        let name = &opened.environment.name;
        let Some(holder) = opened.backend.holder().await.map_err(|error| opened.error(error))? else {
            result(&format!("{name} is not locked"));
            return Ok(Outcome::Done);
        };
        note(&format!("{name} is locked: {holder}; its lease ends at {:.0}", holder.expires));
        if !self.yes {
            question::confirm("If that still runs, removing its lock makes it stop. Remove it?", "yes")
                .await?;
        }
        if opened.backend.force_unlock(&holder).await? {
            result(&format!("{name} is unlocked"));
        } else {
            result(&format!("{name}: that lock is gone already, and nothing was removed"));
        }
        Ok(Outcome::Done)
    }
}
