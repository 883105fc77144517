//! `cogapi destroy-backend`

use clap::Args;
use cogapi_engine::Failure;

use super::target::{Opened, Target};
use super::{Error, Outcome, question};
use crate::backend::{self, Destroyed};
use crate::render::progress::Progress;

/// Arguments of `cogapi destroy-backend`.
#[derive(Debug, Args)]
pub(super) struct DestroyBackend {
    #[command(flatten)]
    pub(super) target: Target,
    /// Go ahead without being asked
    #[arg(long, short)]
    pub(super) yes: bool,
}

impl DestroyBackend {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let progress = Progress::start();
        let opened = self.target.open().await?;
        if !self.yes {
            question::confirm(
                &format!(
                    "This removes the bucket {} and the table {} with all states in them.",
                    opened.location.bucket, opened.location.lock_table
                ),
                &opened.location.bucket,
            )
            .await?;
        }
        let gone = backend::destroy(&opened.cx.clients, &opened.location).await.map_err(Failure::from)?;
        tell(&opened, &gone, &progress);
        Ok(Outcome::Done)
    }
}

/// Says what is gone.
pub(super) fn tell(opened: &Opened, gone: &Destroyed, progress: &Progress) {
    let (bucket, table) = (&opened.location.bucket, &opened.location.lock_table);
    if gone.bucket {
        progress.say(&format!("the bucket {bucket} is gone, with {} versions of objects", gone.versions));
    }
    if gone.table {
        progress.say(&format!("the table {table} is gone"));
    }
    if gone.table_shared {
        progress.say(&format!("the table {table} stays: it holds locks of other buckets' environments"));
    }
    if !gone.bucket && !gone.table && !gone.table_shared {
        progress.say(&format!("there is no bucket {bucket} and no table {table}: nothing to destroy"));
    }
}
