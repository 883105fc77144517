//! What others changed of a function that we leave as Lambda makes it: names and values in a plan, and what puts it right.
//!
//! Only what the calls tell that are made anyway. Each of these would take one more for every function: the configuration of
//! asynchronous invocations (nobody invokes ours so, and their roles may write to no destination), the pinning of a runtime
//! version, and function URLs (an open one takes a statement in the policy, which shows).

use std::collections::BTreeMap;

use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder;
use aws_sdk_lambda::types::{
    ApplicationLogLevel, DeadLetterConfig, EphemeralStorage, FunctionConfiguration, SnapStart,
    SnapStartApplyOn, SystemLogLevel, TracingConfig, TracingMode, VpcConfig,
};
use cogapi_engine::Failure;
use serde_json::Value;

use super::{Function, is_busy};
use crate::aws::errors::is_missing;
use crate::aws::retry::retry_while;
use crate::resources::Context;

type Update = UpdateFunctionConfigurationFluentBuilder;

/// Followed by the statement's name.
const STATEMENT: &str = "statement ";
/// What Lambda gives without being asked, in MB.
const STORAGE_MB: i32 = 512;

/// A setting that UpdateFunctionConfiguration puts right.
struct Setting {
    name: &'static str,
    /// Its value where that is not Lambda's default.
    found: fn(&FunctionConfiguration) -> Option<String>,
    /// Asks for the default. What an update leaves out stays as it is.
    undo: fn(Update) -> Update,
}

const SETTINGS: [Setting; 10] = [
    Setting {
        name: "application log level",
        found: |function| {
            let level = function.logging_config()?.application_log_level()?;
            (*level != ApplicationLogLevel::Info).then(|| level.to_string())
        },
        // Every update says both levels.
        undo: |update| update,
    },
    Setting {
        name: "system log level",
        found: |function| {
            let level = function.logging_config()?.system_log_level()?;
            (*level != SystemLogLevel::Info).then(|| level.to_string())
        },
        undo: |update| update,
    },
    Setting {
        name: "dead-letter target",
        found: |function| some(function.dead_letter_config()?.target_arn()?),
        undo: |update| update.dead_letter_config(DeadLetterConfig::builder().target_arn("").build()),
    },
    Setting {
        name: "ephemeral storage",
        found: |function| {
            let size = function.ephemeral_storage()?.size;
            (size != STORAGE_MB).then(|| format!("{size} MB"))
        },
        undo: |update| {
            update.set_ephemeral_storage(EphemeralStorage::builder().size(STORAGE_MB).build().ok())
        },
    },
    Setting {
        name: "file systems",
        found: |function| list(function.file_system_configs().iter().map(|system| system.arn.as_str())),
        undo: |update| update.set_file_system_configs(Some(Vec::new())),
    },
    Setting {
        name: "KMS key",
        found: |function| some(function.kms_key_arn()?),
        undo: |update| update.kms_key_arn(""),
    },
    Setting {
        name: "layers",
        found: |function| list(function.layers().iter().filter_map(|layer| layer.arn())),
        undo: |update| update.set_layers(Some(Vec::new())),
    },
    Setting {
        name: "SnapStart",
        found: |function| {
            let on = function.snap_start()?.apply_on()?;
            (*on != SnapStartApplyOn::None).then(|| on.to_string())
        },
        undo: |update| update.snap_start(SnapStart::builder().apply_on(SnapStartApplyOn::None).build()),
    },
    Setting {
        name: "tracing",
        found: |function| {
            let mode = function.tracing_config()?.mode()?;
            (*mode != TracingMode::PassThrough).then(|| mode.to_string())
        },
        undo: |update| update.tracing_config(TracingConfig::builder().mode(TracingMode::PassThrough).build()),
    },
    Setting {
        name: "VPC subnets",
        // Where it was in a VPC once, Lambda answers empty lists.
        found: |function| list(function.vpc_config()?.subnet_ids().iter().map(String::as_str)),
        undo: |update| {
            let none = VpcConfig::builder().set_subnet_ids(Some(Vec::new()));
            update.vpc_config(none.set_security_group_ids(Some(Vec::new())).build())
        },
    },
];

/// `None` for what is empty, as Lambda answers what was taken away.
fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    some(&names.collect::<Vec<_>>().join(", "))
}

