//! The app client through which the API talks to the pool. Its secret is Cognito's: it is in neither inputs nor outputs,
//! and who needs it asks [`Context::client_secret`].
//!
//! A client's name is not unique, it can't be tagged, and creating is not idempotent. The pool is ours, so a client of our
//! name in it is ours too.

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::operation::create_user_pool_client::CreateUserPoolClientInput;
use aws_sdk_cognitoidentityprovider::operation::create_user_pool_client::builders::CreateUserPoolClientInputBuilder;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool_client::UpdateUserPoolClientInput;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool_client::builders::UpdateUserPoolClientInputBuilder;
use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, FeatureType, PreventUserExistenceErrorTypes, RefreshTokenRotationType,
    TimeUnitsType, TokenValidityUnitsType, UserPoolClientType,
};
use cogapi_engine::{Failure, Found, Resource};
use serde::{Deserialize, Serialize};

use super::Context;
use super::user_pool::CONCURRENT;
use crate::aws::errors::{is_code, is_missing};
use crate::aws::failure;
use crate::aws::retry::{Waits, create_once};

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

impl Resource for AppClient {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "app_client";
    const SERVICE: &'static str = "cognito-idp";
    const LOCATED_BY: &'static [&'static str] = &["pool_id"];
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
        let cognito = &cx.clients.cognito;
        let mut waits = Waits::default();
        loop {
            match cognito.delete_user_pool_client().user_pool_id(&self.pool_id).client_id(&id).send().await {
                Ok(_) => return Ok(()),
                Err(error) if is_missing(&error) => return Ok(()),
                Err(error) if is_code(&error, &[CONCURRENT]) && waits.wait().await => {}
                Err(error) => return Err(failure("deleting the app client failed", &error)),
            }
        }
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

    /// UpdateUserPoolClient resets to its default whatever is left out, so each attempt starts from how the client is now.
    async fn update(&self, cx: &Context, id: &str) -> Result<(), Failure> {
        const SUMMARY: &str = "changing the app client failed";
        let mut waits = Waits::default();
        loop {
            let Some(described) = cx.describe_client(&self.pool_id, id).await? else {
                return Err(Failure::new(SUMMARY, format!("{id} is gone")));
            };
            let request = self.update_request(&described)?.user_pool_id(&self.pool_id).client_id(id);
            match Box::pin(request.send_with(&cx.clients.cognito)).await {
                Ok(_) => return Ok(()),
                Err(error) if is_code(&error, &[CONCURRENT]) && waits.wait().await => {}
                Err(error) => return Err(failure(SUMMARY, &error)),
            }
        }
    }

    /// The inputs of a client as it is.
    fn observed(&self, client: &UserPoolClientType) -> Self {
        let units = client.token_validity_units();
        let (access, id, refresh) = (
            units.and_then(TokenValidityUnitsType::access_token),
            units.and_then(TokenValidityUnitsType::id_token),
            units.and_then(TokenValidityUnitsType::refresh_token),
        );
        let rotation = client.refresh_token_rotation().filter(|it| it.feature == FeatureType::Enabled);
        Self {
            pool_id: self.pool_id.clone(),
            name: client.client_name().unwrap_or_default().to_owned(),
            secret: client.client_secret().is_some(),
            // The defaults of Cognito, where it does not say: an hour in hours, thirty days in days.
            tokens: TokenLifetimes {
                access_seconds: seconds(client.access_token_validity.unwrap_or(1), access, HOUR),
                id_seconds: seconds(client.id_token_validity.unwrap_or(1), id, HOUR),
                refresh_seconds: match client.refresh_token_validity {
                    0 => 30 * DAY,
                    validity => seconds(validity, refresh, DAY),
                },
            },
            rotation: rotation
                .map(|it| Rotation { grace_seconds: it.retry_grace_period_seconds.unwrap_or_default() }),
            auth_flows: client.explicit_auth_flows().iter().map(|flow| flow.as_str().to_owned()).collect(),
            session_minutes: client.auth_session_validity.unwrap_or(3),
            revocation: client.enable_token_revocation == Some(true),
            hides_unknown_users: client.prevent_user_existence_errors()
                == Some(&PreventUserExistenceErrorTypes::Enabled),
        }
    }

    fn create_request(&self) -> Result<CreateUserPoolClientInputBuilder, Failure> {
        let TokenLifetimes { access_seconds, id_seconds, refresh_seconds } = self.tokens;
        Ok(CreateUserPoolClientInput::builder()
            .user_pool_id(&self.pool_id)
            .client_name(&self.name)
            .generate_secret(self.secret)
            .access_token_validity(access_seconds)
            .id_token_validity(id_seconds)
            .refresh_token_validity(refresh_seconds)
            .token_validity_units(in_seconds())
            .refresh_token_rotation(self.rotation()?)
            .set_explicit_auth_flows(Some(self.auth_flows()))
            .auth_session_validity(self.session_minutes)
            .enable_token_revocation(self.revocation)
            .prevent_user_existence_errors(self.existence_errors()))
    }

    /// What the inputs say, and the client's own value for what they don't speak of.
    fn update_request(
        &self,
        client: &UserPoolClientType,
    ) -> Result<UpdateUserPoolClientInputBuilder, Failure> {
        let TokenLifetimes { access_seconds, id_seconds, refresh_seconds } = self.tokens;
        Ok(UpdateUserPoolClientInput::builder()
            .client_name(&self.name)
            .access_token_validity(access_seconds)
            .id_token_validity(id_seconds)
            .refresh_token_validity(refresh_seconds)
            .token_validity_units(in_seconds())
            .refresh_token_rotation(self.rotation()?)
            .set_explicit_auth_flows(Some(self.auth_flows()))
            .auth_session_validity(self.session_minutes)
            .enable_token_revocation(self.revocation)
            .prevent_user_existence_errors(self.existence_errors())
            .set_read_attributes(client.read_attributes.clone())
            .set_write_attributes(client.write_attributes.clone())
            .set_supported_identity_providers(client.supported_identity_providers.clone())
            .set_callback_urls(client.callback_urls.clone())
            .set_logout_urls(client.logout_urls.clone())
            .set_default_redirect_uri(client.default_redirect_uri.clone())
            .set_allowed_o_auth_flows(client.allowed_o_auth_flows.clone())
            .set_allowed_o_auth_scopes(client.allowed_o_auth_scopes.clone())
            .set_allowed_o_auth_flows_user_pool_client(client.allowed_o_auth_flows_user_pool_client)
            .set_analytics_configuration(client.analytics_configuration.clone())
            .set_enable_propagate_additional_user_context_data(
                client.enable_propagate_additional_user_context_data,
            ))
    }

    fn rotation(&self) -> Result<RefreshTokenRotationType, Failure> {
        let rotation = match self.rotation {
            Some(Rotation { grace_seconds }) => RefreshTokenRotationType::builder()
                .feature(FeatureType::Enabled)
                .retry_grace_period_seconds(grace_seconds),
            None => RefreshTokenRotationType::builder().feature(FeatureType::Disabled),
        };
        let invalid = |error| Failure::new("the rotation of refresh tokens is not valid", format!("{error}"));
        rotation.build().map_err(invalid)
    }

    fn auth_flows(&self) -> Vec<ExplicitAuthFlowsType> {
        self.auth_flows.iter().map(|flow| flow.as_str().into()).collect()
    }

    fn existence_errors(&self) -> PreventUserExistenceErrorTypes {
        if self.hides_unknown_users {
            PreventUserExistenceErrorTypes::Enabled
        } else {
            PreventUserExistenceErrorTypes::Legacy
        }
    }
}

