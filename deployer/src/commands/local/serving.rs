//! The running of `cogapi local`: the environment is deployed, and again whenever sources change.

use std::path::Path;
use std::time::Duration;

use cogapi_engine::{Backend as _, Failure};

use super::super::deploy::Deploy;
use super::super::interrupt::{self, unless_interrupted};
use super::super::target::{Opened, Target, build, build_options};
use super::words::{Words, variables};
use super::{ENVIRONMENT, Error, LOCALHOST, Outcome};
use crate::artifacts::Artifacts;
use crate::aws::Clients;
use crate::aws::clients::EMULATOR_KEY;
use crate::config::Environment;
use crate::emulator::Emulator;
use crate::local::{Claim, Front, Runner, Sources};
use crate::render::progress::Progress;
use crate::render::{self, note, result};

/// Between two looks whether the emulator is still there.
const PAUSE: Duration = Duration::from_millis(500);

/// All that serves.
pub(super) struct Serving<'a> {
    pub(super) root: &'a Path,
    pub(super) front: &'a Front,
    pub(super) claim: &'a Claim,
    pub(super) words: &'a Words,
    pub(super) progress: &'a Progress,
}

impl Serving<'_> {
    /// Deploys, and tells that it is ready.
    pub(super) async fn begin(&self, environment: Environment, built: Artifacts) -> Result<(), Error> {
        let starting = Runner { pid: std::process::id(), url: self.front.url.clone(), variables: None };
        self.claim.tell(&starting)?;
        let region = environment.aws.region.clone();
        let opened = self.open(environment).await?;
        // Nobody works on it who was not killed: the emulator was not there.
        if let Some(holder) = opened.backend.holder().await.map_err(|error| opened.error(error))? {
            opened.backend.force_unlock(&holder).await?;
        }
        let outputs = self.deploy(&opened, &built).await?;
        let variables = variables(&self.front.url, &region, &outputs);
        let ready = Runner { variables: Some(variables), ..starting };
        self.claim.tell(&ready)?;
        result(&self.words.ready(&ready, false));
        Ok(())
    }

    /// Goes on until it is asked to stop, or the emulator has ended.
    pub(super) async fn go_on(
        &self,
        emulator: &mut Emulator,
        mut changes: Option<(Sources, impl Fn() -> Result<Environment, Error>)>,
    ) -> Result<Outcome, Error> {
        let asked = interrupt::asked();
        loop {
            tokio::select! {
                () = asked.cancelled() => return Ok(Outcome::Done),
                () = ended(emulator) => {
                    return Err(Failure::new("the emulator ended by itself", "its own message is above").into());
                }
                configuration = changed(&mut changes) => {
                    // Whatever is wrong, the code that was deployed goes on serving.
                    match self.renew(configuration).await {
                        Ok(()) => self.progress.say("the changes are live"),
                        Err(Error::Interrupted) => {}
                        Err(error) => {
                            note(&render::error::text(&error));
                            self.progress.say("the changes are not live: what was there before goes on");
                        }
                    }
                }
            }
        }
    }

    async fn renew(&self, configuration: Result<Environment, Error>) -> Result<(), Error> {
        let environment = configuration?;
        let options = build_options(self.root, &environment, Some(LOCALHOST));
        let built = unless_interrupted(build(&options, self.progress)).await?;
        let opened = self.open(environment).await?;
        self.deploy(&opened, &built).await?;
        Ok(())
    }

    async fn open(&self, environment: Environment) -> Result<Opened, Error> {
        let clients = Clients::emulator(&environment.aws.region, &self.front.url, EMULATOR_KEY);
        Opened::of(self.root.to_owned(), environment, clients).await
    }

    async fn deploy(
        &self,
        opened: &Opened,
        built: &Artifacts,
    ) -> Result<std::collections::BTreeMap<String, String>, Error> {
        let deploy = Deploy {
            target: Target { environment: ENVIRONMENT.to_owned(), folder: None },
            yes: true,
            adopt: false,
            planned: None,
            brief: true,
        };
        let outputs = deploy.deploy(opened, built, None, self.progress).await?;
        // A domain of its own answers only by its name, which leads nowhere on this machine.
        if let Some(api) = outputs.get("execute_api_url").or_else(|| outputs.get("api_url")) {
            self.front.api_is_at(api);
        }
        Ok(outputs)
    }
}

async fn ended(emulator: &mut Emulator) {
    while emulator.is_running() {
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits for a change, and reads the configuration anew.
async fn changed(
    changes: &mut Option<(Sources, impl Fn() -> Result<Environment, Error>)>,
) -> Result<Environment, Error> {
    match changes {
        Some((sources, configuration)) => {
            let file = sources.changed().await;
            note(&format!("\nchanged: {}", file.display()));
            configuration()
        }
        None => std::future::pending().await,
    }
}
