//! What a function has for its whole life: its configuration and its AWS client. Must not know a request.

use crate::{
    aws,
    config::{Config, ConfigError},
    endpoint::Endpoint,
    error::Failure,
};
use aws_sdk_cognitoidentityprovider::Client;
use std::sync::OnceLock;

/// What a function has for its whole life.
pub struct App {
    /// What the environment says.
    pub config: Config,
    aws: aws::Environment,
    calls_cognito: bool,
    cognito: OnceLock<Client>,
}

impl App {
    /// The app of the endpoint, from the environment as `get` reads it.
    pub fn load(endpoint: &Endpoint, get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let config = Config::load(endpoint.environment, &get);
        let aws = aws::Environment::load(&get);
        match (config, aws) {
            (Ok(config), Ok(aws)) => {
                Ok(Self { config, aws, calls_cognito: endpoint.calls_cognito, cognito: OnceLock::new() })
            }
            (config, aws) => {
                let problems = [config.err(), aws.err()].into_iter().flatten().flat_map(|error| error.0);
                Err(ConfigError(problems.collect()))
            }
        }
    }

    /// The same app with this client, for tests.
    #[must_use]
    pub fn with_cognito(self, client: Client) -> Self {
        Self { cognito: OnceLock::from(client), ..self }
    }

    /// The Cognito client, built when it is first asked for. Not there for an endpoint that does not declare that it calls
    /// Cognito: its first request would pay for the building.
    pub fn cognito(&self) -> Result<&Client, Failure> {
        if !self.calls_cognito {
            return Err(Failure::internal("the endpoint calls Cognito but does not declare it"));
        }
        if let Some(client) = self.cognito.get() {
            return Ok(client);
        }
        let client = self.aws.cognito().map_err(Failure::internal)?;
        Ok(self.cognito.get_or_init(|| client))
    }
}
