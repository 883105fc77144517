//! What a function has for its whole life: its configuration and its AWS clients. Must not know a request.

use crate::{
    aws,
    config::{Config, ConfigError, env},
    endpoint::{Endpoint, Trigger},
    error::Failure,
    ses::Ses,
};
use aws_sdk_cognitoidentityprovider::Client;
use std::sync::OnceLock;

/// What a function says that it uses. It gets nothing else, so that what it says is true.
#[derive(Debug, Clone)]
pub struct Needs {
    variables: Vec<&'static str>,
    cognito: bool,
    ses: bool,
}

/// Whether one of these IAM actions is of this service.
fn is_called(service: &str, operations: &[&str]) -> bool {
    operations.iter().any(|operation| operation.split(':').next() == Some(service))
}

impl From<&Endpoint> for Needs {
    fn from(endpoint: &Endpoint) -> Self {
        Self {
            variables: [&[env::CORS_ORIGINS], endpoint.environment].concat(),
            cognito: endpoint.calls_cognito,
            ses: is_called("ses", endpoint.operations),
        }
    }
}

impl From<&Trigger> for Needs {
    fn from(trigger: &Trigger) -> Self {
        Self {
            variables: trigger.environment.to_vec(),
            cognito: is_called("cognito-idp", trigger.operations),
            ses: is_called("ses", trigger.operations),
        }
    }
}

/// What a function has for its whole life.
pub struct App {
    /// What the environment says.
    pub config: Config,
    aws: aws::Environment,
    cognito: Declared<Client>,
    ses: Declared<Ses>,
}

impl App {
    /// The app of an endpoint or a trigger, from the environment as `get` reads it.
    pub fn load(needs: impl Into<Needs>, get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let Needs { variables, cognito, ses } = needs.into();
        let config = Config::load(&variables, &get);
        let aws = aws::Environment::load(&get);
        match (config, aws) {
            (Ok(config), Ok(aws)) => Ok(Self {
                config,
                aws,
                cognito: Declared::new("Cognito", cognito),
                ses: Declared::new("SES", ses),
            }),
            (config, aws) => {
                let problems = [config.err(), aws.err()].into_iter().flatten().flat_map(|error| error.0);
                Err(ConfigError(problems.collect()))
            }
        }
    }

    /// The same app with this client, for tests.
    #[must_use]
    pub fn with_cognito(self, client: Client) -> Self {
        Self { cognito: self.cognito.with(client), ..self }
    }

    /// The same app with this client, for tests.
    #[must_use]
    pub fn with_ses(self, client: Ses) -> Self {
        Self { ses: self.ses.with(client), ..self }
    }

    /// Builds the clients that are declared. Until the first poll a function has a whole processor, whatever its memory; a
    /// request to one of 128 MB has the fourteenth part of one. What can't be built now is told to the first request.
    pub fn warm_up(&self) {
        let _ = self.cognito();
        let _ = self.ses();
    }

    /// The Cognito client.
    pub fn cognito(&self) -> Result<&Client, Failure> {
        self.cognito.get(|| self.aws.cognito())
    }

    /// The SES client.
    pub fn ses(&self) -> Result<&Ses, Failure> {
        self.ses.get(|| self.aws.ses(self.config.sender()?.identity_arn))
    }
}

/// A client that is there only where it is declared, built when it is first asked for.
struct Declared<T> {
    service: &'static str,
    usable: bool,
    built: OnceLock<T>,
}

impl<T> Declared<T> {
    fn new(service: &'static str, usable: bool) -> Self {
        Self { service, usable, built: OnceLock::new() }
    }

    fn with(self, client: T) -> Self {
        Self { built: OnceLock::from(client), ..self }
    }

    fn get(&self, build: impl FnOnce() -> Result<T, Failure>) -> Result<&T, Failure> {
        if !self.usable {
            let service = self.service;
            return Err(Failure::internal(format!("the function calls {service} but does not declare it")));
        }
        if let Some(client) = self.built.get() {
            return Ok(client);
        }
        let client = build()?;
        Ok(self.built.get_or_init(|| client))
    }
}
