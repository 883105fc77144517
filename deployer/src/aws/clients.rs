//! One set of SDK clients for a run. Owns how they are configured; the SDK's usual variables work as everywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::region::Region;
use cogapi_engine::Failure;

use super::account::Account;
use super::errors::failure;
use super::pace::{MarkCalls, paced};
use super::sesv2::SesV2;
use super::wafv2::WafV2;

/// Enough to outlast a burst at the slowest published rate (API Gateway's one CreateRestApi in 3 s).
const ATTEMPTS: u32 = 10;
/// The first wait before another attempt; it doubles, with jitter, up to the SDK's 20 s.
const FIRST_WAIT: Duration = Duration::from_millis(300);
/// A call that gave no answer in this time is taken for lost.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// Regions outside of the partition `aws`, by how their names begin
/// (https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html).
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
];

/// The access key of the emulator's root account.
pub const EMULATOR_KEY: &str = "test";
/// The secret key of all of its accounts.
pub(crate) const EMULATOR_SECRET: &str = "test";

/// The clients of all services that cogapi calls, for one region.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Cognito user pools.
    pub cognito: aws_sdk_cognitoidentityprovider::Client,
    /// API Gateway's REST APIs.
    pub apigateway: aws_sdk_apigateway::Client,
    /// Lambda.
    pub lambda: aws_sdk_lambda::Client,
    /// IAM.
    pub iam: aws_sdk_iam::Client,
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// CloudWatch Logs.
    pub logs: aws_sdk_cloudwatchlogs::Client,
    /// STS.
    pub sts: aws_sdk_sts::Client,
    /// Certificate Manager, in the same region: a regional domain name takes no certificate of another.
    pub acm: aws_sdk_acm::Client,
    /// Route 53.
    pub route53: aws_sdk_route53::Client,
    /// AWS WAF.
    pub wafv2: WafV2,
    /// The region, e.g. `eu-west-1`.
    pub region: String,
    /// Where calls go instead of AWS, if `AWS_ENDPOINT_URL` says so.
    pub endpoint: Option<String>,
    calls: Arc<AtomicUsize>,
    shared: SdkConfig,
    interceptors: Vec<SharedInterceptor>,
}

impl Clients {
    /// Clients for `region`, with credentials from the SDK's usual chain, or from `profile` alone.
    pub async fn connect(region: &str, profile: Option<&str>) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .http_client(paced(http_client()))
            .stalled_stream_protection(stalled_streams())
            .timeout_config(timeouts());
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        let shared = loader.load().await;
        let retries = retries(shared.retry_config());
        let shared = shared.into_builder().retry_config(retries).build();
        Self::of(region, shared, vec![SharedInterceptor::new(MarkCalls)])
    }

    /// Clients for an emulator on this machine, where the access key chooses the account. Neither variables nor files of the
    /// caller are read, so no call can leave it.
    #[must_use]
    pub fn emulator(region: &str, endpoint: &str, access_key: &str) -> Self {
        let credentials = Credentials::new(access_key, EMULATOR_SECRET, None, None, "emulator");
        let shared = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .endpoint_url(endpoint)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http_client())
            .retry_config(retries(None))
            .stalled_stream_protection(stalled_streams())
            .timeout_config(timeouts())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .build();
        // Nobody but us uses it, and it allows any rate.
        Self::of(region, shared, Vec::new())
    }

    fn of(region: &str, shared: SdkConfig, mut interceptors: Vec<SharedInterceptor>) -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        interceptors.push(SharedInterceptor::new(CountCalls(calls.clone())));
        Self::counted(region, shared, interceptors, calls)
    }

    fn counted(
        region: &str,
        shared: SdkConfig,
        interceptors: Vec<SharedInterceptor>,
        calls: Arc<AtomicUsize>,
    ) -> Self {
        macro_rules! config {
            ($service:ident) => {{
                let mut config = $service::config::Builder::from(&shared);
                for interceptor in &interceptors {
                    config.push_interceptor(interceptor.clone());
                }
                config
            }};
        }
        macro_rules! client {
            ($service:ident) => {
                $service::Client::from_conf(config!($service).build())
            };
        }
        // Virtual-hosted buckets need DNS, which an endpoint on this machine has not.
        let s3 = config!(aws_sdk_s3).force_path_style(shared.endpoint_url().is_some()).build();
        Self {
            cognito: client!(aws_sdk_cognitoidentityprovider),
            apigateway: client!(aws_sdk_apigateway),
            lambda: client!(aws_sdk_lambda),
            iam: client!(aws_sdk_iam),
            s3: aws_sdk_s3::Client::from_conf(s3),
            dynamodb: client!(aws_sdk_dynamodb),
            logs: client!(aws_sdk_cloudwatchlogs),
            sts: client!(aws_sdk_sts),
            acm: client!(aws_sdk_acm),
            route53: client!(aws_sdk_route53),
            wafv2: WafV2::new(region, &shared, &interceptors),
            region: region.to_owned(),
            endpoint: shared.endpoint_url().map(ToOwned::to_owned),
            calls,
            shared,
            interceptors,
        }
    }

    /// The same, for who would rather tell soon than try long. `AWS_MAX_ATTEMPTS` counts all the same.
    #[must_use]
    pub fn with_attempts(self, attempts: u32) -> Self {
        let Some(retries) = self.shared.retry_config().filter(|retries| retries.max_attempts() == ATTEMPTS)
        else {
            return self;
        };
        let retries = retries.clone().with_max_attempts(attempts);
        let shared = self.shared.into_builder().retry_config(retries).build();
        Self::counted(&self.region, shared, self.interceptors, self.calls)
    }

    /// SES, in the region of an identity, which need not be ours.
    #[must_use]
    pub fn sesv2(&self, region: &str) -> SesV2 {
        SesV2::new(region, &self.shared, &self.interceptors)
    }

    /// Account Management, which is of no region.
    #[must_use]
    pub fn account(&self) -> Account {
        Account::new(&self.shared, &self.interceptors)
    }

    /// The 12-digit account that the credentials belong to.
    pub async fn account_id(&self) -> Result<String, Failure> {
        let identity = self
            .sts
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| failure("asking who the credentials belong to failed", &error))?;
        identity
            .account
            .ok_or_else(|| Failure::new("STS named no account", "GetCallerIdentity answered without one"))
    }

    /// The partition in ARNs, e.g. `aws` or `aws-us-gov`.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        partition(&self.region)
    }

    /// What the names of AWS's hosts end in, e.g. `amazonaws.com`.
    #[must_use]
    pub fn dns_suffix(&self) -> &'static str {
        dns_suffix(&self.region)
    }

    /// How many requests were sent, repeated ones included.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

