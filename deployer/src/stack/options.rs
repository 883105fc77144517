//! What an environment has only where its configuration asks for it: access logs and the web application firewall.

use std::collections::BTreeMap;

use cogapi_engine::{Desired, Handle};

use super::{Inputs, whole};
use crate::config::Waf;
use crate::resources::{
    AccessLogs, GatewayLogRole, LogGroup, RestApi, Stage, Tags, WebAcl, WebAclAssociation,
};

/// The role that an account's APIs log with, where it has none. The same for all environments and regions: whichever needs it first
/// makes it for all.
const LOG_ROLE: &str = "cogapi-api-gateway-logs";

/// A line of the access log: who called what, what came of it, how long it took.
///
/// The route is the pattern (`/v1/users/{user_id}`), never the path: that may hold an e-mail address. No header, no query and no
/// body: tokens and passwords are in these. The caller's address is in it on purpose, for without it nobody could tell one guessing
/// passwords from many mistyping theirs, nor choose a rate for the firewall. It is personal data, so it goes with the log's
/// retention. API Gateway writes `-` for what is empty, so all values are text.
const LINE: &str = concat!(
    r#"{"request_id":"$context.requestId","time_ms":"$context.requestTimeEpoch","#,
    r#""route":"$context.httpMethod $context.resourcePath","status":"$context.status","#,
    r#""error":"$context.error.responseType","latency_ms":"$context.responseLatency","#,
    r#""source_ip":"$context.identity.sourceIp"}"#,
);

/// Where and what the stage logs, if it does; and what must be there before it can.
pub(super) fn access_logs(
    desired: &mut Desired,
    inputs: &Inputs<'_>,
    stack: &str,
    tags: &Tags,
) -> Option<(AccessLogs, Handle<GatewayLogRole>)> {
    let environment = inputs.environment;
    if !environment.api.access_logs {
        return None;
    }
    let group = LogGroup {
        name: format!("/cogapi/{stack}/access"),
        retention_days: Some(whole(environment.functions.log_retention_days)),
        tags: tags.clone(),
    };
    let group = desired.declare("access", &group);
    let role = desired.declare("account", &GatewayLogRole { role_name: LOG_ROLE.to_owned() });
    Some((AccessLogs { log_group_arn: group.output("arn"), format: LINE.to_owned() }, role))
}

/// Puts the firewall before the stage.
pub(super) fn firewall(
    desired: &mut Desired,
    inputs: &Inputs<'_>,
    waf: Waf,
    rest: &Handle<RestApi>,
    stage: &Handle<Stage>,
    tags: &Tags,
) {
    let Inputs { environment, partition, .. } = inputs;
    let acl = WebAcl {
        name: environment.stack(),
        rate_limit: Some(waf.rate_limit),
        deviations: BTreeMap::new(),
        tags: tags.clone(),
    };
    let acl = desired.declare("main", &acl);
    let (region, id, name) = (&environment.aws.region, rest.output("id"), &environment.api.stage);
    let association = WebAclAssociation {
        resource_arn: format!("arn:{partition}:apigateway:{region}::/restapis/{id}/stages/{name}"),
        web_acl_arn: acl.output("arn"),
    };
    let association = desired.declare("main", &association);
    desired.after(association.address(), stage.address());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::stack::desired;

    /// The stack of an environment with these keys in `[api]`.
    fn with(api: &str) -> Desired {
        let text = format!(
            "[aws]\nregion = \"eu-west-1\"\n[state]\nbucket = \"b-state\"\n[api]\nname = \"shop\"\n{api}\n\
             [email]\nfrom = \"hello@example.com\"\n"
        );
        let environment = crate::config::parse("dev", "test.toml", &text).unwrap();
        desired(&Inputs {
            environment: &environment,
            account: "123456789012",
            partition: "aws",
            endpoint: None,
            api_sha256: "api",
            triggers_sha256: "triggers",
        })
    }

    /// What another stack has more than one without options, or otherwise: addresses, dependencies, inputs without tags.
    fn differing(other: &Desired) -> String {
        let plain = with("");
        assert!(plain.resources.keys().all(|address| other.resources.contains_key(address)));
        let differing = other
            .resources
            .iter()
            .filter(|(address, declaration)| plain.resources.get(*address) != Some(declaration));
        let lines = differing.map(|(address, declaration)| {
            let known = plain.resources.get(address);
            let before = known.map(cogapi_engine::resource::Declaration::dependencies).unwrap_or_default();
            let after: BTreeSet<_> = declaration.dependencies().difference(&before).cloned().collect();
            let after: Vec<_> = after.iter().map(ToString::to_string).collect();
            let inputs = declaration.inputs.as_object().unwrap().iter();
            let same = |name: &str| known.map(|known| &known.inputs[name]);
            let inputs: Value = inputs
                .filter(|(name, value)| *name != "tags" && same(name) != Some(value))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            format!("{address} after [{}]\n  {inputs}\n", after.join(" "))
        });
        lines.collect()
    }

    #[test]
    fn access_logs_add_a_group_and_the_account_s_role_before_the_stage_logs() {
        insta::assert_snapshot!(differing(&with("access_logs = true")));
    }

    #[test]
    fn a_firewall_adds_a_web_acl_and_its_place_before_the_stage() {
        insta::assert_snapshot!(differing(&with("waf = { rate_limit = 300 }")));
    }

    #[test]
    fn a_line_of_the_access_log_is_json_and_holds_nothing_that_a_client_wrote() {
        let line: Value = serde_json::from_str(LINE).unwrap();
        let values: Vec<&str> =
            line.as_object().unwrap().values().map(|value| value.as_str().unwrap()).collect();
        // API Gateway refuses a format without it.
        assert!(values.contains(&"$context.requestId"));
        for written_by_clients in
            ["$context.path", "$context.identity.userAgent", "$input", "authorizer", "header"]
        {
            assert!(!LINE.contains(written_by_clients), "{written_by_clients}");
        }
    }
}
