//! `cogapi check`

use clap::Args;

use super::target::{Opened, Target, clients};
use super::{Error, Outcome};
use crate::preflight::{self, Subject};
use crate::render::progress::Progress;
use crate::render::{check, object, output, result};

/// Soon told is better than long tried: whatever goes wrong is a finding.
const ATTEMPTS: u32 = 4;

/// Arguments of `cogapi check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    target: Target,
}

impl Check {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let progress = Progress::start();
        let (root, environment) = self.target.configuration()?;
        let clients = clients(&environment.aws).await.with_attempts(ATTEMPTS);
        let (account, findings) = match Opened::of(root, environment.clone(), clients).await {
            Ok(opened) => {
                let desired = opened.by_name();
                let subject = Subject {
                    environment: &opened.environment,
                    cx: &opened.cx,
                    location: &opened.location,
                    backend: &opened.backend,
                    desired: &desired,
                };
                let findings = preflight::run(&subject, &|event| progress.observe(&event)).await;
                progress.rest();
                (Some(opened.cx.account), findings)
            }
            Err(Error::Credentials(failure) | Error::Failed(failure)) => {
                (None, preflight::without_account(&environment, &failure))
            }
            Err(other) => return Err(other),
        };
        let about = check::About {
            environment: &environment.name,
            stack: &environment.stack(),
            region: &environment.aws.region,
            account: account.as_deref(),
        };
        if output().is_json() {
            object(&check::json(&about, &findings));
        } else {
            result(&check::text(&about, &findings));
        }
        Ok(if preflight::is_ready(&findings) { Outcome::Done } else { Outcome::Problems })
    }
}
