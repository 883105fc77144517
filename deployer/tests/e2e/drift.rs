//! What somebody changes behind cogapi's back is shown, and put right.

use aws_sdk_cognitoidentityprovider::types::{PasswordPolicyType, UserPoolPolicyType};
use aws_sdk_lambda::types::Environment;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_changed_behind_our_back_is_shown_as_drift_and_put_right() {
    let world = World::new();
    world.must(&["deploy", "--yes"]);
    let pool = world.outputs()["user_pool_id"].as_str().unwrap().to_owned();
    let cognito = world.clients().cognito;
    let weak = PasswordPolicyType::builder().minimum_length(8).build();
    // Everything that is left out is reset by this call: triggers, recovery, verification and all.
    cognito
        .update_user_pool()
        .user_pool_id(&pool)
        .policies(UserPoolPolicyType::builder().password_policy(weak).build())
        .send()
        .await
        .unwrap();

    let planned = world.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(planned.code, Some(2), "{planned}");
    assert!(planned.stdout.starts_with("Changed outside cogapi"), "{planned}");
    assert!(planned.stdout.contains("password.min_length: 8 -> 14"), "{planned}");
    assert!(planned.stdout.contains("user_pool_triggers.main"), "{planned}");

    world.must(&["deploy", "--yes"]);
    let described = cognito.describe_user_pool().user_pool_id(&pool).send().await.unwrap();
    let described = described.user_pool.unwrap();
    let policy = described.policies.unwrap().password_policy.unwrap();
    assert_eq!(policy.minimum_length, Some(14));
    assert!(described.lambda_config.unwrap().custom_message.is_some());
    assert_eq!(world.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_by_hand_is_made_again_with_all_that_depends_on_it() {
    let world = World::new();
    world.must(&["deploy", "--yes"]);
    let clients = world.clients();
    let api = world.inventory()["rest_apis"][0]["id"].as_str().unwrap().to_owned();
    clients.apigateway.delete_rest_api().rest_api_id(api).send().await.unwrap();
    clients.lambda.delete_function().function_name("shop-dev-login").send().await.unwrap();
    let expected = World::new();
    expected.must(&["deploy", "--yes"]);
    world.must(&["deploy", "--yes"]);
    assert_eq!(world.shape(), expected.shape());
    assert_eq!(world.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_let_in_behind_our_back_is_shown_and_shut_out() {
    let world = World::new();
    world.must(&["deploy", "--yes"]);
    let clients = world.clients();
    let lambda = &clients.lambda;
    let before = lambda.get_function_configuration().function_name("shop-dev-login").send().await.unwrap();
    let mut variables = before.environment.unwrap().variables.unwrap();
    let secret = variables["CLIENT_SECRET"].clone();

    // Everybody may invoke an endpoint past the API, a role may do everything, and the secret lies open.
    let add = lambda.add_permission().function_name("shop-dev-userinfo").statement_id("theirs");
    add.action("lambda:InvokeFunction").principal("*").send().await.unwrap();
    let put = clients.iam.put_role_policy().role_name("shop-dev-calls-nothing").policy_name("theirs");
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    put.policy_document(all).send().await.unwrap();
    variables.insert("COPY".to_owned(), secret.clone());
    let update = lambda.update_function_configuration().function_name("shop-dev-login");
    let copied = Environment::builder().set_variables(Some(variables)).build();
    update.environment(copied).send().await.unwrap();

    for arguments in [&["plan", "--detailed-exitcode"][..], &["plan", "--detailed-exitcode", "--json"]] {
        let planned = world.run(arguments);
        assert_eq!(planned.code, Some(2), "{planned}");
        for shown in ["statement theirs", "inline policy theirs", "COPY", "(set outside cogapi)"] {
            assert!(planned.stdout.contains(shown), "{shown}: {planned}");
        }
        assert!(!planned.to_string().contains(&secret));
    }
    world.must(&["deploy", "--yes"]);
    assert!(lambda.get_policy().function_name("shop-dev-userinfo").send().await.is_err());
    assert_eq!(world.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[tokio::test]
async fn status_tells_what_is_there_what_was_changed_and_that_nobody_works_on_it() {
    let world = World::new();
    let empty = world.must(&["status"]);
    assert!(empty.stdout.contains("not deployed"), "{empty}");
    world.must(&["deploy", "--yes"]);
    let fine = world.must(&["status"]);
    assert!(fine.stdout.contains(" resources, all as cogapi left them"), "{fine}");
    assert!(fine.stdout.contains("lock: free"), "{fine}");

    world.clients().lambda.delete_function().function_name("shop-dev-login").send().await.unwrap();
    world.forget_calls();
    let status = world.must(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!(status["deviations"], serde_json::json!({ "function.login": { "status": "gone" } }));
    assert_eq!(world.calls()["writes"], 0, "{}", world.calls());
}
