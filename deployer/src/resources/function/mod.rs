//! One Lambda function: code by its hash, settings, environment, and that nobody else changed or may invoke it. The app client's
//! secret goes into its environment without passing through inputs, state or plan: the inputs only say whose secret it is.

mod concurrency;
mod deviations;
mod observe;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{
    ApplicationLogLevel, Architecture, Environment, FunctionCode, LastUpdateStatus, LogFormat, LoggingConfig,
    Runtime, State, SystemLogLevel,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cogapi_engine::{Failure, Found, Replacement, Resource};
use serde::{Deserialize, Serialize};

use super::{Context, TagChanges, Tags, topic};
use crate::artifacts;
use crate::aws::errors::{code, is_code, is_missing};
use crate::aws::failure;
use crate::aws::retry::{Waits, retry_while};
use crate::permissions::{ANY, ARTIFACTS, FUNCTIONS, Grant, Permitted, ROLES};

/// About as long as Lambda takes to set up a new function.
const SET_UP: Duration = Duration::from_millis(500);
/// The environment variable that holds the app client's secret.
const CLIENT_SECRET: &str = cogapi_handlers::config::env::CLIENT_SECRET;

/// The inputs of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Its name, unique in account and region.
    pub name: String,
    /// What it does, in a sentence.
    pub description: String,
    /// The role that it runs as.
    pub role_arn: String,
    /// SHA-256 of its zip, in base64 as Lambda tells it. The zip lies in the artifacts of [`Context::bucket`] under it.
    pub code_sha256: String,
    /// Which handler of the binary it runs.
    pub handler: String,
    /// `arm64` or `x86_64`.
    pub architecture: String,
    /// Memory, in MB.
    pub memory_mb: i32,
    /// Time limit, in seconds.
    pub timeout_seconds: i32,
    /// Its environment, without the secret.
    pub environment: BTreeMap<String, String>,
    /// Whose secret it gets as well.
    pub client_secret_of: Option<ClientRef>,
    /// The log group that it writes to, as JSON lines.
    pub log_group: String,
    /// How many requests it serves at once, taken from the account's pool for it alone; `None`: whatever the pool has left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_concurrency: Option<i32>,
    /// The statements of its policy that permissions declare, by name. All others are deviations.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub statements: BTreeSet<String>,
    /// Settings that we leave at Lambda's defaults and someone changed, and others who may invoke it. Always empty where it is
    /// declared. It matters: a layer's code runs with our secret, and a statement for `*` lets everyone in past the API.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deviations: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
}

/// An app client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientRef {
    /// Its user pool.
    pub pool_id: String,
    /// Its id.
    pub client_id: String,
}

/// What others refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its name.
    pub name: String,
    /// Its ARN, without version.
    pub arn: String,
}

impl Function {
    fn outputs(&self, cx: &Context) -> Outputs {
        let (partition, region, account) = (cx.clients.partition(), &cx.clients.region, &cx.account);
        let arn = format!("arn:{partition}:lambda:{region}:{account}:function:{}", self.name);
        Outputs { name: self.name.clone(), arn }
    }

    /// The whole environment, secret included.
    async fn full_environment(&self, cx: &Context) -> Result<Environment, Failure> {
        let mut variables: HashMap<String, String> = self.environment.clone().into_iter().collect();
        if let Some(client) = &self.client_secret_of {
            let secret = cx.client_secret(&client.pool_id, &client.client_id).await?.ok_or_else(|| {
                Failure::new("the app client's secret can't be read", format!("{} is gone", client.client_id))
                    .with_hint("run the same command again: it makes the app client anew")
            })?;
            variables.insert(CLIENT_SECRET.to_owned(), secret.expose().to_owned());
        }
        // Said even where there are none: what an update leaves out stays as it is.
        Ok(Environment::builder().set_variables(Some(variables)).build())
    }

    fn logging(&self) -> LoggingConfig {
        LoggingConfig::builder()
            .log_format(LogFormat::Json)
            .log_group(&self.log_group)
            // The defaults, said because what an update leaves out stays as it is.
            .application_log_level(ApplicationLogLevel::Info)
            .system_log_level(SystemLogLevel::Info)
            .build()
    }

    /// Where the code lies in the bucket.
    fn key(&self) -> Result<String, Failure> {
        let hash = STANDARD.decode(&self.code_sha256).map_err(|error| {
            Failure::new(
                "the hash of the function's code can't be read",
                format!("{}: {error}", self.code_sha256),
            )
        })?;
        Ok(artifacts::key(&hash))
    }

