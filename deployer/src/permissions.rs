//! What whoever deploys must be allowed, as IAM policies. Each kind, and whoever else calls AWS, says beside its calls what they take
//! (`Grant`); this puts it together. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{backend, preflight, resources};

/// Everything: for calls that are about no single thing, and lists.
pub(crate) const ANY: &[&str] = &["*"];
pub(crate) const ARTIFACTS: &str = "arn:{partition}:s3:::{bucket}/artifacts/*";
pub(crate) const FUNCTIONS: &str = "arn:{partition}:lambda:{region}:{account}:function:{stack}-*";
pub(crate) const GATEWAY_TAGS: &str = "arn:{partition}:apigateway:{region}::/tags/*";
pub(crate) const HOSTED_ZONE: &str = "arn:{partition}:route53:::hostedzone/{zone}";
pub(crate) const LOG_GROUPS: &str = "arn:{partition}:logs:{region}:{account}:log-group:/cogapi/{stack}*";
pub(crate) const LOG_ROLES: &str = "arn:{partition}:iam::{account}:role/cogapi-api-gateway-logs";
pub(crate) const MAPPINGS: &str = "arn:{partition}:apigateway:{region}::/domainnames/*/basepathmappings*";
/// The ids of APIs and user pools are AWS's to make, so nothing in them says whose they are.
pub(crate) const REST_APIS: &str = "arn:{partition}:apigateway:{region}::/restapis/*";
pub(crate) const ROLES: &str = "arn:{partition}:iam::{account}:role/{stack}-*";
pub(crate) const STAGES: &str = "arn:{partition}:apigateway:{region}::/restapis/*/stages/*";
pub(crate) const USER_POOLS: &str = "arn:{partition}:cognito-idp:{region}:{account}:userpool/*";
pub(crate) const WEB_ACLS: &str = "arn:{partition}:wafv2:{region}:{account}:regional/webacl/{stack}/*";
pub(crate) const ZONE_CHANGES: &str = "arn:{partition}:route53:::change/*";

/// The most that a managed policy may have, white space not counted
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub const LIMIT: usize = 6144;

/// Actions on resources, both as IAM writes them. In resources, a name in braces stands for something of the environment ([`Names`]).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant {
    actions: &'static [&'static str],
    resources: &'static [&'static str],
    /// The service that a role may be handed to.
    passed_to: Option<&'static str>,
}

impl Grant {
    pub(crate) const fn of(actions: &'static [&'static str], resources: &'static [&'static str]) -> Self {
        Self { actions, resources, passed_to: None }
    }

    /// Only for handing a role to this service.
    pub(crate) const fn passed_to(self, service: &'static str) -> Self {
        Self { passed_to: Some(service), ..self }
    }
}

/// What it takes to read, make, change and remove things of a kind.
pub(crate) trait Permitted {
    /// All of it.
    const GRANTS: &'static [Grant];
}

/// What an environment's resources are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// E.g. `aws`.
    pub partition: String,
    /// The region.
    pub region: String,
    /// The 12-digit account.
    pub account: String,
    /// The prefix of all names.
    pub stack: String,
    /// The bucket of state and artifacts.
    pub bucket: String,
    /// The table of locks.
    pub lock_table: String,
    /// The hosted zone's id.
    pub zone: String,
    /// The region of the SES identity.
    pub ses_region: String,
}

impl Names {
    /// For a policy that is filled in by hand.
    #[must_use]
    pub fn placeholders() -> Self {
        Self {
            partition: "aws".to_owned(),
            region: "REGION".to_owned(),
            account: "ACCOUNT".to_owned(),
            stack: "STACK".to_owned(),
            bucket: "BUCKET".to_owned(),
            lock_table: "LOCK_TABLE".to_owned(),
            zone: "ZONE".to_owned(),
            ses_region: "REGION".to_owned(),
        }
    }

