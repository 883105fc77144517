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
        return format!("Ready to deploy: {}, all fine.", count(findings.len(), "check"));
    }
    let ready = if number(Verdict::Problem) == 0 { "Ready to deploy" } else { "Not ready to deploy" };
    format!("{ready}: {}.", parts.join(", "))
}

/// The findings for a program.
#[must_use]
pub fn json(about: &About<'_>, findings: &[Finding]) -> serde_json::Value {
    json!({
        "version": JSON_VERSION,
        "environment": about.environment,
        "stack": about.stack,
        "region": about.region,
        "account": about.account,
        "ready": crate::preflight::is_ready(findings),
        "findings": findings,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use cogapi_engine::Failure;

    use super::*;
    use crate::preflight::{Check, without_account};

    const ABOUT: About<'static> =
        About { environment: "dev", stack: "shop-dev", region: "eu-west-1", account: Some("123456789012") };

    fn found(check: Check, verdict: Verdict, [result, detail, hint]: [&str; 3]) -> Finding {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Finding { check, verdict, result: result.to_owned(), detail: given(detail), hint: given(hint) }
    }

    fn mixed() -> [Finding; 4] {
        [
            found(Check::Region, Verdict::Ok, ["eu-west-1 has Cognito; 3 user pools are there", "", ""]),
            found(
                Check::Roles,
                Verdict::Warning,
                [
                    "could not look: needs iam:GetAccountSummary",
                    "reading IAM's quotas failed: AccessDenied: User: arn:aws:iam::123456789012:user/joe is not authorized",
                    "allow iam:GetAccountSummary to the principal that checks; deploys don't need it",
                ],
            ),
            found(
                Check::HostedZone,
                Verdict::Problem,
                [
                    "Z1029992156D8O is the zone of example.org",
                    "`domain.zone_name` is example.com: no record of auth.example.com can be in it",
                    "correct `domain.zone_id` or `domain.zone_name`",
                ],
            ),
            found(Check::DomainName, Verdict::NotChecked, ["not checked", "", ""]),
        ]
    }

    #[test]
    fn every_check_has_a_line_and_what_is_not_fine_an_explanation() {
        insta::assert_snapshot!(text(&ABOUT, &mixed()));
    }

    #[test]
    fn a_program_reads_the_same() {
        insta::assert_snapshot!(format!("{:#}", json(&ABOUT, &mixed()[1..])));
    }

    #[test]
    fn what_is_fine_ends_in_a_word_of_its_own_and_warnings_do_not_spoil_it() {
        let [fine, warning, ..] = mixed();
        assert!(text(&ABOUT, std::slice::from_ref(&fine)).ends_with("\nReady to deploy: 1 check, all fine."));
        assert!(text(&ABOUT, &[fine, warning]).ends_with("\nReady to deploy: 1 warning."));
    }

    #[test]
    fn without_credentials_nothing_is_claimed_of_the_account() {
        let configuration = "[aws]\nregion = \"eu-west-1\"\n[state]\nbucket = \"b-state\"\n[api]\nname = \"shop\"\n[email]\nfrom = \"a@example.com\"\n";
        let environment = crate::config::parse("dev", "dev.toml", configuration).unwrap();
        let failure = Failure::new("asking who the credentials belong to failed", "ExpiredToken: no")
            .with_hint("the credentials have expired: sign in again (`aws sso login`)");
        let findings = without_account(&environment, &failure);
        insta::assert_snapshot!(text(&About { account: None, ..ABOUT }, &findings));
    }
}
