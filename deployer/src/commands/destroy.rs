//! `cogapi destroy`

use clap::Args;

use super::destroy_stack::DestroyStack;
use super::interrupt::unless_interrupted;
use super::target::Target;
use super::{Error, Outcome, destroy_backend};
use crate::backend::{self, DestroyError};
use crate::render::progress::Progress;

/// Arguments of `cogapi destroy`.
#[derive(Debug, Args)]
pub(super) struct Destroy {
    #[command(flatten)]
    target: Target,
    /// Go ahead without being asked
    #[arg(long, short)]
    yes: bool,
}

impl Destroy {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let progress = Progress::start();
        let opened = unless_interrupted(self.target.open()).await?;
        let stack = DestroyStack { target: self.target, yes: self.yes };
        stack.destroy(&opened, &progress).await?;
        unless_interrupted(async {
            match backend::destroy(&opened.cx.clients, &opened.location).await {
                Ok(gone) => destroy_backend::tell(&opened, &gone, &progress),
                // Other environments share it, so it has to stay, and this environment is gone all the same.
                Err(DestroyError::InUse(why)) => progress.say(&format!("the backend stays: {}", why.detail)),
                Err(DestroyError::Failed(failure)) => return Err(failure.into()),
            }
            Ok(Outcome::Done)
        })
        .await
    }
}
