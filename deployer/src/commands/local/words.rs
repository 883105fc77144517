//! What `cogapi local` says at its start. Makes texts only.

use std::collections::BTreeMap;

use cogapi_engine::Failure;

use super::ENVIRONMENT;
use crate::aws::clients::{EMULATOR_KEY, EMULATOR_SECRET};
use crate::local::{Runner, holder};
use crate::render::outputs;

/// What the words depend on, besides who runs.
#[derive(Debug)]
pub(super) struct Words {
    /// Where other commands look for it.
    pub(super) configured: Option<String>,
    pub(super) watch: bool,
    pub(super) keeps: bool,
    pub(super) endpoint_only: bool,
}

impl Words {
    /// What is told when it is ready.
    pub(super) fn ready(&self, runner: &Runner, in_background: bool) -> String {
        match &runner.variables {
            Some(variables) if self.endpoint_only => outputs::dotenv(variables),
            _ => self.welcome(&runner.url, in_background),
        }
    }

    /// What a newcomer needs to know.
    fn welcome(&self, url: &str, in_background: bool) -> String {
        // Other commands look for it where the configuration says.
        let elsewhere = match &self.configured {
            Some(endpoint) if endpoint == url => String::new(),
            _ => format!("AWS_ENDPOINT_URL={url} "),
        };
        // Browsers have passkeys at `localhost`, but at no address.
        let pages = url.replace("127.0.0.1", "localhost");
        let changes = if self.watch {
            "Changes of handlers/, templates/ and environments/local.toml are live as soon as they are built."
                .to_owned()
        } else {
            format!(
                "Change environments/local.toml or a handler, and in another terminal (or begin with --watch):\n  \
                 {elsewhere}cogapi plan --env {ENVIRONMENT}\n  {elsewhere}cogapi deploy --env {ENVIRONMENT}"
            )
        };
        let stop = if in_background { "`cogapi local --stop`" } else { "Ctrl-C" };
        let then = if self.keeps {
            "; the next start goes on from here, or from nothing with --reset"
        } else {
            " and forgets everything"
        };
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

{changes}

{stop} stops it{then}."
        )
    }
}

/// Variables for SDKs, and for the tests of apps that use the API: where AWS is, where the API is, and the outputs.
pub(super) fn variables(
    url: &str,
    region: &str,
    outputs: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut variables = outputs::variables(outputs);
    let ours = [
        ("AWS_ENDPOINT_URL", url.to_owned()),
        ("AWS_REGION", region.to_owned()),
        ("AWS_ACCESS_KEY_ID", EMULATOR_KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", EMULATOR_SECRET.to_owned()),
        ("COGAPI_API_URL", url.to_owned()),
        ("COGAPI_MAIL_URL", format!("{url}/_cogapi/mail")),
    ];
    variables.extend(ours.map(|(name, value)| (name.to_owned(), value)));
    variables
}

/// The port is somebody else's.
pub(in crate::commands) fn taken(port: u16, error: &std::io::Error) -> Failure {
    let detail = match holder(port) {
        Some(holder) => format!("{holder} listens on it"),
        None => error.to_string(),
    };
    Failure::new(format!("port {port} of 127.0.0.1 can't be used"), detail)
        .with_hint("stop that, or choose another port with --port (0: a free one)")
}

/// Another one runs.
pub(super) fn already(runner: Option<&Runner>) -> Failure {
    let detail = match runner {
        Some(Runner { pid, url, .. }) => format!("process {pid} answers at {url}"),
        None => "it is still starting".to_owned(),
    };
    Failure::new("`cogapi local` runs already", detail).with_hint(
        "use that one, or stop it with Ctrl-C in its terminal or `cogapi local --stop` from anywhere",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(configured: &str) -> Words {
        Words { configured: Some(configured.to_owned()), watch: false, keeps: true, endpoint_only: false }
    }

    fn runner(url: &str) -> Runner {
        Runner { pid: 7, url: url.to_owned(), variables: None }
    }

    #[test]
    fn a_newcomer_is_told_where_it_answers_and_what_to_do_next() {
        let url = "http://127.0.0.1:4580";
        insta::assert_snapshot!(words(url).ready(&runner(url), false));
    }

    #[test]
    fn on_another_port_the_other_commands_are_told_where() {
        let text = words("http://127.0.0.1:4580").ready(&runner("http://127.0.0.1:9"), false);
        assert!(text.contains("AWS_ENDPOINT_URL=http://127.0.0.1:9 cogapi plan --env local"), "{text}");
    }

    #[test]
    fn a_program_is_told_nothing_but_variables() {
        let words = Words { endpoint_only: true, ..words("http://127.0.0.1:9") };
        let outputs = BTreeMap::from([("user_pool_id".to_owned(), "eu-west-1_a".to_owned())]);
        let url = "http://127.0.0.1:9";
        let runner = Runner { variables: Some(variables(url, "eu-west-1", &outputs)), ..runner(url) };
        insta::assert_snapshot!(words.ready(&runner, false), @r#"
        AWS_ACCESS_KEY_ID="test"
        AWS_ENDPOINT_URL="http://127.0.0.1:9"
        AWS_REGION="eu-west-1"
        AWS_SECRET_ACCESS_KEY="test"
        COGAPI_API_URL="http://127.0.0.1:9"
        COGAPI_MAIL_URL="http://127.0.0.1:9/_cogapi/mail"
        COGAPI_USER_POOL_ID="eu-west-1_a"
        "#);
    }
}
