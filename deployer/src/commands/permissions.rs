//! `cogapi permissions`

use clap::Args;
use serde_json::Value;

use super::target::{Opened, Target};
use super::{Error, Outcome};
use crate::permissions::{LIMIT, Names, policies};
use crate::render::{note, object};

/// Arguments of `cogapi permissions`.
#[derive(Debug, Args)]
pub(super) struct Permissions {
    // Not `Target`: without an environment there is a template.
    /// The environment that may be deployed; without one, a template with names in capitals to fill in
    #[arg(long = "env", value_name = "NAME", env = "ENVIRONMENT")]
    environment: Option<String>,
    /// The folder of the environments' files [default: `environments/` of the project]
    #[arg(long = "environments", value_name = "DIR", env = "COGAPI_ENVIRONMENTS", hide_env = true)]
    folder: Option<std::path::PathBuf>,
}

impl Permissions {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let policies = match self.environment {
            None => policies(&Names::placeholders(), |_| true),
            Some(environment) => of(&Target { environment, folder: self.folder }.open().await?),
        };
        match policies.as_slice() {
            [policy] => object(policy),
            several => {
                note(&format!(
                    "this is a list of {} policies: IAM takes {LIMIT} characters in one, so make a managed policy of each",
                    several.len()
                ));
                object(&several);
            }
        }
        Ok(Outcome::Done)
    }
}

/// What the environment as it is configured takes.
fn of(opened: &Opened) -> Vec<Value> {
    let Opened { environment, cx, location, .. } = opened;
    let identity = environment.email.ses_identity_arn.as_deref();
    let names = Names {
        partition: cx.clients.partition().to_owned(),
        region: environment.aws.region.clone(),
        account: cx.account.clone(),
        stack: cx.stack.clone(),
        bucket: location.bucket.clone(),
        lock_table: location.lock_table.clone(),
        zone: environment.domain.as_ref().map_or_else(String::new, |domain| domain.zone_id.clone()),
        ses_region: identity
            .and_then(|arn| arn.split(':').nth(3))
            .unwrap_or(&environment.aws.region)
            .to_owned(),
    };
    let desired = opened.by_name();
    policies(&names, |kind| desired.resources.keys().any(|address| address.kind() == kind))
}
