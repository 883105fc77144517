//! `cogapi local`

use clap::Args;
use cogapi_engine::Failure;

use super::deploy::Deploy;
use super::target::{Opened, Target, build, build_options};
use super::{Error, Outcome, interrupt, project};
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
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 4580)]
    port: u16,
    /// Only install the emulator
    #[arg(long)]
    install_only: bool,
}

impl Local {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let progress = Progress::start();
        let root = project::root()?;
        let environment = config::load(&root.join("environments"), ENVIRONMENT)?;
        let python = emulator::install(&root, |text| progress.say(text))?;
        if self.install_only {
            return Ok(Outcome::Done);
        }
        // Before anything is built, so that a taken port is told at once.
        let mut emulator = Emulator::start(&root, &python, self.port, &environment.aws.region)?;
        progress.say(&format!("the local AWS answers at {}", emulator.url));
        let result = tokio::select! {
            result = Self::serve(&root, environment, &mut emulator, &progress) => result,
            () = interrupt::signal() => Ok(Outcome::Done),
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
        let built = build(&build_options(root, &environment, Some(&emulator.url)), progress).await?;
        let clients = Clients::emulator(&environment.aws.region, &emulator.url, EMULATOR_KEY);
        let opened = Opened::of(root.to_owned(), environment, clients).await?;
        let deploy = Deploy {
            target: Target { environment: ENVIRONMENT.to_owned(), folder: None },
            yes: true,
            adopt: false,
        };
        let outputs = deploy.deploy(&opened, &built, progress).await?;
        let api = outputs.get("api_url").map_or("", String::as_str);
        result(&welcome(api, &emulator.url));
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            if !emulator.is_running() {
                return Err(Failure::new("the emulator ended by itself", "its own message is above").into());
            }
        }
    }
}

/// What a newcomer needs to know.
fn welcome(api: &str, emulator: &str) -> String {
    format!(
        "\nYour API answers at   {api}\nMails can be read at  {emulator}/mail\n\nTry it:\n  curl -X POST {api}/v1/users \\\n    -d '{{\"full_name\":\"Jane Doe\",\"email\":\"jane@example.com\",\"mobile_phone_number\":\"+33612345678\"}}'\n\nCtrl-C stops it and forgets everything."
    )
}
