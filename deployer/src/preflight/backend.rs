//! Whether state and lock have, or can have, their place, and whether somebody works on the environment right now.

use cogapi_engine::{Backend as _, BackendError, Failure, LockInfo};
use jiff::Timestamp;

use super::{Check, Finding, Subject};
use crate::backend::{Location, bucket_exists, table_exists};

pub(super) async fn look(subject: &Subject<'_>) -> Vec<Finding> {
    let Subject { environment, cx, location, backend, .. } = subject;
    let (bucket, table, holder) = futures::join!(
        bucket_exists(&cx.clients, location),
        table_exists(&cx.clients, &location.lock_table),
        backend.holder(),
    );
    vec![state_bucket(location, bucket), lock(location, &environment.name, table, holder)]
}

fn state_bucket(location: &Location, found: Result<bool, Failure>) -> Finding {
    const CHECK: Check = Check::StateBucket;
    let Location { bucket, account, .. } = location;
    match found {
        Ok(true) => Finding::ok(CHECK, format!("{bucket} belongs to account {account}")),
        Ok(false) => Finding::ok(CHECK, format!("nobody has {bucket}: the first deploy makes it")),
        // S3 does not tell a bucket of others from one that we may not look at.
        Err(failure) => {
            let detail = format!("{} (looking takes s3:ListBucket)", failure.detail);
            Finding::failed(CHECK, &failure).meaning(detail)
        }
    }
}

fn lock(
    location: &Location,
    environment: &str,
    table: Result<bool, Failure>,
    holder: Result<Option<LockInfo>, BackendError>,
) -> Finding {
    const CHECK: Check = Check::Lock;
    let name = &location.lock_table;
    match (table, holder) {
        (Err(failure), _) => Finding::blind(CHECK, "dynamodb:DescribeTable", &failure),
        (Ok(false), _) => Finding::ok(CHECK, format!("there is no table {name}: the first deploy makes it")),
        (Ok(true), Err(BackendError::Failed(failure))) => {
            Finding::blind(CHECK, "dynamodb:GetItem", &failure)
        }
        (Ok(true), Err(other)) => Finding::problem(CHECK, "the lock can't be read").meaning(other.to_string()),
        (Ok(true), Ok(Some(holder))) if holder.expires > Timestamp::now() => {
            Finding::warning(CHECK, "somebody works on the environment")
                .meaning(format!("{holder}; its lease ends at {:.0}", holder.expires))
                .hint(format!(
                    "wait until that has ended; if it was killed, `cogapi unlock --env {environment}` removes its lock"
                ))
        }
        // A lease that is over, of a run that was killed, keeps nobody out.
        (Ok(true), Ok(_)) => Finding::ok(CHECK, format!("free, in the table {name}")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::preflight::Verdict;

    fn location() -> Location {
        let [bucket, lock_table, account] = ["b", "locks", "123456789012"].map(ToOwned::to_owned);
        Location { bucket, lock_table, account }
    }

    fn holder(expires: &str) -> LockInfo {
        LockInfo {
            id: "1".to_owned(),
            owner: "joe".to_owned(),
            host: "desk".to_owned(),
            operation: "deploy".to_owned(),
            since: Timestamp::UNIX_EPOCH,
            expires: expires.parse().unwrap(),
        }
    }

    #[test]
    fn only_a_living_lease_is_told() {
        let verdict = |holder| lock(&location(), "dev", Ok(true), Ok(holder)).verdict;
        assert_eq!(verdict(None), Verdict::Ok);
        assert_eq!(verdict(Some(holder("2020-01-01T00:00:00Z"))), Verdict::Ok);
        assert_eq!(verdict(Some(holder("9999-01-01T00:00:00Z"))), Verdict::Warning);
    }

    #[test]
    fn a_table_made_for_something_else_is_a_problem() {
        let failure = Failure::new("the table of locks is not one", "its key is `id`").with_hint("another");
        let found = lock(&location(), "dev", Err(failure), Ok(None));
        assert_eq!((found.verdict, found.hint.as_deref()), (Verdict::Problem, Some("another")));
    }
}
