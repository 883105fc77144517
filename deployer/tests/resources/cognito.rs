//! What the tests of Cognito's kinds share: a pool, and contexts that behave in a special way.

use std::collections::BTreeMap;
use std::sync::Mutex;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::Builder;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use cogapi::resources::{
    Accounts, CharacterClass, Context, EmailSettings, Mfa, PasswordPolicy, SignIn, UserPool,
};

use crate::support::{STACK, World, tags};

/// A pool as an environment with a sender of its own declares it.
pub(crate) fn pool() -> UserPool {
    UserPool {
        name: STACK.to_owned(),
        sign_in: SignIn::default(),
        email: EmailSettings {
            from: Some("Shop <hello@example.com>".to_owned()),
            reply_to: Some("help@example.com".to_owned()),
            ses_identity_arn: Some("arn:aws:ses:eu-west-1:000000000000:identity/example.com".to_owned()),
        },
        password: PasswordPolicy {
            min_length: 14,
            require: [CharacterClass::Lowercase, CharacterClass::Symbol].into(),
            temporary_days: 1,
        },
        mfa: Mfa::totp(),
        accounts: Accounts::default(),
        tier: "ESSENTIALS".to_owned(),
        deletion_protection: false,
        deviations: BTreeMap::new(),
        tags: tags(),
    }
}

/// A context that tries each call once: what a run does that dies on the way.
pub(crate) fn dying(world: &World) -> Context {
    with_cognito(world, |config| config.retry_config(RetryConfig::disabled()))
}

/// A context whose Cognito leaves out of its first lists what there is: just made things are missing from them for a while.
pub(crate) fn lagging(world: &World, operation: &'static str, empty: &'static str) -> Context {
    let lists = Mutex::new(3);
    with_cognito(world, |config| config.interceptor(Lag { operation, empty, lists }))
}

/// See [`lagging`].
#[derive(Debug)]
struct Lag {
    operation: &'static str,
    empty: &'static str,
    lists: Mutex<usize>,
}

impl Intercept for Lag {
    fn name(&self) -> &'static str {
        "Lag"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let called = config.load::<Metadata>().unwrap();
        let mut lists = self.lists.lock().unwrap();
        if called.name() == self.operation && *lists > 0 {
            *lists -= 1;
            *context.response_mut().body_mut() = SdkBody::from(self.empty);
        }
        Ok(())
    }
}

fn with_cognito(world: &World, change: impl FnOnce(Builder) -> Builder) -> Context {
    let mut cx = world.cx();
    cx.clients.cognito = Client::from_conf(change(cx.clients.cognito.config().to_builder()).build());
    cx
}
