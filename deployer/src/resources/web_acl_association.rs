//! Which web ACL protects a stage of the API.

use cogapi_engine::{Failure, Found, Replacement, Resource};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::web_acl::{UNKNOWN, is_propagating, propagation};
use super::{Context, topic};
use crate::aws::errors::is_code;
use crate::aws::failure;
use crate::permissions::{Grant, Permitted, STAGES, WEB_ACLS};

/// The inputs of an association.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebAclAssociation {
    /// The ARN of the stage, which has at most one web ACL.
    pub resource_arn: String,
    /// The ARN of the web ACL.
    pub web_acl_arn: String,
}

/// What others refer to: nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {}

impl Permitted for WebAclAssociation {
    const GRANTS: &'static [Grant] = &[
        Grant::of(
            &["wafv2:AssociateWebACL", "wafv2:DisassociateWebACL", "wafv2:GetWebACLForResource"],
            &[WEB_ACLS, STAGES],
        ),
        // What is protected has a say, too (https://docs.aws.amazon.com/waf/latest/developerguide/security_iam_service-with-iam.html).
        Grant::of(&["apigateway:SetWebACL"], &[STAGES]),
    ];
}

impl Resource for WebAclAssociation {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "web_acl_association";
    const TOPIC: &'static str = topic::FIREWALL;
    const SERVICE: &'static str = "wafv2";
    const LOCATED_BY: &'static [&'static str] = &["resource_arn"];
    const REPLACE_ON: &'static [&'static str] = &["resource_arn"];
    // Only another stage makes it another, and that is protected before clients move there.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    async fn read(&self, cx: &Context, _: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        let get = json!({ "ResourceArn": self.resource_arn });
        let found: Value = match cx.clients.wafv2.call("GetWebACLForResource", &get).await {
            Ok(found) => found,
            // The stage is not there.
            Err(error) if is_code(&error, &["WAFNonexistentItemException"]) => return Ok(Found::Missing),
            Err(error) => return Err(failure("reading which web ACL protects the API failed", &error)),
        };
        // A stage without one is no error. The stage is ours, so whatever is associated with it is as well.
        let arn = found["WebACL"]["ARN"].as_str();
        Ok(arn.map_or(Found::Missing, |arn| Found::Owned {
            inputs: Self { resource_arn: self.resource_arn.clone(), web_acl_arn: arn.to_owned() },
            outputs: Outputs {},
        }))
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        if found.existing().is_some_and(|(present, _)| present == self) {
            return Ok(Outputs {});
        }
        // It takes the place of the one before.
        let associate = json!({ "ResourceArn": self.resource_arn, "WebACLArn": self.web_acl_arn });
        let associate = || cx.clients.wafv2.call::<Value>("AssociateWebACL", &associate);
        let summary = "putting the web ACL before the API failed";
        propagation(cx, WHAT).retry_while(summary, is_propagating, UNKNOWN, associate).await?;
        Ok(Outputs {})
    }

    async fn delete(&self, cx: &Context, _: Option<&Outputs>) -> Result<(), Failure> {
        let disassociate = json!({ "ResourceArn": self.resource_arn });
        let disassociate = || async {
            match cx.clients.wafv2.call::<Value>("DisassociateWebACL", &disassociate).await {
                Ok(_) => Ok(()),
                // The stage is gone, and this with it.
                Err(error) if is_code(&error, &["WAFNonexistentItemException"]) => Ok(()),
                Err(error) => Err(error),
            }
        };
        let summary = "taking the web ACL from the API failed";
        propagation(cx, WHAT).retry_while(summary, is_propagating, UNKNOWN, disassociate).await
    }
}

/// What is waited for.
const WHAT: &str = "the API's web ACL";
