//! Tags: what differs between those that are there and those that were declared, and the two calls that settle it. Knows no
//! service: each has calls of its own for the same two things.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use cogapi_engine::Failure;

use crate::aws::retry::retry_while;

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// What differs between two sets of tags.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TagChanges {
    /// To be set: new ones and those with another value.
    pub(crate) set: Tags,
    /// Keys to be removed.
    pub(crate) unset: Vec<String>,
}

impl TagChanges {
    /// From what is there to what should be.
    pub(crate) fn between(found: &Tags, desired: &Tags) -> Self {
        let set = desired.iter().filter(|(key, value)| found.get(*key) != Some(value));
        let unset = found.keys().filter(|key| !desired.contains_key(*key));
        Self {
            set: set.map(|(key, value)| (key.clone(), value.clone())).collect(),
            unset: unset.cloned().collect(),
        }
    }

    /// Makes these changes to `what` ("the role"), with the service's own calls, and none where nothing differs. A refusal that
    /// `passes` by itself is waited out.
    pub(crate) async fn make<Set, Unset, T, U, E, F>(
        self,
        what: &str,
        passes: impl Fn(&str, &str) -> bool,
        set: impl Fn(Tags) -> Set,
        unset: impl Fn(Vec<String>) -> Unset,
    ) -> Result<(), Failure>
    where
        Set: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        Unset: Future<Output = Result<U, SdkError<F, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        F: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        if !self.set.is_empty() {
            let summary = format!("tagging {what} failed");
            retry_while(&summary, &passes, || set(self.set.clone())).await?;
        }
        if !self.unset.is_empty() {
            let summary = format!("untagging {what} failed");
            retry_while(&summary, &passes, || unset(self.unset.clone())).await?;
        }
        Ok(())
    }
}

/// Tags as AWS gave them, without those that AWS itself sets (`aws:…`): nobody can change these.
pub(crate) fn tags_from<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Tags {
    pairs
        .into_iter()
        .map(|(key, value)| (key.into(), value.into()))
        .filter(|(key, _)| !key.starts_with("aws:"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_change_only_where_they_differ() {
        let found = tags_from([("same", "1"), ("other", "1"), ("gone", "1"), ("aws:cloudformation:x", "1")]);
        let desired = tags_from([("same", "1"), ("other", "2"), ("new", "3")]);
        let changes = TagChanges::between(&found, &desired);
        assert_eq!(changes.set, tags_from([("other", "2"), ("new", "3")]));
        assert_eq!(changes.unset, ["gone"]);
        assert_eq!(TagChanges::between(&desired, &desired), TagChanges::default());
    }
}
