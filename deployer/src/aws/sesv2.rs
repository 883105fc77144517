//! SES, by its newer API: the reads that tell whether mails will arrive. Not worth an SDK crate.

use std::fmt::Debug;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::signed::{Answer, Request, Service, Signed};

/// Both of SES's APIs sign as the older one.
const SERVICE: Service = Service { id: "SESv2", host: "email", signing_name: "ses" };
/// What stays as it is in a path (RFC 3986, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A client of SES in one region.
#[derive(Debug, Clone)]
pub struct SesV2(Signed);

/// What GetAccount tells of an account's sending in a region.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Account {
    /// Whether it is out of the sandbox, in which only verified recipients are reached.
    #[serde(default)]
    pub production_access_enabled: bool,
    /// Whether it may send: false while AWS, or somebody of the account, has paused it.
    #[serde(default)]
    pub sending_enabled: bool,
    /// `HEALTHY`, `PROBATION` or `SHUTDOWN`.
    #[serde(default)]
    pub enforcement_status: String,
    /// How much it may send.
    pub send_quota: Option<SendQuota>,
}

/// How much an account may send.
#[derive(Debug, Clone, Deserialize)]
pub struct SendQuota {
    /// Mails in 24 hours; -1 for any number.
    #[serde(rename = "Max24HourSend", default)]
    pub max_24_hours: f64,
    /// Those of the last 24 hours.
    #[serde(rename = "SentLast24Hours", default)]
    pub sent_24_hours: f64,
}

/// What GetEmailIdentity tells of an address or a domain.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Identity {
    /// Whether mails may be sent from it.
    #[serde(default)]
    pub verified_for_sending_status: bool,
    /// How far its verification is: `PENDING`, `SUCCESS`, `FAILED`, `TEMPORARY_FAILURE`, `NOT_STARTED`.
    #[serde(default)]
    pub verification_status: String,
}

/// One of those that ListEmailIdentities tells.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListedIdentity {
    /// The address or the domain.
    pub identity_name: String,
    /// Whether mails may be sent from it.
    #[serde(default)]
    pub sending_enabled: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedIdentities {
    #[serde(default)]
    email_identities: Vec<ListedIdentity>,
}

impl SesV2 {
    /// A client with everything that the SDK's own clients are made with.
    pub(super) fn new(region: &str, shared: &SdkConfig, interceptors: &[SharedInterceptor]) -> Self {
        Self(Signed::new(SERVICE, region, shared, interceptors))
    }

    /// What the account may send.
    pub async fn get_account(&self) -> Answer<Account> {
        self.call("GetAccount", "GET", "/v2/email/account", None).await
    }

    /// An address or a domain.
    pub async fn get_email_identity(&self, identity: &str) -> Answer<Identity> {
        let segment = utf8_percent_encode(identity, SEGMENT);
        self.call("GetEmailIdentity", "GET", &format!("/v2/email/identities/{segment}"), None).await
    }

    /// The first thousand addresses and domains, verified or not.
    pub async fn list_email_identities(&self) -> Answer<Vec<ListedIdentity>> {
        let path = "/v2/email/identities?PageSize=1000";
        let listed: ListedIdentities = self.call("ListEmailIdentities", "GET", path, None).await?;
        Ok(listed.email_identities)
    }

    /// Makes one call.
    pub async fn call<O>(
        &self,
        operation: &'static str,
        method: &'static str,
        path: &str,
        input: Option<&Value>,
    ) -> Answer<O>
    where
        O: DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let request = Request {
            method,
            path: path.to_owned(),
            headers: vec![("content-type", "application/json".to_owned())],
            body: input.map_or_else(String::new, Value::to_string),
        };
        self.0.call(operation, request).await
    }
}
