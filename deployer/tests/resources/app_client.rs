//! The app client: all of its settings, its secret kept to itself, and never a second client.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::operation::update_user_pool_client::builders::UpdateUserPoolClientFluentBuilder as Update;
use aws_sdk_cognitoidentityprovider::types::OAuthFlowType;
use cogapi::resources::{AppClient, Rotation, TokenLifetimes};
use cogapi_engine::{Found, Resource as _};

use crate::cognito::{fault, lagging, owned, pool};
use crate::support::{STACK, World};

pub(crate) fn client(pool_id: &str) -> AppClient {
    AppClient {
        pool_id: pool_id.to_owned(),
        name: STACK.to_owned(),
        secret: true,
        tokens: TokenLifetimes { access_seconds: 3600, id_seconds: 3600, refresh_seconds: 86_400 },
        rotation: Some(Rotation { grace_seconds: 10 }),
        auth_flows: ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH"].map(String::from).into(),
        session_minutes: 15,
        revocation: true,
        hides_unknown_users: true,
        deviations: BTreeMap::new(),
    }
}

async fn world() -> (World, AppClient) {
    let world = World::empty();
    let outputs = world.deploy(&pool(), None).await;
    (world, client(&outputs.id))
}

#[tokio::test]
async fn a_missing_client_is_made_with_one_call_and_read_back_as_it_was_declared() {
    let (world, declared) = world().await;
    world.expect_missing(&declared, None).await;
    world.deploy_with(&declared, None, &["CreateUserPoolClient"]).await;
    world.expect(&declared, None).await;
}

#[tokio::test]
async fn the_secret_is_in_neither_inputs_nor_outputs() {
    let (world, declared) = world().await;
    let outputs = world.deploy(&declared, None).await;
    let described = world
        .cx()
        .clients
        .cognito
        .describe_user_pool_client()
        .user_pool_id(&declared.pool_id)
        .client_id(&outputs.id)
        .send()
        .await
        .unwrap();
    let secret = described.user_pool_client.and_then(|client| client.client_secret).unwrap();
    let cx = world.cx();
    let found = declared.read(&cx, Some(&outputs)).await.unwrap();
    assert!(!format!("{found:?} {cx:?}").contains(&secret));
    assert!(!serde_json::to_string(&outputs).unwrap().contains(&secret));
}

#[tokio::test]
async fn a_client_that_is_right_is_left_alone() {
    let (world, declared) = world().await;
    let outputs = world.deploy(&declared, None).await;
    world.deploy_with(&declared, Some(&outputs), &[]).await;
    world.deploy_with(&declared, None, &[]).await;
}

#[tokio::test]
async fn drift_in_any_setting_is_seen_and_put_right_with_one_call() {
    type Change = fn(&mut AppClient);
    let changes: [Change; 10] = [
        |client| client.tokens.access_seconds = 301,
        |client| client.tokens.id_seconds = 86_400,
        |client| client.tokens.refresh_seconds = 315_360_000,
        |client| client.rotation = None,
        |client| client.rotation = Some(Rotation { grace_seconds: 0 }),
        |client| client.auth_flows = ["ALLOW_USER_SRP_AUTH".to_owned()].into(),
        |client| client.session_minutes = 3,
        |client| client.revocation = false,
        |client| client.hides_unknown_users = false,
        |client| client.name = "renamed".to_owned(),
    ];
    let (world, declared) = world().await;
    let outputs = world.deploy(&declared, None).await;
    for change in changes {
        let mut drifted = declared.clone();
        change(&mut drifted);
        world.deploy(&drifted, Some(&outputs)).await;
        world.expect(&drifted, Some(&outputs)).await;
        world.deploy_with(&declared, Some(&outputs), &["UpdateUserPoolClient"]).await;
        world.expect(&declared, Some(&outputs)).await;
    }
}

/// Changes the client by hand, with a call that keeps what it has, as the console does.
async fn by_hand(world: &World, client: &AppClient, id: &str, change: fn(Update) -> Update) {
    let cognito = world.cx().clients.cognito;
    let described =
        cognito.describe_user_pool_client().user_pool_id(&client.pool_id).client_id(id).send().await;
    let described = described.unwrap().user_pool_client.unwrap();
    let update = cognito
        .update_user_pool_client()
        .user_pool_id(&client.pool_id)
        .client_id(id)
        .set_client_name(described.client_name)
        .refresh_token_validity(described.refresh_token_validity)
        .set_access_token_validity(described.access_token_validity)
        .set_id_token_validity(described.id_token_validity)
        .set_token_validity_units(described.token_validity_units)
        .set_refresh_token_rotation(described.refresh_token_rotation)
        .set_explicit_auth_flows(described.explicit_auth_flows)
        .set_auth_session_validity(described.auth_session_validity)
        .set_enable_token_revocation(described.enable_token_revocation)
        .set_prevent_user_existence_errors(described.prevent_user_existence_errors);
    change(update).send().await.unwrap();
}

