//! A test's own account, and one resource at a time in it, handled as the engine does.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use cogapi::resources::{Context, ENVIRONMENT_TAG, Reporter, STACK_TAG, Tags};
use cogapi_engine::{Failure, Found, Resource};
use serde_json::{Value, json};

use crate::common::{Emulator, account, clients};

/// The stack that the resources of a test belong to.
pub(crate) const STACK: &str = "auth-test";

/// A test's own account.
pub(crate) struct World {
    context: Context,
    account: String,
}

impl World {
    /// Nothing is there yet.
    pub(crate) fn empty() -> Self {
        let account = account();
        let clients = clients(&Emulator::shared().url, &account);
        // The names of buckets are shared by all accounts.
        let bucket = format!("artifacts-{account}");
        let context = Context::new(clients, account.clone(), STACK.into(), bucket, tags());
        Self { context, account }
    }

    /// A context as a new run has it: with nothing cached, and nothing made.
    pub(crate) fn cx(&self) -> Context {
        let Context { clients, account, stack, bucket, tags, .. } = &self.context;
        Context::new(clients.clone(), account.clone(), stack.clone(), bucket.clone(), tags.clone())
    }

    /// A context, and what is told to it about waiting, without how long already.
    pub(crate) fn listening(&self) -> (Context, Arc<Mutex<Vec<String>>>) {
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = told.clone();
        let reporter = Reporter::new(move |waiting| {
            heard.lock().unwrap().push(format!("waits for {}: {}", waiting.what, waiting.because));
        });
        (self.cx().reporting_to(reporter), told)
    }

    /// The same account as another stack sees it.
    pub(crate) fn of_another_stack(&self) -> Context {
        let Context { clients, account, bucket, .. } = self.cx();
        Context::new(clients, account, "another".into(), bucket, tags_and(STACK_TAG, "another"))
    }

    /// The resource as the state remembers it (`prior`), or as nobody remembers it.
    pub(crate) async fn read<R: Resource<Context = Context>>(
        &self,
        inputs: &R,
        prior: Option<&R::Outputs>,
    ) -> Found<R> {
        // Boxed, like everything of the SDK's size here: the tests' own futures would be as large as all that they wait for.
        Box::pin(inputs.read(&self.cx(), prior)).await.unwrap()
    }

    /// Reads and reconciles: what a deploy does to one resource.
    pub(crate) async fn deploy<R: Resource<Context = Context>>(
        &self,
        inputs: &R,
        prior: Option<&R::Outputs>,
    ) -> R::Outputs {
        let found = self.read(inputs, prior).await;
        self.reconcile(inputs, found).await.unwrap()
    }

    /// Makes it as `inputs` say, from what was found some time ago.
    pub(crate) async fn reconcile<R: Resource<Context = Context>>(
        &self,
        inputs: &R,
        found: Found<R>,
    ) -> Result<R::Outputs, Failure> {
        Box::pin(inputs.reconcile(&self.cx(), found)).await
    }

    /// Deletes: what a destroy does to one resource.
    pub(crate) async fn delete<R: Resource<Context = Context>>(
        &self,
        inputs: &R,
        outputs: Option<&R::Outputs>,
    ) {
        Box::pin(inputs.delete(&self.cx(), outputs)).await.unwrap();
    }

    /// Demands that it is there, ours, and exactly as `inputs` say; returns its outputs.
    pub(crate) async fn expect<R>(&self, inputs: &R, prior: Option<&R::Outputs>) -> R::Outputs
    where
        R: Resource<Context = Context> + Debug + PartialEq,
    {
        let (found, outputs) = self.ours(inputs, prior).await;
        assert_eq!(&found, inputs);
        outputs
    }

    /// Demands that it is there and ours; returns its inputs as they are.
    pub(crate) async fn owned<R: Resource<Context = Context>>(
        &self,
        inputs: &R,
        prior: Option<&R::Outputs>,
    ) -> R {
        self.ours(inputs, prior).await.0
    }

    async fn ours<R: Resource<Context = Context>>(
        &self,
        inputs: &R,
        prior: Option<&R::Outputs>,
    ) -> (R, R::Outputs) {
        match self.read(inputs, prior).await {
            Found::Owned { inputs, outputs } => (inputs, outputs),
            Found::Unowned { .. } => panic!("{} is not ours", R::KIND),
            Found::Missing => panic!("{} is missing", R::KIND),
        }
    }

