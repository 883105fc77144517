//! `cogapi local`

use std::path::PathBuf;

use clap::Args;
use cogapi_engine::Failure;

use super::deploy::Deploy;
use super::interrupt::{self, unless_interrupted};
use super::target::{Opened, Target, build, build_options};
use super::{Error, Outcome, project};
use crate::aws::Clients;
use crate::aws::clients::EMULATOR_KEY;
use crate::config;
use crate::emulator::{self, Emulator};
use crate::local::{Config, Front, Site};
use crate::render::progress::Progress;
use crate::render::{note, result};

/// The environment that it deploys.
const ENVIRONMENT: &str = "local";

/// Arguments of `cogapi local`.
#[derive(Debug, Args)]
pub(super) struct Local {
    /// The port on 127.0.0.1; 0 takes a free one [default: that of `aws.endpoint` in environments/local.toml]
    #[arg(long)]
    port: Option<u16>,
    /// Only install the emulator
    #[arg(long)]
    install_only: bool,
}

impl Local {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let progress = Progress::start();
        let root = project::root()?;
        let environment = config::load(&root.join("environments"), ENVIRONMENT)?;
        let python = unless_interrupted(install(root.clone(), progress)).await?;
        if self.install_only {
            return Ok(Outcome::Done);
        }
        let port = self.port.or_else(|| port_of(environment.aws.endpoint.as_deref()?)).unwrap_or(0);
        // Before anything is built, so that a taken port is told at once.
        let listener = Front::bind(port).await.map_err(|error| taken(port, &error))?;
        let sender = Some(environment.email.from.as_str());
        let mut emulator = Emulator::start(&root, &python, 0, &environment.aws.region, sender)?;
        let front = Front::local(listener, Site::new(None), config(&environment), &emulator.url)
            .map_err(|error| taken(port, &error))?;
        progress.say(&format!("the local AWS answers at {}", front.url));
        let asked = interrupt::asked();
        let result = tokio::select! {
            result = Self::serve(&root, environment, &mut emulator, &front, &progress) => result,
            () = asked.cancelled() => Ok(Outcome::Done),
        };
        emulator.stop()?;
        note("stopped");
        result
    }

    async fn serve(
        root: &std::path::Path,
        environment: config::Environment,
        emulator: &mut Emulator,
        front: &Front,
        progress: &Progress,
    ) -> Result<Outcome, Error> {
        let configured = environment.aws.endpoint.clone();
        let built = build(&build_options(root, &environment, Some(&front.url)), progress).await?;
        let clients = Clients::emulator(&environment.aws.region, &front.url, EMULATOR_KEY);
        let opened = Opened::of(root.to_owned(), environment, clients).await?;
        let deploy = Deploy {
            target: Target { environment: ENVIRONMENT.to_owned(), folder: None },
            yes: true,
            adopt: false,
            brief: true,
        };
        let outputs = deploy.deploy(&opened, &built, progress).await?;
        // A domain of its own answers only by its name, which leads nowhere on this machine.
        let api =
            outputs.get("execute_api_url").or_else(|| outputs.get("api_url")).map_or("", String::as_str);
        front.api_is_at(api);
        result(&welcome(&front.url, configured.as_deref()));
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            if !emulator.is_running() {
                return Err(Failure::new("the emulator ended by itself", "its own message is above").into());
            }
        }
    }
}

/// Installs the emulator if it is not there, on a thread of its own: it takes its time.
async fn install(root: PathBuf, progress: Progress) -> Result<PathBuf, Error> {
    let installed = tokio::task::spawn_blocking(move || emulator::install(&root, |text| progress.say(text)));
    match installed.await {
        Ok(installed) => Ok(installed?),
        Err(error) => Err(Failure::new("installing the emulator failed", error.to_string()).into()),
    }
}

/// What the pages are told.
fn config(environment: &config::Environment) -> Config {
    Config {
        version: 1,
        environment: environment.name.clone(),
        local: true,
        api: String::new(),
        passkeys: environment.passkeys.is_some(),
        console: true,
    }
}

fn taken(port: u16, error: &std::io::Error) -> Failure {
    Failure::new(format!("port {port} of 127.0.0.1 can't be used"), error.to_string())
        .with_hint("choose another one with --port, or 0 for a free one")
}

fn port_of(endpoint: &str) -> Option<u16> {
    endpoint.rsplit_once(':')?.1.parse().ok()
}

/// What a newcomer needs to know.
fn welcome(url: &str, configured: Option<&str>) -> String {
    // Other commands look for it where the configuration says.
    let elsewhere = match configured {
        Some(endpoint) if endpoint == url => String::new(),
        _ => format!("AWS_ENDPOINT_URL={url} "),
    };
    // Browsers have passkeys at `localhost`, but at no address.
    let pages = url.replace("127.0.0.1", "localhost");
    format!(
        "
Demo app    {pages}/
Mailbox     {pages}/mail
Inspector   {pages}/inspect
API         {url}/v1
AWS         {url}

Try it:
  curl -X POST {url}/v1/users \\
    -d '{{\"full_name\":\"Jane Doe\",\"email\":\"jane@example.com\",\"mobile_phone_number\":\"+33612345678\"}}'

Change environments/local.toml or a handler, and in another terminal:
  {elsewhere}cogapi plan --env {ENVIRONMENT}
  {elsewhere}cogapi deploy --env {ENVIRONMENT}

Ctrl-C stops it and forgets everything."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newcomer_is_told_where_it_answers_and_what_to_do_next() {
        insta::assert_snapshot!(welcome("http://127.0.0.1:4580", Some("http://127.0.0.1:4580")));
    }

    #[test]
    fn on_another_port_the_other_commands_are_told_where() {
        let text = welcome("http://127.0.0.1:9", Some("http://127.0.0.1:4580"));
        assert!(text.contains("AWS_ENDPOINT_URL=http://127.0.0.1:9 cogapi plan --env local"), "{text}");
    }
}
