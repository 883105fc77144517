//! What the functions write about a request: one line that says what happened, and none of the secrets in it.

use std::collections::BTreeSet;

use cogapi_handlers::registry::{ENDPOINTS, TRIGGERS};
use serde_json::{Value, json};

use crate::client::Api;
use crate::each::each;
use crate::exclusive::DEPRIVED;
use crate::right::scene;

/// What is in every line that is not a secret, and may look like one by chance.
const NUMBERS_AND_IDS: &[&str] = &["_aws", "invocation_id", "request_id", "timestamp"];
/// From here on, a text is in no log by chance.
const LONG: usize = 16;

/// All lines of all functions, which must be JSON.
pub(crate) fn lines(api: &Api) -> Vec<Value> {
    let texts = api.world.with_clients(async |clients| {
        let mut pages =
            clients.logs.filter_log_events().log_group_name("/cogapi/shop-dev").into_paginator().send();
        let mut texts = Vec::new();
        while let Some(page) = pages.next().await {
            texts.extend(
                page.unwrap().events.unwrap_or_default().into_iter().filter_map(|event| event.message),
            );
        }
        texts
    });
    // Lambda's own lines are JSON where the functions log in JSON; the emulator's are not.
    let lambdas = |line: &&str| ["START ", "END ", "REPORT "].iter().any(|word| line.starts_with(word));
    let texts = texts.iter().flat_map(|text| text.lines()).filter(|line| !line.is_empty() && !lambdas(line));
    texts.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn every_request_is_logged_with_its_outcome_and_no_secret_of_anybody() {
    let api = DEPRIVED.turn();
    each(ENDPOINTS, |endpoint| {
        let scene = scene(&api, endpoint.name);
        scene.ask().ok();
        // Most of it is used up by now: what is refused must not be logged, either.
        scene.ask();
        if scene.request.body.is_object() {
            let secret = format!("Secret-{}", uuid::Uuid::new_v4());
            let unknown = scene.request.clone().with(&secret, secret.as_str());
            api.ask(&unknown);
        }
    });
    let lines = lines(&api);
    for line in &lines {
        let text = |field: &str| line[field].as_str().unwrap_or_else(|| panic!("no {field} in {line}"));
        assert!(["INFO", "WARN", "ERROR"].contains(&text("level")), "{line}");
        assert!(!text("timestamp").is_empty() && !text("outcome").is_empty(), "{line}");
        assert!(line["duration_ms"].is_u64() && line["_aws"]["CloudWatchMetrics"].is_array(), "{line}");
    }
    let told: BTreeSet<&str> = lines.iter().filter_map(|line| line["endpoint"].as_str()).collect();
    let all: BTreeSet<&str> =
        ENDPOINTS.iter().map(|it| it.name).chain(TRIGGERS.iter().map(|it| it.name)).collect();
    assert_eq!(told, all);

    // Nor who it was: addresses are not secret, and nobody's business.
    assert!(!json!(lines).to_string().contains("@example.com"));
    for secret in api.secrets().into_iter().chain([client_secret(&api)]) {
        let leak = lines.iter().find(|line| holds(line, &secret));
        assert!(leak.is_none(), "{secret} is in {}", json!(leak));
    }
}

/// The secret of the API's app client.
fn client_secret(api: &Api) -> String {
    api.cognito(async |cognito, pool| {
        let listed = cognito.list_user_pool_clients().user_pool_id(pool).send().await.unwrap();
        let id = listed.user_pool_clients()[0].client_id().unwrap();
        let found =
            cognito.describe_user_pool_client().user_pool_id(pool).client_id(id).send().await.unwrap();
        found.user_pool_client.unwrap().client_secret.unwrap()
    })
}

/// Whether a line has a secret in it. Short ones count where they stand alone.
fn holds(line: &Value, secret: &str) -> bool {
    if secret.len() >= LONG {
        return line.to_string().contains(secret);
    }
    let members = line.as_object().unwrap().iter();
    members.filter(|(name, _)| !NUMBERS_AND_IDS.contains(&name.as_str())).any(|(_, value)| {
        let value = value.to_string();
        value.split(|character: char| !character.is_alphanumeric()).any(|word| word == secret)
    })
}
