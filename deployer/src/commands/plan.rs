//! `cogapi plan`

use clap::Args;
use cogapi_engine::Mode;

use super::target::Target;
use super::{Error, Outcome, work};
use crate::render::progress::Progress;
use crate::render::{self, result};

/// Arguments of `cogapi plan`.
#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    target: Target,
    /// Exit with 2 where there are changes to make, and with 0 where there are none
    #[arg(long)]
    detailed_exitcode: bool,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
    /// Plan to take over what exists under this environment's names without its tags
    #[arg(long)]
    adopt: bool,
}

impl Plan {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let progress = Progress::start();
        let opened = self.target.open().await?;
        let artifacts = opened.build(&progress).await?;
        let desired = opened.desired(&artifacts);
        // No lock: a plan changes nothing, and a look at a moving target is still a look.
        let state = opened.state().await?;
        let mode = Mode { adopt: self.adopt, lift_protection: !opened.environment.protection.deletion };
        let plan = work::make_plan(&opened.cx, &desired, &state, mode, &progress).await?;
        if self.json {
            result(&format!("{:#}", render::plan::json(&plan, &opened.environment.name)));
        } else {
            result(&render::plan::text(&plan, &opened.cx.stack));
        }
        work::allow(&plan)?;
        Ok(if self.detailed_exitcode && !plan.is_empty() { Outcome::Changes } else { Outcome::Done })
    }
}
