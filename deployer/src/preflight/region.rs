//! Whether the region has Cognito, and room for another user pool.

use aws_smithy_runtime_api::client::result::SdkError;

use super::{Check, Finding};
use crate::aws::failure;
use crate::resources::Context;

const CHECK: Check = Check::Region;
/// The most that ListUserPools gives at once.
const PAGE: i32 = 60;
/// Pools in an account and region, where nobody has raised it
/// (https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html).
const QUOTA: usize = 1000;

pub(super) async fn look(cx: &Context) -> Vec<Finding> {
    let region = &cx.clients.region;
    let (mut count, mut ours) = (0, false);
    let mut pools = cx.clients.cognito.list_user_pools().max_results(PAGE).into_paginator().items().send();
    while let Some(pool) = pools.next().await {
        match pool {
            Ok(pool) => {
                count += 1;
                ours |= pool.name() == Some(cx.stack.as_str());
            }
            Err(error) => {
                let failure = failure("listing the user pools failed", &error);
                // STS has answered in this region just before.
                let unreached = matches!(error, SdkError::DispatchFailure(_) | SdkError::TimeoutError(_));
                return vec![if unreached {
                    let host = format!("cognito-idp.{region}.{}", cx.clients.dns_suffix());
                    Finding::problem(CHECK, format!("Cognito can't be reached in {region}"))
                        .meaning(failure.detail)
                        .hint(format!(
                            "set `aws.region` to one where AWS offers Cognito; if {region} is one, see that nothing between here and {host} is in the way"
                        ))
                } else {
                    Finding::blind(CHECK, "cognito-idp:ListUserPools", &failure)
                }];
            }
        }
    }
    vec![judge(region, count, ours)]
}

fn judge(region: &str, count: usize, ours: bool) -> Finding {
    if count < QUOTA || ours {
        return Finding::ok(CHECK, format!("{region} has Cognito; {count} user pools are there"));
    }
    Finding::warning(CHECK, format!("{region} has {count} user pools already"))
        .meaning(format!("an account may have {QUOTA} in a region, unless somebody has had that raised"))
        .hint("see \"User pools per Region\" of Cognito in Service Quotas, or remove pools that are unused")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::Verdict;

    #[test]
    fn a_region_full_of_user_pools_is_told_unless_ours_is_among_them() {
        for (count, ours, verdict) in
            [(999, false, Verdict::Ok), (1000, true, Verdict::Ok), (1000, false, Verdict::Warning)]
        {
            assert_eq!(judge("eu-west-1", count, ours).verdict, verdict, "{count} {ours}");
        }
    }
}
