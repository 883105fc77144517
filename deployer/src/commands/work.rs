//! What `plan`, `deploy` and the destroying commands have in common: looking, planning, applying, looking again.

use std::path::Path;

use cogapi_engine::{
    Action, Applied, ApplyOptions, Backend as _, Desired, Failure, Mode, Plan, Session, State, apply, plan,
    refresh,
};

use super::Error;
use super::interrupt::Interrupt;
use super::target::Opened;
use crate::render::note;
use crate::render::progress::Progress;
use crate::resources::{self, Context};

/// Calls that run at once, for each service and in all. Bounded well below AWS's published control-plane rates, most of which
/// are 10 to 15 a second: https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
const PER_SERVICE: [(&str, usize); 3] = [("lambda", 10), ("iam", 10), ("apigateway", 2)];
const IN_ALL: usize = 20;

/// Looks at the cloud and plans. Makes no mutating call.
pub(super) async fn make_plan(
    cx: &Context,
    desired: &Desired,
    state: &State,
    mode: Mode,
    progress: &Progress,
) -> Result<Plan, Error> {
    let kinds = resources::kinds();
    let observed = refresh(&kinds, cx, desired, state, &|event| progress.observe(&event))
        .await
        .map_err(Error::Resources)?;
    Ok(plan(&kinds, desired, state, &observed, mode)?)
}

/// Refuses a plan that must not be done.
pub(super) fn allow(plan: &Plan) -> Result<(), Error> {
    if plan.violations.is_empty() { Ok(()) } else { Err(Error::Refused(plan.violations.clone())) }
}

/// Does what was planned. On the way every intent and result is stored; Ctrl-C stops in order.
pub(super) async fn do_plan(
    opened: &Opened,
    session: &mut Session,
    plan: &Plan,
    progress: &Progress,
) -> Result<Applied, Error> {
    let options =
        ApplyOptions { parallel: IN_ALL, per_service: PER_SERVICE.into(), ..ApplyOptions::default() };
    let _listening = Interrupt::listen(&options);
    let kinds = resources::kinds();
    let observer = |event| progress.observe(&event);
    let mut applied = apply(session, &kinds, &opened.cx, plan, &options, &observer).await?;
    if let Some(cause) = applied.not_stored.take() {
        for (address, failure) in &applied.failed {
            note(&format!("error: {address}: {failure}"));
        }
        return Err(not_stored(opened, &session.state, cause));
    }
    if applied.is_complete() { Ok(applied) } else { Err(Error::Incomplete(Box::new(applied))) }
}

/// Saves the state in the working directory, the only copy of what was done.
fn not_stored(opened: &Opened, state: &State, cause: cogapi_engine::BackendError) -> Error {
    let name = format!("{}-state-{}.json", opened.environment.name, state.serial);
    let saved = std::fs::write(Path::new(&name), state.to_json()).map(|()| name.clone().into());
    Error::NotStored { cause: Box::new(cause), saved, command: opened.backend.recovery_command(&name) }
}

/// Looks once more with nothing remembered from before: says so where the cloud is not as it was to be.
pub(super) async fn verify(
    opened: &Opened,
    session: &Session,
    desired: &Desired,
    progress: &Progress,
) -> Result<(), Error> {
    let plan = make_plan(&opened.cx.afresh(), desired, &session.state, Mode::default(), progress).await?;
    let mut left: Vec<String> = session.state.verify();
    for (address, change) in plan.changes.iter().filter(|(_, change)| change.is_change()) {
        let fields: Vec<String> = change.fields.iter().map(|field| field.path.join(".")).collect();
        let verb = match change.action {
            Action::Create => "is not there",
            Action::Delete => "is still there",
            _ => "is not as it was set",
        };
        left.push(if fields.is_empty() || change.action == Action::Create {
            format!("{address} {verb}")
        } else {
            format!("{address} {verb}: {}", fields.join(", "))
        });
    }
    if left.is_empty() {
        return Ok(());
    }
    Err(Failure::new("looking again showed something else than was set", left.join("; "))
        .with_hint("somebody may be changing the same resources; run the same command again")
        .into())
}

/// Gives the lock back, whatever came of the work. A lock that can't be given back ends by itself.
pub(super) async fn finish<T>(
    opened: &Opened,
    session: Session,
    result: Result<T, Error>,
) -> Result<T, Error> {
    if let Err(error) = session.close().await {
        note(&format!(
            "warning: the lock could not be released and will end by itself within a minute: {error}\n  hint: `cogapi unlock --env {}` removes it before that",
            opened.environment.name
        ));
    }
    result
}

/// After a destruction: says what is still there.
pub(super) fn gone(plan: &Plan) -> Result<(), Error> {
    let left = plan.changes.iter().filter(|(_, change)| change.action == Action::Delete);
    let left: Vec<&str> = left.map(|(address, _)| address.as_str()).collect();
    if left.is_empty() {
        return Ok(());
    }
    Err(Failure::new("not everything is gone", format!("still there: {}", left.join(", ")))
        .with_hint("somebody may be making the same resources; look at them, and run the same command again")
        .into())
}