const HOUR: i32 = 60 * 60;
const DAY: i32 = 24 * HOUR;

/// A validity in seconds. Without a unit it is in Cognito's default one, which differs between tokens.
fn seconds(validity: i32, unit: Option<&TimeUnitsType>, default: i32) -> i32 {
    let factor = match unit {
        Some(TimeUnitsType::Seconds) => 1,
        Some(TimeUnitsType::Minutes) => 60,
        Some(TimeUnitsType::Hours) => HOUR,
        Some(TimeUnitsType::Days) => DAY,
        _ => default,
    };
    validity.saturating_mul(factor)
}

fn in_seconds() -> TokenValidityUnitsType {
    TokenValidityUnitsType::builder()
        .access_token(TimeUnitsType::Seconds)
        .id_token(TimeUnitsType::Seconds)
        .refresh_token(TimeUnitsType::Seconds)
        .build()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn declared() -> AppClient {
        AppClient {
            pool_id: "eu-west-1_A".to_owned(),
            name: "stack".to_owned(),
            secret: true,
            tokens: TokenLifetimes { access_seconds: 3600, id_seconds: 300, refresh_seconds: 86_400 },
            rotation: Some(Rotation { grace_seconds: 10 }),
            auth_flows: ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH"].map(String::from).into(),
            session_minutes: 15,
            revocation: true,
            hides_unknown_users: true,
        }
    }

    /// The client that Cognito describes after an update.
    fn described(request: UpdateUserPoolClientInputBuilder) -> UserPoolClientType {
        let request = request.build().unwrap();
        UserPoolClientType::builder()
            .set_client_name(request.client_name)
            .client_secret("s3cret")
            .set_access_token_validity(request.access_token_validity)
            .set_id_token_validity(request.id_token_validity)
            .set_refresh_token_validity(request.refresh_token_validity)
            .set_token_validity_units(request.token_validity_units)
            .set_refresh_token_rotation(request.refresh_token_rotation)
            .set_explicit_auth_flows(request.explicit_auth_flows)
            .set_auth_session_validity(request.auth_session_validity)
            .set_enable_token_revocation(request.enable_token_revocation)
            .set_prevent_user_existence_errors(request.prevent_user_existence_errors)
            .set_write_attributes(request.write_attributes)
            .build()
    }

    #[test]
    fn a_client_is_read_back_as_it_was_declared() {
        let without =
            AppClient { rotation: None, revocation: false, hides_unknown_users: false, ..declared() };
        for client in [declared(), without] {
            let request = client.update_request(&UserPoolClientType::builder().build()).unwrap();
            assert_eq!(client.observed(&described(request)), client);
        }
    }

    #[test]
    fn an_update_keeps_what_the_inputs_do_not_speak_of() {
        let before = UserPoolClientType::builder().write_attributes("name").build();
        let after = described(declared().update_request(&before).unwrap());
        assert_eq!(after.write_attributes(), ["name"]);
    }

    #[test]
    fn lifetimes_are_seconds_whatever_unit_somebody_chose() {
        let units = TokenValidityUnitsType::builder()
            .access_token(TimeUnitsType::Hours)
            .id_token(TimeUnitsType::Minutes)
            .refresh_token(TimeUnitsType::Days)
            .build();
        let client = UserPoolClientType::builder()
            .access_token_validity(1)
            .id_token_validity(5)
            .refresh_token_validity(1)
            .token_validity_units(units)
            .build();
        assert_eq!(declared().observed(&client).tokens, declared().tokens);
    }

    #[test]
    fn a_client_with_nothing_set_has_cognitos_defaults() {
        let observed = declared().observed(&UserPoolClientType::builder().build());
        let tokens = TokenLifetimes { access_seconds: HOUR, id_seconds: HOUR, refresh_seconds: 30 * DAY };
        assert_eq!(observed.tokens, tokens);
        assert_eq!((observed.session_minutes, observed.rotation), (3, None));
        assert!(!observed.secret && !observed.revocation && !observed.hides_unknown_users);
    }
}
