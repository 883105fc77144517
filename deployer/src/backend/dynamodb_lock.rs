//! One environment's lock as a DynamoDB item: taken, renewed and released by conditional writes only, so that two can't
//! both succeed. Owns no policy on how long a lease is or when it is renewed: that is the engine's.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use cogapi_engine::backend::BackendError;
use cogapi_engine::{Failure, LockInfo};
use jiff::Timestamp;

use super::table;
use crate::aws::errors::{is_code, is_missing};
use crate::aws::failure;

/// How often a lock is tried that was refused and then turned out to be free.
const ATTEMPTS: u32 = 3;
const REFUSED: &[&str] = &["ConditionalCheckFailedException"];

// The attributes besides the key. In expressions they go by placeholders: several are reserved words of DynamoDB.
const ID: &str = "Id";
const OWNER: &str = "Owner";
const HOST: &str = "Host";
const OPERATION: &str = "Operation";
const SINCE: &str = "Since";
const EXPIRES: &str = "Expires";

type Item = HashMap<String, AttributeValue>;

/// The item.
#[derive(Debug, Clone)]
pub(super) struct LockItem {
    dynamodb: Client,
    table: String,
    key: String,
}

impl LockItem {
    pub(super) fn new(dynamodb: Client, table: String, key: String) -> Self {
        Self { dynamodb, table, key }
    }

    /// Takes the lock if nobody has it, or if its lease is over.
    ///
    /// Whether it is over, our clock says, and the lease was written by another one. AWS takes no request that is signed
    /// with a clock more than minutes off; should one that is less wrong end a living lease, its holder learns that at its
    /// next renewal, and can't store its state any more as soon as the new one has.
    pub(super) async fn take(&self, info: &LockInfo) -> Result<(), BackendError> {
        const SUMMARY: &str = "taking the lock failed";
        let mut attempt = 0;
        loop {
            attempt += 1;
            let result = self
                .dynamodb
                .put_item()
                .table_name(&self.table)
                .set_item(Some(self.item(info)))
                // Our own id counts as free: the SDK repeats a call whose answer was lost.
                .condition_expression("attribute_not_exists(#key) OR #expires < :now OR #id = :id")
                .expression_attribute_names("#key", table::KEY)
                .expression_attribute_names("#expires", EXPIRES)
                .expression_attribute_names("#id", ID)
                .expression_attribute_values(":now", milliseconds(Timestamp::now()))
                .expression_attribute_values(":id", AttributeValue::S(info.id.clone()))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .send()
                .await;
            let Err(error) = result else { return Ok(()) };
            if !is_code(&error, REFUSED) {
                return Err(no_table(failure(SUMMARY, &error), is_missing(&error)).into());
            }
            let holder = match item_in(&error) {
                Some(item) => parse(item)?,
                None => self.holder().await?,
            };
            match holder {
                Some(holder) => return Err(BackendError::Locked(Box::new(holder))),
                // Released between the two calls.
                None if attempt < ATTEMPTS => {}
                None => return Err(Failure::new(SUMMARY, "others take and release it all the time").into()),
            }
        }
    }

    /// Extends the lease of the lock `id`. An expired lease that nobody took over can still be extended.
    pub(super) async fn renew(&self, id: &str, expires: Timestamp) -> Result<(), BackendError> {
        let result = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .key(table::KEY, AttributeValue::S(self.key.clone()))
            .update_expression("SET #expires = :expires")
            .condition_expression("#id = :id")
            .expression_attribute_names("#expires", EXPIRES)
            .expression_attribute_names("#id", ID)
            .expression_attribute_values(":expires", milliseconds(expires))
            .expression_attribute_values(":id", AttributeValue::S(id.to_owned()))
            .send()
            .await;
        match result {
            Ok(_) => Ok(()),
            Err(error) if is_code(&error, REFUSED) => {
                let holder = self.holder().await.ok().flatten();
                Err(BackendError::LockLost(holder.map_or_else(
                    || "somebody removed it".to_owned(),
                    |holder| format!("{holder} took it over"),
                )))
            }
            Err(error) if is_missing(&error) => {
                Err(BackendError::LockLost(format!("the table {} is gone", self.table)))
            }
            Err(error) => Err(failure("renewing the lock failed", &error).into()),
        }
    }

