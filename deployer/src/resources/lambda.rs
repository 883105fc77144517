//! What several kinds ask Lambda, once per run: which functions there are, and what their policies say. Owns no resource kind
//! and makes no mutating call.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use cogapi_engine::Failure;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::Context;
use super::once::OnceByKey;
use crate::aws::errors::is_missing;
use crate::aws::failure;

/// What a run has asked Lambda already.
#[derive(Debug, Default)]
pub(super) struct Cache {
    functions: OnceCell<HashSet<String>>,
    statements: OnceByKey<Arc<[Value]>>,
}

/// The functions that this run has made, as Lambda told them when they were ready: the look after the deploy takes that instead of
/// two more calls for every function of a new stack. Each counts once; whoever looks later asks.
#[derive(Debug, Default)]
pub(super) struct JustMade(Mutex<HashMap<String, GetFunctionOutput>>);

impl JustMade {
    pub(super) fn remember(&self, name: &str, found: GetFunctionOutput) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), found);
    }

    pub(super) fn take(&self, name: &str) -> Option<GetFunctionOutput> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name)
    }
}

impl Context {
    /// Whether the region has a function of this name: one call tells it of 50, where most are there or none.
    pub(super) async fn has_function(&self, name: &str) -> Result<bool, Failure> {
        let names = self.lambda.functions.get_or_try_init(|| async {
            let mut names = HashSet::new();
            let mut pages = self.clients.lambda.list_functions().into_paginator().items().send();
            while let Some(function) = pages.next().await {
                let function = function.map_err(|error| failure("listing the functions failed", &error))?;
                names.extend(function.function_name);
            }
            Ok::<_, Failure>(names)
        });
        Ok(names.await?.contains(name))
    }

    /// The statements of a function's policy as they were when the run first asked.
    pub(super) async fn statements(&self, function: &str) -> Result<Arc<[Value]>, Failure> {
        if !self.has_function(function).await? {
            return Ok([].into());
        }
        self.lambda.statements.get_or_ask(function, || self.statements_now(function)).await
    }

    /// The statements of a function's policy as they are now; none where the function is gone.
    pub(super) async fn statements_now(&self, function: &str) -> Result<Arc<[Value]>, Failure> {
        let policy = match self.clients.lambda.get_policy().function_name(function).send().await {
            Ok(answer) => answer.policy.unwrap_or_default(),
            // The same code for a function without a policy.
            Err(error) if is_missing(&error) => return Ok([].into()),
            Err(error) => return Err(failure("reading the function's permissions failed", &error)),
        };
        let unreadable = |why: String| {
            Failure::new("the function's permissions can't be read", format!("{function}: {why}"))
        };
        let mut policy: Value =
            serde_json::from_str(&policy).map_err(|error| unreadable(error.to_string()))?;
        match policy.get_mut("Statement").map(Value::take) {
            Some(Value::Array(statements)) => Ok(statements.into()),
            _ => Err(unreadable("the policy has no statements".to_owned())),
        }
    }
}
