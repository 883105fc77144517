//! The AWS clients. Owns how they are built: by hand from Lambda's environment, because the SDK's default chain, the operating
//! system's root certificates and the other crypto provider together cost more than everything else a cold start does.

use crate::{error::Failure, secret::Secret, ses::Ses};
use aws_sdk_cognitoidentityprovider::{
    Client, Config,
    config::{
        BehaviorVersion, Credentials, Region, SharedHttpClient, retry::RetryConfig, timeout::TimeoutConfig,
    },
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::time::Duration;

/// The function has 10 s: a call that hangs leaves room for another, and for a cold start; a trigger has 5 s, for one.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(4);
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(2500);
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1500);
const ONLY_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(8);
const ATTEMPTS: u32 = 3;
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
/// A frozen function's connections die unnoticed: rather connect anew than write into one of them.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// The roots that AWS's endpoints chain to: Amazon's own four, and the Starfield root that Amazon bought and still serves as the
/// top of a longer chain. In PEM, as the SDK's trust store takes nothing else. A test compares them with Mozilla's list, so that
/// a root that goes or comes there is noticed.
const AMAZON_ROOTS: &str = include_str!("../roots/amazon.pem");

/// What Lambda's environment says about AWS.
#[derive(Debug, Clone)]
pub struct Environment {
    region: String,
    access_key_id: String,
    secret_access_key: Secret,
    session_token: Option<Secret>,
    endpoint_url: Option<String>,
}

impl Environment {
    /// Reads it through `get`; the error names all that is missing.
    pub fn load(get: impl Fn(&str) -> Option<String>) -> Result<Self, crate::config::ConfigError> {
        let mut missing = Vec::new();
        let mut required = |name: &str| {
            get(name).unwrap_or_else(|| {
                missing.push(format!("{name} is missing"));
                String::new()
            })
        };
        let environment = Self {
            region: required("AWS_REGION"),
            access_key_id: required("AWS_ACCESS_KEY_ID"),
            secret_access_key: Secret::new(required("AWS_SECRET_ACCESS_KEY")),
            session_token: get("AWS_SESSION_TOKEN").map(Secret::new),
            endpoint_url: get("AWS_ENDPOINT_URL").filter(|url| !url.is_empty()),
        };
        if missing.is_empty() { Ok(environment) } else { Err(crate::config::ConfigError(missing)) }
    }

    /// A Cognito client over TLS with Amazon's roots.
    pub fn cognito(&self) -> Result<Client, Failure> {
        Ok(self.cognito_over(https_client()?))
    }

    /// A Cognito client over the given transport.
    #[must_use]
    pub fn cognito_over(&self, http_client: SharedHttpClient) -> Client {
        let mut config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.credentials())
            .timeout_config(timeouts())
            .retry_config(retries())
            .http_client(http_client);
        if let Some(url) = &self.endpoint_url {
            config = config.endpoint_url(url);
        }
        Client::from_conf(config.build())
    }

    /// An SES client over TLS with Amazon's roots, for the region of this identity: Cognito takes those of some other regions, too.
    pub fn ses(&self, identity_arn: Option<&str>) -> Result<Ses, Failure> {
        Ok(self.ses_over(https_client()?, identity_arn))
    }

    /// An SES client over the given transport.
    #[must_use]
    pub fn ses_over(&self, http_client: SharedHttpClient, identity_arn: Option<&str>) -> Ses {
        let region = identity_arn.and_then(|arn| arn.split(':').nth(3)).unwrap_or(&self.region);
        Ses::new(region, self.endpoint_url.as_deref(), self.credentials(), http_client)
    }

    fn credentials(&self) -> Credentials {
        // Lambda's credentials live as long as the execution environment: there is nothing to refresh.
        Credentials::new(
            &self.access_key_id,
            self.secret_access_key.expose(),
            self.session_token.as_ref().map(|token| token.expose().to_owned()),
            None,
            "lambda-environment",
        )
    }
}

/// How long a call may take.
pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// How often a call is tried.
pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(FIRST_BACKOFF)
}

/// For a call that must not be repeated: one attempt, and nearly all the time that the function has, because giving up on it
/// does not undo it.
#[must_use]
pub fn once() -> aws_sdk_cognitoidentityprovider::config::Builder {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ONLY_ATTEMPT_TIMEOUT)
        .operation_timeout(ONLY_ATTEMPT_TIMEOUT)
        .build();
    Config::builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts)
}

fn https_client() -> Result<SharedHttpClient, Failure> {
    let context = TlsContext::builder()
        .with_trust_store(TrustStore::empty().with_pem_certificate(AMAZON_ROOTS))
        .build()
        .map_err(|error| Failure::internal(format!("the TLS client can't be built: {error}")))?;
    Ok(Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(context)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build_https())
}

/// Cognito's `SECRET_HASH`: HMAC-SHA256 with the client's secret over username and client id. The username is the one that
/// the call itself carries.
pub fn secret_hash(client_secret: &Secret, client_id: &str, username: &str) -> Result<String, Failure> {
    let mut mac = Hmac::<Sha256>::new_from_slice(client_secret.expose().as_bytes())
        .map_err(|_| Failure::internal("the client secret is no HMAC key"))?;
    mac.update(username.as_bytes());
    mac.update(client_id.as_bytes());
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Amazon's roots among those that Mozilla trusts. Roots are self-signed, so the name is in issuer and subject alike.
    fn amazons_among_mozillas() -> Vec<String> {
        const NAMES: [&[u8]; 2] = [b"Amazon Root CA ", b"Starfield Services Root Certificate Authority"];
        let named =
            |der: &[u8]| NAMES.iter().any(|name| der.windows(name.len()).any(|window| window == *name));
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter(|root| named(root));
        roots.map(|root| STANDARD.encode(root)).collect()
    }

    #[test]
    fn amazons_roots_are_trusted_and_no_other() {
        let embedded: Vec<String> = AMAZON_ROOTS
            .split("-----BEGIN CERTIFICATE-----")
            .skip(1)
            .map(|block| block.split("-----END").next().unwrap().lines().collect())
            .collect();
        assert_eq!(embedded, amazons_among_mozillas());
        assert_eq!(embedded.len(), 5);
    }

    #[test]
    fn ring_is_the_only_crypto_provider() {
        // The other one's entropy costs 85 ms at the first handshake.
        assert!(!include_str!("../../Cargo.lock").contains("name = \"aws-lc"));
    }

    #[test]
    fn the_https_client_can_be_built_from_the_embedded_roots() {
        assert!(https_client().is_ok());
    }

    #[test]
    fn the_secret_hash_is_what_cognito_computes() {
        // Computed with: printf %s user@example.comclient | openssl dgst -sha256 -hmac secret -binary | base64
        let hash = secret_hash(&Secret::new("secret"), "client", "user@example.com");
        assert_eq!(hash.unwrap(), "4zqhOFl0JivfkWh1VINyOJyrDTdsinJktzPUT+t0plg=");
    }

    #[test]
    fn what_lambda_did_not_set_is_named() {
        let error =
            Environment::load(|name| (name == "AWS_REGION").then(|| "eu-west-1".to_owned())).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("AWS_ACCESS_KEY_ID") && text.contains("AWS_SECRET_ACCESS_KEY"), "{text}");
        assert!(!text.contains("AWS_REGION"), "{text}");
    }
}
