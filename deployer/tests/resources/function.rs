//! The function: code, settings and environment as declared, one change at a time, and the secret seen by nobody but itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder as Update;
use aws_sdk_lambda::types::{
    Environment, LogFormat, LoggingConfig, Runtime, State, TracingConfig, TracingMode,
};
use cogapi::resources::{ClientRef, Function, Role};
use cogapi_engine::Found;
use serde_json::json;

use crate::app_client::client;
use crate::code::{Code, bucket_with};
use crate::cognito::pool;
use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake, Reasons};
use crate::role::role;
use crate::support::{STACK, World, retag, tags, tags_and};

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

/// The same with a function that is made.
pub(crate) async fn deployed() -> (World, Function, Outputs) {
    let (world, function) = with_role().await;
    let outputs = world.deploy(&function, None).await;
    (world, function, outputs)
}

fn propagation(world: &World, seconds: f64) {
    world.settings(&json!({"role_propagation_seconds": seconds}));
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

const SETTINGS: Names = &["UpdateFunctionConfiguration"];
const CODE: Names = &["UpdateFunctionCode"];

/// A function that knows the secret of an app client.
impl Case for Function {
    const MADE_BY: Names = &["CreateFunction"];
    const NAMESAKE: Namesake = Namesake::InTheWay("ResourceConflictException");
    const FIXED: Reasons = &[(
        "statements",
        "it names what is not to be taken for a deviation, and is no setting of the function's",
    )];

    async fn prepare() -> (World, Self) {
        let (world, function) = with_role().await;
        let pool_id = world.deploy(&pool(), None).await.id;
        let client_id = world.deploy(&client(&pool_id), None).await.id;
        (world, Self { client_secret_of: Some(ClientRef { pool_id, client_id }), ..function })
    }

    fn drifts() -> Vec<Drift<Self>> {
        vec![
            Self::edit(&["code_sha256"], CODE, |function| function.code_sha256 = Code::of("two").sha256),
            // No reason to make it anew: the architecture comes with the code.
            Self::edit(&["architecture"], CODE, |function| function.architecture = "arm64".into()),
            Self::edit(&["description"], SETTINGS, |function| function.description = "else".into()),
            Self::edit(&["handler"], SETTINGS, |function| function.handler = "login".into()),
            // It would be called in a language that our code is not in.
            setting(&["handler"], |call| call.runtime(Runtime::Python312)),
            Self::edit(&["memory_mb"], SETTINGS, |function| function.memory_mb = 512),
            Self::edit(&["timeout_seconds"], SETTINGS, |function| function.timeout_seconds = 29),
            Self::edit(&["log_group"], SETTINGS, |function| function.log_group = "/else".into()),
            // The lines are no longer JSON.
            setting(&["log_group"], |call| {
                let text = LoggingConfig::builder().log_format(LogFormat::Text);
                call.logging_config(text.log_group(format!("/cogapi/{STACK}")).build())
            }),
            Self::drift(&["role_arn"], SETTINGS, async |world, function, outputs| {
                let another = Role { name: format!("{STACK}-another"), ..role() };
                let role_arn = world.deploy(&another, None).await.arn;
                world.deploy(&Self { role_arn, ..function.clone() }, Some(outputs)).await;
            }),
            variables(&["environment"], |variables| variables.insert("ADMIN".into(), "iam".into())),
            variables(&["environment"], |variables| variables.insert("DEBUG".into(), "1".into())),
            variables(&["environment"], |variables| variables.remove("REGISTRATION")),
            variables(&["client_secret_of"], |variables| variables.insert(SECRET.into(), "theirs".into())),
            variables(&["client_secret_of"], |variables| variables.remove(SECRET)),
            // The others there are have tests of their own.
            setting(&["deviations"], |call| {
                call.tracing_config(TracingConfig::builder().mode(TracingMode::Active).build())
            }),
            // Everybody's.
            Self::drift(&["deviations"], &["RemovePermission"], async |world, function, _| {
                let_in(world, function, "theirs", "*").await;
            }),
            // Nobody's.
            Self::edit(&["reserved_concurrency"], &["DeleteFunctionConcurrency"], |function| {
                function.reserved_concurrency = Some(0);
            }),
            Self::edit(&["tags"], &["TagResource", "UntagResource"], |function| retag(&mut function.tags)),
        ]
    }
}

/// A setting, changed by hand.
fn setting(fields: Names, change: fn(Update) -> Update) -> Drift<Function> {
    Function::drift(fields, SETTINGS, async move |world, function, _| {
        let update = world.cx().clients.lambda.update_function_configuration();
        change(update.function_name(&function.name)).send().await.unwrap();
    })
}

/// Variables of the environment, changed by hand.
fn variables(fields: Names, change: fn(&mut HashMap<String, String>) -> Option<String>) -> Drift<Function> {
    Function::drift(fields, SETTINGS, async move |world, function, _| {
        let mut variables = environment(world, function).await;
        change(&mut variables);
        set_environment(world, function, variables).await;
    })
}

#[tokio::test]
async fn a_function_is_referred_to_by_its_arn_without_a_version() {
    let (world, function, outputs) = deployed().await;
    let account = world.cx().account;
    assert_eq!(outputs.arn, format!("arn:aws:lambda:eu-west-1:{account}:function:{}", function.name));
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
        world.reconcile(&function, Found::Missing).await
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
    world.fails_once("hangup_after", "lambda:CreateFunction");
    let (_, writes) = world.writes(world.deploy(&function, None)).await;
    // The second was refused: it exists.
    assert_eq!(writes, ["CreateFunction", "CreateFunction"]);
    assert_eq!(state(&world, &function).await, Some(State::Active));
    world.expect(&function, None).await;
    for operation in ["UpdateFunctionCode", "UpdateFunctionConfiguration", "TagResource"] {
        world.fails_once("hangup_after", &format!("lambda:{operation}"));
    }
    let tags = tags_and("team", "identity");
    let next = Function { code_sha256: Code::of("two").sha256, memory_mb: 512, tags, ..function };
    world.deploy(&next, None).await;
    world.expect(&next, None).await;
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
async fn code_that_is_not_in_the_bucket_is_said_to_be_missing() {
    let (world, function) = with_role().await;
    let lost = Function { code_sha256: Code::of("lost").sha256, ..function };
    let failure = world.reconcile(&lost, Found::Missing).await.unwrap_err();
    assert!(failure.detail.contains("NoSuchKey"), "{failure}");
}