    /// Releases the lock `id`. Says whether nobody holds it now; `false`: it is somebody else's.
    ///
    /// The item stays, without a holder: it says that the table is still needed, see [`forget`].
    pub(super) async fn release(&self, id: &str) -> Result<bool, Failure> {
        let result = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .key(table::KEY, AttributeValue::S(self.key.clone()))
            // Without the id, whoever had the lock and was cut off can't renew it back to life.
            .update_expression("SET #expires = :never REMOVE #id")
            .condition_expression("#id = :id")
            .expression_attribute_names("#expires", EXPIRES)
            .expression_attribute_names("#id", ID)
            .expression_attribute_values(":never", milliseconds(Timestamp::UNIX_EPOCH))
            .expression_attribute_values(":id", AttributeValue::S(id.to_owned()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match result {
            Ok(_) => Ok(true),
            Err(error) if is_missing(&error) => Ok(true),
            Err(error) if is_code(&error, REFUSED) => {
                let refusal = match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => refusal.item(),
                    _ => None,
                };
                Ok(refusal.is_none_or(|item| !item.contains_key(ID)))
            }
            Err(error) => Err(failure("releasing the lock failed", &error)),
        }
    }

    /// Who holds the lock, its lease over or not.
    pub(super) async fn holder(&self) -> Result<Option<LockInfo>, BackendError> {
        let result = self
            .dynamodb
            .get_item()
            .table_name(&self.table)
            .key(table::KEY, AttributeValue::S(self.key.clone()))
            // The default may answer what was true a second ago.
            .consistent_read(true)
            .send()
            .await;
        match result {
            Ok(answer) => Ok(answer.item.as_ref().map(parse).transpose()?.flatten()),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failure("reading the lock failed", &error).into()),
        }
    }

    fn item(&self, info: &LockInfo) -> Item {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        Item::from([
            (table::KEY.to_owned(), text(&self.key)),
            (ID.to_owned(), text(&info.id)),
            (OWNER.to_owned(), text(&info.owner)),
            (HOST.to_owned(), text(&info.host)),
            (OPERATION.to_owned(), text(&info.operation)),
            (SINCE.to_owned(), text(&info.since.to_string())),
            (EXPIRES.to_owned(), milliseconds(info.expires)),
        ])
    }
}

/// All keys in a table, each with who holds its lock; none when the table is not there.
pub(super) async fn all(dynamodb: &Client, table: &str) -> Result<Vec<(String, Option<LockInfo>)>, Failure> {
    const SUMMARY: &str = "listing the locks failed";
    let mut locks = Vec::new();
    let mut pages = dynamodb.scan().table_name(table).consistent_read(true).into_paginator().items().send();
    while let Some(item) = pages.next().await {
        let item = match item {
            Ok(item) => item,
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            Err(error) => return Err(failure(SUMMARY, &error)),
        };
        let info = parse(&item).map_err(|error| Failure::new(SUMMARY, error.to_string()))?;
        locks.push((string(&item, super::table::KEY).unwrap_or_default(), info));
    }
    Ok(locks)
}

/// Removes the items of everything in `bucket`, and says whether items of other buckets are left: then others need the table.
pub(super) async fn forget(dynamodb: &Client, table: &str, bucket: &str) -> Result<bool, Failure> {
    const SUMMARY: &str = "removing the locks failed";
    let mut others = false;
    for (key, _) in all(dynamodb, table).await? {
        if key.split_once('/').is_none_or(|(of, _)| of != bucket) {
            others = true;
            continue;
        }
        let delete =
            dynamodb.delete_item().table_name(table).key(super::table::KEY, AttributeValue::S(key)).send();
        match delete.await {
            Ok(_) => {}
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(failure(SUMMARY, &error)),
        }
    }
    Ok(others)
}

fn no_table(failure: Failure, missing: bool) -> Failure {
    if missing { failure.with_hint("`cogapi deploy` makes the table of locks") } else { failure }
}

/// The item that refused our write: DynamoDB returns it with the refusal.
fn item_in<R>(error: &SdkError<PutItemError, R>) -> Option<&Item> {
    match error.as_service_error()? {
        PutItemError::ConditionalCheckFailedException(refusal) => refusal.item(),
        _ => None,
    }
}

/// Milliseconds, not seconds as DynamoDB's own expiry wants: that would remove a lock within days, not when it matters.
fn milliseconds(time: Timestamp) -> AttributeValue {
    AttributeValue::N(time.as_millisecond().to_string())
}

fn string(item: &Item, name: &str) -> Option<String> {
    item.get(name)?.as_s().ok().cloned()
}

/// Who holds the lock; `None`: it was released.
fn parse(item: &Item) -> Result<Option<LockInfo>, BackendError> {
    let corrupt = |name: &str| BackendError::Corrupt(format!("the lock has no readable `{name}`"));
    let text = |name: &str| string(item, name).ok_or_else(|| corrupt(name));
    let expires = item
        .get(EXPIRES)
        .and_then(|value| value.as_n().ok())
        .and_then(|number| number.parse().ok())
        .and_then(|number| Timestamp::from_millisecond(number).ok())
        .ok_or_else(|| corrupt(EXPIRES))?;
    if expires == Timestamp::UNIX_EPOCH && !item.contains_key(ID) {
        return Ok(None);
    }
    Ok(Some(LockInfo {
        id: text(ID)?,
        owner: text(OWNER)?,
        host: text(HOST)?,
        operation: text(OPERATION)?,
        since: text(SINCE)?.parse().map_err(|_| corrupt(SINCE))?,
        expires,
    }))
}
