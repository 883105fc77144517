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
        let python = unless_interrupted(install(root.clone(), progress.clone())).await?;
        if self.install_only {
            return Ok(Outcome::Done);
        }
        let port = self.port.or_else(|| port_of(environment.aws.endpoint.as_deref()?)).unwrap_or(0);
        // Before anything is built, so that a taken port is told at once.
        let sender = Some(environment.email.from.as_str());
        let mut emulator = Emulator::start(&root, &python, port, &environment.aws.region, sender)?;
        progress.say(&format!("the local AWS answers at {}", emulator.url));
        let asked = interrupt::asked();
        let result = tokio::select! {
            result = Self::serve(&root, environment, &mut emulator, &progress) => result,
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
        progress: &Progress,
    ) -> Result<Outcome, Error> {
        let configured = environment.aws.endpoint.clone();
        let built = build(&build_options(root, &environment, Some(&emulator.url)), progress).await?;
        let clients = Clients::emulator(&environment.aws.region, &emulator.url, EMULATOR_KEY);
        let opened = Opened::of(root.to_owned(), environment, clients).await?;
        let deploy = Deploy {
            target: Target { environment: ENVIRONMENT.to_owned(), folder: None },
            yes: true,
            adopt: false,
            planned: None,
            brief: true,
        };
        let outputs = deploy.deploy(&opened, &built, None, progress).await?;
        // A domain of its own answers only by its name, which leads nowhere on this machine.
        let api =
            outputs.get("execute_api_url").or_else(|| outputs.get("api_url")).map_or("", String::as_str);
        result(&welcome(api, &emulator.url, configured.as_deref()));
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

fn port_of(endpoint: &str) -> Option<u16> {
    endpoint.rsplit_once(':')?.1.parse().ok()
}

/// What a newcomer needs to know.
fn welcome(api: &str, emulator: &str, configured: Option<&str>) -> String {
    // Other commands look for it where the configuration says.
    let elsewhere = match configured {
        Some(endpoint) if endpoint == emulator => String::new(),
        _ => format!("AWS_ENDPOINT_URL={emulator} "),
    };
    format!(
        "
Your API answers at   {api}
Mails can be read at  {emulator}/mail

Try it:
  curl -X POST {api}/v1/users \\
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
        let api = "http://127.0.0.1:4580/_aws/execute-api/a1b2/local";
        insta::assert_snapshot!(welcome(api, "http://127.0.0.1:4580", Some("http://127.0.0.1:4580")));
    }

    #[test]
    fn on_another_port_the_other_commands_are_told_where() {
        let text = welcome("http://api", "http://127.0.0.1:9", Some("http://127.0.0.1:4580"));
        assert!(text.contains("AWS_ENDPOINT_URL=http://127.0.0.1:9 cogapi plan --env local"), "{text}");
    }
}