#[tokio::test]
async fn another_way_to_tokens_that_somebody_opened_shows_and_is_closed() {
    type Change = fn(Update) -> Update;
    let changes: [(&str, Change); 10] = [
        ("OAuth", |client| client.allowed_o_auth_flows_user_pool_client(true)),
        ("OAuth flows", |client| client.allowed_o_auth_flows(OAuthFlowType::Implicit)),
        ("OAuth scopes", |client| client.allowed_o_auth_scopes("aws.cognito.signin.user.admin")),
        ("callback URLs", |client| client.callback_urls("https://evil.example/callback")),
        ("logout URLs", |client| client.logout_urls("https://evil.example/logout")),
        ("default redirect URI", |client| client.default_redirect_uri("https://evil.example/callback")),
        ("identity providers", |client| client.supported_identity_providers("Evil")),
        ("readable attributes", |client| client.read_attributes("email")),
        ("writable attributes", |client| client.write_attributes("phone_number")),
        ("user context from callers", |client| client.enable_propagate_additional_user_context_data(true)),
    ];
    let (world, declared) = world().await;
    let outputs = world.deploy(&declared, None).await;
    for (name, change) in changes {
        by_hand(&world, &declared, &outputs.id, change).await;
        let found = owned(&world, &declared, Some(&outputs)).await;
        assert_eq!(found.deviations.keys().collect::<Vec<_>>(), [name]);
        assert_eq!(AppClient { deviations: BTreeMap::new(), ..found }, declared);
        world.deploy_with(&declared, Some(&outputs), &["UpdateUserPoolClient"]).await;
        world.deploy_with(&declared, Some(&outputs), &[]).await;
    }
}

#[tokio::test]
async fn a_change_of_our_own_keeps_nothing_that_somebody_else_set() {
    let (world, declared) = world().await;
    let outputs = world.deploy(&declared, None).await;
    let open: fn(Update) -> Update = |client| {
        client
            .allowed_o_auth_flows_user_pool_client(true)
            .allowed_o_auth_flows(OAuthFlowType::Implicit)
            .callback_urls("https://evil.example/callback")
    };
    by_hand(&world, &declared, &outputs.id, open).await;
    let changed = AppClient { session_minutes: 3, ..declared };
    world.deploy_with(&changed, Some(&outputs), &["UpdateUserPoolClient"]).await;
}

#[tokio::test]
async fn a_client_that_somebody_reset_is_put_right_again() {
    let (world, declared) = world().await;
    let outputs = world.deploy(&declared, None).await;
    let reset = world.cx().clients.cognito.update_user_pool_client().user_pool_id(&declared.pool_id);
    reset.client_id(&outputs.id).client_name(STACK).send().await.unwrap();
    assert_ne!(owned(&world, &declared, Some(&outputs)).await, declared);
    world.deploy(&declared, Some(&outputs)).await;
    world.expect(&declared, Some(&outputs)).await;
}

#[tokio::test]
async fn a_client_that_was_deleted_behind_our_back_is_made_again() {
    let (world, declared) = world().await;
    let first = world.deploy(&declared, None).await;
    world.delete(&declared, Some(&first)).await;
    world.expect_missing(&declared, Some(&first)).await;
    let second = world.deploy(&declared, Some(&first)).await;
    assert_ne!(first.id, second.id);
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_client() {
    let (world, declared) = world().await;
    fault(&world, "hangup_after", "CreateUserPoolClient");
    let outputs = world.deploy(&declared, None).await;
    // Two of the name would be a failure.
    assert_eq!(world.read(&declared, None).await, Found::Owned { inputs: declared, outputs });
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_client_while_lists_do_not_show_the_first() {
    let (world, declared) = world().await;
    fault(&world, "hangup_after", "CreateUserPoolClient");
    let cx = lagging(&world, "ListUserPoolClients", r#"{"UserPoolClients": []}"#);
    let (outputs, made) = world.writes(Box::pin(declared.reconcile(&cx, Found::Missing))).await;
    assert_eq!(made, ["CreateUserPoolClient"]);
    world.expect(&declared, Some(&outputs.unwrap())).await;
}

#[tokio::test]
async fn two_clients_with_one_name_are_named_and_none_is_guessed() {
    let (world, declared) = world().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(declared.reconcile(&world.cx(), Found::Missing).await.unwrap().id);
    }
    let failure = declared.read(&world.cx(), None).await.unwrap_err();
    assert!(ids.iter().all(|id| failure.detail.contains(id)), "{failure}");
}

#[tokio::test]
async fn deleting_what_is_gone_succeeds_and_what_was_not_remembered_is_found() {
    let (world, declared) = world().await;
    world.deploy(&declared, None).await;
    // A run that died before it could store the id.
    world.delete(&declared, None).await;
    world.expect_missing(&declared, None).await;
    world.delete(&declared, None).await;
    let outputs = world.deploy(&declared, None).await;
    world.delete(&pool(), None).await;
    world.delete(&declared, Some(&outputs)).await;
    world.delete(&declared, None).await;
    world.expect_missing(&declared, Some(&outputs)).await;
}
