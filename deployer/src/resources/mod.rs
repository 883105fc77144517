//! The kinds of resources that a stack is made of: one file each, one line in [`kinds`]. Each knows its own AWS calls and
//! facts, and nothing of other kinds, of plans or of terminals.

mod app_client;
mod base_path_mapping;
mod certificate;
mod cognito;
mod deployment;
mod dns_record;
mod domain_name;
mod function;
mod gateway;
mod gateway_log_role;
mod lambda;
mod log_group;
mod new_roles;
mod once;
mod permission;
mod rest_api;
mod role;
mod route53;
mod stage;
mod tags;
mod user_group;
mod user_pool;
mod user_pool_triggers;
mod waiting;
mod web_acl;
mod web_acl_association;

use std::sync::Arc;

use cogapi_engine::{Kinds, Resource};

use crate::aws::Clients;
use crate::permissions::{Grant, Permitted};
pub(crate) use route53::{plain, records_at};
use tags::{TagChanges, tags_from};

pub use app_client::{AppClient, Rotation, TokenLifetimes};
pub use base_path_mapping::BasePathMapping;
pub use certificate::Certificate;
pub use cognito::ClientSecret;
pub use deployment::Deployment;
pub use dns_record::DnsRecord;
pub use domain_name::DomainName;
pub use function::{ClientRef, Function};
pub use gateway_log_role::GatewayLogRole;
pub use log_group::LogGroup;
pub use permission::Permission;
pub use rest_api::{Authorization, Cors, RestApi, Route, body_hash};
pub use role::Role;
pub use stage::{AccessLogs, Stage, Throttle};
pub use tags::Tags;
pub use user_group::UserGroup;
pub use user_pool::{
    Accounts, CharacterClass, EmailSettings, Mfa, Passkeys, PasswordPolicy, SignIn, UserPool,
};
pub use user_pool_triggers::UserPoolTriggers;
pub use waiting::{Reporter, Waiting};
pub use web_acl::WebAcl;
pub use web_acl_association::WebAclAssociation;

/// What a plan sorts resources by: what they are about, as people see it.
pub mod topic {
    /// Users, and how they sign in.
    pub const USER_POOL: &str = "User pool";
    /// What answers requests.
    pub const FUNCTIONS: &str = "Functions";
    /// What clients call.
    pub const API: &str = "API";
    /// Where clients call it.
    pub const DOMAIN: &str = "Domain";
    /// Who may do what.
    pub const PERMISSIONS: &str = "Permissions";
    /// What is written down.
    pub const LOGS: &str = "Logs";
    /// Who is kept out.
    pub const FIREWALL: &str = "Firewall";
    /// All, the most important first.
    pub const ALL: [&str; 7] = [USER_POOL, FUNCTIONS, API, DOMAIN, PERMISSIONS, LOGS, FIREWALL];
}

macro_rules! kinds {
    ($($kind:ident,)+) => {
        /// Every kind, by name. A new one is a file and a line below.
        #[must_use]
        pub fn kinds() -> Kinds<Context> {
            Kinds::new()$(.register::<$kind>())+
        }

        /// What it takes to work with each kind.
        pub(crate) const GRANTS: &[(&str, &[Grant])] =
            &[$((<$kind as Resource>::KIND, <$kind as Permitted>::GRANTS),)+];
    };
}

kinds! {
    AppClient,
    BasePathMapping,
    Certificate,
    Deployment,
    DnsRecord,
    DomainName,
    Function,
    GatewayLogRole,
    LogGroup,
    Permission,
    RestApi,
    Role,
    Stage,
    UserGroup,
    UserPool,
    UserPoolTriggers,
    WebAcl,
    WebAclAssociation,
}

/// The tag that holds the stack's name.
pub const STACK_TAG: &str = "cogapi:stack";
/// The tag that holds the environment's name.
pub const ENVIRONMENT_TAG: &str = "cogapi:environment";
/// The tag that says where the state is that knows of this: `<bucket>/<environment>`. No other tag tells two projects of
/// the same name apart, and a stack's name alone not even two environments: `a-b` of `shop` and `b` of `shop-a`.
pub const STATE_TAG: &str = "cogapi:state";

/// What the kinds work with: clients, whose things these are, and what one run needs to ask only once.
///
/// The caches hold what `read` found; a run that changed something looks again with [`Context::afresh`].
#[derive(Debug)]
pub struct Context {
    /// The SDK clients.
    pub clients: Clients,
    /// The 12-digit account.
    pub account: String,
    /// The stack's name, the prefix of all names: `<api.name>-<environment>`.
    pub stack: String,
    /// The bucket that holds the handlers' code, content-addressed.
    pub bucket: String,
    /// What everything taggable is tagged with, the tags that make it ours included.
    pub tags: Tags,
    /// Is told what is waited for.
    pub reporter: Reporter,
    cognito: cognito::Cache,
    new_roles: new_roles::NewRoles,
    lambda: lambda::Cache,
    just_made: Arc<lambda::JustMade>,
    /// See [`Context::leaving`].
    leaving: bool,
    roles: role::Cache,
}

impl Context {
    /// A context for one run.
    #[must_use]
    pub fn new(clients: Clients, account: String, stack: String, bucket: String, tags: Tags) -> Self {
        Self {
            clients,
            account,
            stack,
            bucket,
            tags,
            reporter: Reporter::default(),
            cognito: cognito::Cache::default(),
            new_roles: new_roles::NewRoles::default(),
            lambda: lambda::Cache::default(),
            just_made: Arc::default(),
            leaving: false,
            roles: role::Cache::default(),
        }
    }

    /// The same with empty caches.
    #[must_use]
    pub fn afresh(&self) -> Self {
        let fresh = Self::new(
            self.clients.clone(),
            self.account.clone(),
            self.stack.clone(),
            self.bucket.clone(),
            self.tags.clone(),
        );
        Self {
            reporter: self.reporter.clone(),
            just_made: self.just_made.clone(),
            leaving: self.leaving,
            ..fresh
        }
    }

    /// The same, for what is to go: whether it is there is all that there is to know.
    #[must_use]
    pub fn leaving(self) -> Self {
        Self { leaving: true, ..self }
    }

    /// The same, and whoever waits tells `reporter`.
    #[must_use]
    pub fn reporting_to(self, reporter: Reporter) -> Self {
        Self { reporter, ..self }
    }

    /// Whether something with these tags is this stack's.
    #[must_use]
    pub fn owns(&self, tags: &Tags) -> bool {
        let ours = |tag| tags.get(tag) == self.tags.get(tag);
        tags.get(STACK_TAG) == Some(&self.stack) && ours(ENVIRONMENT_TAG) && ours(STATE_TAG)
    }
}
