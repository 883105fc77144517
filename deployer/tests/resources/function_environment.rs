//! The function's environment: the app client's secret seen by nobody but the function, and no variable's value that is not ours.

use cogapi::resources::{AppClient, ClientRef, Function};
use cogapi_engine::Resource as _;
use serde_json::json;

use crate::app_client::client;
use crate::function::{SECRET, environment, set_environment, with_role};
use crate::matrix::Case as _;
use crate::scripted::{Script, refusal};

#[tokio::test]
async fn the_secret_reaches_the_function_and_nothing_that_is_shown_or_stored() {
    let (world, function, outputs) = Function::deployed().await;
    let secret = environment(&world, &function).await.remove(SECRET).unwrap();
    assert!(secret.len() >= 20, "{secret}");
    let found = world.read(&function, Some(&outputs)).await;
    let stored = json!({"inputs": found.existing().unwrap().0, "outputs": &outputs});
    let cx = world.cx();
    function.read(&cx, None).await.unwrap();
    // The caches are filled by then.
    let shown = format!("{found:?} {function:?} {outputs:?} {stored} {cx:?}");
    assert!(!shown.contains(&secret) && !shown.contains(SECRET));
    // Nor what somebody else put there, nor in a failure to change it.
    set_environment(&world, &function, [(SECRET.to_owned(), "hunter2".to_owned())].into()).await;
    let found = world.owned(&function, Some(&outputs)).await;
    let shown = format!("{found:?} {}", json!(found));
    assert!(!shown.contains("hunter2"));
    let found = world.read(&function, Some(&outputs)).await;
    let lost = Function { role_arn: "arn:aws:iam::000000000000:role".to_owned(), ..function };
    let (cx, script) = Script::of(
        &world,
        [
            ("GET auth-test-create-user", 200, json!({"Configuration": {"State": "Active"}})),
            ("PUT configuration", 400, refusal("InvalidParameterValueException", "no such role")),
        ],
    );
    let failure = lost.reconcile(&cx, found).await.unwrap_err();
    script.is_over();
    assert!(!format!("{failure:?} {failure}").contains(&secret));
}

#[tokio::test]
async fn a_function_follows_when_the_app_client_is_another() {
    let (world, function, outputs) = Function::deployed().await;
    let of = function.client_secret_of.clone().unwrap();
    let another = AppClient { name: "another".to_owned(), ..client(&of.pool_id) };
    let client_id = world.deploy(&another, None).await.id;
    let before = environment(&world, &function).await;
    let next = Function { client_secret_of: Some(ClientRef { client_id, ..of }), ..function };
    world.deploy_with(&next, Some(&outputs), &["UpdateFunctionConfiguration"]).await;
    assert_ne!(environment(&world, &next).await[SECRET], before[SECRET]);
    // And loses it when it no longer asks for it.
    let without = Function { client_secret_of: None, ..next };
    world.deploy_with(&without, Some(&outputs), &["UpdateFunctionConfiguration"]).await;
    assert!(!environment(&world, &without).await.contains_key(SECRET));
}

#[tokio::test]
async fn a_function_without_variables_loses_those_that_somebody_gave_it() {
    let (world, function) = with_role().await;
    let bare = Function { environment: [].into(), ..function };
    world.deploy(&bare, None).await;
    set_environment(&world, &bare, [("DEBUG".to_owned(), "1".to_owned())].into()).await;
    world.deploy_with(&bare, None, &["UpdateFunctionConfiguration"]).await;
}

#[tokio::test]
async fn a_variable_that_is_not_as_we_set_it_shows_without_its_value() {
    let (world, function, outputs) = Function::deployed().await;
    let mut variables = environment(&world, &function).await;
    let secret = variables[SECRET].clone();
    variables.insert("COPY".into(), secret.clone());
    variables.insert("ADMIN".into(), secret.clone());
    set_environment(&world, &function, variables).await;
    let found = world.owned(&function, Some(&outputs)).await;
    assert!(!format!("{found:?} {}", json!(found)).contains(&secret));
    let [admin, copy, registration] = ["ADMIN", "COPY", "REGISTRATION"].map(|name| &*found.environment[name]);
    assert_eq!([admin, copy, registration], ["(set outside cogapi)", "(set outside cogapi)", "open"]);
    world.deploy_with(&function, Some(&outputs), &["UpdateFunctionConfiguration"]).await;
}
