//! `cogapi build`

use clap::Args;

use super::target::{Target, build, build_options};
use super::{Error, Outcome};
use crate::render::json::Event;
use crate::render::progress::Progress;
use crate::render::{output, result, tell};

/// Arguments of `cogapi build`.
#[derive(Debug, Args)]
pub(super) struct Build {
    #[command(flatten)]
    target: Target,
}

impl Build {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let (root, environment) = self.target.configuration()?;
        let built = build(&build_options(&root, &environment, None), &Progress::start()).await?;
        for artifact in built.iter() {
            if output().is_json() {
                tell(&Event::Artifact {
                    name: artifact.name.to_owned(),
                    bytes: artifact.zip.len(),
                    sha256: artifact.sha256_hex.clone(),
                });
                continue;
            }
            result(&format!("{:<8} {:>8} KiB  {}", artifact.name, artifact.zip.len() / 1024, artifact.key));
        }
        Ok(Outcome::Done)
    }
}
