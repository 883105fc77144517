//! How a function is, as inputs. A variable's value may be a secret that somebody copied: none is told that is not ours.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{Architecture, Concurrency, FunctionConfiguration, LogFormat, Runtime};
use cogapi_engine::Failure;
use cogapi_engine::reference::MARK;
use futures::future::try_join;
use serde_json::Value;

use super::deviations::deviations;
use super::{CLIENT_SECRET, ClientRef, Function};
use crate::aws::errors::is_missing;
use crate::aws::failure;
use crate::resources::cognito::ClientSecret;
use crate::resources::{Context, tags_from};

/// Stands for every value of a variable that is not the one we set.
const FOREIGN: &str = "(set outside cogapi)";

impl Function {
    /// What is there under this name, for all that the run knows already.
    pub(super) async fn look_up(&self, cx: &Context) -> Result<Option<Self>, Failure> {
        if !cx.has_function(&self.name).await? {
            return Ok(None);
        }
        if let Some(made) = cx.just_made.take(&self.name) {
            // Its policy is another question: permissions have added to it since.
            let statements =
                if self.statements.is_empty() { [].into() } else { cx.statements(&self.name).await? };
            return self.inputs_of(cx, Some(made), &statements).await;
        }
        let (found, statements) = try_join(self.ask(cx), cx.statements(&self.name)).await?;
        self.inputs_of(cx, found, &statements).await
    }

    /// What is there under this name now.
    pub(super) async fn look_again(&self, cx: &Context) -> Result<Option<Self>, Failure> {
        let (found, statements) = try_join(self.ask(cx), cx.statements_now(&self.name)).await?;
        self.inputs_of(cx, found, &statements).await
    }

    async fn ask(&self, cx: &Context) -> Result<Option<GetFunctionOutput>, Failure> {
        // Lambda takes 100 of these a second, of ListTags 15; and it tells the reserved concurrency as well.
        let found = match cx.clients.lambda.get_function().function_name(&self.name).send().await {
            Ok(found) => found,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(failure("reading the function failed", &error)),
        };
        if let Some(refused) = &found.tags_error {
            // The rest is told even so. Without its tags, it would seem to be somebody else's.
            let detail = format!("{}: {}", refused.error_code, refused.message);
            return Err(Failure::new("reading the function's tags failed", detail)
                .with_hint("the deploying principal needs lambda:ListTags beside lambda:GetFunction"));
        }
        Ok(Some(found))
    }

    async fn inputs_of(
        &self,
        cx: &Context,
        found: Option<GetFunctionOutput>,
        statements: &[Value],
    ) -> Result<Option<Self>, Failure> {
        let Some(found) = found else { return Ok(None) };
        let secret = match &self.client_secret_of {
            // The client is yet to be made, so this can't be its secret.
            Some(client) if client.pool_id.contains(MARK) || client.client_id.contains(MARK) => None,
            Some(client) => cx.client_secret(&client.pool_id, &client.client_id).await?,
            None => None,
        };
        Ok(self.inputs_from(&found, statements, secret.as_ref().map(ClientSecret::expose)))
    }

    /// The inputs that all of this amounts to.
    fn inputs_from(
        &self,
        found: &GetFunctionOutput,
        statements: &[Value],
        secret: Option<&str>,
    ) -> Option<Self> {
        let configuration = found.configuration()?;
        let mut variables = configuration
            .environment()
            .and_then(|environment| environment.variables())
            .cloned()
            .unwrap_or_default();
        let client_secret_of = match (variables.remove(CLIENT_SECRET), &self.client_secret_of) {
            (Some(found), Some(client)) if Some(found.as_str()) == secret => Some(client.clone()),
            (None, _) => None,
            // Some other secret: whose, nobody can tell.
            (Some(_), _) => {
                Some(ClientRef { pool_id: "unknown".to_owned(), client_id: "unknown".to_owned() })
            }
        };
        let others = statements.iter().filter(|statement| {
            !statement["Sid"].as_str().is_some_and(|name| self.statements.contains(name))
        });
        Some(Self {
            name: self.name.clone(),
            description: configuration.description().unwrap_or_default().to_owned(),
            role_arn: configuration.role().unwrap_or_default().to_owned(),
            code_sha256: configuration.code_sha256().unwrap_or_default().to_owned(),
            handler: handler(configuration),
            architecture: configuration
                .architectures()
                .first()
                .map_or("x86_64", Architecture::as_str)
                .to_owned(),
            memory_mb: configuration.memory_size().unwrap_or_default(),
            timeout_seconds: configuration.timeout().unwrap_or_default(),
            environment: self.shown(variables),
            client_secret_of,
            log_group: configuration
                .logging_config()
                .filter(|logging| logging.log_format() == Some(&LogFormat::Json))
                .and_then(|logging| logging.log_group())
                .unwrap_or_default()
                .to_owned(),
            statements: self.statements.clone(),
            reserved_concurrency: found.concurrency().and_then(Concurrency::reserved_concurrent_executions),
            deviations: deviations(configuration, others),
            tags: tags_from(found.tags().cloned().unwrap_or_default()),
        })
    }

    /// The variables with only those values that we know to be ours.
    fn shown(&self, variables: HashMap<String, String>) -> BTreeMap<String, String> {
        let variables = variables.into_iter().map(|(name, value)| {
            let ours = self.environment.get(&name) == Some(&value);
            (name, if ours { value } else { FOREIGN.to_owned() })
        });
        variables.collect()
    }
}

fn handler(configuration: &FunctionConfiguration) -> String {
    let handler = configuration.handler().unwrap_or_default();
    match configuration.runtime() {
        Some(&Runtime::Providedal2023) => handler.to_owned(),
        // Whatever it is called, it is not ours that runs. A function made of an image has none.
        other => format!("{handler} ({})", other.map_or("no runtime", Runtime::as_str)),
    }
}
