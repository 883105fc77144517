//! Making the backend: as it should be, once, whoever else is at it and whenever it is killed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_sdk_s3::types::{BucketVersioningStatus, Tag, Tagging, VersioningConfiguration};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;
use cogapi::aws::Clients;
use cogapi::backend::{Step, ensure};
use serde_json::{Value, json};

use crate::{World, tags};

/// What there is, as the services tell it.
async fn settings(world: &World) -> Value {
    let s3 = &world.clients.s3;
    let bucket = world.location.bucket.as_str();
    let versioning = s3.get_bucket_versioning().bucket(bucket).send().await.unwrap();
    let encryption = s3.get_bucket_encryption().bucket(bucket).send().await.unwrap();
    let rules = encryption.server_side_encryption_configuration.unwrap().rules;
    let algorithm = rules[0].apply_server_side_encryption_by_default().unwrap().sse_algorithm().clone();
    let access = s3.get_public_access_block().bucket(bucket).send().await.unwrap();
    let access = access.public_access_block_configuration.unwrap();
    let policy = s3.get_bucket_policy().bucket(bucket).send().await.unwrap().policy.unwrap();
    let tags = s3.get_bucket_tagging().bucket(bucket).send().await.unwrap().tag_set;
    let table = world.clients.dynamodb.describe_table().table_name(&world.location.lock_table).send().await;
    let table = table.unwrap().table.unwrap();
    let arn = table.table_arn().unwrap();
    let table_tags = world.clients.dynamodb.list_tags_of_resource().resource_arn(arn).send().await;
    json!({
        "versioning": versioning.status().map(BucketVersioningStatus::as_str),
        "encryption": algorithm.as_str(),
        "private": [access.block_public_acls, access.ignore_public_acls, access.block_public_policy,
            access.restrict_public_buckets],
        "policy": serde_json::from_str::<Value>(&policy).unwrap()["Statement"],
        "tags": tags.iter().map(|tag| format!("{}={}", tag.key(), tag.value())).collect::<Vec<_>>(),
        "table_key": table.key_schema().iter().map(KeySchemaElement::attribute_name).collect::<Vec<_>>(),
        "table_billing": table.billing_mode_summary().and_then(|found| found.billing_mode()).map(BillingMode::as_str),
        "table_tags": table_tags.unwrap().tags().iter().map(|tag| format!("{}={}", tag.key(), tag.value()))
            .collect::<Vec<_>>(),
    })
}

