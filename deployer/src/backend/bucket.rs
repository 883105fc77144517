//! The S3 bucket of the backend: observed, made, brought in line, removed. What is in it is not its business.

use std::collections::BTreeMap;

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tag, Tagging, VersioningConfiguration,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use cogapi_engine::Failure;
use serde_json::Value;

use super::{Location, Step, policy};
use crate::aws::errors::{code, is_code, is_missing, missing_action};
use crate::aws::retry::{Waits, retry_while};
use crate::aws::{Clients, failure};

const MAKING: &str = "making the state bucket failed";
/// The region whose name CreateBucket does not accept: it is the default.
const DEFAULT_REGION: &str = "us-east-1";

/// What there is, as far as we care.
#[derive(Debug, Default, PartialEq)]
struct Observed {
    versioned: bool,
    encrypted: bool,
    private: bool,
    policy: Option<Value>,
    tags: BTreeMap<String, String>,
}

/// Makes sure that the bucket is there, versioned, encrypted, private, reached by TLS only, and tagged.
pub(super) async fn ensure(
    clients: &Clients,
    location: &Location,
    tags: &BTreeMap<String, String>,
) -> Result<Vec<Step>, Failure> {
    let bucket = Bucket { clients, location };
    let (created, observed) = match Box::pin(bucket.observe()).await {
        Ok(observed) => (None, observed),
        Err(Look::NoBucket) => (bucket.create().await?, Observed::default()),
        Err(Look::Failed(failure)) => return Err(failure),
    };
    let steps = futures::try_join!(
        bucket.sync_versioning(&observed),
        bucket.sync_encryption(&observed),
        bucket.sync_privacy(&observed),
        bucket.sync_policy(&observed),
        bucket.sync_tags(&observed, tags),
    )?;
    Ok([created, steps.0, steps.1, steps.2, steps.3, steps.4].into_iter().flatten().collect())
}

/// Whether the bucket is there. One of somebody else's is a failure, and so is one of ours in another region.
pub async fn exists(clients: &Clients, location: &Location) -> Result<bool, Failure> {
    let Location { bucket, account, .. } = location;
    match clients.s3.head_bucket().bucket(bucket).expected_bucket_owner(account).send().await {
        Ok(_) => Ok(true),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) => Err(refusal("the state bucket can't be looked at", location, &error)),
    }
}

/// Why there is nothing to see.
enum Look {
    NoBucket,
    Failed(Failure),
}

struct Bucket<'a> {
    clients: &'a Clients,
    location: &'a Location,
}

/// Conditions that pass: S3 refuses changes of a bucket while another one is being made (or while a bucket of this name is
/// still being deleted), and a new bucket is not known everywhere at once.
fn passes(code: &str, _message: &str) -> bool {
    matches!(code, "OperationAborted" | "NoSuchBucket")
}

