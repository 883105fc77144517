//! The real binary against the real emulator: an account of its own for each test, so that they run in parallel.

use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::{Emulator, workspace};

/// The environment that most tests deploy.
pub(crate) const CONFIGURATION: &str = r#"
[aws]
region = "eu-west-1"

[state]
bucket = "shop-state-BUCKET"

[api]
name = "shop"
description = "The shop's accounts"
cors_origins = ["https://shop.example.com"]

[email]
from = "hello@example.com"

[functions]
architecture = "host"

[protection]
deletion = false
"#;

/// An account, and a folder with one environment.
pub(crate) struct World {
    pub(crate) account: String,
    folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let world = Self { account: crate::common::account(), folder: tempfile::tempdir().unwrap() };
        world.configure(CONFIGURATION);
        world
    }

    /// Writes the environment `dev`. Bucket names are unique in the world, so each account has its own.
    pub(crate) fn configure(&self, text: &str) {
        self.configure_as("dev", text);
    }

    pub(crate) fn configure_as(&self, name: &str, text: &str) {
        let file = self.folder.path().join(format!("{name}.toml"));
        std::fs::write(file, text.replace("BUCKET", &self.account)).unwrap();
    }

    /// The file of an environment, if there is one.
    pub(crate) fn file(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.path().join(format!("{name}.toml"))).ok()
    }

    /// The binary with `arguments`, for the environment `dev` in this account.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cogapi"));
        command
            .args(arguments)
            .current_dir(workspace())
            .env("COGAPI_ENVIRONMENTS", self.folder.path())
            .env("ENVIRONMENT", "dev")
            .env("AWS_ENDPOINT_URL", &Emulator::shared().url)
            .env("AWS_ACCESS_KEY_ID", &self.account)
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// Runs and demands success.
    pub(crate) fn must(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "cogapi {}: {ran}", arguments.join(" "));
        ran
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub(crate) fn outputs(&self) -> Value {
        let printed: Value = serde_json::from_str(&self.must(&["outputs", "--json"]).stdout).unwrap();
        printed["outputs"].clone()
    }

    /// A request to the emulator's own endpoints, about this account.
    pub(crate) fn emulator(&self, method: &str, path: &str, body: &str) -> Value {
        Emulator::shared().ask(&self.account, method, path, body)
    }

    pub(crate) fn inventory(&self) -> Value {
        self.emulator("GET", "inventory", "")
    }

    /// The inventory without what AWS makes up: two accounts with the same stack have the same shape.
    pub(crate) fn shape(&self) -> Value {
        let inventory = self.inventory();
        let mut made_up = vec![self.account.clone()];
        ids(&inventory, &mut made_up);
        shape(inventory, &made_up)
    }

    pub(crate) fn calls(&self) -> Value {
        self.emulator("GET", "calls", "")
    }

    /// What was called that changes something, since the calls were forgotten.
    pub(crate) fn writes(&self) -> Vec<String> {
        let reads = |call: &String| {
            let (_, operation) = call.split_once(':').unwrap();
            ["Get", "List", "Describe", "Head"].iter().any(|read| operation.starts_with(read))
        };
        let calls = self.calls()["by_operation"].clone();
        calls.as_object().unwrap().keys().filter(|call| !reads(call)).cloned().collect()
    }

    /// The same without lock and state.
    pub(crate) fn changes(&self) -> Vec<String> {
        let of_backend = |call: &str| call.starts_with("s3:") || call.starts_with("dynamodb:");
        self.writes().into_iter().filter(|call| !of_backend(call)).collect()
    }

    /// Whether a run has asked for the lock since the calls were forgotten.
    pub(crate) fn took_a_lock(&self) -> bool {
        !self.calls()["by_operation"]["dynamodb:PutItem"].is_null()
    }

    /// Whether nobody holds the lock.
    pub(crate) fn is_free(&self) -> bool {
        self.must(&["unlock", "--yes"]).stdout.contains("is not locked")
    }

    pub(crate) fn forget_calls(&self) {
        self.emulator("DELETE", "calls", "");
    }

    pub(crate) fn faults(&self, rules: &Value) {
        self.emulator("POST", "faults", &rules.to_string());
    }

    /// Faults that have not struck as often as they were to.
    pub(crate) fn faults_left(&self) -> Value {
        self.emulator("GET", "faults", "")
    }

    pub(crate) fn settings(&self, settings: &Value) {
        self.emulator("POST", "settings", &settings.to_string());
    }

    pub(crate) fn no_faults(&self) {
        self.emulator("DELETE", "faults", "");
    }

    /// Looks and meddles behind cogapi's back, in tests that are threads of their own.
    pub(crate) fn with_clients<T>(&self, work: impl AsyncFnOnce(cogapi::aws::Clients) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(work(self.clients()))
    }

    /// Clients for looking and meddling behind cogapi's back.
    pub(crate) fn clients(&self) -> cogapi::aws::Clients {
        crate::common::clients(&Emulator::shared().url, &self.account)
    }
}

/// All ids in an inventory.
fn ids(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            into.extend(fields.get("id").and_then(Value::as_str).map(ToOwned::to_owned));
            fields.values().for_each(|field| ids(field, into));
        }
        Value::Array(items) => items.iter().for_each(|item| ids(item, into)),
        _ => {}
    }
}

fn shape(value: Value, made_up: &[String]) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(key, _)| !["deployment", "versions"].contains(&key.as_str()))
            .map(|(key, field)| match (key.as_str(), field) {
                ("deployments", Value::Array(ids)) => (key, json!(ids.len())),
                (_, field) => (key, shape(field, made_up)),
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(|item| shape(item, made_up)).collect(),
        Value::String(text) => {
            json!(made_up.iter().fold(text, |text, made_up| text.replace(made_up.as_str(), "MADE-UP")))
        }
        other => other,
    }
}

/// How a run of the binary ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit code {:?}\nstdout:\n{}\nstderr:\n{}", self.code, self.stdout, self.stderr)
    }
}
