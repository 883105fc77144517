//! Whether configuration and account are ready for a deploy. One file a concern: it looks, in few calls that only read, and says
//! what it found. All look at once, and who can't look hides no other. Writes nothing, anywhere, and prints nothing.

mod backend;
mod domain;
mod email;
mod finding;
mod log_role;
pub mod offers;
mod passkeys;
mod quotas;
mod region;
mod stack;

use cogapi_engine::{Desired, Failure, Observer};
use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};

pub use finding::{Check, Finding, Verdict};

use crate::backend::{Location, S3Backend};
use crate::config::Environment;
use crate::permissions::{ANY, Grant, HOSTED_ZONE};
use crate::resources::Context;

/// What it takes to look, beside what the kinds need themselves: always, or where there is a resource of a kind.
pub(crate) const GRANTS: &[(Option<&str>, &[Grant])] = &[
    (
        None,
        &[
            Grant::of(
                &[
                    "cognito-idp:ListUserPools",
                    "iam:GetAccountSummary",
                    "lambda:GetAccountSettings",
                    "ses:GetAccount",
                ],
                ANY,
            ),
            Grant::of(&["ses:GetEmailIdentity"], &["arn:{partition}:ses:{ses_region}:{account}:identity/*"]),
        ],
    ),
    (Some("dns_record"), &[Grant::of(&["route53:GetHostedZone"], &[HOSTED_ZONE])]),
];

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The configuration.
    pub environment: &'a Environment,
    /// Clients, account, names.
    pub cx: &'a Context,
    /// Where the state is, or will be.
    pub location: &'a Location,
    /// The state and its lock.
    pub backend: &'a S3Backend,
    /// What should exist, good enough for looking by name.
    pub desired: &'a Desired,
}

/// Looks at everything.
pub async fn run(subject: &Subject<'_>, observer: Observer<'_>) -> Vec<Finding> {
    let Subject { environment, cx, .. } = subject;
    let looks: Vec<BoxFuture<'_, Vec<Finding>>> = vec![
        region::look(cx).boxed(),
        backend::look(subject).boxed(),
        log_role::look(subject).boxed(),
        email::look(subject).boxed(),
    ];
    let (looks, domain, limits, stack) = futures::join!(
        join_all(looks),
        domain::look(subject).boxed(),
        quotas::look(cx).boxed(),
        stack::look(subject, observer).boxed(),
    );
    let mut findings = looks.concat();
    findings.push(Finding::ok(Check::Credentials, format!("account {}", cx.account)));
    findings.extend(offline(environment));
    findings.extend(domain.into_iter().flat_map(|domain| domain.findings(&stack)));
    findings.extend(limits.findings(environment, &stack));
    findings.extend(stack.findings);
    findings.sort_by_key(|finding| finding.check);
    findings
}

/// What can be said where the credentials lead nowhere, or to another account, as `failure` tells.
#[must_use]
pub fn without_account(environment: &Environment, failure: &Failure) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        Check::asking(environment).into_iter().map(Finding::not_checked).collect();
    findings.push(Finding::failed(Check::Credentials, failure));
    findings.extend(offline(environment));
    findings.sort_by_key(|finding| finding.check);
    findings
}

/// Whether a deploy would do what is wanted, warnings allowed.
#[must_use]
pub fn is_ready(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.verdict != Verdict::Problem)
}

/// What needs no calls.
fn offline(environment: &Environment) -> Vec<Finding> {
    let configuration = Finding::ok(Check::Configuration, "the file is valid");
    [Some(configuration), email::without_ses(environment), passkeys::fit(environment)]
        .into_iter()
        .flatten()
        .collect()
}
