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
use serde_json::json;

use crate::code::Code;
use crate::function::{Outputs, deployed, let_in, with_role};
use crate::scripted::{Script, refusal};
use crate::support::{STACK, World};

const KEY: &str = "arn:aws:kms:eu-west-1:000000000000:key/00000000-0000-0000-0000-000000000000";

#[tokio::test]
async fn what_somebody_switched_on_in_the_function_shows_and_goes() {
    let function = deployed().await;
    let trace = logging().application_log_level(ApplicationLogLevel::Trace).build();
    shows_and_goes(&function, "application log level", "TRACE", |call| call.logging_config(trace)).await;
    let debug = logging().system_log_level(SystemLogLevel::Debug).build();
    shows_and_goes(&function, "system log level", "DEBUG", |call| call.logging_config(debug)).await;
    let target = format!("arn:aws:sqs:eu-west-1:{}:theirs", function.0.cx().account);
    let letters = DeadLetterConfig::builder().target_arn(&target).build();
    shows_and_goes(&function, "dead-letter target", &target, |call| call.dead_letter_config(letters)).await;
    let storage = EphemeralStorage::builder().size(1024).build().unwrap();
    shows_and_goes(&function, "ephemeral storage", "1024 MB", |call| call.ephemeral_storage(storage)).await;
    shows_and_goes(&function, "KMS key", KEY, |call| call.kms_key_arn(KEY)).await;
    let tracing = TracingConfig::builder().mode(TracingMode::Active).build();
    shows_and_goes(&function, "tracing", "Active", |call| call.tracing_config(tracing)).await;
    let vpc = VpcConfig::builder().subnet_ids("subnet-1").security_group_ids("sg-1").build();
    shows_and_goes(&function, "VPC subnets", "subnet-1", |call| call.vpc_config(vpc)).await;

    let lambda = &function.0.cx().clients.lambda;
    let content = LayerVersionContentInput::builder().zip_file(Code::of("spy").zip.into()).build();
    let layer = lambda.publish_layer_version().layer_name("spy").content(content).send().await.unwrap();
    let layer = layer.layer_version_arn.unwrap();
    shows_and_goes(&function, "layers", &layer, |call| call.layers(&layer)).await;
}

/// Changes a setting that was left at its default, and demands that just this shows and is put right with one call.
async fn shows_and_goes(
    (world, function, outputs): &(World, Function, Outputs),
    name: &str,
    value: &str,
    change: impl FnOnce(Update) -> Update,
) {
    let cx = world.cx();
    let update = cx.clients.lambda.update_function_configuration().function_name(&function.name);
    Box::pin(change(update).send()).await.unwrap();
    assert_eq!(deviations(world, function, outputs).await, [(name.to_owned(), value.to_owned())]);
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