/// The partition of a region, as in ARNs.
pub(crate) fn partition(region: &str) -> &'static str {
    let special = PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix));
    special.map_or("aws", |(_, partition)| partition)
}

/// What the names of AWS's hosts in a region end in.
pub(super) fn dns_suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

/// ring, as in the handlers: one TLS stack in the workspace, and no C++ toolchain to build it.
fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https()
}

/// What `AWS_MAX_ATTEMPTS`, `AWS_RETRY_MODE` or the profile say, and our own where they say nothing.
fn retries(loaded: Option<&RetryConfig>) -> RetryConfig {
    let standard = RetryConfig::standard();
    let loaded = loaded.unwrap_or(&standard).clone().with_initial_backoff(FIRST_WAIT);
    // The SDK does not tell whether its standard was asked for.
    let asked_for =
        loaded.max_attempts() != standard.max_attempts() || std::env::var_os("AWS_MAX_ATTEMPTS").is_some();
    if asked_for { loaded } else { loaded.with_max_attempts(ATTEMPTS) }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        // Not the SDK's timeout of an attempt: that would count what a call waits for its turn, too (see `pace`).
        .read_timeout(ATTEMPT_TIMEOUT)
        .build()
}

/// For answers alone: while a call waits for its turn, its request would be taken for a stalled one.
fn stalled_streams() -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::enabled().upload_enabled(false).build()
}

/// Counts every request that leaves.
#[derive(Debug)]
struct CountCalls(Arc<AtomicUsize>);

impl Intercept for CountCalls {
    fn name(&self) -> &'static str {
        "CountCalls"
    }

    fn modify_before_transmit(
        &self,
        _: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Whether an endpoint is on this machine.
#[must_use]
pub fn is_local(endpoint: &str) -> bool {
    let host = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or(host);
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|local| host.strip_prefix(local).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')))
}

#[cfg(test)]
mod tests {
    use super::{is_local, partition};

    #[test]
    fn every_region_is_in_its_partition() {
        for (region, expected) in [
            ("eu-west-1", "aws"),
            ("us-east-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition(region), expected, "{region}");
        }
    }

    #[test]
    fn only_an_endpoint_on_this_machine_is_local() {
        for endpoint in ["http://127.0.0.1:4566", "http://localhost", "http://[::1]:1/", "localhost:4566"] {
            assert!(is_local(endpoint), "{endpoint}");
        }
        for endpoint in
            ["https://lambda.eu-west-1.amazonaws.com", "http://localhost.example.com", "http://127.0.0.10"]
        {
            assert!(!is_local(endpoint), "{endpoint}");
        }
    }
}
