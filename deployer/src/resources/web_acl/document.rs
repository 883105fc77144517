//! A web ACL as WAF writes it: what ours holds, and what differs from that. Pure.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Blocks an address that makes too many requests.
const RATE: &str = "rate-per-address";
/// Blocks addresses that AWS has seen as part of attacks.
const REPUTATION: &str = "ip-reputation";
/// Members that ours does not have and that change what it does to a request, or what of it is kept.
const FOREIGN: [&str; 6] = [
    "AssociationConfig",
    "CaptchaConfig",
    "ChallengeConfig",
    "CustomResponseBodies",
    "DataProtectionConfig",
    "TokenDomains",
];

/// All of a web ACL that a creation and an update take, but for what names it.
pub(super) fn of(name: &str, rate_limit: Option<u32>) -> Map<String, Value> {
    let mut document = Map::new();
    document.insert("DefaultAction".to_owned(), json!({ "Allow": {} }));
    // WAF takes only some characters here.
    document.insert("Description".to_owned(), json!("A rate for each address, and the known bad ones."));
    document.insert("Rules".to_owned(), rules(name, rate_limit).into_iter().collect());
    document.insert("VisibilityConfig".to_owned(), visibility(name));
    document
}

fn rules(name: &str, rate_limit: Option<u32>) -> Vec<Value> {
    let rate = rate_limit.map(|limit| {
        json!({
            "Name": RATE,
            "Priority": 0,
            // 300 is the default, said because WAF shows it.
            "Statement": { "RateBasedStatement": {
                "Limit": limit, "EvaluationWindowSec": 300, "AggregateKeyType": "IP",
            } },
            "Action": { "Block": {} },
            "VisibilityConfig": visibility(&format!("{name}-{RATE}")),
        })
    });
    let reputation = json!({
        "Name": REPUTATION,
        "Priority": 1,
        "Statement": { "ManagedRuleGroupStatement": {
            "VendorName": "AWS", "Name": "AWSManagedRulesAmazonIpReputationList",
        } },
        "OverrideAction": { "None": {} },
        "VisibilityConfig": visibility(&format!("{name}-{REPUTATION}")),
    });
    rate.into_iter().chain([reputation]).collect()
}

/// Counted, but no samples: WAF keeps these with all their headers, and there are tokens in them.
fn visibility(metric: &str) -> Value {
    json!({ "SampledRequestsEnabled": false, "CloudWatchMetricsEnabled": true, "MetricName": metric })
}

/// The limit of the rule by which an address is blocked.
pub(super) fn rate_limit(found: &Map<String, Value>) -> Option<u32> {
    let rule = rules_of(found).find(|rule| rule["Name"] == RATE)?;
    rule["Statement"]["RateBasedStatement"]["Limit"].as_u64()?.try_into().ok()
}

/// What is there beside the limit that we did not set so, and what is missing, each by its name.
pub(super) fn deviations(
    name: &str,
    rate_limit: Option<u32>,
    found: &Map<String, Value>,
) -> BTreeMap<String, String> {
    let (expected, found) = (parts(&of(name, rate_limit)), parts(found));
    let names = expected.keys().chain(found.keys());
    names
        .filter(|name| expected.get(*name) != found.get(*name))
        .map(|name| (name.clone(), found.get(name).map_or_else(|| "missing".to_owned(), ToString::to_string)))
        .collect()
}

/// A web ACL in parts that can be compared: AWS adds some of its own, which are left out.
fn parts(document: &Map<String, Value>) -> BTreeMap<String, Value> {
    let ours = ["DefaultAction", "Description", "VisibilityConfig"];
    let members = ours.into_iter().chain(FOREIGN).filter_map(|name| {
        let value = document.get(name)?;
        // As good as not there.
        let empty = value.is_null() || *value == json!({}) || *value == json!([]);
        (!empty).then(|| (name.to_owned(), value.clone()))
    });
    let rules = rules_of(document)
        .map(|rule| (format!("rule {}", rule["Name"].as_str().unwrap_or("?")), rule.clone()));
    members.chain(rules).collect()
}

fn rules_of(document: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    document.get("Rules").and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What AWS shows of ours, with what it adds by itself.
    fn shown() -> Map<String, Value> {
        let mut shown = of("shop-dev", Some(300));
        for (name, value) in [
            ("ARN", json!("arn")),
            ("Id", json!("id")),
            ("Name", json!("shop-dev")),
            ("Capacity", json!(27)),
            ("LabelNamespace", json!("awswaf:1:webacl:shop-dev:")),
            ("ManagedByFirewallManager", json!(false)),
            ("CustomResponseBodies", json!({})),
            ("TokenDomains", json!([])),
        ] {
            shown.insert(name.to_owned(), value);
        }
        shown
    }

    #[test]
    fn what_aws_adds_by_itself_never_shows() {
        assert_eq!(rate_limit(&shown()), Some(300));
        assert_eq!(deviations("shop-dev", Some(300), &shown()), BTreeMap::new());
    }

    #[test]
    fn whatever_weakens_it_shows() {
        let names = |change: &dyn Fn(&mut Map<String, Value>)| {
            let mut found = shown();
            change(&mut found);
            deviations("shop-dev", rate_limit(&found), &found).into_keys().collect::<Vec<_>>().join(", ")
        };
        let counting = json!({ "Count": {} });
        assert_eq!(names(&|acl| acl["Rules"][0]["Action"] = counting.clone()), "rule rate-per-address");
        assert_eq!(names(&|acl| acl["Rules"][1]["OverrideAction"] = counting.clone()), "rule ip-reputation");
        let narrow = json!({ "GeoMatchStatement": { "CountryCodes": ["XX"] } });
        let scope_down = |acl: &mut Map<String, Value>| {
            acl["Rules"][0]["Statement"]["RateBasedStatement"]["ScopeDownStatement"] = narrow.clone();
        };
        assert_eq!(names(&scope_down), "rule rate-per-address");
        let allow = json!({ "Name": "friends", "Priority": 9, "Action": { "Allow": {} } });
        let more = |acl: &mut Map<String, Value>| {
            acl.insert("Rules".to_owned(), json!([acl["Rules"][0], acl["Rules"][1], allow]));
        };
        assert_eq!(names(&more), "rule friends");
        assert_eq!(
            names(&|acl| acl["VisibilityConfig"]["SampledRequestsEnabled"] = json!(true)),
            "VisibilityConfig"
        );
        assert_eq!(names(&|acl| acl["TokenDomains"] = json!(["example.com"])), "TokenDomains");
        let gone = |acl: &mut Map<String, Value>| {
            acl.insert("Rules".to_owned(), json!([]));
        };
        // The rate has a field of its own.
        assert_eq!(names(&gone), "rule ip-reputation");
    }
}
