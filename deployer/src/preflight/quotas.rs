//! Whether the account has room for what a deploy makes: roles, REST APIs, functions and how many of them run at once.

use aws_sdk_iam::types::SummaryKeyType;
use cogapi_engine::kind::Observation;
use cogapi_engine::{Failure, Resource as _};

use super::stack::Stack;
use super::{Check, Finding};
use crate::aws::failure;
use crate::config::Environment;
use crate::resources::{Context, Function, GatewayLogRole, RestApi, Role};

/// Regional REST APIs in an account and region, where nobody has raised it
/// (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html).
const REST_APIS: usize = 600;
/// The most that GetRestApis gives at once.
const PAGE: i32 = 500;
/// Executions that Lambda keeps for functions without a reserved concurrency.
const UNRESERVED: i64 = 100;
/// Twice what a function's zip takes.
const ZIP_BYTES: i64 = 4_000_000;
const GIGABYTE: i64 = 1_000_000_000;

/// What the account has and may have.
pub(super) struct Limits {
    roles: Result<Roles, Failure>,
    rest_apis: Result<usize, Failure>,
    functions: Result<Functions, Failure>,
}

#[derive(Debug, Clone, Copy)]
struct Roles {
    used: usize,
    quota: usize,
}

#[derive(Debug, Clone, Copy)]
struct Functions {
    /// Executions at once.
    concurrent: i64,
    /// Those of them that no function has reserved.
    unreserved: i64,
    code_bytes: i64,
    code_bytes_used: i64,
}

pub(super) async fn look(cx: &Context) -> Limits {
    let (roles, rest_apis, functions) = futures::join!(roles(cx), rest_apis(cx), functions(cx));
    Limits { roles, rest_apis, functions }
}

async fn roles(cx: &Context) -> Result<Roles, Failure> {
    const SUMMARY: &str = "reading IAM's quotas failed";
    let answer = cx.clients.iam.get_account_summary().send().await;
    let summary = answer.map_err(|error| failure(SUMMARY, &error))?.summary_map.unwrap_or_default();
    let number = |key: SummaryKeyType| {
        let missing = || Failure::new(SUMMARY, format!("GetAccountSummary tells no {key}"));
        summary.get(&key).and_then(|number| usize::try_from(*number).ok()).ok_or_else(missing)
    };
    Ok(Roles { used: number(SummaryKeyType::Roles)?, quota: number(SummaryKeyType::RolesQuota)? })
}

async fn rest_apis(cx: &Context) -> Result<usize, Failure> {
    let mut apis = cx.clients.apigateway.get_rest_apis().limit(PAGE).into_paginator().items().send();
    let mut count = 0;
    while let Some(api) = apis.next().await {
        api.map_err(|error| failure("counting the REST APIs failed", &error))?;
        count += 1;
    }
    Ok(count)
}

async fn functions(cx: &Context) -> Result<Functions, Failure> {
    const SUMMARY: &str = "reading Lambda's quotas failed";
    let settings = cx.clients.lambda.get_account_settings().send().await;
    let settings = settings.map_err(|error| failure(SUMMARY, &error))?;
    let untold = || Failure::new(SUMMARY, "GetAccountSettings tells none");
    let limit = settings.account_limit.ok_or_else(untold)?;
    Ok(Functions {
        concurrent: limit.concurrent_executions.into(),
        unreserved: limit.unreserved_concurrent_executions.unwrap_or(limit.concurrent_executions).into(),
        code_bytes: limit.total_code_size,
        code_bytes_used: settings.account_usage.map_or(0, |usage| usage.total_code_size),
    })
}

impl Limits {
    pub(super) fn findings(self, environment: &Environment, stack: &Stack<'_>) -> Vec<Finding> {
        let roles = match self.roles {
            Ok(roles) => judge_roles(roles, stack.to_make(Role::KIND) + stack.to_make(GatewayLogRole::KIND)),
            Err(failure) => Finding::blind(Check::Roles, "iam:GetAccountSummary", &failure),
        };
        let rest_apis = match self.rest_apis {
            Ok(count) => judge_rest_apis(count, stack.to_make(RestApi::KIND)),
            Err(failure) => Finding::blind(Check::RestApis, "apigateway:GET", &failure),
        };
        let functions = match self.functions {
            Ok(limits) => judge_functions(limits, &Needs::of(environment, stack)),
            Err(failure) => Finding::blind(Check::Functions, "lambda:GetAccountSettings", &failure),
        };
        vec![roles, rest_apis, functions]
    }
}

/// What the stack needs of Lambda.
struct Needs {
    /// Executions that each function reserves.
    each: Option<i64>,
    functions: i64,
    /// Those that its functions have reserved already.
    reserved: i64,
    to_make: i64,
    /// Requests that the API lets in at once.
    burst: i64,
}

impl Needs {
    fn of(environment: &Environment, stack: &Stack<'_>) -> Self {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let reserved = |seen: &Observation| seen.existing()?.0.get("reserved_concurrency")?.as_i64();
        let seen = stack.seen(Function::KIND).into_iter().flatten();
        Self {
            each: environment.functions.reserved_concurrency.map(i64::from),
            functions: count(stack.declared(Function::KIND)),
            reserved: seen.filter_map(reserved).sum(),
            to_make: count(stack.to_make(Function::KIND)),
            burst: environment.api.throttle.burst.into(),
        }
    }
}

