//! What a log group holds, in the order of time. Reads only; what a line means is not its business.

use std::collections::BTreeSet;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use cogapi_engine::Failure;
use jiff::Timestamp;

use super::errors::is_missing;
use super::failure;

/// How late an event may be found: what is written at one moment is not found by all at the same
/// (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/logs/CWL_QuerySyntax-considerations.html).
const LAG_MS: i64 = 30_000;

/// The events of a log group from some moment on.
#[derive(Debug)]
pub struct LogEvents {
    logs: Client,
    group: String,
    /// In CloudWatch's filter syntax; empty: all.
    pattern: String,
    since: i64,
    /// Those that the next look finds again: moment, stream and text.
    seen: BTreeSet<(i64, String, String)>,
}

impl LogEvents {
    /// The events of `group` that fit `pattern`, from `since` on.
    #[must_use]
    pub fn of(logs: &Client, group: String, pattern: String, since: Timestamp) -> Self {
        Self { logs: logs.clone(), group, pattern, since: since.as_millisecond(), seen: BTreeSet::new() }
    }

    /// The texts that have come since the last look. `None`: there is no such group.
    pub async fn look(&mut self) -> Result<Option<Vec<String>>, Failure> {
        let look = self.logs.filter_log_events().log_group_name(&self.group).start_time(self.since);
        let pattern = (!self.pattern.is_empty()).then(|| self.pattern.clone());
        let mut pages = look.set_filter_pattern(pattern).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => found.extend(page.events.unwrap_or_default()),
                Err(error) if is_missing(&error) => return Ok(None),
                Err(error) => return Err(failure("reading the logs failed", &error)),
            }
        }
        found.sort_by_key(FilteredLogEvent::timestamp);
        let mut texts = Vec::new();
        for event in found {
            let (at, text) = (event.timestamp.unwrap_or_default(), event.message.unwrap_or_default());
            if self.seen.insert((at, event.log_stream_name.unwrap_or_default(), text.clone())) {
                texts.push(text);
            }
        }
        if let Some((newest, ..)) = self.seen.last() {
            self.since = self.since.max(newest - LAG_MS);
        }
        self.seen = self.seen.split_off(&(self.since, String::new(), String::new()));
        Ok(Some(texts))
    }
}
