//! The stage's settings as API Gateway keys them, and the patch operations that change them. Pure.

use std::collections::HashMap;

use aws_sdk_apigateway::types::{AccessLogSettings, MethodSetting, PatchOperation};

use super::{ALL, AccessLogs, Stage, Throttle};
use crate::resources::gateway::{from_segment, remove, replace, segment};

impl Stage {
    /// The patch operations from `present` to this, for nothing but what differs.
    pub(super) fn patches(&self, present: &Self) -> Vec<PatchOperation> {
        let mut patches = Vec::new();
        if present.deployment_id != self.deployment_id {
            patches.push(replace("/deploymentId", &self.deployment_id));
        }
        match self.throttle {
            Some(wanted) => patches.extend(throttling("/*/*", present.throttle, wanted)),
            None if present.throttle.is_some() => patches.push(remove("/*/*")),
            None => {}
        }
        patches.extend(logging(present.access_logs.as_ref(), self.access_logs.as_ref()));
        for (method, wanted) in &self.method_throttles {
            let found = present.method_throttles.get(method).copied();
            patches.extend(throttling(&path_of_method(method), found, *wanted));
        }
        let dropped: Vec<String> = present
            .method_throttles
            .keys()
            .filter(|method| !self.method_throttles.contains_key(*method))
            .map(|method| path_of_method(method))
            .collect();
        for (path, _) in present.deviations.iter().filter(|(path, _)| !self.deviations.contains_key(*path)) {
            // What is removed takes its options along.
            let goes = dropped.iter().any(|method| path.starts_with(&format!("{method}/")));
            patches.extend((!goes).then(|| undo(path)));
        }
        patches.extend(dropped.into_iter().map(remove));
        patches
    }
}

/// The operations that set a limit. Rate and burst are set together where there was none: API Gateway fills in the account's
/// own limit for what is left out.
fn throttling(path: &str, found: Option<Throttle>, wanted: Throttle) -> Vec<PatchOperation> {
    let mut patches = Vec::new();
    if found.is_none_or(|found| found.rate.to_bits() != wanted.rate.to_bits()) {
        patches.push(replace(format!("{path}/throttling/rateLimit"), wanted.rate.to_string()));
    }
    if found.is_none_or(|found| found.burst != wanted.burst) {
        patches.push(replace(format!("{path}/throttling/burstLimit"), wanted.burst.to_string()));
    }
    patches
}

/// The operations that log requests as declared.
fn logging(found: Option<&AccessLogs>, wanted: Option<&AccessLogs>) -> Vec<PatchOperation> {
    match wanted {
        _ if found == wanted => Vec::new(),
        None => vec![remove("/accessLogSettings")],
        // Both, since neither is of use without the other.
        Some(wanted) => vec![
            replace("/accessLogSettings/destinationArn", &wanted.log_group_arn),
            replace("/accessLogSettings/format", &wanted.format),
        ],
    }
}

/// What API Gateway shows of them. What was taken away may be shown as empty.
pub(super) fn access_logs(found: AccessLogSettings) -> Option<AccessLogs> {
    let log_group_arn = found.destination_arn.filter(|arn| !arn.is_empty())?;
    Some(AccessLogs { log_group_arn, format: found.format.unwrap_or_default() })
}

/// The options of a method's setting that differ from API Gateway's defaults, by the path of their patch.
pub(super) fn options(path: &str, setting: &MethodSetting) -> HashMap<String, String> {
    let mut options = HashMap::new();
    let logging = setting.logging_level().filter(|level| !level.is_empty() && *level != "OFF");
    if let Some(level) = logging {
        options.insert(format!("{path}/logging/loglevel"), level.to_owned());
    }
    if setting.data_trace_enabled() {
        options.insert(format!("{path}/logging/dataTrace"), "true".to_owned());
    }
    if setting.metrics_enabled() {
        options.insert(format!("{path}/metrics/enabled"), "true".to_owned());
    }
    if setting.caching_enabled() {
        options.insert(format!("{path}/caching/enabled"), "true".to_owned());
    }
    options
}

/// The operation that puts an option back to its default.
fn undo(path: &str) -> PatchOperation {
    match path {
        "/canarySettings" => remove(path),
        _ if path.starts_with("/variables/") => remove(path),
        _ if path.ends_with("/loglevel") => replace(path, "OFF"),
        _ => replace(path, "false"),
    }
}

/// `POST /v1/login` as the path of a patch: `/~1v1~1login/POST`.
fn path_of_method(method: &str) -> String {
    let (verb, path) = method.split_once(' ').unwrap_or(("*", method));
    format!("/{}/{verb}", segment(path))
}

/// A key of the method settings as the path of a patch.
pub(super) fn path_of_key(key: &str) -> String {
    if key == ALL { "/*/*".to_owned() } else { path_of_method(&method_of(key)) }
}