fn judge_roles(Roles { used, quota }: Roles, to_make: usize) -> Finding {
    const CHECK: Check = Check::Roles;
    let free = quota.saturating_sub(used);
    if to_make <= free {
        return Finding::ok(CHECK, format!("{used} of {quota} are there, and {to_make} to be made"));
    }
    Finding::problem(CHECK, format!("{to_make} are to be made, and there is room for {free}"))
        .meaning(format!("the account has {used} of at most {quota}"))
        .hint(
            "raise the quota \"Roles per account\" of IAM in Service Quotas, or remove roles that are unused",
        )
}

fn judge_rest_apis(count: usize, to_make: usize) -> Finding {
    const CHECK: Check = Check::RestApis;
    if to_make == 0 || count + to_make <= REST_APIS {
        return Finding::ok(CHECK, format!("{count} are there, and {to_make} to be made"));
    }
    Finding::warning(CHECK, format!("{count} are there already"))
        .meaning(format!("an account may have {REST_APIS} in a region, unless somebody has had that raised"))
        .hint("see \"Regional API per Region\" of API Gateway in Service Quotas, or remove APIs that are unused")
}

fn judge_functions(limits: Functions, needs: &Needs) -> Finding {
    const CHECK: Check = Check::Functions;
    const RAISE: &str = "raise the quota \"Concurrent executions\" of Lambda in Service Quotas";
    let Functions { concurrent, unreserved, code_bytes, code_bytes_used } = limits;
    if let Some(each) = needs.each {
        // An account with a lower limit keeps all of it.
        let kept = UNRESERVED.min(concurrent);
        let room = unreserved + needs.reserved - kept;
        let wanted = each * needs.functions;
        if wanted > room {
            let most = room / needs.functions.max(1);
            let way_out = if most > 0 {
                format!("set `functions.reserved_concurrency` to at most {most}")
            } else {
                "leave `functions.reserved_concurrency` out".to_owned()
            };
            return Finding::problem(CHECK, format!("{wanted} executions can't be reserved"))
                .meaning(format!(
                    "{} functions with {each} each, and {} can be reserved: of the account's {concurrent} at once Lambda keeps {kept} for functions without a reservation, and refuses the rest",
                    needs.functions,
                    room.max(0)
                ))
                .hint(format!("{way_out}, or {RAISE}"));
        }
    } else if unreserved < needs.burst {
        return Finding::warning(CHECK, format!("{unreserved} can run at once"))
            .meaning(format!(
                "the API lets {} requests in at once; those that find no function free are answered with an error",
                needs.burst
            ))
            .hint(format!("{RAISE} (AWS gives 1000 to whoever asks), or lower `api.throttle`"));
    }
    if code_bytes_used + needs.to_make * ZIP_BYTES > code_bytes {
        return Finding::warning(CHECK, "there is hardly room for their code")
            .meaning(format!("{} of {} GB are used", code_bytes_used / GIGABYTE, code_bytes / GIGABYTE))
            .hint("remove old versions of functions and layers, or raise \"Function and layer storage\" of Lambda in Service Quotas");
    }
    Finding::ok(CHECK, format!("{unreserved} of {concurrent} executions at once are free"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::Verdict;

    /// What is said of an account of so many executions, of which `unreserved` are free, and of functions that reserve `each`.
    fn judged(concurrent: i64, unreserved: i64, each: Option<i64>, reserved: i64) -> Finding {
        let limits = Functions { concurrent, unreserved, code_bytes: 80 * GIGABYTE, code_bytes_used: 0 };
        judge_functions(limits, &Needs { each, functions: 4, reserved, to_make: 4, burst: 100 })
    }

    #[test]
    fn a_hundred_executions_stay_unreserved() {
        for (each, reserved, verdict) in [
            (Some(225), 0, Verdict::Ok),
            (Some(226), 0, Verdict::Problem),
            // What our functions have reserved already counts for them.
            (Some(226), 4, Verdict::Ok),
        ] {
            assert_eq!(judged(1000, 1000, each, reserved).verdict, verdict, "{each:?}");
        }
        let found = judged(1000, 1000, Some(300), 0);
        assert!(found.hint.is_some_and(|hint| hint.contains("to at most 225,")));
    }

    #[test]
    fn a_new_account_with_ten_executions_can_reserve_none_and_is_warned_without() {
        let found = judged(10, 10, Some(1), 0);
        assert_eq!(found.verdict, Verdict::Problem);
        assert!(found.hint.is_some_and(|hint| hint.starts_with("leave ")));
        assert_eq!(judged(10, 10, None, 0).verdict, Verdict::Warning);
        assert_eq!(judged(1000, 1000, None, 0).verdict, Verdict::Ok);
    }

    #[test]
    fn storage_for_code_that_is_nearly_full_is_told() {
        let limits = Functions {
            concurrent: 1000,
            unreserved: 1000,
            code_bytes: 80 * GIGABYTE,
            code_bytes_used: 80 * GIGABYTE - 10,
        };
        let needs = Needs { each: None, functions: 4, reserved: 0, to_make: 4, burst: 100 };
        assert_eq!(judge_functions(limits, &needs).verdict, Verdict::Warning);
        // Once they are there, their code is among what is used.
        assert_eq!(judge_functions(limits, &Needs { to_make: 0, ..needs }).verdict, Verdict::Ok);
    }

    #[test]
    fn the_last_roles_and_apis_can_still_be_made() {
        for (used, verdict) in [(996, Verdict::Ok), (997, Verdict::Problem)] {
            assert_eq!(judge_roles(Roles { used, quota: 1000 }, 4).verdict, verdict, "{used}");
        }
        for (count, to_make, verdict) in
            [(599, 1, Verdict::Ok), (600, 1, Verdict::Warning), (700, 0, Verdict::Ok)]
        {
            assert_eq!(judge_rest_apis(count, to_make).verdict, verdict, "{count}");
        }
    }
}
