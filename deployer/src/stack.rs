//! The inventory: what an environment consists of, derived from its configuration and the handlers' registry. Pure: the same
//! inputs give the same declarations, and nothing is asked or changed.

mod domain;
mod functions;
mod options;
mod policies;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use cogapi_engine::{Desired, Handle};
use cogapi_handlers::config::{ADMIN_GROUP, cors_allow_headers};
use cogapi_handlers::endpoint::{Authorization as Access, Endpoint, Feature};
use cogapi_handlers::registry::{ENDPOINTS, TRIGGERS};

use crate::config::{Admin, CharacterKind, CorsOrigins, Environment, Registration};
use crate::resources::{
    Accounts, AppClient, Authorization, CharacterClass, Cors, Deployment, ENVIRONMENT_TAG, EmailSettings,
    LogGroup, Mfa, PasswordPolicy, Permission, RestApi, Rotation, Route, STACK_TAG, STATE_TAG, SignIn, Stage,
    Tags, Throttle, TokenLifetimes, UserGroup, UserPool, UserPoolTriggers,
};

/// What the stack is derived from.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The configuration.
    pub environment: &'a Environment,
    /// The 12-digit account.
    pub account: &'a str,
    /// The partition in ARNs.
    pub partition: &'a str,
    /// Where calls go instead of AWS, if they do.
    pub endpoint: Option<&'a str>,
    /// SHA-256 of the endpoints' zip, in base64.
    pub api_sha256: &'a str,
    /// SHA-256 of the triggers' zip, in base64.
    pub triggers_sha256: &'a str,
}

/// The log group of all functions of a stack.
#[must_use]
pub fn log_group(stack: &str) -> String {
    format!("/cogapi/{stack}")
}

/// What everything taggable of an environment is tagged with.
#[must_use]
pub fn tags(environment: &Environment) -> Tags {
    let mut tags = environment.tags.clone();
    tags.insert(STACK_TAG.to_owned(), environment.stack());
    tags.insert(ENVIRONMENT_TAG.to_owned(), environment.name.clone());
    tags.insert(STATE_TAG.to_owned(), format!("{}/{}", environment.state.bucket, environment.name));
    tags
}

/// The endpoints that an environment has. All that is made for one, from its route to its permissions, follows from this.
pub fn deployed(environment: &Environment) -> impl Iterator<Item = &'static Endpoint> {
    ENDPOINTS.iter().copied().filter(|endpoint| has(environment, endpoint.only_with))
}

fn has(environment: &Environment, feature: Option<Feature>) -> bool {
    match feature {
        None => true,
        Some(Feature::Passkeys) => environment.passkeys.is_some(),
    }
}

