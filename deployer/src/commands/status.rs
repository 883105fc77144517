//! `cogapi status`

use clap::Args;
use cogapi_engine::{Backend as _, Desired};

use super::target::Target;
use super::{Error, Outcome, work};
use crate::render::progress::Progress;
use crate::render::{object, output, result, status};

/// Arguments of `cogapi status`.
#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    target: Target,
}

impl Status {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let progress = Progress::start();
        let opened = self.target.open().await?;
        let state = opened.state().await?;
        let (holder, stored_at) = futures::try_join!(opened.backend.holder(), opened.backend.stored_at())
            .map_err(|error| opened.error(error))?;
        // Against what the state remembers, so nothing has to be built for it.
        let observed = work::look(&opened.cx, &Desired::nothing(), &state, &progress).await?;
        let found = status::Status::of(&state, &observed);
        let about = status::About {
            environment: &opened.environment.name,
            stack: &opened.cx.stack,
            account: &opened.cx.account,
            region: &opened.environment.aws.region,
            bucket: &opened.location.bucket,
            stored_at,
            holder: holder.as_ref(),
        };
        if output().is_json() {
            object(&status::json(&about, &found, &state));
        } else {
            result(&status::text(&about, &found, &state));
        }
        Ok(Outcome::Done)
    }
}