impl Bucket<'_> {
    async fn observe(&self) -> Result<Observed, Look> {
        let s3 = &self.clients.s3;
        let Location { bucket, account, .. } = self.location;
        let (versioning, encryption, access, policy, tags) = futures::try_join!(
            self.look(s3.get_bucket_versioning().bucket(bucket).expected_bucket_owner(account).send(), ""),
            self.look(
                s3.get_bucket_encryption().bucket(bucket).expected_bucket_owner(account).send(),
                "ServerSideEncryptionConfigurationNotFoundError"
            ),
            self.look(
                s3.get_public_access_block().bucket(bucket).expected_bucket_owner(account).send(),
                "NoSuchPublicAccessBlockConfiguration"
            ),
            self.look(
                s3.get_bucket_policy().bucket(bucket).expected_bucket_owner(account).send(),
                "NoSuchBucketPolicy"
            ),
            self.look(
                s3.get_bucket_tagging().bucket(bucket).expected_bucket_owner(account).send(),
                "NoSuchTagSet"
            ),
        )?;
        let tags = tags.map(|found| found.tag_set).unwrap_or_default();
        Ok(Observed {
            versioned: versioning
                .is_some_and(|found| found.status() == Some(&BucketVersioningStatus::Enabled)),
            // Any will do: a stricter one (KMS) was somebody's decision.
            encrypted: encryption
                .and_then(|found| found.server_side_encryption_configuration)
                .is_some_and(|configuration| !configuration.rules.is_empty()),
            private: access
                .and_then(|found| found.public_access_block_configuration)
                .is_some_and(|found| found == private()),
            policy: policy.and_then(|found| found.policy).and_then(|text| serde_json::from_str(&text).ok()),
            tags: tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
        })
    }

    /// One look: `None` where S3 answers that there is nothing of the sort (`absent`).
    async fn look<T, E>(
        &self,
        answer: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        absent: &str,
    ) -> Result<Option<T>, Look>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match answer.await {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_code(&error, &["NoSuchBucket"]) => Err(Look::NoBucket),
            Err(error) if is_code(&error, &[absent]) => Ok(None),
            Err(error) => Err(Look::Failed(refusal(
                "reading the state bucket's settings failed",
                self.location,
                &error,
            ))),
        }
    }

    /// Creates the bucket; `None`: a deploy next door was faster.
    async fn create(&self) -> Result<Option<Step>, Failure> {
        let region = &self.clients.region;
        let configuration = (region != DEFAULT_REGION).then(|| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(region.as_str()))
                .build()
        });
        let mut waits = Waits::default();
        loop {
            let request = self.clients.s3.create_bucket().bucket(&self.location.bucket);
            match request.set_create_bucket_configuration(configuration.clone()).send().await {
                Ok(_) => return Ok(Some(Step::BucketCreated)),
                Err(error) if is_code(&error, &["BucketAlreadyOwnedByYou"]) => return Ok(None),
                // Another creation, or the deletion of its predecessor, is still in progress.
                Err(error) if is_code(&error, &["OperationAborted"]) => {
                    waits.again(MAKING, &error, true).await?;
                }
                Err(error) => return Err(refusal(MAKING, self.location, &error)),
            }
        }
    }

    async fn sync_versioning(&self, observed: &Observed) -> Result<Option<Step>, Failure> {
        if observed.versioned {
            return Ok(None);
        }
        let configuration =
            VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        retry_while(MAKING, passes, || {
            self.clients
                .s3
                .put_bucket_versioning()
                .bucket(&self.location.bucket)
                .expected_bucket_owner(&self.location.account)
                .versioning_configuration(configuration.clone())
                .send()
        })
        .await?;
        Ok(Some(Step::Versioned))
    }

    async fn sync_encryption(&self, observed: &Observed) -> Result<Option<Step>, Failure> {
        if observed.encrypted {
            return Ok(None);
        }
        let build = |error: aws_sdk_s3::error::BuildError| Failure::new(MAKING, error.to_string());
        let default = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(ServerSideEncryption::Aes256)
            .build()
            .map_err(build)?;
        let rule =
            ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(default).build();
        let configuration =
            ServerSideEncryptionConfiguration::builder().rules(rule).build().map_err(build)?;
        retry_while(MAKING, passes, || {
            self.clients
                .s3
                .put_bucket_encryption()
                .bucket(&self.location.bucket)
                .expected_bucket_owner(&self.location.account)
                .server_side_encryption_configuration(configuration.clone())
                .send()
        })
        .await?;
        Ok(Some(Step::Encrypted))
    }

    async fn sync_privacy(&self, observed: &Observed) -> Result<Option<Step>, Failure> {
        if observed.private {
            return Ok(None);
        }
        retry_while(MAKING, passes, || {
            self.clients
                .s3
                .put_public_access_block()
                .bucket(&self.location.bucket)
                .expected_bucket_owner(&self.location.account)
                .public_access_block_configuration(private())
                .send()
        })
        .await?;
        Ok(Some(Step::MadePrivate))
    }

    async fn sync_policy(&self, observed: &Observed) -> Result<Option<Step>, Failure> {
        let Location { bucket, account, .. } = self.location;
        let statement = policy::tls_only(self.clients.partition(), bucket);
        let Some(wanted) = policy::with(observed.policy.as_ref(), statement) else { return Ok(None) };
        retry_while(MAKING, passes, || {
            self.clients
                .s3
                .put_bucket_policy()
                .bucket(bucket)
                .expected_bucket_owner(account)
                .policy(wanted.to_string())
                .send()
        })
        .await?;
        Ok(Some(Step::TlsOnly))
    }

    async fn sync_tags(
        &self,
        observed: &Observed,
        tags: &BTreeMap<String, String>,
    ) -> Result<Option<Step>, Failure> {
        if tags.keys().all(|key| observed.tags.contains_key(key)) {
            return Ok(None);
        }
        // PutBucketTagging replaces all tags, so the ones that are there go along.
        let mut wanted = tags.clone();
        wanted.extend(observed.tags.clone());
        let mut tagging = Tagging::builder();
        for (key, value) in wanted {
            let tag = Tag::builder().key(key).value(value).build();
            tagging = tagging.tag_set(tag.map_err(|error| Failure::new(MAKING, error.to_string()))?);
        }
        let tagging = tagging.build().map_err(|error| Failure::new(MAKING, error.to_string()))?;
        retry_while(MAKING, passes, || {
            self.clients
                .s3
                .put_bucket_tagging()
                .bucket(&self.location.bucket)
                .expected_bucket_owner(&self.location.account)
                .tagging(tagging.clone())
                .send()
        })
        .await?;
        Ok(Some(Step::Tagged))
    }
}

