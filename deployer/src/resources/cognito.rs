//! What several kinds ask Cognito, once per run: how the user pool is, and the app client's secret. Owns no resource kind
//! and makes no mutating call.

use std::fmt;
use std::sync::Arc;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::types::{UserPoolClientType, UserPoolType};
use cogapi_engine::Failure;

use super::Context;
use super::once::OnceByKey;
use crate::aws::errors::is_missing;
use crate::aws::failure;

/// What a run has asked Cognito already; `None` for what is not there.
#[derive(Debug, Default)]
pub(super) struct Cache {
    pools: OnceByKey<Option<Arc<UserPoolType>>>,
    clients: OnceByKey<Option<Arc<UserPoolClientType>>>,
}

/// The secret of an app client. It must be in neither state, plan, output nor log, so it has no `Display`, does not
/// serialize, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(String);

impl ClientSecret {
    /// The secret itself, for the one place that must hand it over.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(..)")
    }
}

impl Context {
    /// A client that sends each call once. For creates: the SDK would repeat one whose answer was lost, and make a second.
    pub(super) fn cognito_without_retries(&self) -> Client {
        let config = self.clients.cognito.config().to_builder();
        Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
    }

    /// The secret of an app client; `None` where the client is gone or has no secret.
    pub(crate) async fn client_secret(
        &self,
        pool_id: &str,
        client_id: &str,
    ) -> Result<Option<ClientSecret>, Failure> {
        let client = self.app_client(pool_id, client_id).await?;
        Ok(client.and_then(|client| client.client_secret().map(|secret| ClientSecret(secret.to_owned()))))
    }

    /// An app client as it was when the run first asked.
    pub(super) async fn app_client(
        &self,
        pool_id: &str,
        client_id: &str,
    ) -> Result<Option<Arc<UserPoolClientType>>, Failure> {
        // Client ids are unique in themselves.
        let ask = async || Ok(self.describe_client(pool_id, client_id).await?.map(Arc::new));
        self.cognito.clients.get_or_ask(client_id, ask).await
    }

    /// Remembers an app client that a create or update answered, so that nobody has to ask for its secret.
    pub(super) fn remember_client(&self, client: UserPoolClientType) {
        if let Some(id) = client.client_id.clone() {
            self.cognito.clients.put(&id, Some(Arc::new(client)));
        }
    }

    /// An app client as it is now.
    pub(super) async fn describe_client(
        &self,
        pool_id: &str,
        client_id: &str,
    ) -> Result<Option<UserPoolClientType>, Failure> {
        let cognito = &self.clients.cognito;
        match cognito.describe_user_pool_client().user_pool_id(pool_id).client_id(client_id).send().await {
            Ok(answer) => Ok(answer.user_pool_client),
            // The same code for a pool and for a client that is gone.
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failure("reading the app client failed", &error)),
        }
    }

    /// A user pool as it was when the run first asked.
    pub(super) async fn user_pool(&self, pool_id: &str) -> Result<Option<Arc<UserPoolType>>, Failure> {
        let ask = async || Ok(self.describe_pool(pool_id).await?.map(Arc::new));
        self.cognito.pools.get_or_ask(pool_id, ask).await
    }

    /// A user pool as it is now.
    pub(super) async fn describe_pool(&self, pool_id: &str) -> Result<Option<UserPoolType>, Failure> {
        match self.clients.cognito.describe_user_pool().user_pool_id(pool_id).send().await {
            Ok(answer) => Ok(answer.user_pool),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failure("reading the user pool failed", &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows_in_debug_output() {
        let secret = ClientSecret("hunter2".to_owned());
        let client = UserPoolClientType::builder().client_secret("hunter2").build();
        let cache = Cache::default();
        cache.clients.put("id", Some(Arc::new(client.clone())));
        assert!(!format!("{secret:?} {client:?} {cache:?}").contains("hunter2"));
        assert_eq!(secret.expose(), "hunter2");
    }
}
