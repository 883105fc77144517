//! AWS Account Management: which regions an account has. One read, not worth an SDK crate.

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use serde::Deserialize;
use serde_json::json;

use super::signed::{Answer, Request, Service, Signed};

const SERVICE: Service = Service { id: "Account", host: "account", signing_name: "account" };
/// Where it answers for all regions (https://docs.aws.amazon.com/general/latest/gr/account.html).
const HOME: &str = "us-east-1";

/// A client of Account Management.
#[derive(Debug, Clone)]
pub struct Account(Signed);

/// What ListRegions tells.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Regions {
    #[serde(default)]
    regions: Vec<Region>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Region {
    region_name: String,
}

impl Account {
    /// A client with everything that the SDK's own clients are made with.
    pub(super) fn new(shared: &SdkConfig, interceptors: &[SharedInterceptor]) -> Self {
        Self(Signed::new(SERVICE, HOME, shared, interceptors))
    }

    /// The regions that the account can use.
    pub async fn regions(&self) -> Answer<Vec<String>> {
        let usable =
            json!({ "RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"], "MaxResults": 50 });
        let request = Request {
            method: "POST",
            path: "/listRegions".to_owned(),
            headers: vec![("content-type", "application/json".to_owned())],
            body: usable.to_string(),
        };
        let Regions { regions } = self.0.call("ListRegions", request).await?;
        Ok(regions.into_iter().map(|region| region.region_name).collect())
    }
}
