//! A function's reserved concurrency: a part of the account's pool for it alone, and at the same time the most that it gets.

use cogapi_engine::Failure;

use super::{Function, is_busy};
use crate::aws::retry::retry_while;
use crate::resources::Context;

impl Function {
    /// Reserves what was declared, or gives back what is reserved without.
    pub(super) async fn reserve(&self, cx: &Context, present: Option<i32>) -> Result<(), Failure> {
        let lambda = &cx.clients.lambda;
        match self.reserved_concurrency {
            wanted if wanted == present => Ok(()),
            Some(wanted) => {
                let put = lambda.put_function_concurrency().function_name(&self.name);
                let put = put.reserved_concurrent_executions(wanted);
                let put = || put.clone().send();
                let reserved = retry_while("reserving the function's concurrency failed", is_busy, put).await;
                reserved.map(|_| ()).map_err(explained)
            }
            None => {
                let delete = || lambda.delete_function_concurrency().function_name(&self.name).send();
                retry_while("removing the function's reserved concurrency failed", is_busy, delete)
                    .await
                    .map(|_| ())
            }
        }
    }
}

/// Lambda says that it refused for the account's sake, but not what to do.
fn explained(failure: Failure) -> Failure {
    // "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum
    // value of [100]." A new account's whole limit may be 10, of which nothing can be reserved.
    if failure.detail.contains("UnreservedConcurrentExecution") {
        return failure.with_hint(
            "every function reserves functions.reserved_concurrency of the account's pool, and 100 must stay free for all others: set a smaller one, leave it out, or raise the quota \"Concurrent executions\" of Lambda in Service Quotas",
        );
    }
    failure
}
