//! What Cognito is sent to make an app client as its inputs say. Pure: makes no call.

use aws_sdk_cognitoidentityprovider::operation::create_user_pool_client::CreateUserPoolClientInput;
use aws_sdk_cognitoidentityprovider::operation::create_user_pool_client::builders::CreateUserPoolClientInputBuilder;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool_client::UpdateUserPoolClientInput;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool_client::builders::UpdateUserPoolClientInputBuilder;
use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, FeatureType, PreventUserExistenceErrorTypes, RefreshTokenRotationType,
    TimeUnitsType, TokenValidityUnitsType,
};
use cogapi_engine::Failure;

use super::{AppClient, Rotation, TokenLifetimes};

impl AppClient {
    /// The request that makes the client.
    pub(super) fn create_request(&self) -> Result<CreateUserPoolClientInputBuilder, Failure> {
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

    /// The request that makes the client hold the inputs and nothing else.
    pub(super) fn update_request(&self) -> Result<UpdateUserPoolClientInputBuilder, Failure> {
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
            // The lists that go with them are reset by being left out.
            .allowed_o_auth_flows_user_pool_client(false)
            .enable_propagate_additional_user_context_data(false))
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

fn in_seconds() -> TokenValidityUnitsType {
    TokenValidityUnitsType::builder()
        .access_token(TimeUnitsType::Seconds)
        .id_token(TimeUnitsType::Seconds)
        .refresh_token(TimeUnitsType::Seconds)
        .build()
}
