//! `cogapi local`

mod background;
mod serving;
mod words;

use std::path::{Path, PathBuf};

use clap::Args;
use cogapi_engine::Failure;

use super::interrupt::{self, unless_interrupted};
use super::target::{build, build_options};
use super::{Error, Outcome, project};
use crate::config::{self, Environment};
use crate::emulator::{self, Emulator};
use crate::local::{Config, Front, Running, Site, Sources};
use crate::render::progress::Progress;
use crate::render::{note, result};

use serving::Serving;
pub(super) use words::taken;
use words::{Words, already};

/// The environment that it deploys.
const ENVIRONMENT: &str = "local";
/// Where it runs, as far as a build has to know.
const LOCALHOST: &str = "http://127.0.0.1";

/// Arguments of `cogapi local`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Local {
    /// The port on 127.0.0.1; 0 takes a free one [default: that of `aws.endpoint` in environments/local.toml]
    #[arg(long)]
    port: Option<u16>,
    /// Build and deploy again whatever is changed in handlers/, templates/ and environments/local.toml
    #[arg(long)]
    watch: bool,
    /// Forget first what earlier runs have made: users, mails, everything
    #[arg(long)]
    reset: bool,
    /// Begin with nothing, and keep nothing for the next run
    #[arg(long, conflicts_with = "reset")]
    ephemeral: bool,
    /// Print nothing but variables for SDKs and tests, as a dotenv file has them, once it is ready
    #[arg(long)]
    endpoint_only: bool,
    /// Go on in the background, and return once it is ready
    #[arg(long)]
    detach: bool,
    /// Stop the one that runs
    #[arg(long, conflicts_with_all = ["watch", "reset", "ephemeral", "endpoint_only", "detach"])]
    stop: bool,
    /// Stop when standard input ends, so that whoever started it leaves nothing behind when killed
    #[arg(long, conflicts_with = "detach")]
    stop_with_stdin: bool,
    /// Only install the emulator
    #[arg(long)]
    install_only: bool,
    /// Where everything is kept; each folder can have one that runs [default: .cache/local of the project]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The folder of the environments' files [default: `environments/` of the project]
    #[arg(long = "environments", value_name = "DIR", env = "COGAPI_ENVIRONMENTS", hide = true)]
    folder: Option<PathBuf>,
    /// The folder of the pages, for those who work on them
    #[arg(long, value_name = "DIR", hide = true)]
    pages: Option<PathBuf>,
}

impl Local {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let progress = Progress::start().brief();
        let root = project::root()?;
        if self.install_only {
            unless_interrupted(install(root, progress)).await?;
            return Ok(Outcome::Done);
        }
        let data = self.data.clone().unwrap_or_else(|| root.join(".cache").join("local"));
        if self.stop {
            return background::stop(&data).await;
        }
        let environment = self.configuration(&root)?;
        let words = Words {
            configured: environment.aws.endpoint.clone(),
            watch: self.watch,
            keeps: !self.ephemeral,
            endpoint_only: self.endpoint_only,
        };
        let claim = match Running::claim(&data)? {
            Running::Ours(claim) if self.detach => {
                drop(claim);
                let runner = unless_interrupted(background::start(&data)).await?;
                result(&words.ready(&runner, true));
                return Ok(Outcome::Done);
            }
            Running::Ours(claim) => claim,
            Running::Theirs(_) if self.detach || self.endpoint_only => {
                let runner = unless_interrupted(background::ready(&data)).await?;
                note("`cogapi local` runs already");
                result(&words.ready(&runner, true));
                return Ok(Outcome::Done);
            }
            Running::Theirs(runner) => return Err(already(runner.as_ref()).into()),
        };
        if self.stop_with_stdin {
            interrupt::ask_when_stdin_ends();
        }
        let sources = Sources::of(&root, &self.folder(&root), ENVIRONMENT);
        let port = self.port.or_else(|| port_of(environment.aws.endpoint.as_deref()?)).unwrap_or(0);
        // Before anything is built, so that a taken port is told at once.
        let listener = Front::bind(port).await.map_err(|error| taken(port, &error))?;
        let python = unless_interrupted(install(root.clone(), progress)).await?;
        let options = build_options(&root, &environment, Some(LOCALHOST));
        // The emulator starts while cargo looks whether there is anything to build.
        let (emulator, built) = tokio::join!(
            self.emulator(&root, python, &environment, data),
            unless_interrupted(build(&options, &progress)),
        );
        let mut emulator = emulator?;
        let front = Front::local(listener, Site::new(self.pages.clone()), shown(&environment), &emulator.url);
        let served = async {
            let front = front.map_err(|error| taken(port, &error))?;
            let serving =
                Serving { root: &root, front: &front, claim: &claim, words: &words, progress: &progress };
            serving.begin(environment, built?).await?;
            let changes = self.watch.then_some((sources, || self.configuration(&root)));
            serving.go_on(&mut emulator, changes).await
        };
        let ended = Box::pin(served).await;
        emulator.stop()?;
        note("stopped");
        match ended {
            Err(_) if interrupt::asked().is_cancelled() => Ok(Outcome::Done),
            ended => ended,
        }
    }

    fn folder(&self, root: &Path) -> PathBuf {
        self.folder.clone().unwrap_or_else(|| root.join("environments"))
    }

    fn configuration(&self, root: &Path) -> Result<Environment, Error> {
        Ok(config::load(&self.folder(root), ENVIRONMENT)?)
    }

    /// Starts the emulator, on a thread of its own. It is not interrupted, so that there is one to be stopped.
    async fn emulator(
        &self,
        root: &Path,
        python: PathBuf,
        environment: &Environment,
        data: PathBuf,
    ) -> Result<Emulator, Error> {
        let options = emulator::Options {
            region: environment.aws.region.clone(),
            sender: Some(environment.email.from.clone()),
            keep_in: (!self.ephemeral).then(|| data.join("emulator")),
            forget: self.reset,
        };
        let root = root.to_owned();
        blocking(move || Emulator::start(&root, &python, &options)).await
    }
}

/// Installs the emulator if it is not there.
async fn install(root: PathBuf, progress: Progress) -> Result<PathBuf, Error> {
    blocking(move || emulator::install(&root, |text| progress.say(text))).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) => Err(Failure::new("starting the emulator failed", error.to_string()).into()),
    }
}

fn port_of(endpoint: &str) -> Option<u16> {
    endpoint.rsplit_once(':')?.1.parse().ok()
}

/// What the pages are told.
fn shown(environment: &Environment) -> Config {
    Config {
        version: 1,
        environment: environment.name.clone(),
        local: true,
        api: String::new(),
        passkeys: environment.passkeys.is_some(),
        console: true,
    }
}