fn expected(world: &World) -> Value {
    let bucket = &world.location.bucket;
    json!({
        "versioning": "Enabled",
        "encryption": "AES256",
        "private": [true, true, true, true],
        "policy": [{
            "Sid": "CogapiTlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }],
        "tags": ["team=identity"],
        "table_key": ["LockID"],
        "table_billing": "PAY_PER_REQUEST",
        "table_tags": ["team=identity"],
    })
}

#[tokio::test]
async fn the_bucket_is_versioned_encrypted_private_and_tls_only_and_the_table_can_lock() {
    let world = World::empty();
    let steps = ensure(&world.clients, &world.location, &tags()).await.unwrap();
    assert_eq!(steps.len(), 7, "{steps:?}");
    assert_eq!(settings(&world).await, expected(&world));
}

#[tokio::test]
async fn a_second_time_costs_few_reads_and_changes_nothing() {
    let world = World::bootstrapped().await;
    let (reads, writes, calls) = world
        .calls(async {
            assert_eq!(ensure(&world.clients, &world.location, &tags()).await.unwrap(), []);
        })
        .await;
    assert_eq!((reads, writes), (6, 0), "{calls}");
}

#[tokio::test]
async fn only_what_is_not_as_it_should_be_is_put_right() {
    let world = World::bootstrapped().await;
    let (s3, bucket) = (&world.clients.s3, &world.location.bucket);
    let suspended = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    s3.put_bucket_versioning().bucket(bucket).versioning_configuration(suspended).send().await.unwrap();
    s3.delete_bucket_policy().bucket(bucket).send().await.unwrap();
    let steps = ensure(&world.clients, &world.location, &tags()).await.unwrap();
    assert_eq!(steps, [Step::Versioned, Step::TlsOnly]);
    assert_eq!(settings(&world).await, expected(&world));
}

#[tokio::test]
async fn tags_of_others_stay_and_two_environments_do_not_change_them_back_and_forth() {
    let world = World::bootstrapped().await;
    let theirs = [("cost", "42"), ("team", "platform")]
        .map(|(key, value)| Tag::builder().key(key).value(value).build().unwrap());
    let tagging = Tagging::builder().set_tag_set(Some(theirs.to_vec())).build().unwrap();
    let bucket = &world.location.bucket;
    world.clients.s3.put_bucket_tagging().bucket(bucket).tagging(tagging).send().await.unwrap();
    let wanted = [("team", "identity"), ("stage", "dev")];
    let wanted = wanted.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    assert_eq!(ensure(&world.clients, &world.location, &wanted).await.unwrap(), [Step::Tagged]);
    assert_eq!(settings(&world).await["tags"], json!(["cost=42", "stage=dev", "team=platform"]));
    assert_eq!(ensure(&world.clients, &world.location, &wanted).await.unwrap(), []);
}

#[tokio::test]
async fn many_deploys_at_once_make_one_backend() {
    let world = World::empty();
    let tags = tags();
    let all = (0..6).map(|_| ensure(&world.clients, &world.location, &tags));
    futures::future::try_join_all(all).await.unwrap();
    assert_eq!(settings(&world).await, expected(&world));
}

#[tokio::test]
async fn a_table_made_for_something_else_is_refused() {
    let world = World::empty();
    let attribute =
        AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    world
        .clients
        .dynamodb
        .create_table()
        .table_name(&world.location.lock_table)
        .attribute_definitions(attribute.build().unwrap())
        .key_schema(key.build().unwrap())
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
    let failure = ensure(&world.clients, &world.location, &tags()).await.unwrap_err();
    assert!(failure.detail.contains("LockID"), "{failure}");
    assert!(failure.hint.is_some_and(|hint| hint.contains("lock_table")));
}

/// Stops everything at one call: before it is sent, or after it was done.
#[derive(Debug, Clone)]
struct Kill {
    left: Arc<AtomicUsize>,
    after: bool,
}

impl Kill {
    fn step(&self) -> Result<(), BoxError> {
        let alive = |left: usize| left.checked_sub(1);
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, alive) {
            Ok(_) => Ok(()),
            Err(_) => Err("killed".into()),
        }
    }

    fn clients(&self, clients: &Clients) -> Clients {
        let mut mortal = clients.clone();
        let once = RetryConfig::disabled();
        let s3 = clients.s3.config().to_builder().interceptor(self.clone()).retry_config(once.clone());
        mortal.s3 = aws_sdk_s3::Client::from_conf(s3.build());
        let dynamodb = clients.dynamodb.config().to_builder().interceptor(self.clone()).retry_config(once);
        mortal.dynamodb = aws_sdk_dynamodb::Client::from_conf(dynamodb.build());
        mortal
    }
}

impl Intercept for Kill {
    fn name(&self) -> &'static str {
        "Kill"
    }

    fn modify_before_transmit(
        &self,
        _: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.after { Ok(()) } else { self.step() }
    }

    fn modify_before_deserialization(
        &self,
        _: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.after { self.step() } else { Ok(()) }
    }
}

#[tokio::test]
async fn a_bootstrap_killed_at_any_call_is_finished_by_the_next() {
    for after in [false, true] {
        for calls in 0.. {
            let world = World::empty();
            let kill = Kill { left: Arc::new(AtomicUsize::new(calls)), after };
            let killed = ensure(&kill.clients(&world.clients), &world.location, &tags()).await.is_err();
            ensure(&world.clients, &world.location, &tags()).await.unwrap();
            assert_eq!(settings(&world).await, expected(&world), "killed at call {calls}, after: {after}");
            if !killed {
                assert!(calls >= 8, "{calls}");
                break;
            }
        }
    }
}