/// Everything that should exist.
#[must_use]
pub fn desired(inputs: &Inputs<'_>) -> Desired {
    let environment = inputs.environment;
    let stack = environment.stack();
    let tags = tags(environment);
    let mut desired = Desired::nothing();

    let pool = desired.declare("main", &user_pool(environment, &tags));
    if environment.protection.deletion {
        desired.protect(pool.address());
    }
    let pool = functions::Pool { id: pool.output("id"), arn: pool.output("arn") };
    let client = desired.declare("api", &app_client(environment, &pool.id));
    let admins = UserGroup {
        pool_id: pool.id.clone(),
        name: ADMIN_GROUP.to_owned(),
        description: "May call the admin endpoints of the API.".to_owned(),
    };
    desired.declare(ADMIN_GROUP, &admins);

    let logs = LogGroup {
        name: log_group(&stack),
        retention_days: Some(whole(environment.functions.log_retention_days)),
        tags: tags.clone(),
    };
    let logs = desired.declare("functions", &logs);
    let shared = functions::Shared {
        inputs,
        stack: &stack,
        tags: &tags,
        pool: &pool,
        client_id: &client.output("id"),
        log_group: &logs.output("name"),
        log_group_arn: &logs.output("arn"),
    };
    let made = functions::declare(&mut desired, &shared);

    let triggers = attach_triggers(&mut desired, inputs, &pool, &made);
    let invoke = desired.declare("invoke", &policies::invoke_role(inputs, &stack, &tags));
    let api = rest_api(inputs, &tags, &pool.arn, &invoke.output("arn"));
    let rest = desired.declare("main", &api);
    let deployment = desired.declare("main", &Deployment::of(&api, rest.output("id")));
    // A snapshot of the API as it was before its body was put would be one of nothing.
    desired.after(deployment.address(), rest.address());
    let (access_logs, log_role) = options::access_logs(&mut desired, inputs, &stack, &tags).unzip();
    let stage = Stage {
        rest_api_id: rest.output("id"),
        name: environment.api.stage.clone(),
        deployment_id: deployment.output("id"),
        throttle: Some(throttle(environment.api.throttle)),
        method_throttles: environment
            .api
            .method_throttle
            .iter()
            .map(|(method, limit)| (method.to_string(), throttle(*limit)))
            .collect(),
        access_logs,
        deviations: BTreeMap::new(),
        tags: tags.clone(),
    };
    let stage = desired.declare("main", &stage);
    // The API names the functions without referring to them, so that both are made at the same time; clients reach a new
    // endpoint only when its function is there.
    for function in made.values() {
        desired.after(stage.address(), function.address());
    }
    // Or the first users would get Cognito's own mails.
    desired.after(stage.address(), triggers.address());
    if let Some(role) = log_role {
        desired.after(stage.address(), role.address());
    }
    if let Some(waf) = environment.api.waf {
        options::firewall(&mut desired, inputs, waf, &rest, &stage, &tags);
    }

    let url = match inputs.endpoint {
        // An emulator has no execute-api host names; this is where they answer instead.
        Some(endpoint) => {
            let endpoint = endpoint.trim_end_matches('/');
            format!("{endpoint}/_aws/execute-api/{}/{}", rest.output("id"), environment.api.stage)
        }
        None => stage.output("invoke_url"),
    };
    match &environment.domain {
        Some(domain) => {
            let (rest_api_id, stage_name) = (rest.output("id"), environment.api.stage.as_str());
            let api = domain::Api { rest_api_id, stage: stage_name, after: stage.address() };
            let own_url = domain::declare(&mut desired, domain, api, &tags);
            desired.output("api_url", own_url);
            desired.output("execute_api_url", url);
        }
        None => desired.output("api_url", url),
    }
    desired.output("region", &environment.aws.region);
    desired.output("user_pool_id", &pool.id);
    desired.output("app_client_id", client.output("id"));
    desired
}

fn user_pool(environment: &Environment, tags: &Tags) -> UserPool {
    let (email, password) = (&environment.email, &environment.password);
    // Cognito's own sender has a fixed address; only an SES identity may have ours.
    let from = email.ses_identity_arn.as_ref().map(|_| email.from.clone());
    let class = |kind: &CharacterKind| match kind {
        CharacterKind::Lowercase => CharacterClass::Lowercase,
        CharacterKind::Uppercase => CharacterClass::Uppercase,
        CharacterKind::Number => CharacterClass::Number,
        CharacterKind::Symbol => CharacterClass::Symbol,
    };
    UserPool {
        name: environment.stack(),
        sign_in: SignIn::default(),
        email: EmailSettings {
            from,
            reply_to: email.reply_to.clone(),
            ses_identity_arn: email.ses_identity_arn.clone(),
        },
        password: PasswordPolicy {
            min_length: whole(password.min_length),
            require: password.require.iter().map(class).collect(),
            temporary_days: whole(password.temporary_days),
        },
        mfa: environment
            .passkeys
            .as_ref()
            .map_or_else(Mfa::totp, |passkeys| Mfa::totp_or_passkey(&passkeys.relying_party_id)),
        accounts: Accounts::default(),
        // Passkeys need it, and so does the rotation of refresh tokens that the contract promises.
        tier: "ESSENTIALS".to_owned(),
        deletion_protection: environment.protection.deletion,
        deviations: BTreeMap::new(),
        tags: tags.clone(),
    }
}

