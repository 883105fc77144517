//! `cogapi plan`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use cogapi_engine::Mode;

use super::plan_file::PlanFile;
use super::target::Target;
use super::{Error, Outcome, work};
use crate::render::progress::Progress;
use crate::render::{self, object, output, result};

/// Arguments of `cogapi plan`.
#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    target: Target,
    /// Exit with 2 where there are changes to make, and with 0 where there are none
    #[arg(long)]
    detailed_exitcode: bool,
    /// How the plan is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", conflicts_with = "json")]
    format: Format,
    /// Write the plan to a file as well, for `deploy --plan`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Plan to take over what exists under this environment's names without its tags
    #[arg(long)]
    adopt: bool,
}

/// How a plan is printed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For a person
    #[default]
    Text,
    /// For a comment on a pull request, with details to unfold
    Markdown,
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
        let stack = &opened.cx.stack;
        match self.format {
            _ if output().is_json() => object(&render::plan::json(&plan, &opened.environment.name)),
            Format::Text => result(&render::plan::text(&plan, stack, output().verbose)),
            Format::Markdown => result(&render::plan::markdown(&plan, stack)),
        }
        work::allow(&plan)?;
        if let Some(file) = &self.out {
            PlanFile::of(&opened, &plan, self.adopt).write(file)?;
            progress.say(&format!(
                "`cogapi deploy --env {} --plan {}` does this",
                opened.environment.name,
                file.display()
            ));
        }
        Ok(if self.detailed_exitcode && !plan.is_empty() { Outcome::Changes } else { Outcome::Done })
    }
}
