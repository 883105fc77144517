//! `cogapi init`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use cogapi_engine::Failure;

use super::ask::{Asker, Question};
use super::{Error, Outcome, project};
use crate::aws::{Clients, partition};
use crate::config::{self, template};
use crate::preflight::offers::{self, Offers};
use crate::render::{note, result};

/// Soon told is better than long tried.
const ATTEMPTS: u32 = 2;
/// Where an account is asked who it is, as long as no region is known.
const ANY_REGION: &str = "us-east-1";
/// What environments are called that may be destroyed without a second thought.
const FOR_TRYING: [&str; 5] = ["dev", "test", "demo", "sandbox", "try"];

/// Arguments of `cogapi init`.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The new environment's name, as in dev or prod
    #[arg(value_name = "NAME")]
    environment: Option<String>,
    /// The folder of the environments' files [default: `environments/` of the project]
    #[arg(long = "environments", value_name = "DIR", env = "COGAPI_ENVIRONMENTS", hide_env = true)]
    folder: Option<PathBuf>,
    /// Where all of it lives
    #[arg(long)]
    region: Option<String>,
    /// A profile of ~/.aws/config
    #[arg(long)]
    profile: Option<String>,
    /// The account; any other is refused [default: that of the credentials]
    #[arg(long, value_name = "DIGITS")]
    account_id: Option<String>,
    /// The bucket of the state; its name must be free in all of AWS
    #[arg(long, value_name = "BUCKET")]
    state_bucket: Option<String>,
    /// The API's name, with which all names begin
    #[arg(long, value_name = "NAME")]
    api_name: Option<String>,
    /// Who sends the mails
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// The SES identity that they are sent with [default: that of the address, where the account has one]
    #[arg(long, value_name = "ARN")]
    ses_identity_arn: Option<String>,
    /// A domain name for the API, in a hosted zone of the account
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,
    /// The hosted zone's name [default: that of the account's zone that the domain is in]
    #[arg(long, value_name = "NAME", requires = "zone_id")]
    zone_name: Option<String>,
    /// The hosted zone's id
    #[arg(long, value_name = "ID", requires = "zone_name")]
    zone_id: Option<String>,
    /// Passkeys, for this domain and those below it
    #[arg(long, value_name = "DOMAIN")]
    passkeys: Option<String>,
    /// Whether the user pool can't be destroyed [default: true, but for dev, test, demo, sandbox and try]
    #[arg(long, value_name = "BOOL")]
    protect: Option<bool>,
    /// Ask nothing: whatever is not given is as by default
    #[arg(long, short)]
    yes: bool,
}

impl Init {
    pub(super) async fn run(self) -> Result<Outcome, Error> {
        let folder = match &self.folder {
            Some(folder) => folder.clone(),
            None => project::root()?.join("environments"),
        };
        let runtime = tokio::runtime::Handle::current();
        // On a thread of its own: a person takes time, and Ctrl-C is heard meanwhile.
        let asked = tokio::task::spawn_blocking(move || self.ask(&folder, &runtime)).await;
        let (environment, file) = match asked {
            Ok(asked) => asked?,
            Err(error) => return Err(Failure::new("asking failed", error.to_string()).into()),
        };
        note(&format!("{} is written; look through it, everything is explained there", file.display()));
        result(&format!("Next:\n  cogapi check --env {environment}\n  cogapi deploy --env {environment}"));
        Ok(Outcome::Done)
    }

    /// Asks for what was not given, and writes the file.
    fn ask(self, folder: &Path, runtime: &tokio::runtime::Handle) -> Result<(String, PathBuf), Error> {
        let asker = Asker::new(self.yes);
        let mut answers = template::Answers { profile: self.profile.clone(), ..template::Answers::example() };
        // One answer among examples breaks the rules of its key, or none.
        let example = answers.clone();
        let wrong = |key: &'static str, set: fn(&mut template::Answers, String)| {
            let example = &example;
            move |value: &str| {
                let mut answers = example.clone();
                set(&mut answers, value.to_owned());
                answers.problem_of(key)
            }
        };

        let question = Question { argument: "NAME", prompt: "Name of the environment" };
        let is_name = wrong("environment", |answers, value| answers.environment = value);
        answers.environment =
            asker.value(question, self.environment, Some("dev".to_owned()), &[], is_name)?;
        let file = folder.join(format!("{}.toml", answers.environment));
        if file.exists() {
            return Err(exists(&file));
        }

        let guess = self.region.clone().or_else(|| std::env::var("AWS_REGION").ok());
        let clients = runtime
            .block_on(Clients::connect(guess.as_deref().unwrap_or(ANY_REGION), self.profile.as_deref()));
        let clients = clients.with_attempts(ATTEMPTS);
        let offers = runtime.block_on(offers::look(&clients)).unwrap_or_else(|failure| {
            note(&format!(
                "the account can't be looked at, so nothing of it is offered ({}: {})",
                failure.summary, failure.detail
            ));
            Offers::default()
        });