    /// Makes the function as declared. Where a call whose answer was lost made it already, returns what is there.
    async fn create(&self, cx: &Context) -> Result<Option<Self>, Failure> {
        const SUMMARY: &str = "creating the function failed";
        let lambda = &cx.clients.lambda;
        let call = lambda
            .create_function()
            .function_name(&self.name)
            .description(&self.description)
            .role(&self.role_arn)
            .runtime(Runtime::Providedal2023)
            .handler(&self.handler)
            .architectures(Architecture::from(self.architecture.as_str()))
            .memory_size(self.memory_mb)
            .timeout(self.timeout_seconds)
            .environment(self.full_environment(cx).await?)
            .logging_config(self.logging())
            .set_tags(Some(self.tags.clone().into_iter().collect()))
            .code(FunctionCode::builder().s3_bucket(&cx.bucket).s3_key(self.key()?).build());
        let turn = cx.new_roles.turn().await;
        let mut waits = Waits::default();
        loop {
            let error = match call.clone().send().await {
                Ok(made) => {
                    cx.new_roles.are_usable();
                    drop(turn);
                    if made.state() != Some(&State::Active) {
                        // Just now it was not ready: there is no use in asking at once.
                        tokio::time::sleep(SET_UP).await;
                        let now = self.settled(cx).await?;
                        // What is reserved for it comes later.
                        if self.reserved_concurrency.is_none() {
                            cx.just_made.remember(&self.name, now);
                        }
                    }
                    return Ok(None);
                }
                Err(error) => error,
            };
            if is_code(&error, &["ResourceConflictException"]) {
                self.at_rest(cx).await?;
                // Boxed, since it is rare and would make every creation as large.
                return match Box::pin(self.look_again(cx)).await? {
                    Some(inputs) if cx.owns(&inputs.tags) => Ok(Some(inputs)),
                    _ => Err(failure(SUMMARY, &error)),
                };
            }
            let passing =
                code(&error).is_some_and(|code| role_is_new(code, error.message().unwrap_or_default()));
            waits.again(SUMMARY, &error, passing).await?;
        }
    }

    /// Changes what differs. Lambda takes one change at a time and only says so by refusing the next, so each is waited for.
    async fn sync(&self, cx: &Context, present: &Self) -> Result<(), Failure> {
        let lambda = &cx.clients.lambda;
        // First of all, nobody gets in who should not.
        self.revoke(cx, &present.deviations).await?;
        self.reserve(cx, present.reserved_concurrency).await?;
        let mut changed = false;
        if present.code_sha256 != self.code_sha256 || present.architecture != self.architecture {
            let call = lambda
                .update_function_code()
                .function_name(&self.name)
                .architectures(Architecture::from(self.architecture.as_str()))
                .s3_bucket(&cx.bucket)
                .s3_key(self.key()?);
            self.change(cx, "changing the function's code failed", || call.clone().send()).await?;
            changed = true;
        }
        let rest = Self {
            code_sha256: self.code_sha256.clone(),
            architecture: self.architecture.clone(),
            reserved_concurrency: self.reserved_concurrency,
            statements: self.statements.clone(),
            deviations: deviations::of_settings(&present.deviations),
            tags: self.tags.clone(),
            ..present.clone()
        };
        if rest != *self {
            let call = lambda
                .update_function_configuration()
                .function_name(&self.name)
                .description(&self.description)
                .role(&self.role_arn)
                .runtime(Runtime::Providedal2023)
                .handler(&self.handler)
                .memory_size(self.memory_mb)
                .timeout(self.timeout_seconds)
                .environment(self.full_environment(cx).await?)
                .logging_config(self.logging());
            let call = deviations::undo(call, &rest.deviations);
            self.change(cx, "changing the function's settings failed", || call.clone().send()).await?;
            changed = true;
        }
        if !changed {
            // A run that was cut off may have left it in the middle of what it started.
            self.settled(cx).await?;
        }
        self.sync_tags(cx, present).await
    }

