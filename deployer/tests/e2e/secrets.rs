//! Promise 6: secrets are in neither state, plan, output nor log.

use serde_json::{Value, json};

use crate::world::{CONFIGURATION, World};

#[tokio::test]
async fn the_client_secret_and_passwords_are_nowhere_but_where_they_are_needed() {
    let world = World::new();
    let deployed = world.must(&["deploy", "--yes"]);
    let outputs = world.outputs();
    let output = |name: &str| outputs[name].as_str().unwrap();
    let clients = world.clients();
    let client = clients
        .cognito
        .describe_user_pool_client()
        .user_pool_id(output("user_pool_id"))
        .client_id(output("app_client_id"))
        .send()
        .await
        .unwrap();
    let secret = client.user_pool_client.unwrap().client_secret.unwrap();
    assert!(secret.len() > 20, "Cognito makes one");

    // A sign-up and a failed sign-in, so that the functions have something to log.
    let post = |path: &str, body: Value| {
        let url = format!("{}{path}", output("api_url"));
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        agent.post(url).send_json(body).unwrap().status().as_u16()
    };
    let jane =
        json!({"full_name": "Jane Doe", "email": "jane@example.com", "mobile_phone_number": "+33612345678"});
    assert_eq!(post("/v1/users", jane), 201);
    let guess = "Wrong-Password-1-of-Jane";
    assert_eq!(post("/v1/login", json!({"email": "jane@example.com", "password": guess})), 401);
    let mails = world.emulator("GET", "mail", "");
    let mail = mails[0]["html"].as_str().unwrap();

    // Every function's memory changes, so that the plan has all there is to say about them.
    world.configure(
        &CONFIGURATION.replace("architecture = \"host\"", "architecture = \"host\"\nmemory_mb = 256"),
    );
    let planned = world.must(&["plan"]);
    let planned_json = world.must(&["plan", "--json"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.json");
    world.must(&["plan", "--out", file.to_str().unwrap()]);
    let planned_file = std::fs::read_to_string(file).unwrap();
    assert!(planned.stdout.contains("memory_mb: 128 -> 256"), "{planned}");
    let redeployed = world.must(&["deploy", "--yes"]);
    let bucket = format!("shop-state-{}", world.account);
    let state = clients.s3.get_object().bucket(bucket).key("dev/state.json").send().await.unwrap();
    let state = String::from_utf8(state.body.collect().await.unwrap().to_vec()).unwrap();
    let logged = clients.logs.filter_log_events().log_group_name("/cogapi/shop-dev").send().await.unwrap();
    let logged: Vec<String> = logged.events.unwrap().into_iter().filter_map(|event| event.message).collect();
    let logged = logged.join("\n");
    assert!(logged.contains("login") && logged.contains("create-user"), "{logged}");

    let shown = [&deployed, &planned, &planned_json, &redeployed].map(ToString::to_string).join("\n");
    for (place, text) in [
        ("the state", &state),
        ("the output", &shown),
        ("the plan's file", &planned_file),
        ("the log", &logged),
    ] {
        assert!(!text.contains(&secret), "the client secret is in {place}");
        assert!(!text.contains(guess), "a password is in {place}");
    }
    // Whatever of the mail stands in the log would be the temporary password, or about Jane.
    let words = mail.split(|c: char| c.is_whitespace() || "<>".contains(c)).filter(|word| word.len() >= 12);
    for word in words.filter(|word| word.bytes().any(|b| b.is_ascii_digit())) {
        assert!(!logged.contains(word), "{word} of the mail is in the log");
    }
    assert!(!logged.contains("jane@example.com"), "an address is in the log");
}
