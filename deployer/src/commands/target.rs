//! Which environment a command is about, opened: configuration, clients, account, backend. Makes no mutating call.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use cogapi_engine::session::Holder;
use cogapi_engine::{Backend as _, Failure, Session, State};

use super::{Error, project};
use crate::artifacts::{self, Artifacts, BuildOptions, Machine, Profile};
use crate::aws::clients::EMULATOR_KEY;
use crate::aws::{Clients, is_local};
use crate::backend::{Location, S3Backend};
use crate::config::{self, Architecture, Environment};
use crate::render::building::Building;
use crate::render::progress::Progress;
use crate::resources::Context;
use crate::stack;

/// The environment that a command is about.
#[derive(Debug, Clone, Args)]
pub(super) struct Target {
    /// The environment: the name of a file in `environments/`, without `.toml`
    #[arg(long = "env", value_name = "NAME", env = "ENVIRONMENT")]
    pub(super) environment: String,
    /// The folder of the environments' files [default: `environments/` of the project]
    #[arg(long = "environments", value_name = "DIR", env = "COGAPI_ENVIRONMENTS", hide_env = true)]
    pub(super) folder: Option<PathBuf>,
}

/// An environment with all that is needed to work on it.
pub(super) struct Opened {
    pub(super) root: PathBuf,
    pub(super) environment: Environment,
    pub(super) cx: Context,
    pub(super) location: Location,
    pub(super) backend: Arc<S3Backend>,
}

impl Target {
    /// Reads the configuration.
    pub(super) fn configuration(&self) -> Result<(PathBuf, Environment), Error> {
        let root = project::root()?;
        // Messages name its files, so it is named from here where we are at home.
        let here = std::env::current_dir().is_ok_and(|here| here == root);
        let standard = if here { PathBuf::from("environments") } else { root.join("environments") };
        let folder = self.folder.clone().unwrap_or(standard);
        let environment = config::load(&folder, &self.environment)?;
        Ok((root, environment))
    }

    /// Reads the configuration and finds out whose account this is. Any other than the configured one is refused before
    /// anything else is asked of it.
    pub(super) async fn open(&self) -> Result<Opened, Error> {
        let (root, environment) = self.configuration()?;
        let clients = clients(&environment.aws).await;
        Opened::of(root, environment, clients).await
    }
}

/// Clients for an environment's region, with its profile or for its emulator.
pub(super) async fn clients(aws: &config::Aws) -> Clients {
    let Some(endpoint) = &aws.endpoint else {
        return Clients::connect(&aws.region, aws.profile.as_deref()).await;
    };
    // The SDK's variables may choose another emulator and another of its accounts, but never lead away from this machine.
    let elsewhere = std::env::var("AWS_ENDPOINT_URL").ok().filter(|endpoint| is_local(endpoint));
    let key = elsewhere.as_ref().and_then(|_| std::env::var("AWS_ACCESS_KEY_ID").ok());
    Clients::emulator(
        &aws.region,
        elsewhere.as_deref().unwrap_or(endpoint),
        key.as_deref().unwrap_or(EMULATOR_KEY),
    )
}

impl Opened {
    /// Opens `environment` through `clients`.
    pub(super) async fn of(root: PathBuf, environment: Environment, clients: Clients) -> Result<Self, Error> {
        let aws = &environment.aws;
        let account = clients.account_id().await.map_err(|failure| match aws.endpoint {
            Some(_) => failure.with_hint("this environment runs in `cogapi local`: start it first"),
            None => failure,
        })?;
        if let Some(expected) = aws.account_id.as_ref().filter(|expected| **expected != account) {
            let belongs = format!("the credentials belong to {account}, and aws.account_id is {expected}");
            let other = Failure::new("this is not the environment's account", belongs)
                .with_hint("use the credentials of that account, e.g. by AWS_PROFILE or `aws.profile`");
            return Err(Error::Credentials(other));
        }
        let location = Location {
            bucket: environment.state.bucket.clone(),
            lock_table: environment.state.lock_table.clone(),
            account: account.clone(),
        };
        let backend = Arc::new(S3Backend::new(&clients, &location, &environment.name));
        let cx = Context::new(
            clients,
            account,
            environment.stack(),
            location.bucket.clone(),
            stack::tags(&environment),
        );
        Ok(Self { root, environment, cx, location, backend })
    }

    /// Builds the handlers, or finds that they are built.
    pub(super) async fn build(&self, progress: &Progress) -> Result<Artifacts, Error> {
        let options = build_options(&self.root, &self.environment, self.cx.clients.endpoint.as_deref());
        build(&options, progress).await
    }

    /// What should exist.
    pub(super) fn desired(&self, artifacts: &Artifacts) -> cogapi_engine::Desired {
        self.declared(&artifacts.api.sha256_base64, &artifacts.triggers.sha256_base64)
    }

    fn declared(&self, api_sha256: &str, triggers_sha256: &str) -> cogapi_engine::Desired {
        stack::desired(&stack::Inputs {
            environment: &self.environment,
            account: &self.cx.account,
            partition: self.cx.clients.partition(),
            endpoint: self.cx.clients.endpoint.as_deref(),
            api_sha256,
            triggers_sha256,
        })
    }

    /// What would exist, good only for looking by name: nothing is built for it.
    pub(super) fn by_name(&self) -> cogapi_engine::Desired {
        self.declared("", "")
    }

    /// The stored state; an empty one where nothing is stored.
    pub(super) async fn state(&self) -> Result<State, Error> {
        let loaded = self.backend.load().await.map_err(|error| self.error(error))?;
        Ok(loaded.map_or_else(State::default, |(state, _)| state))
    }

    /// Takes the lock and loads the state.
    pub(super) async fn session(&self, operation: &str) -> Result<Session, Error> {
        Session::open(self.backend.clone(), &holder(operation)).await.map_err(|error| self.error(error))
    }

    /// A backend's error, of this environment.
    pub(super) fn error(&self, error: cogapi_engine::BackendError) -> Error {
        Error::backend(&self.environment.name, error)
    }
}

/// Builds the handlers, or finds that they are built.
pub(super) async fn build(options: &BuildOptions, progress: &Progress) -> Result<Artifacts, Error> {
    let building = Building::new(progress);
    let built = artifacts::build(options, |line| building.line(line)).await;
    progress.rest();
    Ok(built?)
}

/// Who we are, for whoever finds our lock.
fn holder(operation: &str) -> Holder {
    let unknown = || "unknown".to_owned();
    Holder {
        owner: whoami::username().unwrap_or_else(|_| unknown()),
        host: whoami::hostname().unwrap_or_else(|_| unknown()),
        operation: operation.to_owned(),
    }
}

/// For AWS, small and fast to start; for an emulator on this machine, fast to build.
pub(super) fn build_options(
    root: &std::path::Path,
    environment: &Environment,
    endpoint: Option<&str>,
) -> BuildOptions {
    let (target, profile) = if endpoint.is_some_and(is_local) {
        (artifacts::Target::Host, Profile::LambdaDev)
    } else {
        let machine = match environment.functions.architecture {
            Architecture::Arm64 => Machine::Aarch64,
            Architecture::X86_64 => Machine::X86_64,
        };
        (artifacts::Target::Lambda(machine), Profile::Lambda)
    };
    BuildOptions { workspace: root.to_owned(), target, profile }
}
