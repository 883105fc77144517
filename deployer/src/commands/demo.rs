//! `cogapi demo`

use clap::Args;
use cogapi_engine::Failure;

use super::interrupt::{self, unless_interrupted};
use super::local::taken;
use super::target::{Opened, Target, clients};
use super::{Error, Outcome};
use crate::config::{CorsOrigins, Environment};
use crate::local::{Config, Front, Site};
use crate::render::{note, result};

/// Arguments of `cogapi demo`.
#[derive(Debug, Args)]
pub(super) struct Demo {
    #[command(flatten)]
    target: Target,
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 4581)]
    port: u16,
    /// The folder of the pages, for those who work on them
    #[arg(long, value_name = "DIR", hide = true)]
    pages: Option<std::path::PathBuf>,
}

impl Demo {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let (root, environment) = self.target.configuration()?;
        let listener = Front::bind(self.port).await.map_err(|error| taken(self.port, &error))?;
        let api = unless_interrupted(async {
            let clients = clients(&environment.aws).await;
            let opened = Opened::of(root, environment.clone(), clients).await?;
            let outputs = opened.state().await?.outputs;
            outputs.get("api_url").cloned().ok_or_else(|| {
                let name = &environment.name;
                Failure::new("there is no API to show", format!("{name} is not deployed"))
                    .with_hint(format!("`cogapi deploy --env {name}`"))
                    .into()
            })
        })
        .await?;
        let config = Config {
            version: 1,
            environment: environment.name.clone(),
            local: false,
            api: api.clone(),
            passkeys: environment.passkeys.is_some(),
            console: false,
        };
        let front = Front::pages(listener, Site::new(self.pages), config)
            .map_err(|error| taken(self.port, &error))?;
        // Browsers have passkeys at `localhost`, but at no address.
        let page = front.url.replace("127.0.0.1", "localhost");
        result(&format!("\nDemo app    {page}/\nAPI         {api}\n"));
        if let Some(warning) = refused(&environment, &page) {
            note(&warning);
        }
        note("Ctrl-C stops it.");
        interrupt::asked().cancelled().await;
        Ok(Outcome::Done)
    }
}

/// What is missing where browsers would keep the page at `origin` from the API.
fn refused(environment: &Environment, origin: &str) -> Option<String> {
    let CorsOrigins::Only(origins) = &environment.api.cors_origins else { return None };
    if origins.contains(origin) {
        return None;
    }
    let name = &environment.name;
    let all: Vec<String> = origins.iter().map(|origin| format!("{origin:?}")).collect();
    Some(format!(
        "warning: the API does not allow {origin}, so browsers keep the demo app from it\n  \
         hint: in environments/{name}.toml, write\n    cors_origins = [{}, \"{origin}\"]\n  \
         below [api], and run `cogapi deploy --env {name}`\n",
        all.join(", ")
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn said(origins: &str) -> Option<String> {
        let text = format!(
            "[aws]\nregion = \"eu-west-1\"\n[state]\nbucket = \"b-state\"\n[api]\nname = \"shop\"\n\
             cors_origins = {origins}\n[email]\nfrom = \"a@example.com\"\n"
        );
        refused(&crate::config::parse("dev", "dev.toml", &text).unwrap(), "http://localhost:4581")
    }

    #[test]
    fn whoever_has_not_allowed_the_page_is_told_the_line_that_does() {
        assert_eq!(said("[\"*\"]"), None);
        assert_eq!(said("[\"http://localhost:4581\"]"), None);
        let said = said("[\"https://a.example.com\"]").unwrap();
        assert!(
            said.contains("cors_origins = [\"https://a.example.com\", \"http://localhost:4581\"]"),
            "{said}"
        );
    }
}
