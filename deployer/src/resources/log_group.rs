//! One CloudWatch log group, shared by the stack's functions. Log groups keep everything for ever unless told otherwise, so
//! the retention is always set.

use cogapi_engine::{Failure, Found, Replacement, Resource};
use serde::{Deserialize, Serialize};

use super::{Context, TagChanges, Tags, tags_from, topic};
use crate::aws::errors::{is_code, is_missing};
use crate::aws::failure;
use crate::permissions::{ANY, Grant, LOG_GROUPS, Permitted};

/// The inputs of a log group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGroup {
    /// Its name, unique in account and region.
    pub name: String,
    /// How long events are kept, in days; `None` only where someone else took the retention away.
    pub retention_days: Option<i32>,
    /// Its tags.
    pub tags: Tags,
}

/// What others refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its name.
    pub name: String,
    /// Its ARN, without the `:*` that some calls append.
    pub arn: String,
}

impl LogGroup {
    fn outputs(&self, cx: &Context) -> Outputs {
        let (partition, region, account) = (cx.clients.partition(), &cx.clients.region, &cx.account);
        let arn = format!("arn:{partition}:logs:{region}:{account}:log-group:{}", self.name);
        Outputs { name: self.name.clone(), arn }
    }

    /// What is there under this name.
    async fn observe(&self, cx: &Context) -> Result<Option<Self>, Failure> {
        let logs = &cx.clients.logs;
        // A prefix search: the exact name comes first, since it is the shortest that matches.
        let page = logs
            .describe_log_groups()
            .log_group_name_prefix(&self.name)
            .send()
            .await
            .map_err(|error| failure("reading the log group failed", &error))?;
        let Some(group) = page.log_groups().iter().find(|group| group.log_group_name() == Some(&self.name))
        else {
            return Ok(None);
        };
        let tags = match logs.list_tags_for_resource().resource_arn(self.outputs(cx).arn).send().await {
            Ok(tags) => tags_from(tags.tags.unwrap_or_default()),
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(failure("reading the log group's tags failed", &error)),
        };
        Ok(Some(Self { name: self.name.clone(), retention_days: group.retention_in_days, tags }))
    }

    /// Makes the group. Returns what is there then: the retention is a call of its own.
    async fn create(&self, cx: &Context) -> Result<Self, Failure> {
        const SUMMARY: &str = "creating the log group failed";
        let create = cx.clients.logs.create_log_group().log_group_name(&self.name);
        match create.set_tags(Some(self.tags.clone().into_iter().collect())).send().await {
            Ok(_) => Ok(Self { retention_days: None, ..self.clone() }),
            // A repeated call whose first answer was lost, or somebody else's since we looked.
            Err(error) if is_code(&error, &["ResourceAlreadyExistsException"]) => {
                match self.observe(cx).await? {
                    Some(present) if cx.owns(&present.tags) => Ok(present),
                    _ => Err(failure(SUMMARY, &error)),
                }
            }
            Err(error) => Err(failure(SUMMARY, &error)),
        }
    }
}

impl Permitted for LogGroup {
    const GRANTS: &'static [Grant] = &[
        Grant::of(&["logs:DescribeLogGroups"], ANY),
        Grant::of(
            &[
                "logs:CreateLogGroup",
                "logs:DeleteLogGroup",
                "logs:DeleteRetentionPolicy",
                "logs:ListTagsForResource",
                "logs:PutRetentionPolicy",
                "logs:TagResource",
                "logs:UntagResource",
            ],
            &[LOG_GROUPS],
        ),
    ];
}

impl Resource for LogGroup {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "log_group";
    const TOPIC: &'static str = topic::LOGS;
    const SERVICE: &'static str = "logs";
    const LOCATED_BY: &'static [&'static str] = &["name"];
    const REPLACE_ON: &'static [&'static str] = &["name"];
    // Only another name makes it another, and one of each name can be there: functions never write to a group that is gone.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    async fn read(&self, cx: &Context, prior: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        let Some(inputs) = self.observe(cx).await? else { return Ok(Found::Missing) };
        let outputs = self.outputs(cx);
        let ours = prior.is_some() || cx.owns(&inputs.tags);
        Ok(Found::there(ours, inputs, outputs))
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        let logs = &cx.clients.logs;
        let outputs = self.outputs(cx);
        let present = match found.existing() {
            Some((inputs, _)) => inputs.clone(),
            None => self.create(cx).await?,
        };
        match self.retention_days {
            Some(days) if present.retention_days != Some(days) => {
                logs.put_retention_policy()
                    .log_group_name(&self.name)
                    .retention_in_days(days)
                    .send()
                    .await
                    .map_err(|error| failure("setting the log group's retention failed", &error))?;
            }
            None if present.retention_days.is_some() => {
                logs.delete_retention_policy()
                    .log_group_name(&self.name)
                    .send()
                    .await
                    .map_err(|error| failure("removing the log group's retention failed", &error))?;
            }
            _ => {}
        }
        let arn = &outputs.arn;
        let set = |set: Tags| {
            logs.tag_resource().resource_arn(arn).set_tags(Some(set.into_iter().collect())).send()
        };
        let unset = |unset| logs.untag_resource().resource_arn(arn).set_tag_keys(Some(unset)).send();
        let tags = TagChanges::between(&present.tags, &self.tags);
        tags.make("the log group", |_, _| false, set, unset).await?;
        Ok(outputs)
    }

    async fn delete(&self, cx: &Context, _: Option<&Outputs>) -> Result<(), Failure> {
        match cx.clients.logs.delete_log_group().log_group_name(&self.name).send().await {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(failure("deleting the log group failed", &error)),
        }
    }
}
