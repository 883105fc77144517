//! AWS WAF, by its JSON protocol. Knows no operation: whoever calls brings name, input and output.
//!
//! The SDK's crate for it takes longer to build than any other that we have but one (23 s of a core, 53 MB, unoptimized), for ten calls
//! of two optional resources.

use std::fmt::Debug;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::signed::{Answer, Request, Service, Signed};

const SERVICE: Service = Service { id: "WAFV2", host: "wafv2", signing_name: "wafv2" };
/// What the names of its operations begin with on the wire.
const TARGET: &str = "AWSWAF_20190729";

/// A client of AWS WAF in one region.
#[derive(Debug, Clone)]
pub struct WafV2(Signed);

impl WafV2 {
    /// A client with everything that the SDK's own clients are made with.
    pub(super) fn new(region: &str, shared: &SdkConfig, interceptors: &[SharedInterceptor]) -> Self {
        Self(Signed::new(SERVICE, region, shared, interceptors))
    }

    /// Makes one call.
    pub async fn call<O>(&self, operation: &'static str, input: &Value) -> Answer<O>
    where
        O: DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let request = Request {
            method: "POST",
            path: "/".to_owned(),
            headers: vec![
                ("content-type", "application/x-amz-json-1.1".to_owned()),
                ("x-amz-target", format!("{TARGET}.{operation}")),
            ],
            body: input.to_string(),
        };
        self.0.call(operation, request).await
    }
}
