//! `cogapi outputs`

use clap::Args;
use cogapi_engine::Failure;

use super::target::Target;
use super::{Error, Outcome};
use crate::render::{object, output, outputs, result};

/// Arguments of `cogapi outputs`.
#[derive(Debug, Args)]
pub(super) struct Outputs {
    #[command(flatten)]
    target: Target,
    /// Print lines for a dotenv file
    #[arg(long, conflicts_with = "json")]
    dotenv: bool,
}

impl Outputs {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let opened = self.target.open().await?;
        let state = opened.state().await?;
        if state.outputs.is_empty() {
            let name = &opened.environment.name;
            return Err(Failure::new("there are no outputs", format!("{name} is not deployed"))
                .with_hint(format!("`cogapi deploy --env {name}`"))
                .into());
        }
        if output().is_json() {
            object(&outputs::json(&opened.environment.name, &state.outputs));
        } else if self.dotenv {
            result(&outputs::dotenv(&outputs::variables(&state.outputs)));
        } else {
            result(&outputs::text(&state.outputs));
        }
        Ok(Outcome::Done)
    }
}
