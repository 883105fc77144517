//! `cogapi destroy`

use clap::Args;

use super::destroy_stack::DestroyStack;
use super::target::Target;
use super::{Error, Outcome, destroy_backend};
use crate::backend;
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
        let opened = self.target.open().await?;
        let stack = DestroyStack { target: self.target, yes: self.yes };
        stack.destroy(&opened, &progress).await?;
        match destroy_backend::destroy(&opened, &progress).await {
            // Other environments share it, so it has to stay, and this environment is gone all the same.
            Err(Error::Failed(failure)) if failure.summary == backend::IN_USE => {
                progress.say(&format!("the backend stays: {}", failure.detail));
                Ok(Outcome::Done)
            }
            other => other.map(|()| Outcome::Done),
        }
    }
}
