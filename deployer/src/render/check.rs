//! What `cogapi check` found: a line a check, what is not as it should be explained beneath it. Finds nothing itself.

use std::fmt::Write as _;

use serde_json::json;

use super::{count, sentence};
use crate::preflight::{Finding, Verdict};

/// The version of [`json`]'s form.
const JSON_VERSION: u32 = 1;

/// What was checked.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// The prefix of all names.
    pub stack: &'a str,
    /// The region.
    pub region: &'a str,
    /// The 12-digit account; `None` where it could not be found out, or is not the environment's.
    pub account: Option<&'a str>,
}

/// The findings for a person.
#[must_use]
pub fn text(about: &About<'_>, findings: &[Finding]) -> String {
    let About { stack, region, account, .. } = about;
    let account = account.map_or_else(String::new, |account| format!(", account {account}"));
    let mut text = format!("{stack} in {region}{account}\n");
    let width = findings.iter().map(|finding| finding.check.label().len()).max().unwrap_or_default();
    for finding in findings {
        let mark = match finding.verdict {
            Verdict::Ok => '✓',
            Verdict::NotChecked => '-',
            Verdict::Warning => '!',
            Verdict::Problem => '✗',
        };
        sentence(&mut text, &format!("  {mark} {:<width$} ", finding.check.label()), &finding.result);
        if let Some(detail) = &finding.detail {
            sentence(&mut text, "     ", detail);
        }
        if let Some(hint) = &finding.hint {
            sentence(&mut text, "      hint:", hint);
        }
    }
    let _ = write!(text, "\n{}", summary(findings));
    text
}

fn summary(findings: &[Finding]) -> String {
    let number = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let told = |verdict, one: &str| Some(number(verdict)).filter(|n| *n > 0).map(|n| count(n, one));
    let parts = [
        told(Verdict::Problem, "problem"),
        told(Verdict::Warning, "warning"),
        told(Verdict::NotChecked, "check").map(|checks| format!("{checks} not made")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        return format!("Ready to deploy: all {} are fine.", count(findings.len(), "check"));
    }
    let ready = if number(Verdict::Problem) == 0 { "Ready to deploy" } else { "Not ready to deploy" };
    format!("{ready}: {}.", parts.join(", "))
}

/// The findings for a program.
#[must_use]
pub fn json(about: &About<'_>, findings: &[Finding]) -> String {
    let found = json!({
        "version": JSON_VERSION,
        "environment": about.environment,
        "stack": about.stack,
        "region": about.region,
        "account": about.account,
        "ready": crate::preflight::is_ready(findings),
        "findings": findings,
    });
    format!("{found:#}")
}
