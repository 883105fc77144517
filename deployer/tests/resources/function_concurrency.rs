//! Reserved concurrency: switched on and off with just that call, and a refusal that says what to do.

use cogapi::resources::Function;

use crate::function::{deployed, with_role};

const PUT: &str = "PutFunctionConcurrency";

#[tokio::test]
async fn a_function_is_made_with_what_is_reserved_for_it() {
    let (world, function) = with_role().await;
    let reserved = Function { reserved_concurrency: Some(5), ..function };
    world.deploy_with(&reserved, None, &["CreateFunction", PUT]).await;
    world.deploy_with(&reserved, None, &[]).await;
}

#[tokio::test]
async fn it_is_switched_on_and_changed_and_off_with_one_call_each() {
    let (world, function, outputs) = deployed().await;
    for (limit, writes) in
        [(Some(5), &[PUT][..]), (Some(7), &[PUT]), (None, &["DeleteFunctionConcurrency"]), (None, &[])]
    {
        let next = Function { reserved_concurrency: limit, ..function.clone() };
        world.deploy_with(&next, Some(&outputs), writes).await;
    }
}

#[tokio::test]
async fn a_lost_answer_is_no_failure() {
    let (world, function, outputs) = deployed().await;
    for (limit, operation) in [(Some(5), PUT), (None, "DeleteFunctionConcurrency")] {
        world.fails_once("hangup_after", &format!("lambda:{operation}"));
        let next = Function { reserved_concurrency: limit, ..function.clone() };
        world.deploy(&next, Some(&outputs)).await;
        world.expect(&next, Some(&outputs)).await;
    }
}

#[tokio::test]
async fn more_than_the_account_has_is_refused_with_the_way_out() {
    let (world, function, outputs) = deployed().await;
    let greedy = Function { reserved_concurrency: Some(901), ..function.clone() };
    let found = world.read(&greedy, Some(&outputs)).await;
    let failure = world.reconcile(&greedy, found).await.unwrap_err();
    assert!(failure.detail.starts_with("InvalidParameterValueException"), "{failure}");
    assert!(failure.hint.unwrap().contains("set a smaller one, leave it out, or raise the quota"));
    world.expect(&function, Some(&outputs)).await;
}