fn private() -> PublicAccessBlockConfiguration {
    PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(true)
        .restrict_public_buckets(true)
        .build()
}

/// What a refusal of S3 means. Bucket names are global, so the answer is often about somebody else's bucket.
pub(super) fn refusal<E>(summary: &str, location: &Location, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let bucket = &location.bucket;
    let response = error.raw_response();
    let status = response.map(|response| response.status().as_u16());
    let failure = failure(summary, error);
    match (code(error), status) {
        (Some("NoSuchBucket"), _) => failure.with_hint("`cogapi deploy` makes the bucket"),
        (Some("BucketAlreadyExists"), _) => failure.with_hint(format!(
            "bucket names are global and `{bucket}` belongs to somebody else: choose another `bucket` in [state]"
        )),
        (
            Some("PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException"),
            _,
        )
        | (_, Some(301)) => {
            let region = response
                .and_then(|response| response.headers().get("x-amz-bucket-region"))
                .map_or_else(String::new, |region| format!(", {region}"));
            failure.with_hint(format!(
                "the bucket `{bucket}` is in another region{region}: set `region` in [aws], or choose another `bucket` in [state]"
            ))
        }
        (_, Some(403)) if code(error).is_none_or(|code| code == "AccessDenied") => {
            let allow = match missing_action(&failure) {
                Some(action) => format!("allow {action} on the bucket and what is in it"),
                // HEAD is answered without a word.
                None => "allow s3:ListBucket on the bucket and s3:GetObject on what is in it".to_owned(),
            };
            failure.with_hint(format!(
                "either the bucket `{bucket}` does not belong to account {} (bucket names are global: choose another `bucket` in \
                 [state]), or the deploying principal may not use it: {allow}",
                location.account
            ))
        }
        _ => failure,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use aws_sdk_s3::operation::get_bucket_policy::GetBucketPolicyError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    fn hint(code: Option<&str>, status: u16, region: Option<&'static str>) -> Option<String> {
        let location = Location {
            bucket: "ours".to_owned(),
            lock_table: "locks".to_owned(),
            account: "123456789012".to_owned(),
        };
        let mut meta = ErrorMetadata::builder();
        if let Some(code) = code {
            meta = meta.code(code);
        }
        let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
        if let Some(region) = region {
            response.headers_mut().insert("x-amz-bucket-region", region);
        }
        let error = SdkError::service_error(GetBucketPolicyError::generic(meta.build()), response);
        refusal("x", &location, &error).hint
    }

    #[test]
    fn a_bucket_of_somebody_else_or_elsewhere_is_said_to_be_one() {
        let says = |hint: Option<String>, words: &str| hint.is_some_and(|hint| hint.contains(words));
        assert!(says(hint(Some("AccessDenied"), 403, None), "does not belong to account 123456789012"));
        assert!(says(hint(Some("BucketAlreadyExists"), 409, None), "belongs to somebody else"));
        assert!(says(hint(Some("PermanentRedirect"), 301, Some("us-west-2")), "another region, us-west-2"));
        assert!(says(hint(None, 301, None), "another region"));
        assert!(says(hint(Some("AuthorizationHeaderMalformed"), 400, None), "another region"));
        // Credentials that are wrong are another story.
        assert!(!says(hint(Some("InvalidAccessKeyId"), 403, None), "belong"));
    }
}
