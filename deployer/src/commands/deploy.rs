//! `cogapi deploy`

use clap::Args;
use cogapi_engine::{Desired, Mode, Session};

use super::interrupt::unless_interrupted;
use super::target::{Opened, Target};
use super::{Error, Outcome, question, work};
use crate::artifacts::{self, Artifacts};
use crate::backend;
use crate::render::progress::Progress;
use crate::render::{self, note, result};

/// Arguments of `cogapi deploy`.
#[derive(Debug, Args)]
pub(super) struct Deploy {
    #[command(flatten)]
    pub(super) target: Target,
    /// Go ahead without being asked
    #[arg(long, short)]
    pub(super) yes: bool,
    /// Take over what exists under this environment's names without its tags
    #[arg(long)]
    pub(super) adopt: bool,
    /// Whether the plan is left out of what is printed.
    #[arg(skip)]
    pub(super) brief: bool,
}

impl Deploy {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let progress = Progress::start();
        let opened = self.target.open().await?;
        let artifacts = opened.build(&progress).await?;
        let outputs = self.deploy(&opened, &artifacts, &progress).await?;
        result(&render::outputs::text(&outputs));
        Ok(Outcome::Done)
    }

    /// Makes the environment as configured, and returns its outputs.
    pub(super) async fn deploy(
        &self,
        opened: &Opened,
        artifacts: &Artifacts,
        progress: &Progress,
    ) -> Result<std::collections::BTreeMap<String, String>, Error> {
        let desired = opened.desired(artifacts)?;
        for step in backend::ensure(&opened.cx.clients, &opened.location, &opened.environment.tags).await? {
            progress.say(&step.to_string());
        }
        let mut session = opened.session("deploy").await?;
        let deployed = self.under_lock(opened, &mut session, &desired, artifacts, progress).await;
        let outputs = session.state.outputs.clone();
        work::finish(opened, session, deployed).await?;
        Ok(outputs)
    }

    async fn under_lock(
        &self,
        opened: &Opened,
        session: &mut Session,
        desired: &Desired,
        artifacts: &Artifacts,
        progress: &Progress,
    ) -> Result<(), Error> {
        let mode = Mode { adopt: self.adopt, lift_protection: !opened.environment.protection.deletion };
        let plan = unless_interrupted(async {
            let plan = work::make_plan(&opened.cx, desired, &session.state, mode, progress).await?;
            work::allow(&plan)?;
            if !plan.is_empty() {
                if !self.brief {
                    note(&render::plan::text(&plan, &opened.cx.stack));
                }
                if !self.yes {
                    question::confirm("Make these changes?", "yes").await?;
                }
                artifacts::upload_all(&opened.cx.clients, &opened.cx.bucket, artifacts).await?;
            }
            Ok(plan)
        })
        .await?;
        // An empty plan is applied, too: it puts right what only the memory has wrong, and stores changed outputs.
        let applied = work::do_plan(opened, session, &plan, progress).await?;
        if plan.is_empty() {
            progress.say(&render::plan::text(&plan, &opened.cx.stack));
            return Ok(());
        }
        unless_interrupted(work::verify(opened, session, desired, progress)).await?;
        progress.say(&format!(
            "{} is deployed and verified: {} changes, {} calls to AWS",
            opened.cx.stack,
            applied.done,
            opened.cx.clients.calls()
        ));
        Ok(())
    }
}
