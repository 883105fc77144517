//! What `plan`, `deploy` and the destroying commands have in common: looking, planning, applying, looking again.

use std::path::Path;
use std::time::Duration;

use cogapi_engine::kind::Observation;
use cogapi_engine::state::{Object, Phase};
use cogapi_engine::{
    Action, Address, Applied, ApplyOptions, Backend as _, Change, Desired, Failure, Mode, Observed, Plan,
    Session, State, apply, plan, refresh, running,
};

use super::Error;
use super::interrupt;
use super::target::Opened;
use crate::render::json::Event;
use crate::render::progress::Progress;
use crate::render::{self, note, output, tell};
use crate::resources::{self, Context, Reporter};

/// Changes that run at once, for each service and in all. This bounds how many, not how many a second: what is too fast for AWS's
/// control plane is throttled by it, and tried again after a growing wait.
const PER_SERVICE: [(&str, usize); 3] = [("lambda", 10), ("iam", 10), ("apigateway", 2)];
const IN_ALL: usize = 20;
/// Between two looks at what was just made or removed.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];

/// Looks at the cloud. Makes no mutating call.
pub(super) async fn look(
    cx: &Context,
    desired: &Desired,
    state: &State,
    progress: &Progress,
) -> Result<Observed, Error> {
    let seen = refresh(&resources::kinds(), cx, desired, state, &|event| progress.observe(&event)).await;
    progress.rest();
    seen.map_err(Error::Resources)
}

/// Looks at the cloud and plans. Makes no mutating call.
pub(super) async fn make_plan(
    cx: &Context,
    desired: &Desired,
    state: &State,
    mode: Mode,
    progress: &Progress,
) -> Result<Plan, Error> {
    let observed = look(cx, desired, state, progress).await?;
    Ok(plan(&resources::kinds(), desired, state, &observed, mode)?)
}

/// Shows what is going to be done; always to whom is asked about it.
pub(super) fn show(opened: &Opened, plan: &Plan, asked: bool) {
    if output().is_json() {
        tell(&Event::Plan(render::plan::json(plan, &opened.environment.name)));
    } else if asked || !output().quiet {
        note(&render::plan::text(plan, &opened.cx.stack, output().verbose));
    }
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
        ApplyOptions { parallel: IN_ALL, per_service: PER_SERVICE.into(), cancel: interrupt::asked() };
    let kinds = resources::kinds();
    let observer = |event| progress.observe(&event);
    let told = progress.clone();
    let reporter = Reporter::new(move |waiting| told.wait(running::current().as_ref(), waiting));
    let cx = opened.cx.afresh().reporting_to(reporter);
    let applied = apply(session, &kinds, &cx, plan, &options, &observer).await;
    progress.rest();
    let mut applied = applied?;
    let (stopped, unsaved) = (applied.stopped.take(), applied.not_stored.take());
    if stopped.is_some() || unsaved.is_some() {
        for (address, failure) in &applied.failed {
            note(&format!("error: {address}: {failure}"));
        }
    }
    if let Some(cause) = unsaved {
        return Err(not_stored(opened, &session.state, cause));
    }
    if let Some(cause) = stopped {
        let environment = opened.environment.name.clone();
        return Err(Error::Stopped { environment, cause: Box::new(cause), done: applied.done });
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
    let left = look_until_settled(async || {
        let cx = opened.cx.afresh();
        let plan = make_plan(&cx, desired, &session.state, Mode::default(), progress).await?;
        let changes = plan.changes.iter().filter(|(_, change)| change.is_change());
        let left = changes.map(|(address, change)| difference(address, change));
        Ok(session.state.verify().into_iter().chain(left).collect())
    })
    .await?;
    if left.is_empty() {
        return Ok(());
    }
    Err(Failure::new("looking again showed something else than was set", left.join("; "))
        .with_hint("somebody may be changing the same resources; run the same command again")
        .into())
}

/// After a destruction: says what is still there of all that the state knew before.
pub(super) async fn gone(opened: &Opened, before: &State, progress: &Progress) -> Result<(), Error> {
    let left = look_until_settled(async || {
        let mut left = before.clone();
        left.resources.retain(|address, _| !is_shared(address));
        keep_what_is_there(opened, &mut left, progress).await?;
        // What is found by memory may be somebody else's by now, as a DNS record that was pointed elsewhere: that was left to them.
        for entry in left.resources.values_mut() {
            if let Some(Object { inputs, .. }) = entry.phase.object() {
                entry.phase = Phase::Creating { inputs };
            }
        }
        keep_what_is_there(opened, &mut left, progress).await?;
        Ok(left.resources.keys().map(ToString::to_string).collect())
    })
    .await?;
    if left.is_empty() {
        return Ok(());
    }
    Err(Failure::new("not everything is gone", format!("still there: {}", left.join(", ")))
        .with_hint("somebody may be making the same resources; look at them, and run the same command again")
        .into())
}

/// Drops from `state` what is not there, or is not ours.
async fn keep_what_is_there(opened: &Opened, state: &mut State, progress: &Progress) -> Result<(), Error> {
    if state.resources.is_empty() {
        return Ok(());
    }
    let observed = look(&opened.cx.afresh().leaving(), &Desired::nothing(), state, progress).await?;
    let there =
        |address: &Address| matches!(observed.resources.get(address), Some(Observation::Owned { .. }));
    state.resources.retain(|address, _| there(address));
    Ok(())
}

/// Whether it is meant to stay, as others rely on it, too.
pub(super) fn is_shared(address: &Address) -> bool {
    resources::kinds().of(address).is_ok_and(|kind| kind.shared())
}

/// Looks until nothing is left to tell, for a while: IAM's reads, and lists of most services, lag some seconds behind writes
/// (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency).
async fn look_until_settled(
    mut look: impl AsyncFnMut() -> Result<Vec<String>, Error>,
) -> Result<Vec<String>, Error> {
    for pause in PAUSES {
        if look().await?.is_empty() {
            return Ok(Vec::new());
        }
        tokio::time::sleep(pause).await;
    }
    look().await
}

fn difference(address: &Address, change: &Change) -> String {
    let fields: Vec<String> = change.fields.iter().map(|field| field.path.join(".")).collect();
    match change.action {
        Action::Create => format!("{address} is not there"),
        Action::Delete => format!("{address} is still there"),
        _ if fields.is_empty() => format!("{address} is not as it was set"),
        _ => format!("{address} is not as it was set: {}", fields.join(", ")),
    }
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
