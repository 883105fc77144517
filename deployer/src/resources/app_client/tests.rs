//! The mapping, without a call: what is sent and what is seen.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use aws_sdk_cognitoidentityprovider::operation::update_user_pool_client::builders::UpdateUserPoolClientInputBuilder;
use aws_sdk_cognitoidentityprovider::types::{
    AnalyticsConfigurationType, TimeUnitsType, TokenValidityUnitsType, UserPoolClientType,
};

use super::observe::{DAY, HOUR};
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
        deviations: BTreeMap::new(),
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
        .set_allowed_o_auth_flows_user_pool_client(request.allowed_o_auth_flows_user_pool_client)
        .set_enable_propagate_additional_user_context_data(
            request.enable_propagate_additional_user_context_data,
        )
        .build()
}

#[test]
fn a_client_is_read_back_as_it_was_declared() {
    let without = AppClient { rotation: None, revocation: false, hides_unknown_users: false, ..declared() };
    for client in [declared(), without] {
        let request = client.update_request().unwrap();
        assert_eq!(client.observed(&described(request)), client);
    }
}

#[test]
fn whatever_opens_another_way_to_tokens_is_seen() {
    let client = UserPoolClientType::builder()
        .allowed_o_auth_flows_user_pool_client(true)
        .allowed_o_auth_flows("implicit".into())
        .allowed_o_auth_scopes("openid")
        .allowed_o_auth_scopes("email")
        .callback_urls("https://evil.example")
        .logout_urls("https://evil.example/out")
        .default_redirect_uri("https://evil.example")
        .supported_identity_providers("COGNITO")
        .supported_identity_providers("Evil")
        .read_attributes("email")
        .write_attributes("email_verified")
        .enable_propagate_additional_user_context_data(true)
        .analytics_configuration(AnalyticsConfigurationType::builder().application_id("a").build())
        .build();
    let found = declared().observed(&client).deviations;
    let found: Vec<String> = found.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(
        found,
        [
            "OAuth: on",
            "OAuth flows: implicit",
            "OAuth scopes: email openid",
            "analytics: on",
            "callback URLs: https://evil.example",
            "default redirect URI: https://evil.example",
            "identity providers: COGNITO Evil",
            "logout URLs: https://evil.example/out",
            "readable attributes: email",
            "user context from callers: on",
            "writable attributes: email_verified",
        ]
    );
}

#[test]
fn cognitos_defaults_are_no_deviations_whether_they_are_shown_or_left_out() {
    let empty = || Some(Vec::new());
    let shown = UserPoolClientType::builder()
        .allowed_o_auth_flows_user_pool_client(false)
        .set_allowed_o_auth_flows(Some(Vec::new()))
        .set_allowed_o_auth_scopes(empty())
        .set_callback_urls(empty())
        .set_logout_urls(empty())
        .default_redirect_uri("")
        .supported_identity_providers("COGNITO")
        .set_read_attributes(empty())
        .set_write_attributes(empty())
        .enable_propagate_additional_user_context_data(false)
        .build();
    for client in [shown, UserPoolClientType::builder().build()] {
        assert_eq!(declared().observed(&client).deviations, BTreeMap::new());
    }
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
