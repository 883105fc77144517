//! `cogapi deploy`

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use cogapi_engine::{Desired, Mode, Plan, Session, State};

use super::interrupt::unless_interrupted;
use super::plan_file::PlanFile;
use super::target::{Opened, Target};
use super::{Error, Outcome, question, work};
use crate::artifacts::{self, Artifacts};
use crate::backend;
use crate::render::ending::{self, Work};
use crate::render::json::Event;
use crate::render::progress::Progress;
use crate::render::{self, note, output, result, tell};

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
    /// Do what `plan --out` has written to this file, without being asked, and nothing else
    #[arg(long = "plan", value_name = "FILE", conflicts_with = "adopt")]
    pub(super) planned: Option<PathBuf>,
    /// Whether the plan is left out of what is printed.
    #[arg(skip)]
    pub(super) brief: bool,
}

impl Deploy {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let progress = Progress::start();
        let planned = self.planned.as_deref().map(PlanFile::read).transpose()?;
        if planned.is_none() && !self.yes {
            question::somebody_answers()?;
        }
        let prepared = async {
            let opened = self.target.open().await?;
            let artifacts = opened.build(&progress).await?;
            Ok((opened, artifacts))
        };
        let (opened, artifacts) = unless_interrupted(prepared).await?;
        let outputs = self.deploy(&opened, &artifacts, planned.as_ref(), &progress).await?;
        if output().is_json() {
            tell(&Event::Outputs { outputs });
        } else {
            result(&render::outputs::text(&outputs));
            if !output().quiet {
                note(&render::ending::next(&opened.environment, &outputs));
            }
        }
        Ok(Outcome::Done)
    }

    /// Makes the environment as configured, and returns its outputs. Nothing is changed before it is agreed on: not even the
    /// backend is made, nor the lock taken while somebody thinks.
    pub(super) async fn deploy(
        &self,
        opened: &Opened,
        artifacts: &Artifacts,
        planned: Option<&PlanFile>,
        progress: &Progress,
    ) -> Result<BTreeMap<String, String>, Error> {
        let desired = opened.desired(artifacts);
        let prepared = async {
            let state = opened.state().await?;
            let plan = self.agree(opened, &desired, &state, planned, progress).await?;
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
        let deployed = self.under_lock(opened, &mut session, &desired, plan, planned, progress).await;
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
        planned: Option<&PlanFile>,
        progress: &Progress,
    ) -> Result<Plan, Error> {
        let adopt = planned.map_or(self.adopt, |file| file.adopt);
        let mode = Mode { adopt, lift_protection: !opened.environment.protection.deletion };
        let plan = work::make_plan(&opened.cx.afresh(), desired, state, mode, progress).await?;
        work::allow(&plan)?;
        if let Some(file) = planned {
            file.must_be(&PlanFile::of(opened, &plan, adopt))?;
        }
        if plan.is_empty() {
            return Ok(plan);
        }
        let asks = planned.is_none() && !self.yes;
        if !self.brief {
            work::show(opened, &plan, asks);
        }
        if asks {
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
        planned: Option<&PlanFile>,
        progress: &Progress,
    ) -> Result<(), Error> {
        if (&plan.lineage, plan.serial) != (&session.state.lineage, session.state.serial) {
            progress.say("another run has changed the environment meanwhile: looking again");
            plan = unless_interrupted(self.agree(opened, desired, &session.state, planned, progress)).await?;
        }
        // An empty plan is applied, too: it puts right what only the memory has wrong, and stores changed outputs.
        let applied = work::do_plan(opened, session, &plan, progress).await?;
        if plan.is_empty() {
            progress.say(&render::plan::text(&plan, &opened.cx.stack, output().verbose));
            return Ok(());
        }
        unless_interrupted(work::verify(opened, session, desired, progress)).await?;
        let work = Work { changes: applied.done, calls: opened.cx.clients.calls() };
        ending::done(progress, &format!("{} is deployed and verified", opened.cx.stack), work);
        Ok(())
    }
}
