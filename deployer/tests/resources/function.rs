//! The function: code, settings and environment as declared, one change at a time, and the secret seen by nobody but itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_lambda::types::{
    Architecture, Environment, LogFormat, LoggingConfig, Runtime, State, TracingConfig, TracingMode,
};
use cogapi::resources::{ClientRef, Function, Role, STACK_TAG};
use cogapi_engine::{Found, Resource as _};
use serde_json::json;

use crate::app_client::client;
use crate::code::{Code, bucket_with};
use crate::cognito::pool;
use crate::common::Emulator;
use crate::drift::{Drift, every_field_is_put_right};
use crate::role::role;
use crate::support::{STACK, World, tags, tags_and};

pub(crate) type Outputs = <Function as cogapi_engine::Resource>::Outputs;

/// The variable that holds the app client's secret.
pub(crate) const SECRET: &str = "CLIENT_SECRET";

/// A world with a role, code and a bucket in it, and a function, not made yet.
pub(crate) async fn with_role() -> (World, Function) {
    let world = World::empty();
    // Roles are usable at once, but where a test is about that.
    propagation(&world, 0.0);
    let role_arn = world.deploy(&role(), None).await.arn;
    bucket_with(&world, &[Code::of("one"), Code::of("two")]).await;
    let function = Function {
        name: format!("{STACK}-create-user"),
        description: "Registers a user.".to_owned(),
        role_arn,
        code_sha256: Code::of("one").sha256,
        handler: "create-user".to_owned(),
        architecture: "x86_64".to_owned(),
        memory_mb: 256,
        timeout_seconds: 10,
        environment: [("ADMIN", "group"), ("REGISTRATION", "open")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        client_secret_of: None,
        log_group: format!("/cogapi/{STACK}"),
        reserved_concurrency: None,
        statements: BTreeSet::new(),
        deviations: BTreeMap::new(),
        tags: tags(),
    };
    (world, function)
}

pub(crate) async fn deployed() -> (World, Function, Outputs) {
    let (world, function) = with_role().await;
    let outputs = world.deploy(&function, None).await;
    (world, function, outputs)
}

/// The same with a function that knows the secret of an app client.
pub(crate) async fn deployed_with_secret() -> (World, Function, Outputs) {
    let (world, mut function) = with_role().await;
    let pool_id = world.deploy(&pool(), None).await.id;
    let client_id = world.deploy(&client(&pool_id), None).await.id;
    function.client_secret_of = Some(ClientRef { pool_id, client_id });
    let outputs = world.deploy(&function, None).await;
    (world, function, outputs)
}

fn propagation(world: &World, seconds: f64) {
    let settings = json!({"role_propagation_seconds": seconds}).to_string();
    Emulator::shared().ask(&world.cx().account, "POST", "settings", &settings);
}

fn fault(world: &World, kind: &str, operation: &str) {
    world.fault(&json!([{"kind": kind, "service": "lambda", "operation": operation, "times": 1}]));
}

/// The function's whole environment, as Lambda has it.
pub(crate) async fn environment(world: &World, function: &Function) -> HashMap<String, String> {
    let lambda = &world.cx().clients.lambda;
    let found = lambda.get_function_configuration().function_name(&function.name).send().await.unwrap();
    found.environment.and_then(|environment| environment.variables).unwrap_or_default()
}

/// Changes the environment behind our back.
pub(crate) async fn set_environment(world: &World, function: &Function, variables: HashMap<String, String>) {
    let environment = Environment::builder().set_variables(Some(variables)).build();
    let update = world.cx().clients.lambda.update_function_configuration().function_name(&function.name);
    update.environment(environment).send().await.unwrap();
}

/// Lets somebody invoke the function.
pub(crate) async fn let_in(world: &World, function: &Function, statement: &str, principal: &str) {
    let add = world.cx().clients.lambda.add_permission().function_name(&function.name);
    let add = add.statement_id(statement).action("lambda:InvokeFunction").principal(principal);
    add.send().await.unwrap();
}

fn arn(world: &World, function: &Function) -> String {
    format!("arn:aws:lambda:eu-west-1:{}:function:{}", world.cx().account, function.name)
}

#[tokio::test]
async fn a_missing_function_is_made_and_then_left_alone() {
    let (world, function) = with_role().await;
    world.expect_missing(&function, None).await;
    world.deploy_with(&function, None, &["CreateFunction"]).await;
    // A run that knows nothing of it finds the same.
    let outputs = world.expect(&function, None).await;
    assert_eq!(outputs, Outputs { name: function.name.clone(), arn: arn(&world, &function) });
    world.deploy_with(&function, Some(&outputs), &[]).await;
    world.deploy_with(&function, None, &[]).await;
}

/// One case that changes a setting with one call.
macro_rules! setting {
    ($field:literal, |$call:ident| $change:expr) => {
        Drift {
            field: $field,
            change: |world, function| {
                Box::pin(async {
                    let $call = world.cx().clients.lambda.update_function_configuration();
                    let $call = $call.function_name(&function.name);
                    $change.send().await.unwrap();
                })
            },
            mended_by: &["UpdateFunctionConfiguration"],
        }
    };
}

/// One case that changes variables of the environment.
macro_rules! variables {
    ($field:literal, |$variables:ident| $change:expr) => {
        Drift {
            field: $field,
            change: |world, function| {
                Box::pin(async {
                    let mut $variables = environment(world, function).await;
                    $change;
                    set_environment(world, function, $variables).await;
                })
            },
            mended_by: &["UpdateFunctionConfiguration"],
        }
    };
}

#[tokio::test]
async fn drift_in_every_field_is_seen_and_put_right() {
    let cases = [
        Drift::<Function> {
            field: "code_sha256",
            change: |world, function| {
                Box::pin(async {
                    let update = world.cx().clients.lambda.update_function_code();
                    let update = update.function_name(&function.name).zip_file(Code::of("theirs").zip.into());
                    update.send().await.unwrap();
                })
            },
            mended_by: &["UpdateFunctionCode"],
        },
        // No reason to make it anew: the architecture comes with the code.
        Drift {
            field: "architecture",
            change: |world, function| {
                Box::pin(async {
                    let update = world.cx().clients.lambda.update_function_code();
                    let update = update.function_name(&function.name).architectures(Architecture::Arm64);
                    update.zip_file(Code::of("one").zip.into()).send().await.unwrap();
                })
            },
            mended_by: &["UpdateFunctionCode"],
        },
        setting!("description", |call| call.description("else")),
        setting!("handler", |call| call.handler("login")),
        // It would be called in a language that our code is not in.
        setting!("handler", |call| call.runtime(Runtime::Python312)),
        setting!("memory_mb", |call| call.memory_size(512)),
        setting!("timeout_seconds", |call| call.timeout(29)),
        setting!("log_group", |call| {
            let other = LoggingConfig::builder().log_format(LogFormat::Json).log_group("/else");
            call.logging_config(other.build())
        }),
        // The lines are no longer JSON.
        setting!("log_group", |call| {
            let text = LoggingConfig::builder().log_format(LogFormat::Text);
            call.logging_config(text.log_group(format!("/cogapi/{STACK}")).build())
        }),
        Drift {
            field: "role_arn",
            change: |world, function| {
                Box::pin(async {
                    let another = Role { name: format!("{STACK}-another"), ..role() };
                    let role_arn = world.deploy(&another, None).await.arn;
                    let update = world.cx().clients.lambda.update_function_configuration();
                    update.function_name(&function.name).role(role_arn).send().await.unwrap();
                })
            },
            mended_by: &["UpdateFunctionConfiguration"],
        },
        variables!("environment", |variables| variables.insert("ADMIN".into(), "iam".into())),
        variables!("environment", |variables| variables.insert("DEBUG".into(), "1".into())),
        variables!("environment", |variables| variables.remove("REGISTRATION")),
        variables!("client_secret_of", |variables| variables.insert(SECRET.into(), "theirs".into())),
        variables!("client_secret_of", |variables| variables.remove(SECRET)),
        setting!("deviations", |call| {
            call.tracing_config(TracingConfig::builder().mode(TracingMode::Active).build())
        }),
        // Everybody's.
        Drift {
            field: "deviations",
            change: |world, function| Box::pin(let_in(world, function, "theirs", "*")),
            mended_by: &["RemovePermission"],
        },
        // Nobody's.
        Drift {
            field: "reserved_concurrency",
            change: |world, function| {
                Box::pin(async {
                    let put = world.cx().clients.lambda.put_function_concurrency();
                    let put = put.function_name(&function.name).reserved_concurrent_executions(0);
                    put.send().await.unwrap();
                })
            },
            mended_by: &["DeleteFunctionConcurrency"],
        },
        Drift {
            field: "tags",
            change: |world, function| {
                Box::pin(async {
                    let tag = world.cx().clients.lambda.tag_resource().resource(arn(world, function));
                    tag.tags("who", "me").tags(STACK_TAG, "another").send().await.unwrap();
                })
            },
            mended_by: &["TagResource", "UntagResource"],
        },
        Drift {
            field: "tags",
            change: |world, function| {
                Box::pin(async {
                    let untag = world.cx().clients.lambda.untag_resource().resource(arn(world, function));
                    untag.tag_keys(STACK_TAG).send().await.unwrap();
                })
            },
            mended_by: &["TagResource"],
        },
    ];
    every_field_is_put_right(&cases, deployed_with_secret).await;
}

#[tokio::test]
async fn code_and_settings_that_changed_together_take_one_call_each() {
    let (world, function, outputs) = deployed().await;
    let next = Function { code_sha256: Code::of("two").sha256, memory_mb: 512, ..function };
    // A call more would be one that came while the other was in progress, and was refused.
    let writes = ["UpdateFunctionCode", "UpdateFunctionConfiguration"];
    world.deploy_with(&next, Some(&outputs), &writes).await;
}

#[tokio::test]
async fn a_function_is_ready_when_it_is_said_to_be() {
    let (world, function) = with_role().await;
    for memory_mb in [256, 512] {
        let next = Function { memory_mb, ..function.clone() };
        world.deploy(&next, None).await;
        assert_eq!(state(&world, &next).await, Some(State::Active));
    }
}

async fn state(world: &World, function: &Function) -> Option<State> {
    let lambda = &world.cx().clients.lambda;
    lambda.get_function_configuration().function_name(&function.name).send().await.unwrap().state
}

#[tokio::test]
async fn what_was_cut_off_while_it_was_set_up_is_waited_for_and_not_made_again() {
    let (world, function) = with_role().await;
    let cut_off = tokio::time::timeout(std::time::Duration::from_millis(150), async {
        function.reconcile(&world.cx(), Found::Missing).await
    });
    // Whether it was made by then or not, the next run has one that is ready.
    drop(Box::pin(cut_off).await);
    world.deploy(&function, None).await;
    assert_eq!(state(&world, &function).await, Some(State::Active));
    world.expect(&function, None).await;
}

#[tokio::test]
async fn a_lost_answer_makes_nothing_twice_and_is_waited_for_as_well() {
    let (world, function) = with_role().await;
    fault(&world, "hangup_after", "CreateFunction");
    let (_, writes) = world.writes(world.deploy(&function, None)).await;
    // The second was refused: it exists.
    assert_eq!(writes, ["CreateFunction", "CreateFunction"]);
    assert_eq!(state(&world, &function).await, Some(State::Active));
    world.expect(&function, None).await;
    for operation in ["UpdateFunctionCode", "UpdateFunctionConfiguration", "TagResource"] {
        fault(&world, "hangup_after", operation);
    }
    let tags = tags_and("team", "identity");
    let next = Function { code_sha256: Code::of("two").sha256, memory_mb: 512, tags, ..function };
    world.deploy(&next, None).await;
    world.expect(&next, None).await;
}

#[tokio::test]
async fn a_call_that_never_arrived_is_made_again() {
    for kind in ["hangup_before", "throttle", "error500"] {
        let (world, function) = with_role().await;
        fault(&world, kind, "CreateFunction");
        world.deploy(&function, None).await;
        world.expect(&function, None).await;
    }
}

#[tokio::test]
async fn a_role_that_was_made_just_now_is_waited_for() {
    let (world, function) = with_role().await;
    propagation(&world, 0.5);
    let fresh = Role { name: format!("{STACK}-fresh"), ..role() };
    let function = Function { role_arn: world.deploy(&fresh, None).await.arn, ..function };
    let outputs = world.deploy(&function, None).await;
    world.expect(&function, Some(&outputs)).await;
    // And where a function moves to another role.
    let fresher = Role { name: format!("{STACK}-fresher"), ..role() };
    let function = Function { role_arn: world.deploy(&fresher, None).await.arn, ..function };
    world.deploy(&function, Some(&outputs)).await;
    world.expect(&function, Some(&outputs)).await;
}

#[tokio::test]
async fn a_function_that_was_deleted_behind_our_back_is_made_anew() {
    let (world, function, outputs) = deployed().await;
    world.cx().clients.lambda.delete_function().function_name(&function.name).send().await.unwrap();
    world.expect_missing(&function, Some(&outputs)).await;
    world.deploy_with(&function, Some(&outputs), &["CreateFunction"]).await;
}

/// Another function under our name, made by somebody who tags it for another stack.
async fn theirs(world: &World, function: &Function) -> Function {
    let theirs = Function { memory_mb: 1024, tags: tags_and(STACK_TAG, "another"), ..function.clone() };
    world.deploy(&theirs, None).await;
    theirs
}

#[tokio::test]
async fn a_function_of_the_same_name_that_is_not_ours_is_not_taken_for_ours() {
    let (world, function) = with_role().await;
    let theirs = theirs(&world, &function).await;
    let Found::Unowned { inputs, .. } = world.read(&function, None).await else { panic!("taken for ours") };
    assert_eq!(inputs, theirs);
    // Nor where it was made since we looked.
    let (result, writes) = world.writes(Box::pin(function.reconcile(&world.cx(), Found::Missing))).await;
    assert!(result.unwrap_err().detail.starts_with("ResourceConflictException"));
    assert_eq!(writes, ["CreateFunction"]);
    assert!(matches!(world.read(&function, None).await, Found::Unowned { .. }));
}

#[tokio::test]
async fn an_adopted_function_becomes_as_it_was_declared() {
    let (world, function) = with_role().await;
    theirs(&world, &function).await;
    world.deploy_with(&function, None, &["TagResource", "UpdateFunctionConfiguration"]).await;
    world.expect(&function, None).await;
}

#[tokio::test]
async fn a_deleted_function_is_gone_and_may_be_deleted_again() {
    let (world, function) = with_role().await;
    let before = world.inventory();
    let outputs = world.deploy(&function, None).await;
    fault(&world, "hangup_after", "DeleteFunction");
    world.delete(&function, Some(&outputs)).await;
    assert_eq!(world.inventory(), before);
    world.delete(&function, Some(&outputs)).await;
    world.delete(&function, None).await;
    world.expect_missing(&function, Some(&outputs)).await;
}

#[tokio::test]
async fn code_that_is_not_in_the_bucket_is_said_to_be_missing() {
    let (world, function) = with_role().await;
    let lost = Function { code_sha256: Code::of("lost").sha256, ..function };
    let failure = lost.reconcile(&world.cx(), Found::Missing).await.unwrap_err();
    assert!(failure.detail.contains("NoSuchKey"), "{failure}");
}
