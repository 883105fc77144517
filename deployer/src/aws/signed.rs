//! Signed calls in JSON to services whose SDK crates take longer to build than a few calls are worth. Signing, retries, time
//! limits and errors are the SDK's. Knows no service: each has a file that says what is special about it (`wafv2`, `sesv2`).

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

/// What a call gives.
pub type Answer<T> = Result<T, SdkError<ErrorMetadata, HttpResponse>>;

/// How a service is found and signed for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service {
    /// What the SDK calls it, and `rates` with it.
    pub(super) id: &'static str,
    /// Its host's first label.
    pub(super) host: &'static str,
    /// Its name in signatures.
    pub(super) signing_name: &'static str,
}

/// One request, but for what all have.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: &'static str,
    /// Encoded, from the first slash on.
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

/// A client of a service in one region.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    service: Service,
    endpoint: String,
    retries: RetryConfig,
    timeouts: TimeoutConfig,
    stalled_streams: StalledStreamProtectionConfig,
    plugin: SharedRuntimePlugin,
}

impl Signed {
    /// A client with everything that the SDK's own clients are made with.
    pub(super) fn new(
        service: Service,
        region: &str,
        shared: &SdkConfig,
        interceptors: &[SharedInterceptor],
    ) -> Self {
        let suffix = super::clients::dns_suffix(region);
        let own = format!("https://{}.{region}.{suffix}", service.host);
        let mut signing = Layer::new("signing");
        signing.store_put(AuthSchemeOptionResolverParams::new(()));
        signing.store_put(SigV4OperationSigningConfig {
            region: Some(SigningRegion::from(Region::new(region.to_owned()))),
            name: Some(SigningName::from_static(service.signing_name)),
            ..SigV4OperationSigningConfig::default()
        });
        let mut components = RuntimeComponentsBuilder::new(service.id)
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
            service,
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
    pub(super) async fn call<O>(&self, operation: &'static str, request: Request) -> Answer<O>
    where
        O: DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let call = Operation::builder()
            .service_name(self.service.id)
            .operation_name(operation)
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .standard_retry(&self.retries)
            .timeout_config(self.timeouts.clone())
            .stalled_stream_protection(self.stalled_streams.clone())
            .runtime_plugin(self.plugin.clone())
            .serializer(http)
            .deserializer(answer::<O>)
            .build();
        call.invoke(request).await
    }
}

fn http(request: Request) -> Result<HttpRequest, BoxError> {
    let mut http = HttpRequest::new(SdkBody::from(request.body));
    http.set_method(request.method)?;
    http.set_uri(request.path)?;
    let headers = http.headers_mut();
    for (name, value) in request.headers {
        headers.insert(name, value);
    }
    headers.insert("user-agent", concat!("cogapi/", env!("CARGO_PKG_VERSION")));
    Ok(http)
}

/// The answer, or the error that it tells.
fn answer<O: DeserializeOwned>(response: &HttpResponse) -> Result<O, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return serde_json::from_slice(body).map_err(OrchestratorError::other);
    }
    Err(OrchestratorError::operation(error(response, body)))
}

/// The JSON protocols name an error in the document, the REST ones in a header; with or without a namespace before it or a URI
/// after it (https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization).
fn error(response: &HttpResponse, body: &[u8]) -> ErrorMetadata {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    let mut metadata = ErrorMetadata::builder();
    if let Some(code) = text("__type").or_else(|| response.headers().get("x-amzn-errortype")) {
        let code = code.split(':').next().unwrap_or(code);
        metadata = metadata.code(code.rsplit('#').next().unwrap_or(code));
    }
    if let Some(message) = text("message").or_else(|| text("Message")) {
        metadata = metadata.message(message);
    }
    metadata.build()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;

    use super::*;

    #[test]
    fn an_error_has_its_code_wherever_the_protocol_puts_it() {
        let metadata = |header: Option<&'static str>, body: &str| {
            let status = StatusCode::try_from(400).unwrap();
            let mut response = HttpResponse::new(status, SdkBody::from(body));
            if let Some(header) = header {
                response.headers_mut().insert("x-amzn-errortype", header);
            }
            let metadata = error(&response, body.as_bytes());
            (metadata.code().map(ToOwned::to_owned), metadata.message().map(ToOwned::to_owned))
        };
        let expected = (Some("NotFoundException".to_owned()), Some("no".to_owned()));
        for (header, body) in [
            (None, r#"{"__type":"NotFoundException","message":"no"}"#),
            (None, r#"{"__type":"com.amazonaws.wafv2#NotFoundException","Message":"no"}"#),
            (Some("NotFoundException"), r#"{"message":"no"}"#),
            (Some("NotFoundException:http://internal.amazon.com/"), r#"{"message":"no"}"#),
        ] {
            assert_eq!(metadata(header, body), expected, "{header:?} {body}");
        }
        assert_eq!(metadata(None, "<html>"), (None, None));
    }
}