/// A key of the method settings as `METHOD /path`. API Gateway writes `~1v1~1login/POST`; a leading slash that is missing and a
/// path that is not encoded are understood, too.
pub(super) fn method_of(key: &str) -> String {
    let (path, verb) = key.rsplit_once('/').unwrap_or((key, "*"));
    let path = from_segment(path);
    format!("{verb} /{}", path.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aws_sdk_apigateway::operation::get_stage::GetStageOutput;

    use super::*;
    use crate::resources::Tags;

    const LIMIT: Throttle = Throttle { rate: 50.0, burst: 100 };

    fn stage() -> Stage {
        Stage {
            rest_api_id: "api1".into(),
            name: "dev".into(),
            deployment_id: "deployment1".into(),
            throttle: Some(LIMIT),
            method_throttles: BTreeMap::from([(
                "POST /v1/users/{user_id}/confirm".into(),
                Throttle { rate: 0.5, burst: 2 },
            )]),
            access_logs: None,
            deviations: BTreeMap::new(),
            tags: Tags::from([("team".into(), "identity".into())]),
        }
    }

    fn setting(limit: Throttle) -> MethodSetting {
        MethodSetting::builder()
            .throttling_rate_limit(limit.rate)
            .throttling_burst_limit(limit.burst)
            .logging_level("OFF")
            .build()
    }

    /// What API Gateway shows of it, with the key of the method's settings as given.
    fn shown(key: &str) -> GetStageOutput {
        GetStageOutput::builder()
            .deployment_id("deployment1")
            .stage_name("dev")
            .method_settings(ALL, setting(LIMIT))
            .method_settings(key, setting(Throttle { rate: 0.5, burst: 2 }))
            .tags("team", "identity")
            .build()
    }

    /// `op path value` of every patch, sorted.
    fn operations(patches: &[PatchOperation]) -> Vec<String> {
        let text = |patch: &PatchOperation| {
            let op = patch.op().map_or("", aws_sdk_apigateway::types::Op::as_str);
            [op, patch.path().unwrap_or_default(), patch.value().unwrap_or_default()]
                .join(" ")
                .trim()
                .to_owned()
        };
        let mut operations: Vec<String> = patches.iter().map(text).collect();
        operations.sort();
        operations
    }

    #[test]
    fn a_stage_is_read_back_as_it_was_declared() {
        for key in ["~1v1~1users~1{user_id}~1confirm/POST", "/v1/users/{user_id}/confirm/POST"] {
            assert_eq!(stage().mapped(shown(key)), stage());
        }
    }

    #[test]
    fn only_what_differs_is_patched() {
        assert!(stage().patches(&stage()).is_empty());
        let desired = Stage {
            deployment_id: "deployment2".into(),
            throttle: Some(Throttle { rate: 50.0, burst: 200 }),
            method_throttles: BTreeMap::from([("POST /v1/login".into(), Throttle { rate: 10.0, burst: 20 })]),
            ..stage()
        };
        assert_eq!(
            operations(&desired.patches(&stage())),
            [
                "remove /~1v1~1users~1{user_id}~1confirm/POST",
                "replace /*/*/throttling/burstLimit 200",
                "replace /deploymentId deployment2",
                "replace /~1v1~1login/POST/throttling/burstLimit 20",
                "replace /~1v1~1login/POST/throttling/rateLimit 10",
            ]
        );
    }

    #[test]
    fn a_new_stage_gets_its_limits_by_patches() {
        assert_eq!(stage().patches(&stage().bare()).len(), 4);
    }

    #[test]
    fn access_logs_are_switched_on_and_changed_and_off() {
        let logs = |group: &str| Some(AccessLogs { log_group_arn: group.into(), format: "f".into() });
        let logging = Stage { access_logs: logs("arn:a"), ..stage() };
        let on = ["replace /accessLogSettings/destinationArn arn:a", "replace /accessLogSettings/format f"];
        assert_eq!(operations(&logging.patches(&stage())), on);
        assert_eq!(operations(&logging.patches(&Stage { access_logs: logs("arn:b"), ..stage() })), on);
        assert_eq!(operations(&stage().patches(&logging)), ["remove /accessLogSettings"]);
        assert!(logging.patches(&logging).is_empty());
        // An answer that names them without anything in them.
        assert_eq!(access_logs(AccessLogSettings::builder().build()), None);
    }

    #[test]
    fn logging_of_whole_requests_shows_and_is_switched_off() {
        let mut changed = shown("~1v1~1users~1{user_id}~1confirm/POST");
        let settings = changed.method_settings.get_or_insert_default();
        let all = MethodSetting::builder()
            .throttling_rate_limit(LIMIT.rate)
            .throttling_burst_limit(LIMIT.burst)
            .data_trace_enabled(true)
            .logging_level("INFO");
        settings.insert(ALL.into(), all.build());
        // This one's limit is dropped as a whole, so its options need no patch of their own.
        settings.insert("~1v1~1login/POST".into(), MethodSetting::builder().metrics_enabled(true).build());
        changed.tracing_enabled = true;
        changed.variables = Some(HashMap::from([("debug".into(), "1".into())]));
        let seen = stage().mapped(changed);
        assert_eq!(seen.deviations.get("/*/*/logging/dataTrace").map(String::as_str), Some("true"));
        assert_eq!(
            operations(&stage().patches(&seen)),
            [
                "remove /variables/debug",
                "remove /~1v1~1login/POST",
                "replace /*/*/logging/dataTrace false",
                "replace /*/*/logging/loglevel OFF",
                "replace /tracingEnabled false",
            ]
        );
    }
}