        let question = Question { argument: "--region", prompt: "Region" };
        let is_region = wrong("aws.region", |answers, value| answers.region = value);
        answers.region = asker.value(question, self.region, guess, &offers.regions, is_region)?;
        answers.account_id = self.account_id.or(offers.account);

        let question =
            Question { argument: "--api-name", prompt: "Name of the API, with which all names begin" };
        let is_api = wrong("api.name", |answers, value| answers.api = value);
        answers.api = asker.value(question, self.api_name, Some("auth".to_owned()), &[], is_api)?;

        let question =
            Question { argument: "--state-bucket", prompt: "Bucket of the state, free in all of AWS" };
        let bucket =
            answers.account_id.as_ref().map(|account| format!("{}-cogapi-state-{account}", answers.api));
        let is_bucket = wrong("state.bucket", |answers, value| answers.bucket = value);
        answers.bucket = asker.value(question, self.state_bucket, bucket, &[], is_bucket)?;

        let identities = runtime.block_on(offers::identities(&clients, &answers.region));
        let senders: Vec<String> = identities
            .iter()
            .map(
                |identity| {
                    if identity.contains('@') { identity.clone() } else { format!("no-reply@{identity}") }
                },
            )
            .collect();
        let question = Question { argument: "--from", prompt: "Who sends the mails" };
        let is_address = wrong("email.from", |answers, value| answers.from = value);
        answers.from = asker.value(question, self.from, senders.first().cloned(), &senders, is_address)?;
        let arn = |(identity, account): (&str, &String)| {
            let region = &answers.region;
            format!("arn:{}:ses:{region}:{account}:identity/{identity}", partition(region))
        };
        let found = offers::identity_of(&identities, &answers.from).zip(answers.account_id.as_ref()).map(arn);
        answers.ses_identity_arn = self.ses_identity_arn.or(found);

        let question = Question { argument: "--domain", prompt: "Domain name of the API (empty: none)" };
        let domain =
            asker
                .value(question, or_none(self.domain, self.yes, asker), Some(String::new()), &[], |_| None)?;
        if !domain.is_empty() {
            let zone = match (self.zone_name, self.zone_id) {
                (Some(name), Some(id)) => offers::Zone { name, id },
                _ => offers::zone_of(&offers.zones, &domain).cloned().ok_or_else(|| no_zone(&domain))?,
            };
            answers.domain = Some(template::Domain { name: domain, zone_name: zone.name, zone_id: zone.id });
        }

        let question = Question { argument: "--passkeys", prompt: "Domain of passkeys (empty: none)" };
        let passkeys = asker.value(
            question,
            or_none(self.passkeys, self.yes, asker),
            Some(String::new()),
            &[],
            |_| None,
        )?;
        answers.passkeys = Some(passkeys).filter(|passkeys| !passkeys.is_empty());

        let trying = FOR_TRYING.iter().any(|word| answers.environment.starts_with(word));
        let prompt = "Protect the user pool against destruction";
        answers.protected = asker.confirm(prompt, self.protect, !trying)?;

        write(&file, &answers)?;
        Ok((answers.environment, file))
    }
}

/// What nobody has to have is not asked for in a script.
fn or_none(given: Option<String>, takes_defaults: bool, asker: Asker) -> Option<String> {
    given.or_else(|| (!takes_defaults && !asker.asks()).then(String::new))
}

/// Writes the file, if it is valid and not there yet.
fn write(file: &Path, answers: &template::Answers) -> Result<(), Error> {
    let text = answers.text();
    config::parse(&answers.environment, &file.display().to_string(), &text)?;
    let unwritable = |error: &std::io::Error| {
        Error::from(
            Failure::new("the file can't be written", format!("{}: {error}", file.display()))
                .with_hint("choose a folder that you may write to, with --environments"),
        )
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| unwritable(&error))?;
    }
    let created = std::fs::File::create_new(file).and_then(|mut file| file.write_all(text.as_bytes()));
    created.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => exists(file),
        _ => unwritable(&error),
    })
}

fn exists(file: &Path) -> Error {
    Failure::new(
        "the environment is there already",
        format!("{} exists, and is never overwritten", file.display()),
    )
    .with_hint("choose another name, or edit the file")
    .into()
}

fn no_zone(domain: &str) -> Failure {
    Failure::new(
        "no hosted zone is known for the domain",
        format!("{domain} is in none of the account's public zones"),
    )
    .with_hint("give --zone-name and --zone-id, or make the zone in Route 53 first")
}