    /// Makes one change: begun when no other is in progress, and done when this returns.
    async fn change<T, E, F, Fut>(&self, cx: &Context, summary: &str, mut call: F) -> Result<(), Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut waits = Waits::default();
        loop {
            self.at_rest(cx).await?;
            let Err(error) = call().await else {
                self.settled(cx).await?;
                return Ok(());
            };
            // Somebody else's change may have begun since we looked.
            let passing = is_code(&error, &["ResourceConflictException"])
                || code(&error).is_some_and(|code| role_is_new(code, error.message().unwrap_or_default()));
            waits.again(summary, &error, passing).await?;
        }
    }

    async fn sync_tags(&self, cx: &Context, present: &Self) -> Result<(), Failure> {
        let (arn, lambda) = (self.outputs(cx).arn, &cx.clients.lambda);
        TagChanges::between(&present.tags, &self.tags)
            .make(
                "the function",
                is_busy,
                |set| lambda.tag_resource().resource(&arn).set_tags(Some(set.into_iter().collect())).send(),
                |unset| lambda.untag_resource().resource(&arn).set_tag_keys(Some(unset)).send(),
            )
            .await
    }

    /// Waits until the function can be invoked and changed again: both are asynchronous.
    async fn settled(&self, cx: &Context) -> Result<GetFunctionOutput, Failure> {
        let found = self.at_rest(cx).await?;
        let Some(now) = found.configuration() else { return Ok(found) };
        if now.state() == Some(&State::Failed) || now.last_update_status() == Some(&LastUpdateStatus::Failed)
        {
            let reason = now.last_update_status_reason().or(now.state_reason()).unwrap_or("no reason given");
            return Err(Failure::new("Lambda could not set the function up", reason));
        }
        Ok(found)
    }

    /// Waits until nothing is in progress, however that ended. ListFunctions doesn't tell (it leaves the states out), and of
    /// GetFunctionConfiguration Lambda takes 15 a second together with all that changes something, of GetFunction 100.
    async fn at_rest(&self, cx: &Context) -> Result<GetFunctionOutput, Failure> {
        let mut waits = Waits::default();
        loop {
            let found = cx.clients.lambda.get_function().function_name(&self.name).send().await;
            let found = found.map_err(|error| failure("waiting for the function failed", &error))?;
            let in_progress = found.configuration().is_some_and(|now| {
                now.state() == Some(&State::Pending)
                    || now.last_update_status() == Some(&LastUpdateStatus::InProgress)
            });
            if !in_progress {
                return Ok(found);
            }
            waits.still("the function is not ready", &format!("{} is being set up", self.name)).await?;
        }
    }
}

impl Permitted for Function {
    const GRANTS: &'static [Grant] = &[
        Grant::of(&["lambda:ListFunctions"], ANY),
        // GetFunction shows tags only to those who may ask for them by themselves
        // (https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html).
        Grant::of(
            &[
                "lambda:CreateFunction",
                "lambda:DeleteFunction",
                "lambda:DeleteFunctionConcurrency",
                "lambda:GetFunction",
                "lambda:GetPolicy",
                "lambda:ListTags",
                "lambda:PutFunctionConcurrency",
                "lambda:RemovePermission",
                "lambda:TagResource",
                "lambda:UntagResource",
                "lambda:UpdateFunctionCode",
                "lambda:UpdateFunctionConfiguration",
            ],
            &[FUNCTIONS],
        ),
        // Lambda fetches the code as whoever makes the function.
        Grant::of(&["s3:GetObject"], &[ARTIFACTS]),
        Grant::of(&["iam:PassRole"], &[ROLES]).passed_to("lambda.amazonaws.com"),
    ];
}

impl Resource for Function {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "function";
    const TOPIC: &'static str = topic::FUNCTIONS;
    const SERVICE: &'static str = "lambda";
    const LOCATED_BY: &'static [&'static str] = &["name"];
    const REPLACE_ON: &'static [&'static str] = &["name"];
    // Only another name makes it another, and one of each name can be there: the API moves over before it goes.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    async fn read(&self, cx: &Context, prior: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        if let Some(prior) = prior.filter(|_| cx.leaving) {
            let there = cx.has_function(&self.name).await?;
            let owned = || Found::Owned { inputs: self.clone(), outputs: prior.clone() };
            return Ok(if there { owned() } else { Found::Missing });
        }
        let Some(inputs) = self.look_up(cx).await? else { return Ok(Found::Missing) };
        let outputs = self.outputs(cx);
        let ours = prior.is_some() || cx.owns(&inputs.tags);
        Ok(Found::there(ours, inputs, outputs))
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        let present = match found.existing() {
            Some((inputs, _)) => Some(inputs.clone()),
            None => self.create(cx).await?,
        };
        match present {
            Some(present) => self.sync(cx, &present).await?,
            None => self.reserve(cx, None).await?,
        }
        Ok(self.outputs(cx))
    }

    async fn delete(&self, cx: &Context, _: Option<&Outputs>) -> Result<(), Failure> {
        let delete = || async {
            match cx.clients.lambda.delete_function().function_name(&self.name).send().await {
                Ok(_) => Ok(()),
                Err(error) if is_missing(&error) => Ok(()),
                Err(error) => Err(error),
            }
        };
        retry_while("deleting the function failed", is_busy, delete).await
    }
}

/// Lambda takes one change at a time.
fn is_busy(code: &str, _: &str) -> bool {
    code == "ResourceConflictException"
}

/// A new role can't be assumed for some seconds; Lambda says so in words only.
fn role_is_new(code: &str, message: &str) -> bool {
    code == "InvalidParameterValueException" && message.contains("cannot be assumed by Lambda")
}