    /// Demands that there is no such thing.
    pub(crate) async fn expect_missing<R: Resource<Context = Context>>(
        &self,
        inputs: &R,
        prior: Option<&R::Outputs>,
    ) {
        assert!(matches!(self.read(inputs, prior).await, Found::Missing), "{} is there", R::KIND);
    }

    /// The mutating calls that `work` makes, by operation, each as often as it was made.
    pub(crate) async fn writes<T>(&self, work: impl Future<Output = T>) -> (T, Vec<String>) {
        let (result, writes) = self.written(work).await;
        (result, writes.iter().map(|call| operation(call).to_owned()).collect())
    }

    /// The same with their services: `lambda:CreateFunction`.
    pub(crate) async fn written<T>(&self, work: impl Future<Output = T>) -> (T, Vec<String>) {
        let (result, mut calls, report) = self.calls(Box::pin(work)).await;
        calls.retain(|call| !reads(call));
        // The emulator's own judgement of what reads.
        assert_eq!(report["writes"].as_u64().unwrap(), calls.len() as u64, "{report}");
        (result, calls)
    }

    /// The calls that `work` makes, which must only read, by operation.
    pub(crate) async fn reads(&self, work: impl Future<Output = ()>) -> Vec<String> {
        let ((), calls, report) = self.calls(Box::pin(work)).await;
        assert!(calls.iter().all(|call| reads(call)), "{report}");
        calls.iter().map(|call| operation(call).to_owned()).collect()
    }

    async fn calls<T>(&self, work: impl Future<Output = T>) -> (T, Vec<String>, Value) {
        self.ask("DELETE", "calls", "");
        let result = work.await;
        let report = self.ask("GET", "calls", "");
        let mut calls = Vec::new();
        for (call, times) in report["by_operation"].as_object().unwrap() {
            calls.extend(vec![call.clone(); usize::try_from(times.as_u64().unwrap()).unwrap()]);
        }
        (result, calls, report)
    }

    /// Deploys and demands that exactly these mutating calls were made, and that it then is as it should be.
    pub(crate) async fn deploy_with<R>(&self, inputs: &R, prior: Option<&R::Outputs>, writes: &[&str])
    where
        R: Resource<Context = Context> + Debug + PartialEq,
    {
        let (outputs, made) = self.writes(self.deploy(inputs, prior)).await;
        assert_eq!(made, writes);
        self.expect(inputs, Some(&outputs)).await;
    }

    /// The next call of an operation (`lambda:CreateFunction`) goes wrong in this way; see the emulator's README.
    pub(crate) fn fails_once(&self, mishap: &str, call: &str) {
        let (service, operation) = call.split_once(':').unwrap();
        let rule = json!([{"kind": mishap, "service": service, "operation": operation, "times": 1}]);
        self.ask("POST", "faults", &rule.to_string());
    }

    /// What has yet to go wrong.
    pub(crate) fn faults(&self) -> Value {
        self.ask("GET", "faults", "")
    }

    /// Sets how the emulator behaves for this account; see its README.
    pub(crate) fn settings(&self, settings: &Value) {
        self.ask("POST", "settings", &settings.to_string());
    }

    /// Everything that exists in the account.
    pub(crate) fn inventory(&self) -> Value {
        self.ask("GET", "inventory", "")
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        Emulator::shared().ask(&self.account, method, path, body)
    }
}

/// A call without its service.
fn operation(call: &str) -> &str {
    call.split_once(':').unwrap().1
}

/// Whether a call changes nothing, by the name of its operation.
fn reads(call: &str) -> bool {
    ["Get", "List", "Describe"].iter().any(|read| operation(call).starts_with(read))
}

/// The tags that everything of the stack has.
pub(crate) fn tags() -> Tags {
    [(STACK_TAG, STACK), (ENVIRONMENT_TAG, "test")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into_iter()
        .collect()
}

/// [`tags`] with one more.
pub(crate) fn tags_and(key: &str, value: &str) -> Tags {
    let mut tags = tags();
    tags.insert(key.to_owned(), value.to_owned());
    tags
}

/// Tags as somebody leaves them who adds one and takes another over.
pub(crate) fn retag(tags: &mut Tags) {
    tags.insert("who".to_owned(), "me".to_owned());
    tags.insert(STACK_TAG.to_owned(), "another".to_owned());
}
