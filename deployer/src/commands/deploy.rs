//! `cogapi deploy`

use std::collections::BTreeMap;

use clap::Args;
use cogapi_engine::{Desired, Mode, Plan, Session, State};

use super::interrupt::unless_interrupted;
use super::target::{Opened, Target};
use super::{Error, Outcome, question, work};
use crate::artifacts::{self, Artifacts};
use crate::backend;
use crate::render::progress::Progress;
use crate::render::{self, count, note, result};

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
        if !self.yes {
            question::somebody_answers()?;
        }
        let prepared = async {
            let opened = self.target.open().await?;
            let artifacts = opened.build(&progress).await?;
            Ok((opened, artifacts))
        };
        let (opened, artifacts) = unless_interrupted(prepared).await?;
        let outputs = self.deploy(&opened, &artifacts, &progress).await?;
        result(&render::outputs::text(&outputs));
        Ok(Outcome::Done)
    }

    /// Makes the environment as configured, and returns its outputs. Nothing is changed before it is agreed on: not even the
    /// backend is made, nor the lock taken while somebody thinks.
    pub(super) async fn deploy(
        &self,
        opened: &Opened,
        artifacts: &Artifacts,
        progress: &Progress,
    ) -> Result<BTreeMap<String, String>, Error> {
        let desired = opened.desired(artifacts);
        let prepared = async {
            let state = opened.state().await?;
            let plan = self.agree(opened, &desired, &state, progress).await?;
            let Opened { cx, location, environment, .. } = opened;
            for step in backend::ensure(&cx.clients, location, &environment.tags).await? {
                progress.say(&step.to_string());
            }
            if !plan.is_empty() {
                artifacts::upload_all(&cx.clients, &cx.bucket, artifacts).await?;
            }
            Ok((state, plan))
        };
        let (state, plan) = unless_interrupted(prepared).await?;
        let mut session = opened.session("deploy").await?;
        if session.state.serial == 0 && state.serial == 0 {
            // Neither is stored yet, and each made up a lineage for itself.
            session.state = state;
        }
        let deployed = self.under_lock(opened, &mut session, &desired, plan, progress).await;
        let outputs = session.state.outputs.clone();
        work::finish(opened, session, deployed).await?;
        Ok(outputs)
    }

    /// Looks, plans, shows and asks.
    async fn agree(
        &self,
        opened: &Opened,
        desired: &Desired,
        state: &State,
        progress: &Progress,
    ) -> Result<Plan, Error> {
        let mode = Mode { adopt: self.adopt, lift_protection: !opened.environment.protection.deletion };
        let plan = work::make_plan(&opened.cx.afresh(), desired, state, mode, progress).await?;
        work::allow(&plan)?;
        if plan.is_empty() {
            return Ok(plan);
        }
        if !self.brief {
            note(&render::plan::text(&plan, &opened.cx.stack));
        }
        if !self.yes {
            question::confirm("Make these changes?", "yes").await?;
        }
        Ok(plan)
    }

    async fn under_lock(
        &self,
        opened: &Opened,
        session: &mut Session,
        desired: &Desired,
        mut plan: Plan,
        progress: &Progress,
    ) -> Result<(), Error> {
        if (&plan.lineage, plan.serial) != (&session.state.lineage, session.state.serial) {
            progress.say("another run has changed the environment meanwhile: looking again");
            plan = unless_interrupted(self.agree(opened, desired, &session.state, progress)).await?;
        }
        // An empty plan is applied, too: it puts right what only the memory has wrong, and stores changed outputs.
        let applied = work::do_plan(opened, session, &plan, progress).await?;
        if plan.is_empty() {
            progress.say(&render::plan::text(&plan, &opened.cx.stack));
            return Ok(());
        }
        unless_interrupted(work::verify(opened, session, desired, progress)).await?;
        progress.say(&format!(
            "{} is deployed and verified: {}, {} to AWS",
            opened.cx.stack,
            count(applied.done, "change"),
            count(opened.cx.clients.calls(), "call")
        ));
        Ok(())
    }
}
