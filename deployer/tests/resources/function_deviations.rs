//! What others changed of a function that nobody declared: it shows by name, without anything that may be a secret, and goes.

use std::collections::BTreeMap;

use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder as Update;
use aws_sdk_lambda::types::builders::LoggingConfigBuilder;
use aws_sdk_lambda::types::{
    ApplicationLogLevel, DeadLetterConfig, EphemeralStorage, LayerVersionContentInput, LogFormat,
    LoggingConfig, SystemLogLevel, TracingConfig, TracingMode, VpcConfig,
};
use cogapi::resources::Function;
use cogapi_engine::Resource as _;
use futures::future::join_all;
use serde_json::json;

use crate::code::Code;
use crate::function::{Outputs, deployed, let_in, with_role};
use crate::scripted::{Script, refusal};
use crate::support::{STACK, World};

/// What somebody switches on: by what name it shows, with what value, and how it is set to that.
type Switched = (&'static str, &'static str, fn(Update, &str) -> Update);

#[tokio::test]
async fn what_somebody_switched_on_in_the_function_shows_and_goes() {
    let cases: [Switched; 7] = [
        ("application log level", "TRACE", |call, _| {
            call.logging_config(logging().application_log_level(ApplicationLogLevel::Trace).build())
        }),
        ("system log level", "DEBUG", |call, _| {
            call.logging_config(logging().system_log_level(SystemLogLevel::Debug).build())
        }),
        ("dead-letter target", "arn:aws:sqs:eu-west-1:ACCOUNT:theirs", |call, queue| {
            call.dead_letter_config(DeadLetterConfig::builder().target_arn(queue).build())
        }),
        ("ephemeral storage", "1024 MB", |call, _| {
            call.ephemeral_storage(EphemeralStorage::builder().size(1024).build().unwrap())
        }),
        ("KMS key", "arn:aws:kms:eu-west-1:ACCOUNT:key/theirs", |call, key| call.kms_key_arn(key)),
        ("tracing", "Active", |call, _| {
            call.tracing_config(TracingConfig::builder().mode(TracingMode::Active).build())
        }),
        ("VPC subnets", "subnet-1", |call, _| {
            let vpc = VpcConfig::builder().subnet_ids("subnet-1").security_group_ids("sg-1");
            call.vpc_config(vpc.build())
        }),
    ];
    // At the same time, for each waits for Lambda.
    let each = cases.map(async |case| shows_and_goes(&deployed().await, case).await);
    join_all(each.map(Box::pin)).await;
}

#[tokio::test]
async fn a_layer_whose_code_would_know_the_secret_shows_and_goes() {
    let function = deployed().await;
    let content = LayerVersionContentInput::builder().zip_file(Code::of("spy").zip.into()).build();
    let publish = function.0.cx().clients.lambda.publish_layer_version().layer_name("spy").content(content);
    publish.send().await.unwrap();
    let layer = "arn:aws:lambda:eu-west-1:ACCOUNT:layer:spy:1";
    shows_and_goes(&function, ("layers", layer, |call, layer| call.layers(layer))).await;
}

/// Demands that just this shows, and is put right with one call.
async fn shows_and_goes(
    (world, function, outputs): &(World, Function, Outputs),
    (name, value, change): Switched,
) {
    let cx = world.cx();
    let value = value.replace("ACCOUNT", &cx.account);
    let update = cx.clients.lambda.update_function_configuration().function_name(&function.name);
    change(update, &value).send().await.unwrap();
    assert_eq!(deviations(world, function, outputs).await, [(name.to_owned(), value)]);
    world.deploy_with(function, Some(outputs), &["UpdateFunctionConfiguration"]).await;
    world.deploy_with(function, Some(outputs), &[]).await;
}

/// The logging that a function has.
fn logging() -> LoggingConfigBuilder {
    LoggingConfig::builder().log_format(LogFormat::Json).log_group(format!("/cogapi/{STACK}"))
}

/// What shows of the function beside what was declared, which must be the same.
async fn deviations(world: &World, function: &Function, outputs: &Outputs) -> Vec<(String, String)> {
    let found = world.owned(function, Some(outputs)).await;
    assert_eq!(&Function { deviations: BTreeMap::new(), ..found.clone() }, function);
    found.deviations.into_iter().collect()
}

#[tokio::test]
async fn only_the_declared_statements_of_the_policy_stay() {
    let (world, function) = with_role().await;
    let function = Function { statements: ["cognito".to_owned()].into(), ..function };
    let outputs = world.deploy(&function, None).await;
    let_in(&world, &function, "cognito", "cognito-idp.amazonaws.com").await;
    world.deploy_with(&function, Some(&outputs), &[]).await;
    let_in(&world, &function, "anyone", "*").await;
    let_in(&world, &function, "account", "999999999999").await;
    let found = deviations(&world, &function, &outputs).await;
    assert_eq!(found[0].0, "statement account");
    assert_eq!(found[1].0, "statement anyone");
    assert!(found[1].1.contains(r#""Principal":"*""#), "{found:?}");
    world.deploy_with(&function, Some(&outputs), &["RemovePermission", "RemovePermission"]).await;
    let policy = world.cx().clients.lambda.get_policy().function_name(&function.name).send().await.unwrap();
    assert!(policy.policy.unwrap().contains(r#""cognito""#));
}

#[tokio::test]
async fn a_statement_that_is_declared_from_now_on_is_not_taken_away() {
    let (world, function, outputs) = deployed().await;
    let_in(&world, &function, "cognito", "cognito-idp.amazonaws.com").await;
    // The state remembers a declaration without it.
    let found = world.read(&function, Some(&outputs)).await;
    let next = Function { statements: ["cognito".to_owned()].into(), ..function };
    let (result, writes) = world.writes(world.reconcile(&next, found)).await;
    result.unwrap();
    assert!(writes.is_empty(), "{writes:?}");
    world.expect(&next, Some(&outputs)).await;
}

#[tokio::test]
async fn a_function_whose_tags_may_not_be_read_is_not_taken_for_somebody_elses() {
    let (world, function) = with_role().await;
    let scenes = [
        ("GET functions", 200, json!({"Functions": [{"FunctionName": function.name}]})),
        (
            "GET auth-test-create-user",
            200,
            json!({"Configuration": {"FunctionName": function.name},
                "TagsError": {"ErrorCode": "AccessDeniedException", "Message": "no lambda:ListTags"}}),
        ),
        ("GET policy", 404, refusal("ResourceNotFoundException", "no policy")),
    ];
    let (cx, _) = Script::of(&world, scenes);
    let failure = function.read(&cx, None).await.unwrap_err();
    assert_eq!(failure.detail, "AccessDeniedException: no lambda:ListTags");
}