    fn fill(&self, resource: &str) -> String {
        let names = [
            ("{partition}", &self.partition),
            ("{region}", &self.region),
            ("{account}", &self.account),
            ("{stack}", &self.stack),
            ("{bucket}", &self.bucket),
            ("{lock_table}", &self.lock_table),
            ("{zone}", &self.zone),
            ("{ses_region}", &self.ses_region),
        ];
        names.iter().fold(resource.to_owned(), |resource, (name, value)| resource.replace(name, value))
    }
}

/// What it takes to read the functions' logs.
const LOGS: &[Grant] = &[Grant::of(&["logs:FilterLogEvents"], &[LOG_GROUPS])];

/// The policies that allow every command on an environment with resources of these kinds, each as large as IAM takes at most.
#[must_use]
pub fn policies(names: &Names, has_kind: impl Fn(&str) -> bool) -> Vec<Value> {
    let kinds = resources::GRANTS.iter().filter(|(kind, _)| has_kind(kind)).flat_map(|(_, grants)| *grants);
    let preflight = preflight::GRANTS
        .iter()
        .filter(|(kind, _)| kind.is_none_or(&has_kind))
        .flat_map(|(_, grants)| *grants);
    let grants = kinds.chain(preflight).chain(backend::GRANTS).chain(LOGS);
    let mut merged: BTreeMap<(Vec<String>, Option<&str>), BTreeSet<&str>> = BTreeMap::new();
    for grant in grants {
        let resources = grant.resources.iter().map(|resource| names.fill(resource)).collect();
        merged.entry((resources, grant.passed_to)).or_default().extend(grant.actions);
    }
    let statements = merged
        .into_iter()
        .map(|((resources, passed_to), actions)| statement(&resources, passed_to, &actions));
    packed(statements)
}

fn statement(resources: &[String], passed_to: Option<&str>, actions: &BTreeSet<&str>) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Action": actions, "Resource": resources });
    if let Some(service) = passed_to {
        statement["Condition"] = json!({ "StringEquals": { "iam:PassedToService": service } });
    }
    statement
}

/// The statements in as few policies as they fit into in this order.
fn packed(statements: impl Iterator<Item = Value>) -> Vec<Value> {
    let policy = |statements: &[Value]| json!({ "Version": "2012-10-17", "Statement": statements });
    let mut policies = Vec::new();
    let mut current: Vec<Value> = Vec::new();
    for statement in statements {
        current.push(statement);
        if size(&policy(&current)) > LIMIT
            && let Some(next) = current.pop()
        {
            policies.push(policy(&current));
            current = vec![next];
        }
    }
    policies.push(policy(&current));
    policies
}

/// What IAM counts of a policy. None of ours has white space inside of a value.
fn size(policy: &Value) -> usize {
    policy.to_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_fits_and_nothing_is_in_two() {
        let policies = policies(
            &Names { stack: "x".repeat(28), bucket: "b".repeat(63), ..Names::placeholders() },
            |_| true,
        );
        let mut seen = BTreeSet::new();
        for policy in &policies {
            assert!(size(policy) <= LIMIT, "{}", size(policy));
            for statement in policy["Statement"].as_array().into_iter().flatten() {
                assert!(
                    seen.insert(statement["Resource"].to_string() + &statement["Condition"].to_string()),
                    "{statement}"
                );
            }
        }
    }

    #[test]
    fn the_policies_are_what_they_were() {
        let text = policies(&Names::placeholders(), |_| true)
            .iter()
            .map(|policy| format!("{policy:#}"))
            .collect::<Vec<_>>();
        insta::assert_snapshot!(text.join("\n"));
    }

    #[test]
    fn an_environment_without_a_domain_needs_nothing_of_route_53() {
        let without = ["certificate", "dns_record", "domain_name", "base_path_mapping"];
        let policies = json!(policies(&Names::placeholders(), |kind| !without.contains(&kind))).to_string();
        assert!(!policies.contains("route53:") && !policies.contains("domainnames"), "{policies}");
    }
}
