//! What others put on a role: its names in a plan, and the calls that take it off.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use cogapi_engine::Failure;
use serde_json::Value;

use super::{POLICY, Role};
use crate::aws::errors::is_missing;
use crate::aws::failure;
use crate::resources::Context;

/// Followed by the policy's ARN.
const ATTACHED: &str = "attached policy ";
/// Followed by the policy's name.
const INLINE: &str = "inline policy ";
/// A boundary adds nothing to what a role may do, but takes away: functions fail with it that would not without.
const BOUNDARY: &str = "permissions boundary";

/// What is on a role beside our own policy.
pub(super) fn deviations(
    attached: impl IntoIterator<Item = (String, String)>,
    inline: impl IntoIterator<Item = (String, Value)>,
    boundary: Option<&str>,
) -> BTreeMap<String, String> {
    let attached = attached.into_iter().map(|(arn, name)| (format!("{ATTACHED}{arn}"), name));
    let inline = inline
        .into_iter()
        .filter(|(name, _)| name != POLICY)
        .map(|(name, document)| (format!("{INLINE}{name}"), document.to_string()));
    let boundary = boundary.map(|arn| (BOUNDARY.to_owned(), arn.to_owned()));
    attached.chain(inline).chain(boundary).collect()
}

impl Role {
    /// Takes off what others put on the role.
    pub(super) async fn undo(
        &self,
        cx: &Context,
        deviations: &BTreeMap<String, String>,
    ) -> Result<(), Failure> {
        let (iam, role) = (&cx.clients.iam, &self.name);
        for deviation in deviations.keys() {
            if let Some(arn) = deviation.strip_prefix(ATTACHED) {
                gone(iam.detach_role_policy().role_name(role).policy_arn(arn).send().await)?;
            } else if let Some(policy) = deviation.strip_prefix(INLINE) {
                gone(iam.delete_role_policy().role_name(role).policy_name(policy).send().await)?;
            } else if deviation == BOUNDARY {
                gone(iam.delete_role_permissions_boundary().role_name(role).send().await)?;
            }
        }
        Ok(())
    }
}

/// Something is off, whoever took it.
fn gone<T, E>(taken: Result<T, SdkError<E, HttpResponse>>) -> Result<(), Failure>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match taken {
        Ok(_) => Ok(()),
        Err(error) if is_missing(&error) => Ok(()),
        Err(error) => Err(failure("removing what others put on the role failed", &error)),
    }
}
