//! `cogapi destroy-stack`

use clap::Args;
use cogapi_engine::kind::Observation;
use cogapi_engine::{Desired, Mode, Plan, Session, State, Violation};

use super::interrupt::unless_interrupted;
use super::target::{Opened, Target};
use super::{Error, Outcome, question, work};
use crate::render::ending::{self, Work};
use crate::render::progress::Progress;

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
        let opened = unless_interrupted(self.target.open()).await?;
        self.destroy(&opened, &progress).await?;
        Ok(Outcome::Done)
    }

    /// Removes everything that the state knows of, and looks whether it is gone.
    pub(super) async fn destroy(&self, opened: &Opened, progress: &Progress) -> Result<(), Error> {
        let prepared = async {
            let state = opened.state().await?;
            if state.is_empty() {
                nothing_unknown(opened, progress).await?;
                return Ok(None);
            }
            self.agree(opened, &state, progress).await.map(Some)
        };
        let Some(plan) = unless_interrupted(prepared).await? else {
            progress.say(&format!("{} has nothing to destroy", opened.cx.stack));
            return Ok(());
        };
        let mut session = opened.session("destroy").await?;
        let destroyed = self.under_lock(opened, &mut session, plan, progress).await;
        work::finish(opened, session, destroyed).await
    }

    /// Looks, plans, shows and asks.
    async fn agree(&self, opened: &Opened, state: &State, progress: &Progress) -> Result<Plan, Error> {
        let plan = plan(opened, state, progress).await?;
        work::allow(&plan)?;
        work::show(opened, &plan, !self.yes);
        if !self.yes {
            let question = format!("This removes {} with all of its users.", opened.cx.stack);
            question::confirm(&question, &opened.environment.name).await?;
        }
        Ok(plan)
    }

    async fn under_lock(
        &self,
        opened: &Opened,
        session: &mut Session,
        mut plan: Plan,
        progress: &Progress,
    ) -> Result<(), Error> {
        if (&plan.lineage, plan.serial) != (&session.state.lineage, session.state.serial) {
            progress.say("another run has changed the environment meanwhile: looking again");
            plan = unless_interrupted(self.agree(opened, &session.state, progress)).await?;
        }
        let before = session.state.clone();
        let applied = work::do_plan(opened, session, &plan, progress).await?;
        // The state knows of nothing any more, so what to look for is taken from the one before.
        unless_interrupted(work::gone(opened, &before, progress)).await?;
        let work = Work { changes: applied.done, calls: opened.cx.clients.calls() };
        let stack = &opened.cx.stack;
        ending::done(progress, &format!("{stack} is destroyed, and looking again found nothing of it"), work);
        Ok(())
    }
}

/// What it takes to remove all that the state knows of.
async fn plan(opened: &Opened, state: &State, progress: &Progress) -> Result<Plan, Error> {
    let mode = Mode { adopt: false, lift_protection: !opened.environment.protection.deletion };
    work::make_plan(&opened.cx.afresh().leaving(), &Desired::nothing(), state, mode, progress).await
}

/// Refuses to say that there is nothing where no state knows of anything, but things under the environment's names exist: the
/// state may be somewhere else or lost, and whoever reads "nothing to destroy" would go on paying for all of it.
async fn nothing_unknown(opened: &Opened, progress: &Progress) -> Result<(), Error> {
    let observed = work::look(&opened.cx.afresh(), &opened.by_name(), &State::default(), progress).await?;
    let found = observed.resources.into_iter().filter(|(_, seen)| !matches!(seen, Observation::Missing));
    let found = found.filter(|(address, _)| !work::is_shared(address));
    let violations: Vec<Violation> = found
        .map(|(address, seen)| {
            let problem = match seen {
                Observation::Unowned { .. } => "exists under this environment's name, and no state here knows of it",
                _ => "is this environment's, and no state knows of it",
            };
            let bucket = &opened.environment.state.bucket;
            let hint = format!(
                "if `state.bucket` was renamed, name the one before {bucket}; if the state is lost, `cogapi deploy` takes back what is there (what is not ours with --adopt), and then it can be destroyed"
            );
            Violation { address, problem: problem.to_owned(), hint }
        })
        .collect();
    if violations.is_empty() { Ok(()) } else { Err(Error::Refused(violations)) }
}
