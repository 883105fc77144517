//! The DynamoDB table of locks: made, checked and removed. What is in it is `dynamodb_lock`'s.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableDescription,
    TableStatus, Tag,
};
use cogapi_engine::Failure;

use super::Step;
use crate::aws::errors::{is_code, is_missing};
use crate::aws::retry::Waits;
use crate::aws::{Clients, failure};

/// The table's key.
pub(super) const KEY: &str = "LockID";

/// Makes the table unless it is there, and waits until it can be used.
pub(super) async fn ensure(
    clients: &Clients,
    name: &str,
    tags: &BTreeMap<String, String>,
) -> Result<Vec<Step>, Failure> {
    const SUMMARY: &str = "making the table of locks failed";
    let mut steps = Vec::new();
    let mut waits = Waits::default();
    loop {
        match describe(clients, name).await? {
            Some(table) if answers(&table) => {
                check_key(name, &table)?;
                return Ok(steps);
            }
            None if create(clients, name, tags).await? => steps = vec![Step::TableCreated],
            // It is being created (by us, or by a deploy next door) or still being deleted: both pass.
            Some(_) | None => {}
        }
        waits.still(SUMMARY, &format!("{name} is not active")).await?;
    }
}

/// Whether the table is there. One that somebody made for something else is a failure.
pub async fn exists(clients: &Clients, name: &str) -> Result<bool, Failure> {
    let Some(table) = describe(clients, name).await? else { return Ok(false) };
    check_key(name, &table)?;
    Ok(true)
}

/// Whether requests are answered.
fn answers(table: &TableDescription) -> bool {
    matches!(table.table_status(), Some(TableStatus::Active | TableStatus::Updating))
}

/// Creates the table; `false`: somebody else is at it.
async fn create(clients: &Clients, name: &str, tags: &BTreeMap<String, String>) -> Result<bool, Failure> {
    const SUMMARY: &str = "making the table of locks failed";
    let build = |error: aws_sdk_dynamodb::error::BuildError| Failure::new(SUMMARY, error.to_string());
    let key = KeySchemaElement::builder().attribute_name(KEY).key_type(KeyType::Hash).build();
    let attribute = AttributeDefinition::builder()
        .attribute_name(KEY)
        .attribute_type(ScalarAttributeType::S)
        .build()
        .map_err(build)?;
    let mut request = clients
        .dynamodb
        .create_table()
        .table_name(name)
        .key_schema(key.map_err(build)?)
        .attribute_definitions(attribute)
        // A few requests a day: there is no throughput to pay for in advance.
        .billing_mode(BillingMode::PayPerRequest);
    for (key, value) in tags {
        request = request.tags(Tag::builder().key(key).value(value).build().map_err(build)?);
    }
    match request.send().await {
        Ok(_) => Ok(true),
        Err(error) if is_code(&error, &["ResourceInUseException"]) => Ok(false),
        Err(error) => Err(failure(SUMMARY, &error)),
    }
}

/// Deletes the table and returns once it is gone. Says whether there was one.
pub(super) async fn remove(clients: &Clients, name: &str) -> Result<bool, Failure> {
    const SUMMARY: &str = "deleting the table of locks failed";
    let mut found = false;
    let mut waits = Waits::default();
    loop {
        match describe(clients, name).await? {
            None => return Ok(found),
            Some(table) if table.table_status() == Some(&TableStatus::Deleting) => {}
            Some(_) => match clients.dynamodb.delete_table().table_name(name).send().await {
                Ok(_) => found = true,
                Err(error) if is_missing(&error) => {}
                // It is still being created or changed.
                Err(error) if is_code(&error, &["ResourceInUseException"]) => {}
                Err(error) => return Err(failure(SUMMARY, &error)),
            },
        }
        waits.still(SUMMARY, &format!("{name} is there")).await?;
    }
}

async fn describe(clients: &Clients, name: &str) -> Result<Option<TableDescription>, Failure> {
    match clients.dynamodb.describe_table().table_name(name).send().await {
        Ok(answer) => Ok(answer.table),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(failure("reading the table of locks failed", &error)),
    }
}

/// A table that somebody made for something else would answer every lock with a puzzling error.
fn check_key(name: &str, table: &TableDescription) -> Result<(), Failure> {
    let key = table.key_schema();
    let is_string = table.attribute_definitions().iter().any(|attribute| {
        attribute.attribute_name() == KEY && *attribute.attribute_type() == ScalarAttributeType::S
    });
    if key.len() == 1 && key[0].attribute_name() == KEY && is_string {
        return Ok(());
    }
    Err(Failure::new(
        "the table of locks is not one",
        format!("the key of {name} is not the string `{KEY}` alone"),
    )
    .with_hint("name another table as `lock_table` in the environment's [state] section: deploy makes it"))
}
