//! The app client through which the API talks to the pool. Its secret is Cognito's: it is in neither inputs nor outputs,
//! and who needs it asks [`Context::client_secret`].
//!
//! A client's name is not unique, it can't be tagged, and creating is not idempotent. The pool is ours, so a client of our
//! name in it is ours too.

mod observe;
mod request;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use cogapi_engine::{Failure, Found, Resource};
use serde::{Deserialize, Serialize};

use super::user_pool::is_concurrent;
use super::{Context, topic};
use crate::aws::errors::is_missing;
use crate::aws::failure;
use crate::aws::retry::{create_once, retry_while};
use crate::permissions::{Grant, Permitted, USER_POOLS};

/// The inputs of an app client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppClient {
    /// The pool that it belongs to.
    pub pool_id: String,
    /// Its name.
    pub name: String,
    /// Whether Cognito makes it a secret: fixed when the client is made.
    pub secret: bool,
    /// How long its tokens hold.
    pub tokens: TokenLifetimes,
    /// Whether every refresh gives a new refresh token, and how.
    pub rotation: Option<Rotation>,
    /// How users may sign in, e.g. `ALLOW_CUSTOM_AUTH`. With rotation `ALLOW_REFRESH_TOKEN_AUTH` must not be among them:
    /// Cognito refuses the two together.
    pub auth_flows: BTreeSet<String>,
    /// How long a sign-in may take between two steps: 3 to 15 minutes.
    pub session_minutes: i32,
    /// Whether a refresh token can be revoked, and with it the tokens that it gave.
    pub revocation: bool,
    /// Whether an unknown user is answered as a known one with a wrong password is. Cognito's default is not to.
    pub hides_unknown_users: bool,
    /// What is set and no other field can say: OAuth, identity providers, lists of attributes, whatever else opens another
    /// way to tokens than the API. Always empty where it is declared, so that whatever is found shows and goes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deviations: BTreeMap<String, String>,
}

/// How long tokens hold, in seconds: Cognito's limits (a day, ten years) fit in its integers even so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenLifetimes {
    /// Access tokens: 5 minutes to a day.
    pub access_seconds: i32,
    /// ID tokens: 5 minutes to a day.
    pub id_seconds: i32,
    /// Refresh tokens: an hour to ten years.
    pub refresh_seconds: i32,
}

/// How refresh tokens rotate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// How long the old token still works, for a client that lost the answer: 0 to 60.
    pub grace_seconds: i32,
}

/// What others refer to. Without the secret, for outputs are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its id.
    pub id: String,
}

impl Permitted for AppClient {
    const GRANTS: &'static [Grant] = &[Grant::of(
        &[
            "cognito-idp:CreateUserPoolClient",
            "cognito-idp:DeleteUserPoolClient",
            "cognito-idp:DescribeUserPool",
            "cognito-idp:DescribeUserPoolClient",
            "cognito-idp:ListUserPoolClients",
            "cognito-idp:UpdateUserPoolClient",
        ],
        &[USER_POOLS],
    )];
}

impl Resource for AppClient {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "app_client";
    const TOPIC: &'static str = topic::USER_POOL;
    const SERVICE: &'static str = "cognito-idp";
    const LOCATED_BY: &'static [&'static str] = &["pool_id"];
    // The old one goes first: with two of one name in a pool nobody could tell which is ours.
    const REPLACE_ON: &'static [&'static str] = &["pool_id", "secret"];

    async fn read(&self, cx: &Context, prior: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        if let Some(prior) = prior
            && let Some(client) = cx.app_client(&self.pool_id, &prior.id).await?
        {
            return Ok(Found::Owned { inputs: self.observed(&client), outputs: prior.clone() });
        }
        let Some(id) = self.find(cx).await? else { return Ok(Found::Missing) };
        let Some(client) = cx.app_client(&self.pool_id, &id).await? else { return Ok(Found::Missing) };
        Ok(Found::Owned { inputs: self.observed(&client), outputs: Outputs { id } })
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        match found.existing() {
            None => Box::pin(self.create(cx)).await,
            Some((present, outputs)) => {
                if present != self {
                    self.update(cx, &outputs.id).await?;
                }
                Ok(outputs.clone())
            }
        }
    }

    async fn delete(&self, cx: &Context, prior: Option<&Outputs>) -> Result<(), Failure> {
        let id = match prior {
            Some(prior) => prior.id.clone(),
            None => match self.find(cx).await? {
                Some(id) => id,
                None => return Ok(()),
            },
        };
        let delete = || async {
            let call = cx.clients.cognito.delete_user_pool_client().user_pool_id(&self.pool_id);
            match call.client_id(&id).send().await {
                Ok(_) => Ok(()),
                Err(error) if is_missing(&error) => Ok(()),
                Err(error) => Err(error),
            }
        };
        retry_while("deleting the app client failed", is_concurrent, delete).await
    }
}

impl AppClient {
    /// The id of the client with our name.
    async fn find(&self, cx: &Context) -> Result<Option<String>, Failure> {
        let list = cx.clients.cognito.list_user_pool_clients().user_pool_id(&self.pool_id);
        // 60 is the most that a page holds.
        let mut pages = list.max_results(60).into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(client) = pages.next().await {
            match client {
                Ok(client) if client.client_name.as_ref() == Some(&self.name) => {
                    found.extend(client.client_id);
                }
                Ok(_) => {}
                // The pool is gone, and its clients with it.
                Err(error) if is_missing(&error) => return Ok(None),
                Err(error) => return Err(failure("listing the app clients failed", &error)),
            }
        }
        if found.len() > 1 {
            let detail = format!("{} is the name of {} in {}", self.name, found.join(" and "), self.pool_id);
            return Err(Failure::new("more than one app client has this name", detail)
                .with_hint("delete those that are not the API's; cogapi does not guess"));
        }
        Ok(found.pop())
    }

    async fn create(&self, cx: &Context) -> Result<Outputs, Failure> {
        const SUMMARY: &str = "creating the app client failed";
        // The SDK would send a lost call again, and make a second client.
        let cognito = cx.cognito_without_retries();
        let request = self.create_request()?;
        let made = create_once(
            SUMMARY,
            || {
                let call = request.clone().send_with(&cognito);
                async move { Ok(call.await?.user_pool_client) }
            },
            async || match self.find(cx).await? {
                Some(id) => Ok(cx.describe_client(&self.pool_id, &id).await?.map(Some)),
                None => Ok(None),
            },
        );
        let made = Box::pin(made).await?;
        let id = made.as_ref().and_then(|client| client.client_id.clone());
        let id = id.ok_or_else(|| Failure::new(SUMMARY, "Cognito answered without a client"))?;
        if let Some(client) = made {
            cx.remember_client(client);
        }
        Ok(Outputs { id })
    }

    /// UpdateUserPoolClient resets to its default whatever is left out. That is just right here: the inputs say all that the
    /// client may have, and what somebody else set is not to survive.
    async fn update(&self, cx: &Context, id: &str) -> Result<(), Failure> {
        let request = self.update_request()?.user_pool_id(&self.pool_id).client_id(id);
        // Boxed, as the SDK's futures are large.
        let call = || Box::pin(request.clone().send_with(&cx.clients.cognito));
        retry_while("changing the app client failed", is_concurrent, call).await.map(drop)
    }
}
