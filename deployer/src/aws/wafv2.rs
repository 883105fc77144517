//! AWS WAF, by its JSON protocol. Knows no operation: whoever calls brings name, input and output.
//!
//! The SDK's crate for it takes longer to build than any other that we have but one (23 s of a core, 53 MB, unoptimized), for ten calls
//! of two optional resources. So here is only what is special about the service; signing, retries, time limits and errors are the SDK's.

use std::fmt::Debug;

use aws_config::SdkConfig;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::{SharedRuntimePlugin, StaticRuntimePlugin};
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How the service signs, and its host's first label.
const SERVICE: &str = "wafv2";
/// What the SDK calls it.
const SERVICE_ID: &str = "WAFV2";
/// What the names of its operations begin with on the wire.
const TARGET: &str = "AWSWAF_20190729";

/// A client of AWS WAF in one region.
#[derive(Debug, Clone)]
pub struct WafV2 {
    endpoint: String,
    retries: RetryConfig,
    timeouts: TimeoutConfig,
    stalled_streams: StalledStreamProtectionConfig,
    plugin: SharedRuntimePlugin,
}

/// What a call gives.
pub type Answer<T> = Result<T, SdkError<ErrorMetadata, HttpResponse>>;

impl WafV2 {
    /// A client with everything that the SDK's own clients are made with.
    pub(super) fn new(region: &str, shared: &SdkConfig, interceptors: &[SharedInterceptor]) -> Self {
        let suffix = super::clients::dns_suffix(region);
        let own = format!("https://{SERVICE}.{region}.{suffix}");
        let mut signing = Layer::new("signing");
        signing.store_put(AuthSchemeOptionResolverParams::new(()));
        signing.store_put(SigV4OperationSigningConfig {
            region: Some(SigningRegion::from(Region::new(region.to_owned()))),
            name: Some(SigningName::from_static(SERVICE)),
            ..SigV4OperationSigningConfig::default()
        });
        let mut components = RuntimeComponentsBuilder::new(SERVICE)
            .with_http_client(shared.http_client())
            .with_sleep_impl(shared.sleep_impl())
            .with_interceptors(interceptors.iter().cloned())
            .with_auth_scheme(SigV4AuthScheme::new())
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
            .with_identity_cache(Some(
                shared.identity_cache().unwrap_or_else(|| IdentityCache::lazy().build()),
            ))
            .with_retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
            .with_retry_classifier(HttpStatusCodeClassifier::default())
            .with_retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new());
        if let Some(credentials) = shared.credentials_provider() {
            components = components.with_identity_resolver(SCHEME_ID, credentials);
        }
        let plugin =
            StaticRuntimePlugin::new().with_config(signing.freeze()).with_runtime_components(components);
        Self {
            endpoint: shared.endpoint_url().map_or(own, ToOwned::to_owned),
            retries: shared.retry_config().cloned().unwrap_or_else(RetryConfig::standard),
            timeouts: shared.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled),
            stalled_streams: shared
                .stalled_stream_protection()
                .unwrap_or_else(StalledStreamProtectionConfig::disabled),
            plugin: SharedRuntimePlugin::new(plugin),
        }
    }

    /// Makes one call.
    pub async fn call<O>(&self, operation: &'static str, input: &Value) -> Answer<O>
    where
        O: DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let call = Operation::builder()
            .service_name(SERVICE_ID)
            .operation_name(operation)
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .standard_retry(&self.retries)
            .timeout_config(self.timeouts.clone())
            .stalled_stream_protection(self.stalled_streams.clone())
            .runtime_plugin(self.plugin.clone())
            .serializer(move |body: String| request(operation, body))
            .deserializer(answer::<O>)
            .build();
        call.invoke(input.to_string()).await
    }
}

fn request(operation: &str, body: String) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri("/")?;
    let headers = request.headers_mut();
    headers.insert("content-type", "application/x-amz-json-1.1");
    headers.insert("x-amz-target", format!("{TARGET}.{operation}"));
    headers.insert("user-agent", concat!("cogapi/", env!("CARGO_PKG_VERSION")));
    Ok(request)
}

/// The answer, or the error that it tells.
fn answer<O: DeserializeOwned>(response: &HttpResponse) -> Result<O, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return serde_json::from_slice(body).map_err(OrchestratorError::other);
    }
    let error: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let mut metadata = ErrorMetadata::builder();
    // With or without a namespace before it.
    if let Some(code) = text("__type").or_else(|| response.headers().get("x-amzn-errortype")) {
        metadata = metadata.code(code.rsplit('#').next().unwrap_or(code));
    }
    if let Some(message) = text("message").or_else(|| text("Message")) {
        metadata = metadata.message(message);
    }
    Err(OrchestratorError::operation(metadata.build()))
}
