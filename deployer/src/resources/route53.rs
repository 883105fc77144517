//! What the kinds that write DNS records share: how Route 53 writes names, what is there at a name, and changes with their
//! refusals explained. Owns no resource kind and no decision on whose record it is.

use std::time::Duration;

use aws_sdk_route53::error::BuildError;
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ChangeStatus, ResourceRecordSet};
use cogapi_engine::Failure;

use super::Context;
use super::waiting::Wait;
use crate::aws::errors::{code, is_code};
use crate::aws::failure;

/// Changes reach all of Route 53's servers "generally within 60 seconds"
/// (https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetChange.html).
const PROPAGATION: Duration = Duration::from_mins(5);

/// A name as the rest of cogapi writes it: lower case, without the trailing dot, and without Route 53's escapes, of which the
/// wildcard's is the only one that a name of ours can have.
pub(crate) fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase().replace("\\052", "*")
}

/// All records at a name, whatever their type; none where the zone itself is gone.
pub(crate) async fn records_at(
    cx: &Context,
    zone_id: &str,
    name: &str,
) -> Result<Vec<ResourceRecordSet>, Failure> {
    let mut records = Vec::new();
    let mut list =
        cx.clients.route53.list_resource_record_sets().hosted_zone_id(zone_id).start_record_name(name);
    loop {
        let page = match list.clone().send().await {
            Ok(page) => page,
            Err(error) if is_code(&error, &["NoSuchHostedZone"]) => return Ok(Vec::new()),
            Err(error) => return Err(failure("reading the zone's records failed", &error)),
        };
        // The list begins at the name and goes on with whatever follows it.
        let more = page.next_record_name.as_deref().is_some_and(|next| plain(next) == plain(name));
        records.extend(page.resource_record_sets.into_iter().filter(|it| plain(it.name()) == plain(name)));
        if !(page.is_truncated && more) {
            return Ok(records);
        }
        list = list
            .set_start_record_name(page.next_record_name)
            .set_start_record_type(page.next_record_type)
            .set_start_record_identifier(page.next_record_identifier);
    }
}

/// What came of a batch of changes.
pub(super) enum Changed {
    /// Done: all of it, under this id.
    Done(String),
    /// Refused, and nothing of it was done: the records are not as the batch supposes.
    Refused(Failure),
}

/// Makes changes, all or none.
pub(super) async fn change(
    cx: &Context,
    zone_id: &str,
    changes: impl IntoIterator<Item = (ChangeAction, ResourceRecordSet)>,
) -> Result<Changed, Failure> {
    let changes = changes.into_iter().map(|(action, record)| {
        Change::builder()
            .action(action)
            .resource_record_set(record)
            .build()
            .map_err(|error| incomplete(&error))
    });
    let changes = changes.collect::<Result<Vec<_>, _>>()?;
    let batch = ChangeBatch::builder().comment("cogapi").set_changes(Some(changes)).build();
    let batch = batch.map_err(|error| incomplete(&error))?;
    let request =
        cx.clients.route53.change_resource_record_sets().hosted_zone_id(zone_id).change_batch(batch);
    match request.send().await {
        Ok(answer) => Ok(Changed::Done(answer.change_info.map_or_else(String::new, |change| change.id))),
        Err(error) => {
            let refused = failure(SUMMARY, &error);
            match code(&error) {
                Some("NoSuchHostedZone") => Err(refused.with_hint(format!(
                    "`domain.zone_id` is {zone_id}: the account has no such hosted zone; `aws route53 list-hosted-zones` shows those that it has"
                ))),
                Some("InvalidChangeBatch") if refused.detail.contains("not permitted in zone") => {
                    Err(refused.with_hint(format!(
                        "the hosted zone {zone_id} is not the one of this name: correct `domain.zone_id`"
                    )))
                }
                Some("InvalidChangeBatch") => Ok(Changed::Refused(refused)),
                _ => Err(refused),
            }
        }
    }
}

/// What went wrong with every change.
const SUMMARY: &str = "changing the zone's records failed";

/// A record or change without one of its fields: a mistake of ours.
pub(super) fn incomplete(error: &BuildError) -> Failure {
    Failure::new(SUMMARY, error.to_string())
}

/// Waits until all of the zone's servers answer with a change.
pub(super) async fn in_sync(cx: &Context, what: &str, change_id: &str) -> Result<(), Failure> {
    let mut wait = Wait::new(&cx.reporter, what, PROPAGATION);
    loop {
        let got = cx.clients.route53.get_change().id(change_id).send().await;
        let got = got.map_err(|error| failure("asking for the DNS change failed", &error))?;
        if got.change_info.is_none_or(|change| change.status != ChangeStatus::Pending) {
            return Ok(());
        }
        wait.pause("Route 53 has not told all of its servers yet").await?;
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_name_is_the_same_however_it_is_written() {
        for written in ["*.example.com", "\\052.example.com.", "*.Example.COM."] {
            assert_eq!(plain(written), "*.example.com");
        }
    }
}
