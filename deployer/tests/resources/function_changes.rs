//! The function's changes, call by call: each begins when no other is in progress, whoever began it, and ends before the next.

use cogapi::resources::Function;
use cogapi_engine::{Failure, Found, Resource as _};
use serde_json::json;

use crate::code::Code;
use crate::function::with_role;
use crate::scripted::{Scene, Script, busy, refusal};

const DELETE: &str = "DELETE auth-test-create-user";
const CREATE: &str = "POST functions";
const CODE: &str = "PUT code";
const SETTINGS: &str = "PUT configuration";
const LOOK: &str = "GET auth-test-create-user";

/// A look at the function's state and at what became of the last change.
fn look(state: &str, change: &str) -> Scene {
    let reason = if change == "Failed" { "out of addresses" } else { "" };
    let answer = json!({"State": state, "LastUpdateStatus": change, "LastUpdateStatusReason": reason});
    (LOOK, 200, json!({ "Configuration": answer }))
}

fn at_rest() -> Scene {
    look("Active", "Successful")
}

fn in_progress() -> Scene {
    look("Active", "InProgress")
}

fn done(call: &'static str) -> Scene {
    (call, 200, json!({}))
}

fn refused(call: &'static str) -> Scene {
    (call, 409, busy())
}

/// Brings what is there to what `change` makes of it, while Lambda plays these scenes: these calls, in this order, and no others.
async fn changed(change: impl FnOnce(&mut Function), scenes: &[Scene]) -> Result<(), Failure> {
    let (world, found) = with_role().await;
    let mut declared = found.clone();
    change(&mut declared);
    let (cx, script) = Script::of(&world, scenes.to_vec());
    let outputs = serde_json::from_value(json!({"name": found.name, "arn": "arn"})).unwrap();
    let result = Box::pin(declared.reconcile(&cx, Found::Owned { inputs: found, outputs })).await;
    script.is_over();
    result.map(drop)
}

/// Makes what is missing, while Lambda plays these scenes.
async fn made(scenes: &[Scene]) -> Result<(), Failure> {
    let (world, declared) = with_role().await;
    let (cx, script) = Script::of(&world, scenes.to_vec());
    let result = Box::pin(declared.reconcile(&cx, Found::Missing)).await;
    script.is_over();
    result.map(drop)
}

fn memory(function: &mut Function) {
    function.memory_mb = 512;
}

fn code_and_memory(function: &mut Function) {
    function.code_sha256 = Code::of("two").sha256;
    memory(function);
}

#[tokio::test]
async fn settings_wait_for_the_code() {
    let scenes = [
        at_rest(),
        done(CODE),
        in_progress(),
        at_rest(),
        at_rest(),
        done(SETTINGS),
        in_progress(),
        at_rest(),
    ];
    changed(code_and_memory, &scenes).await.unwrap();
}

#[tokio::test]
async fn what_somebody_else_is_changing_is_waited_for() {
    let scenes = [in_progress(), in_progress(), at_rest(), done(SETTINGS), at_rest()];
    changed(memory, &scenes).await.unwrap();
}

#[tokio::test]
async fn what_is_still_being_made_is_waited_for() {
    let scenes = [look("Pending", "InProgress"), at_rest(), done(SETTINGS), at_rest()];
    changed(memory, &scenes).await.unwrap();
    changed(|_| (), &[look("Pending", "InProgress"), at_rest()]).await.unwrap();
}

#[tokio::test]
async fn a_change_that_another_one_forestalled_waits_for_it_and_is_made() {
    let scenes = [at_rest(), refused(SETTINGS), in_progress(), at_rest(), done(SETTINGS), at_rest()];
    changed(memory, &scenes).await.unwrap();
}

#[tokio::test]
async fn a_failed_change_is_told_with_lambdas_reason_and_the_next_is_not_begun() {
    let scenes = [at_rest(), done(CODE), in_progress(), look("Active", "Failed")];
    let failure = changed(code_and_memory, &scenes).await.unwrap_err();
    assert_eq!(failure.detail, "out of addresses");
}

#[tokio::test]
async fn what_failed_before_can_be_mended_and_is_not_taken_for_good() {
    changed(memory, &[look("Active", "Failed"), done(SETTINGS), at_rest()]).await.unwrap();
    let failure = changed(|_| (), &[look("Active", "Failed")]).await.unwrap_err();
    assert_eq!(failure.detail, "out of addresses");
}

#[tokio::test]
async fn a_role_that_is_too_new_is_waited_for_and_other_refusals_are_not() {
    let code = "InvalidParameterValueException";
    let too_new = refusal(code, "The role defined for the function cannot be assumed by Lambda.");
    let active = (CREATE, 201, json!({"State": "Active"}));
    made(&[(CREATE, 400, too_new.clone()), (CREATE, 400, too_new.clone()), active]).await.unwrap();
    let scenes = [at_rest(), (SETTINGS, 400, too_new), at_rest(), done(SETTINGS), at_rest()];
    changed(memory, &scenes).await.unwrap();

    let wrong = refusal(code, "Unzipped size must be smaller than 262144000 bytes");
    let failure = made(&[(CREATE, 400, wrong.clone())]).await.unwrap_err();
    assert!(failure.detail.contains("Unzipped"), "{failure}");
    changed(memory, &[at_rest(), (SETTINGS, 400, wrong)]).await.unwrap_err();
}

#[tokio::test]
async fn a_function_that_could_not_be_made_is_told() {
    let pending = (CREATE, 201, json!({"State": "Pending"}));
    let failed = json!({"Configuration": {"State": "Failed", "StateReason": "no capacity"}});
    let scenes = [pending, look("Pending", "InProgress"), (LOOK, 200, failed)];
    assert_eq!(made(&scenes).await.unwrap_err().detail, "no capacity");
}

#[tokio::test]
async fn a_function_that_is_being_changed_is_deleted_after_that() {
    let (world, function) = with_role().await;
    let missing = refusal("ResourceNotFoundException", "Function not found");
    for answer in [done(DELETE), (DELETE, 404, missing)] {
        let (cx, script) = Script::of(&world, [refused(DELETE), refused(DELETE), answer]);
        function.delete(&cx, None).await.unwrap();
        script.is_over();
    }
}
