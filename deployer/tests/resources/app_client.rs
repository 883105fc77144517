//! The app client: all of its settings, its secret kept to itself, and never a second client.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::operation::update_user_pool_client::builders::UpdateUserPoolClientFluentBuilder as Update;
use aws_sdk_cognitoidentityprovider::types::OAuthFlowType;
use cogapi::resources::{AppClient, Rotation, TokenLifetimes};
use cogapi_engine::{Found, Resource as _};

use crate::cognito::{lagging, pool};
use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake, QUICK};
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

const UPDATE: Names = &["UpdateUserPoolClient"];

impl Case for AppClient {
    const MADE_BY: Names = &["CreateUserPoolClient"];
    const NAMESAKE: Namesake = Namesake::Ours("it is in a pool of ours");
    const MISHAPS: Names = QUICK;

    async fn prepare() -> (World, Self) {
        let world = World::empty();
        let outputs = world.deploy(&pool(), None).await;
        (world, client(&outputs.id))
    }

    fn drifts() -> Vec<Drift<Self>> {
        vec![
            Self::edit(&["tokens"], UPDATE, |client| client.tokens.access_seconds = 301),
            Self::edit(&["tokens"], UPDATE, |client| client.tokens.id_seconds = 86_400),
            Self::edit(&["tokens"], UPDATE, |client| client.tokens.refresh_seconds = 315_360_000),
            Self::edit(&["rotation"], UPDATE, |client| client.rotation = None),
            Self::edit(&["rotation"], UPDATE, |client| client.rotation = Some(Rotation { grace_seconds: 0 })),
            Self::edit(&["auth_flows"], UPDATE, |client| {
                client.auth_flows = ["ALLOW_USER_SRP_AUTH".to_owned()].into();
            }),
            Self::edit(&["session_minutes"], UPDATE, |client| client.session_minutes = 3),
            Self::edit(&["revocation"], UPDATE, |client| client.revocation = false),
            Self::edit(&["hides_unknown_users"], UPDATE, |client| client.hides_unknown_users = false),
            Self::edit(&["name"], UPDATE, |client| client.name = "renamed".into()),
            // The others there are have a test of their own.
            Self::drift(&["deviations"], UPDATE, async |world, client, outputs| {
                by_hand(world, client, &outputs.id, |client| {
                    client.allowed_o_auth_flows_user_pool_client(true)
                })
                .await;
            }),
        ]
    }

    async fn uprooted(&self, world: &World) {
        world.delete(&pool(), None).await;
    }
}

#[tokio::test]
async fn the_secret_is_in_neither_inputs_nor_outputs() {
    let (world, declared, outputs) = AppClient::deployed().await;
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
    let (world, declared, outputs) = AppClient::deployed().await;
    for (name, change) in changes {
        by_hand(&world, &declared, &outputs.id, change).await;
        let found = world.owned(&declared, Some(&outputs)).await;
        assert_eq!(found.deviations.keys().collect::<Vec<_>>(), [name]);
        assert_eq!(AppClient { deviations: BTreeMap::new(), ..found }, declared);
        world.deploy_with(&declared, Some(&outputs), UPDATE).await;
        world.deploy_with(&declared, Some(&outputs), &[]).await;
    }
}

#[tokio::test]
async fn a_change_of_our_own_keeps_nothing_that_somebody_else_set() {
    let (world, declared, outputs) = AppClient::deployed().await;
    let open: fn(Update) -> Update = |client| {
        client
            .allowed_o_auth_flows_user_pool_client(true)
            .allowed_o_auth_flows(OAuthFlowType::Implicit)
            .callback_urls("https://evil.example/callback")
    };
    by_hand(&world, &declared, &outputs.id, open).await;
    let changed = AppClient { session_minutes: 3, ..declared };
    world.deploy_with(&changed, Some(&outputs), UPDATE).await;
}

#[tokio::test]
async fn a_client_that_somebody_reset_is_put_right_again() {
    let (world, declared, outputs) = AppClient::deployed().await;
    let reset = world.cx().clients.cognito.update_user_pool_client().user_pool_id(&declared.pool_id);
    reset.client_id(&outputs.id).client_name(STACK).send().await.unwrap();
    assert_ne!(world.owned(&declared, Some(&outputs)).await, declared);
    world.deploy(&declared, Some(&outputs)).await;
    world.expect(&declared, Some(&outputs)).await;
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_client_while_lists_do_not_show_the_first() {
    let (world, declared) = AppClient::prepare().await;
    world.fails_once("hangup_after", "cognito-idp:CreateUserPoolClient");
    let cx = lagging(&world, "ListUserPoolClients", r#"{"UserPoolClients": []}"#);
    let (outputs, made) = world.writes(Box::pin(declared.reconcile(&cx, Found::Missing))).await;
    assert_eq!(made, ["CreateUserPoolClient"]);
    world.expect(&declared, Some(&outputs.unwrap())).await;
}

#[tokio::test]
async fn two_clients_with_one_name_are_named_and_none_is_guessed() {
    let (world, declared) = AppClient::prepare().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(world.reconcile(&declared, Found::Missing).await.unwrap().id);
    }
    let failure = declared.read(&world.cx(), None).await.unwrap_err();
    assert!(ids.iter().all(|id| failure.detail.contains(id)), "{failure}");
}
