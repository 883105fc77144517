//! `cogapi destroy-stack`

use clap::Args;
use cogapi_engine::{Desired, Mode, Session, State};

use super::interrupt::unless_interrupted;
use super::target::{Opened, Target};
use super::{Error, Outcome, question, work};
use crate::render::progress::Progress;
use crate::render::{self, note};

/// Arguments of `cogapi destroy-stack`.
#[derive(Debug, Args)]
pub(super) struct DestroyStack {
    #[command(flatten)]
    pub(super) target: Target,
    /// Go ahead without being asked
    #[arg(long, short)]
    pub(super) yes: bool,
}

impl DestroyStack {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let progress = Progress::start();
        let opened = self.target.open().await?;
        self.destroy(&opened, &progress).await?;
        Ok(Outcome::Done)
    }

    /// Removes everything that the state knows of, and looks whether it is gone.
    pub(super) async fn destroy(&self, opened: &Opened, progress: &Progress) -> Result<(), Error> {
        // Before locking: the lock lives in a table that is not there before the first deploy.
        if opened.state().await?.is_empty() {
            progress.say(&format!("{} has nothing to destroy", opened.cx.stack));
            return Ok(());
        }
        let mut session = opened.session("destroy").await?;
        let destroyed = self.under_lock(opened, &mut session, progress).await;
        work::finish(opened, session, destroyed).await
    }

    async fn under_lock(
        &self,
        opened: &Opened,
        session: &mut Session,
        progress: &Progress,
    ) -> Result<(), Error> {
        let nothing = Desired::nothing();
        let before: State = session.state.clone();
        let mode = Mode { adopt: false, lift_protection: !opened.environment.protection.deletion };
        let plan = unless_interrupted(async {
            let plan = work::make_plan(&opened.cx, &nothing, &before, mode, progress).await?;
            work::allow(&plan)?;
            if !self.yes {
                note(&render::plan::text(&plan, &opened.cx.stack));
                let question = format!("This removes {} with all of its users.", opened.cx.stack);
                question::confirm(&question, &opened.environment.name).await?;
            }
            Ok(plan)
        })
        .await?;
        let applied = work::do_plan(opened, session, &plan, progress).await?;
        // The state knows of nothing any more, so what to look for is taken from the one before.
        let cx = opened.cx.afresh();
        let again = unless_interrupted(work::make_plan(&cx, &nothing, &before, mode, progress)).await?;
        work::gone(&again)?;
        progress.say(&format!(
            "{} is destroyed, and looking again found nothing of it: {} changes, {} calls to AWS",
            opened.cx.stack,
            applied.done,
            opened.cx.clients.calls()
        ));
        Ok(())
    }
}
