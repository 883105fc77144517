//! `cogapi recover-state`

use std::path::PathBuf;

use clap::Args;
use cogapi_engine::{Backend as _, Failure, State};

use super::target::{Opened, Target};
use super::{Error, Outcome, work};
use crate::backend;
use crate::render::result;

/// Arguments of `cogapi recover-state`.
#[derive(Debug, Args)]
pub(super) struct RecoverState {
    #[command(flatten)]
    target: Target,
    /// The file that a run wrote because it could not store its state
    file: PathBuf,
}

impl RecoverState {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let shown = self.file.display();
        let unreadable =
            |why: String| Failure::new("the state file can't be read", format!("{shown}: {why}"));
        let bytes = std::fs::read(&self.file).map_err(|error| unreadable(error.to_string()))?;
        let state = State::from_json(&bytes).map_err(unreadable)?;
        let opened = self.target.open().await?;
        backend::ensure(&opened.cx.clients, &opened.location, &opened.environment.tags).await?;
        // The lock keeps others from storing between our look and our write.
        let session = opened.session("recover-state").await?;
        let stored = store(&opened, &state).await;
        work::finish(&opened, session, stored).await?;
        result(&format!(
            "the state of {} is stored again, serial {}; `cogapi plan --env {0}` shows whether all is well",
            opened.environment.name, state.serial
        ));
        Ok(Outcome::Done)
    }
}

/// Stores the state, unless a newer or another environment's one is there.
async fn store(opened: &Opened, state: &State) -> Result<(), Error> {
    let current = opened.backend.load().await.map_err(|error| opened.error(error))?;
    if let Some((present, _)) = &current {
        let why = if present.lineage != state.lineage {
            Some("the stored state has another lineage: it is not the one that the file continues".to_owned())
        } else if present.serial >= state.serial && present != state {
            Some(format!("the stored state is newer: serial {} against {}", present.serial, state.serial))
        } else {
            None
        };
        if let Some(why) = why {
            return Err(Failure::new("the state file is not put back", why)
                .with_hint("nothing was changed; `cogapi plan` shows what the stored state amounts to")
                .into());
        }
    }
    let version = current.as_ref().map(|(_, version)| version);
    opened.backend.store(state, version).await.map_err(|error| opened.error(error))?;
    Ok(())
}
