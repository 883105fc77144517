//! Amazon SES, for the one mail that is ours and not Cognito's. Owns the call: what is sent how, and what a refusal means. Must
//! not know what the mail says.
//!
//! The SDK's crate for it would be compiled for a single operation. Signing, retries and time limits are the SDK's all the same.

use crate::{aws, config::Sender, error::Failure, upstream};
use aws_runtime::{
    auth::{
        SigV4OperationSigningConfig,
        sigv4::{SCHEME_ID, SigV4AuthScheme},
    },
    retries::classifiers::AwsErrorCodeClassifier,
};
use aws_sdk_cognitoidentityprovider::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient,
};
use aws_smithy_runtime::client::{
    identity::IdentityCache,
    orchestrator::operation::Operation,
    retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        auth::{AuthSchemeOptionResolverParams, static_resolver::StaticAuthSchemeOptionResolver},
        orchestrator::{HttpRequest, HttpResponse, OrchestratorError},
        runtime_components::RuntimeComponentsBuilder,
        runtime_plugin::StaticRuntimePlugin,
        stalled_stream_protection::StalledStreamProtectionConfig,
    },
};
use aws_smithy_types::{body::SdkBody, config_bag::Layer, error::ErrorMetadata};
use aws_types::{SigningName, region::SigningRegion};
use serde_json::{Value, json};

/// How the service signs.
const SERVICE: &str = "ses";
const OPERATION: &str = "SendEmail";

/// A mail to one person.
#[derive(Debug, Clone, Copy)]
pub struct Mail<'a> {
    /// The address.
    pub to: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// The body for who reads no HTML.
    pub text: &'a str,
    /// The body.
    pub html: &'a str,
}

/// A client of SES.
#[derive(Debug)]
pub struct Ses(Operation<String, (), ErrorMetadata>);

impl Ses {
    pub(crate) fn new(
        region: &str,
        endpoint_url: Option<&str>,
        credentials: Credentials,
        http_client: SharedHttpClient,
    ) -> Self {
        // Of the partitions that have Cognito, only China's has a suffix of its own.
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let own = format!("https://email.{region}.{suffix}");
        let mut signing = Layer::new("signing");
        signing.store_put(AuthSchemeOptionResolverParams::new(()));
        signing.store_put(SigV4OperationSigningConfig {
            region: Some(SigningRegion::from(Region::new(region.to_owned()))),
            name: Some(SigningName::from_static(SERVICE)),
            ..SigV4OperationSigningConfig::default()
        });
        let components = RuntimeComponentsBuilder::new(SERVICE)
            .with_http_client(Some(http_client))
            .with_auth_scheme(SigV4AuthScheme::new())
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
            .with_identity_cache(Some(IdentityCache::no_cache()))
            .with_identity_resolver(SCHEME_ID, SharedCredentialsProvider::new(credentials))
            .with_retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
            .with_retry_classifier(HttpStatusCodeClassifier::default())
            .with_retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new());
        let plugin =
            StaticRuntimePlugin::new().with_config(signing.freeze()).with_runtime_components(components);
        let operation = Operation::builder()
            .service_name("SESv2")
            .operation_name(OPERATION)
            .behavior_version(BehaviorVersion::v2026_01_12())
            .endpoint_url(endpoint_url.unwrap_or(&own))
            .standard_retry(&aws::retries())
            .timeout_config(aws::timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .runtime_plugin(plugin)
            .serializer(request)
            .deserializer(answer)
            .build();
        Self(operation)
    }

    /// Sends a mail. Tried again after a lost answer it may arrive twice, which is better than not at all.
    pub async fn send(&self, sender: Sender<'_>, mail: Mail<'_>) -> Result<(), Failure> {
        let sent = self.0.invoke(document(sender, mail).to_string()).await;
        sent.map_err(|error| upstream::failure(OPERATION, &error))
    }
}

/// The request's body, with nothing in it that is not there.
fn document(sender: Sender<'_>, mail: Mail<'_>) -> Value {
    let content = |data: &str| json!({"Data": data, "Charset": "UTF-8"});
    let mut document = json!({
        "FromEmailAddress": sender.from,
        "Destination": {"ToAddresses": [mail.to]},
        "Content": {"Simple": {
            "Subject": content(mail.subject),
            "Body": {"Text": content(mail.text), "Html": content(mail.html)},
        }},
    });
    if let Some(reply_to) = sender.reply_to {
        document["ReplyToAddresses"] = json!([reply_to]);
    }
    if let Some(arn) = sender.identity_arn {
        document["FromEmailAddressIdentityArn"] = json!(arn);
    }
    document
}

fn request(body: String) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri("/v2/email/outbound-emails")?;
    request.headers_mut().insert("content-type", "application/json");
    Ok(request)
}

fn answer(response: &HttpResponse) -> Result<(), OrchestratorError<ErrorMetadata>> {
    if response.status().is_success() {
        return Ok(());
    }
    let body: Value = serde_json::from_slice(response.body().bytes().unwrap_or_default()).unwrap_or_default();
    let mut error = ErrorMetadata::builder();
    // The code comes with a namespace before it, an address behind it, both or neither.
    let code = response.headers().get("x-amzn-errortype").or_else(|| body["__type"].as_str());
    if let Some(code) = code.and_then(|code| code.rsplit('#').next()?.split(':').next()) {
        error = error.code(code);
    }
    if let Some(message) = body["message"].as_str().or_else(|| body["Message"].as_str()) {
        error = error.message(message);
    }
    Err(OrchestratorError::operation(error.build()))
}