/// Everything about a function that is neither declared nor Lambda's default, with the policy's `others`.
pub(super) fn deviations<'a>(
    configuration: &FunctionConfiguration,
    others: impl Iterator<Item = &'a Value>,
) -> BTreeMap<String, String> {
    let settings = SETTINGS
        .iter()
        .filter_map(|setting| Some((setting.name.to_owned(), (setting.found)(configuration)?)));
    let others = others.map(|statement| {
        let name = statement["Sid"].as_str().unwrap_or_default();
        (format!("{STATEMENT}{name}"), statement.to_string())
    });
    settings.chain(others).collect()
}

/// Those that UpdateFunctionConfiguration puts right.
pub(super) fn of_settings(deviations: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
    let settings = deviations.iter().filter(|(name, _)| names.contains(&name.as_str()));
    settings.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Puts them right with the same call that changes the rest.
pub(super) fn undo(update: Update, deviations: &BTreeMap<String, String>) -> Update {
    let settings = SETTINGS.iter().filter(|setting| deviations.contains_key(setting.name));
    settings.fold(update, |update, setting| (setting.undo)(update))
}

impl Function {
    /// Takes away others' permissions.
    pub(super) async fn revoke(
        &self,
        cx: &Context,
        deviations: &BTreeMap<String, String>,
    ) -> Result<(), Failure> {
        let lambda = &cx.clients.lambda;
        let statements = deviations.keys().filter_map(|name| name.strip_prefix(STATEMENT));
        // What was read under an older declaration may have been declared since.
        for statement in statements.filter(|name| !self.statements.contains(*name)) {
            let remove = || async {
                let remove = lambda.remove_permission().function_name(&self.name);
                match remove.statement_id(statement).send().await {
                    Ok(_) => Ok(()),
                    Err(error) if is_missing(&error) => Ok(()),
                    Err(error) => Err(error),
                }
            };
            retry_while("removing somebody's permission failed", is_busy, remove).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use aws_sdk_lambda::types::{
        FileSystemConfig, LogFormat, LoggingConfig, SnapStartResponse, TracingConfigResponse,
        VpcConfigResponse,
    };

    use super::*;

    fn of(configuration: &FunctionConfiguration) -> BTreeMap<String, String> {
        deviations(configuration, std::iter::empty())
    }

    #[test]
    fn what_lambda_answers_of_a_function_with_its_defaults_is_no_deviation() {
        assert!(of(&FunctionConfiguration::builder().build()).is_empty());
        let logging = LoggingConfig::builder().log_format(LogFormat::Json).log_group("g");
        let logging = logging.application_log_level(ApplicationLogLevel::Info);
        // What was there once and was taken away is answered as empty.
        let vpc = VpcConfigResponse::builder().vpc_id("").set_subnet_ids(Some(Vec::new()));
        let configuration = FunctionConfiguration::builder()
            .logging_config(logging.system_log_level(SystemLogLevel::Info).build())
            .vpc_config(vpc.set_security_group_ids(Some(Vec::new())).build())
            .dead_letter_config(DeadLetterConfig::builder().target_arn("").build())
            .kms_key_arn("")
            .set_layers(Some(Vec::new()))
            .set_file_system_configs(Some(Vec::new()))
            .ephemeral_storage(EphemeralStorage::builder().size(512).build().unwrap())
            .tracing_config(TracingConfigResponse::builder().mode(TracingMode::PassThrough).build())
            .snap_start(SnapStartResponse::builder().apply_on(SnapStartApplyOn::None).build());
        assert_eq!(of(&configuration.build()), BTreeMap::new());
    }

    #[test]
    fn what_the_emulator_can_not_be_made_to_do_shows_too() {
        let system = FileSystemConfig::builder().arn("arn:efs").local_mount_path("/mnt/x").build().unwrap();
        let on = SnapStartResponse::builder().apply_on(SnapStartApplyOn::PublishedVersions).build();
        let configuration =
            FunctionConfiguration::builder().file_system_configs(system).snap_start(on).build();
        let shown = [("SnapStart", "PublishedVersions"), ("file systems", "arn:efs")];
        let shown = shown.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(of(&configuration), BTreeMap::from(shown.clone()));
        assert_eq!(of_settings(&of(&configuration)), BTreeMap::from(shown));
    }
}
