//! What a look found: one line of `cogapi check`. Owns its words' form, not the words.

use cogapi_engine::Failure;
use serde::Serialize;

use crate::aws::errors::{is_denied, missing_action};
use crate::config::Environment;

/// What is checked, in the order in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The environment's file.
    Configuration,
    /// Whose the credentials are.
    Credentials,
    /// Whether the region has Cognito.
    Region,
    /// Whether the bucket of state and artifacts is ours, or can be.
    StateBucket,
    /// Whether somebody works on the environment.
    Lock,
    /// Whether anything is in the way of what the stack consists of.
    Resources,
    /// How many roles the account may have.
    Roles,
    /// How many functions may run at once, and how much code there may be.
    Functions,
    /// How many REST APIs the account may have.
    RestApis,
    /// The role with which API Gateway writes logs.
    LogRole,
    /// The zone that the domain is in.
    HostedZone,
    /// Who may issue certificates for the domain.
    CertificateAuthority,
    /// What is at the domain's name now.
    DomainName,
    /// Who sends the mails.
    EmailIdentity,
    /// Whom mails reach, and how many of them.
    EmailSending,
    /// Where passkeys can be used.
    Passkeys,
}

impl Check {
    /// What it is called on the screen.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Credentials => "credentials",
            Self::Region => "region",
            Self::StateBucket => "state bucket",
            Self::Lock => "lock",
            Self::Resources => "resources",
            Self::Roles => "roles",
            Self::Functions => "functions",
            Self::RestApis => "REST APIs",
            Self::LogRole => "log role",
            Self::HostedZone => "hosted zone",
            Self::CertificateAuthority => "CAA records",
            Self::DomainName => "domain name",
            Self::EmailIdentity => "e-mail identity",
            Self::EmailSending => "e-mail sending",
            Self::Passkeys => "passkeys",
        }
    }

    /// Those that ask AWS and that this environment gives reason for, but for [`Self::Credentials`].
    pub(super) fn asking(environment: &Environment) -> Vec<Self> {
        let domain = environment.domain.is_some();
        let ses = environment.email.ses_identity_arn.is_some();
        [
            (Self::Region, true),
            (Self::StateBucket, true),
            (Self::Lock, true),
            (Self::Resources, true),
            (Self::Roles, true),
            (Self::Functions, true),
            (Self::RestApis, true),
            (Self::LogRole, environment.api.access_logs),
            (Self::HostedZone, domain),
            (Self::CertificateAuthority, domain),
            (Self::DomainName, domain),
            (Self::EmailIdentity, ses),
            (Self::EmailSending, ses),
        ]
        .into_iter()
        .filter_map(|(check, needed)| needed.then_some(check))
        .collect()
    }

    /// Whether a deploy has to look there as well, so that one who can't look can't deploy either.
    const fn stops_deploys(self) -> bool {
        matches!(self, Self::Credentials | Self::Region | Self::StateBucket | Self::Lock | Self::Resources)
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Nobody looked, as something before it failed.
    NotChecked,
    /// A deploy works, and something will not be as expected; or we could not look.
    Warning,
    /// A deploy would fail, or what it makes would not work.
    Problem,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked.
    pub check: Check,
    /// How bad it is.
    pub verdict: Verdict,
    /// What was found, in a few words.
    pub result: String,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Finding {
    fn new(check: Check, verdict: Verdict, result: impl Into<String>) -> Self {
        Self { check, verdict, result: result.into(), detail: None, hint: None }
    }

    pub(super) fn ok(check: Check, result: impl Into<String>) -> Self {
        Self::new(check, Verdict::Ok, result)
    }

    pub(super) fn warning(check: Check, result: impl Into<String>) -> Self {
        Self::new(check, Verdict::Warning, result)
    }

    pub(super) fn problem(check: Check, result: impl Into<String>) -> Self {
        Self::new(check, Verdict::Problem, result)
    }

    pub(super) fn not_checked(check: Check) -> Self {
        Self::new(check, Verdict::NotChecked, "not checked")
    }

    /// We could not look. `action` is what AWS's policies call the permission, where AWS itself does not say.
    pub(super) fn blind(check: Check, action: &str, failure: &Failure) -> Self {
        let verdict = if check.stops_deploys() { Verdict::Problem } else { Verdict::Warning };
        let denied = is_denied(failure);
        let action = missing_action(failure).unwrap_or(action);
        let result =
            if denied { format!("could not look: needs {action}") } else { "could not look".to_owned() };
        let hint = failure.hint.clone().filter(|_| !denied);
        let hint = hint.unwrap_or_else(|| match (denied, check.stops_deploys()) {
            (true, true) => format!("allow {action} to the principal that deploys"),
            (true, false) => format!("allow {action} to the principal that checks; deploys don't need it"),
            (false, _) => "run the same command again".to_owned(),
        });
        Self::new(check, verdict, result)
            .meaning(format!("{}: {}", failure.summary, failure.detail))
            .hint(hint)
    }

    /// Something failed that is a finding by itself.
    pub(super) fn failed(check: Check, failure: &Failure) -> Self {
        let found = Self::problem(check, failure.summary.clone()).meaning(failure.detail.clone());
        Self { hint: failure.hint.clone(), ..found }
    }

    /// Adds what it means.
    #[must_use]
    pub(super) fn meaning(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// Adds what to do.
    #[must_use]
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_look_is_told_the_action_as_aws_names_it() {
        let said = "AccessDenied: User: arn:aws:iam::1:user/x is not authorized to perform: iam:GetAccountSummary on resource: *";
        for (detail, action) in [
            (said, "iam:GetAccountSummary"),
            (
                "AccessDeniedException: User `x' is not authorized to perform `ses:GetAccount' on resource `*'",
                "ses:GetAccount",
            ),
            ("HTTP status 403", "s3:ListBucket"),
        ] {
            let found =
                Finding::blind(Check::Roles, "s3:ListBucket", &Failure::new("reading failed", detail));
            assert_eq!(found.result, format!("could not look: needs {action}"));
            assert_eq!(found.verdict, Verdict::Warning);
        }
        let found = Finding::blind(Check::Resources, "", &Failure::new("reading failed", said));
        assert_eq!(found.verdict, Verdict::Problem, "no deploy without it");
    }

    #[test]
    fn another_reason_for_not_looking_keeps_its_own_hint() {
        let failure = Failure::new("reading failed", "ThrottlingException: Rate exceeded").with_hint("wait");
        let found = Finding::blind(Check::Roles, "iam:GetAccountSummary", &failure);
        assert_eq!((found.result.as_str(), found.hint.as_deref()), ("could not look", Some("wait")));
        assert_eq!(found.detail.as_deref(), Some("reading failed: ThrottlingException: Rate exceeded"));
    }
}
