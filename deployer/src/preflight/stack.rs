//! Whether a deploy would be refused, by planning one: the state, what there is, and what should be. The plan is thrown away.

use std::collections::BTreeMap;

use cogapi_engine::kind::Observation;
use cogapi_engine::{
    Action, Address, Backend as _, BackendError, Desired, Failure, Mode, Observer, Plan, Resource as _, plan,
    refresh,
};

use super::{Check, Finding, Subject};
use crate::resources::{DnsRecord, kinds};

const CHECK: Check = Check::Resources;

/// What came of it.
pub(super) struct Stack<'a> {
    pub(super) findings: Vec<Finding>,
    desired: &'a Desired,
    /// `None` where something could not be looked at.
    plan: Option<Plan>,
}

pub(super) async fn look<'a>(subject: &Subject<'a>, observer: Observer<'_>) -> Stack<'a> {
    let (findings, plan) = match make_plan(subject, observer).await {
        Ok(plan) => (judge(&plan), Some(plan)),
        Err(findings) => (findings, None),
    };
    Stack { findings, desired: subject.desired, plan }
}

async fn make_plan(subject: &Subject<'_>, observer: Observer<'_>) -> Result<Plan, Vec<Finding>> {
    let Subject { environment, cx, backend, desired, .. } = subject;
    let state = match backend.load().await {
        Ok(loaded) => loaded.map(|(state, _)| state).unwrap_or_default(),
        Err(BackendError::Failed(failure)) => return Err(vec![Finding::failed(CHECK, &failure)]),
        Err(other) => {
            return Err(vec![
                Finding::problem(CHECK, "the stored state can't be used").meaning(other.to_string()),
            ]);
        }
    };
    let kinds = kinds();
    let seen = refresh(&kinds, cx, desired, &state, observer).await.map_err(|failures| unread(&failures))?;
    let mode = Mode { adopt: false, lift_protection: !environment.protection.deletion };
    plan(&kinds, desired, &state, &seen, mode).map_err(|failure| vec![Finding::failed(CHECK, &failure)])
}

/// Resources that could not be looked at; those for the same reason in one finding, for one missing permission concerns many.
fn unread(failures: &[(Address, Failure)]) -> Vec<Finding> {
    let mut findings: BTreeMap<String, (Finding, Vec<&str>)> = BTreeMap::new();
    for (address, failure) in failures {
        let found = Finding::blind(CHECK, "the action that AWS names", failure);
        let reason = format!("{}: {}", found.result, failure.summary);
        let (_, addresses) = findings.entry(reason).or_insert_with(|| (found, Vec::new()));
        addresses.push(address.as_str());
    }
    let findings = findings.into_values().map(|(found, addresses)| {
        let detail = found.detail.clone().unwrap_or_default();
        found.meaning(format!("{}: {detail}", addresses.join(", ")))
    });
    findings.collect()
}

/// Who stands in the way. What is at the domain's name has a finding of its own.
fn judge(plan: &Plan) -> Vec<Finding> {
    let refusals = plan.violations.iter().filter(|violation| violation.address.kind() != DnsRecord::KIND);
    let refusals: Vec<Finding> = refusals
        .map(|violation| {
            Finding::problem(CHECK, format!("a deploy is refused: {}", violation.address))
                .meaning(violation.problem.clone())
                .hint(violation.hint.clone())
        })
        .collect();
    if !refusals.is_empty() {
        return refusals;
    }
    let there = plan.changes.values().filter(|change| change.observed.existing().is_some()).count();
    vec![Finding::ok(
        CHECK,
        format!("{there} of {} are there, and nothing is in the way", plan.changes.len()),
    )]
}

impl Stack<'_> {
    /// How many of a kind should exist.
    pub(super) fn declared(&self, kind: &str) -> usize {
        self.desired.resources.keys().filter(|address| address.kind() == kind).count()
    }

    /// How many of a kind a deploy would make: all of them, where it is not known which are there.
    pub(super) fn to_make(&self, kind: &str) -> usize {
        let Some(plan) = &self.plan else { return self.declared(kind) };
        let changes = plan.changes.iter().filter(|(address, _)| address.kind() == kind);
        changes.filter(|(_, change)| change.action == Action::Create).count()
    }

    /// What there is of a kind, where that is known.
    pub(super) fn seen<'b>(&'b self, kind: &'b str) -> Option<impl Iterator<Item = &'b Observation>> {
        let changes = self.plan.as_ref()?.changes.iter();
        Some(changes.filter(move |(address, _)| address.kind() == kind).map(|(_, change)| &change.observed))
    }
}