fn app_client(environment: &Environment, pool_id: &str) -> AppClient {
    let tokens = environment.tokens;
    let mut auth_flows = BTreeSet::from(["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH"]);
    if environment.passkeys.is_some() {
        auth_flows.insert("ALLOW_USER_AUTH");
    }
    AppClient {
        pool_id: pool_id.to_owned(),
        name: environment.stack(),
        secret: true,
        tokens: TokenLifetimes {
            access_seconds: whole(tokens.access.0),
            id_seconds: whole(tokens.id.0),
            refresh_seconds: whole(tokens.refresh.0),
        },
        // A minute for a client that lost the answer; a stolen token shows as a replay after it.
        rotation: Some(Rotation { grace_seconds: 60 }),
        auth_flows: auth_flows.into_iter().map(ToOwned::to_owned).collect(),
        // Long enough to fetch a phone and scan a code.
        session_minutes: 15,
        revocation: true,
        hides_unknown_users: true,
        deviations: BTreeMap::new(),
    }
}

/// AWS counts in `i32`; the configuration's limits are far below it.
fn whole(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn attach_triggers(
    desired: &mut Desired,
    inputs: &Inputs<'_>,
    pool: &functions::Pool,
    made: &BTreeMap<&'static str, functions::Made>,
) -> Handle<UserPoolTriggers> {
    let mut attached = BTreeMap::new();
    let mut permissions = Vec::new();
    for trigger in TRIGGERS {
        let Some(function) = made.get(trigger.name) else { continue };
        attached.insert(trigger.source.to_owned(), function.output("arn"));
        let permission = Permission {
            function: function.output("name"),
            statement_id: functions::TRIGGER_STATEMENT.to_owned(),
            principal: "cognito-idp.amazonaws.com".to_owned(),
            source_arn: pool.arn.clone(),
            source_account: inputs.account.to_owned(),
        };
        permissions.push(desired.declare(trigger.name, &permission));
    }
    let triggers = UserPoolTriggers { pool_id: pool.id.clone(), triggers: attached };
    let triggers = desired.declare("main", &triggers);
    // Otherwise a mail that is sent right now would fail for want of it.
    for permission in permissions {
        desired.after(triggers.address(), permission.address());
    }
    triggers
}

fn rest_api(inputs: &Inputs<'_>, tags: &Tags, pool_arn: &str, invoke_role_arn: &str) -> RestApi {
    let environment = inputs.environment;
    let routes: BTreeMap<String, Route> = deployed(environment)
        .map(|endpoint| {
            let route = Route {
                function_arn: functions::arn(inputs, endpoint.name),
                authorization: authorization(endpoint, environment),
            };
            (format!("{} {}", endpoint.method, endpoint.path), route)
        })
        .collect();
    let by_token = routes.values().any(|route| route.authorization == Authorization::Cognito);
    RestApi {
        name: environment.stack(),
        description: environment.api.description.clone(),
        routes,
        invoke_role_arn: invoke_role_arn.to_owned(),
        user_pool_arn: by_token.then(|| pool_arn.to_owned()),
        cors: Cors {
            origins: origins(environment),
            headers: cors_allow_headers(environment.access.admin == Admin::Iam)
                .into_iter()
                .map(ToOwned::to_owned)
                .collect(),
        },
        deviations: BTreeMap::new(),
        tags: tags.clone(),
    }
}

/// What API Gateway demands of an endpoint's callers in this environment.
fn authorization(endpoint: &Endpoint, environment: &Environment) -> Authorization {
    let for_admins = match environment.access.admin {
        Admin::Group => Authorization::Cognito,
        Admin::Iam => Authorization::Iam,
    };
    match endpoint.authorization {
        Access::Open => Authorization::None,
        Access::IdToken => Authorization::Cognito,
        Access::Admin => for_admins,
        Access::Registration => match environment.access.registration {
            Registration::Open => Authorization::None,
            Registration::Admin => for_admins,
        },
    }
}

fn origins(environment: &Environment) -> Vec<String> {
    match &environment.api.cors_origins {
        CorsOrigins::Any => vec!["*".to_owned()],
        CorsOrigins::Only(origins) => origins.iter().cloned().collect(),
    }
}

fn throttle(limit: crate::config::Throttle) -> Throttle {
    Throttle { rate: f64::from(limit.rate), burst: whole(limit.burst) }
}
