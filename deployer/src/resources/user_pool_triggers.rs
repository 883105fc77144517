//! Which functions a user pool calls. A kind of its own, for pool and functions need each other: the pool is made first,
//! then the functions that know its id, then this.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::builders::LambdaConfigTypeBuilder;
use aws_sdk_cognitoidentityprovider::types::{LambdaConfigType, UserPoolType};
use cogapi_engine::{Failure, Found, Resource};
use serde::{Deserialize, Serialize};

use super::{Context, topic, user_pool};
use crate::permissions::{Grant, Permitted, USER_POOLS};

/// The inputs: a pool's triggers, all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserPoolTriggers {
    /// Whose triggers.
    pub pool_id: String,
    /// The function's ARN by the trigger's name in Cognito's `LambdaConfig`, e.g. `CustomMessage`.
    pub triggers: BTreeMap<String, String>,
}

/// What others refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The pool that they are attached to.
    pub pool_id: String,
}

impl Permitted for UserPoolTriggers {
    const GRANTS: &'static [Grant] = &[Grant::of(
        &["cognito-idp:DescribeUserPool", "cognito-idp:GetUserPoolMfaConfig", "cognito-idp:UpdateUserPool"],
        &[USER_POOLS],
    )];
}

impl Resource for UserPoolTriggers {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "user_pool_triggers";
    const TOPIC: &'static str = topic::USER_POOL;
    const SERVICE: &'static str = "cognito-idp";
    const LOCATED_BY: &'static [&'static str] = &["pool_id"];
    const REPLACE_ON: &'static [&'static str] = &["pool_id"];

    async fn read(&self, cx: &Context, _: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        let Some(pool) = cx.user_pool(&self.pool_id).await? else { return Ok(Found::Missing) };
        let triggers = triggers(&pool);
        if triggers.is_empty() && !self.triggers.is_empty() {
            return Ok(Found::Missing);
        }
        // Part of the pool, which is ours.
        let inputs = Self { pool_id: self.pool_id.clone(), triggers };
        Ok(Found::Owned { inputs, outputs: self.outputs() })
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        if found.existing().is_none_or(|(present, _)| present.triggers != self.triggers) {
            const SUMMARY: &str = "attaching the triggers to the user pool failed";
            if !self.attach(cx, SUMMARY).await? {
                return Err(Failure::new(SUMMARY, format!("{} is gone", self.pool_id)));
            }
        }
        Ok(self.outputs())
    }

    async fn delete(&self, cx: &Context, _: Option<&Outputs>) -> Result<(), Failure> {
        let none = Self { pool_id: self.pool_id.clone(), triggers: BTreeMap::new() };
        match cx.describe_pool(&self.pool_id).await? {
            Some(pool) if !triggers(&pool).is_empty() => {
                none.attach(cx, "detaching the triggers from the user pool failed").await?;
            }
            _ => {}
        }
        Ok(())
    }
}

impl UserPoolTriggers {
    fn outputs(&self) -> Outputs {
        Outputs { pool_id: self.pool_id.clone() }
    }

    /// Makes these the pool's triggers. Says whether the pool is there.
    async fn attach(&self, cx: &Context, summary: &str) -> Result<bool, Failure> {
        let config = lambda_config(&self.triggers)?;
        user_pool::update(cx, summary, &self.pool_id, |request, _| Ok(request.lambda_config(config.clone())))
            .await
    }
}

/// A pool's triggers by name, those included that we never set: some hand users' codes to a function, so one that somebody
/// else attached must be seen.
fn triggers(pool: &UserPoolType) -> BTreeMap<String, String> {
    let Some(config) = pool.lambda_config() else { return BTreeMap::new() };
    let members = [
        ("PreSignUp", config.pre_sign_up()),
        ("CustomMessage", config.custom_message()),
        ("PostConfirmation", config.post_confirmation()),
        ("PreAuthentication", config.pre_authentication()),
        ("PostAuthentication", config.post_authentication()),
        ("DefineAuthChallenge", config.define_auth_challenge()),
        ("CreateAuthChallenge", config.create_auth_challenge()),
        ("VerifyAuthChallengeResponse", config.verify_auth_challenge_response()),
        // Cognito shows its first version in both places.
        (
            "PreTokenGeneration",
            config
                .pre_token_generation_config()
                .map(|versioned| versioned.lambda_arn.as_str())
                .or_else(|| config.pre_token_generation()),
        ),
        ("UserMigration", config.user_migration()),
        ("CustomSMSSender", config.custom_sms_sender().map(|sender| sender.lambda_arn.as_str())),
        ("CustomEmailSender", config.custom_email_sender().map(|sender| sender.lambda_arn.as_str())),
        ("InboundFederation", config.inbound_federation().map(|federation| federation.lambda_arn.as_str())),
    ];
    members.into_iter().filter_map(|(name, arn)| Some((name.to_owned(), arn?.to_owned()))).collect()
}

/// Cognito's form of `triggers`: what is not in it is detached.
fn lambda_config(triggers: &BTreeMap<String, String>) -> Result<LambdaConfigType, Failure> {
    triggers
        .iter()
        .try_fold(LambdaConfigType::builder(), |config, (name, arn)| {
            Ok(match name.as_str() {
                "PreSignUp" => config.pre_sign_up(arn),
                "CustomMessage" => config.custom_message(arn),
                "PostConfirmation" => config.post_confirmation(arn),
                "PreAuthentication" => config.pre_authentication(arn),
                "PostAuthentication" => config.post_authentication(arn),
                "DefineAuthChallenge" => config.define_auth_challenge(arn),
                "CreateAuthChallenge" => config.create_auth_challenge(arn),
                "VerifyAuthChallengeResponse" => config.verify_auth_challenge_response(arn),
                "PreTokenGeneration" => config.pre_token_generation(arn),
                "UserMigration" => config.user_migration(arn),
                _ => {
                    return Err(Failure::new(
                        "unknown trigger",
                        format!("cogapi can't attach {name} to a user pool"),
                    ));
                }
            })
        })
        .map(LambdaConfigTypeBuilder::build)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use aws_sdk_cognitoidentityprovider::types::{
        CustomEmailLambdaVersionConfigType, CustomEmailSenderLambdaVersionType,
    };

    use super::*;

    const ATTACHABLE: [&str; 10] = [
        "PreSignUp",
        "CustomMessage",
        "PostConfirmation",
        "PreAuthentication",
        "PostAuthentication",
        "DefineAuthChallenge",
        "CreateAuthChallenge",
        "VerifyAuthChallengeResponse",
        "PreTokenGeneration",
        "UserMigration",
    ];

    #[test]
    fn every_trigger_that_can_be_attached_is_read_back_as_it_was_declared() {
        let declared: BTreeMap<_, _> =
            ATTACHABLE.iter().map(|name| ((*name).to_owned(), format!("arn:{name}"))).collect();
        let config = lambda_config(&declared).unwrap();
        let pool = UserPoolType::builder().lambda_config(config).build();
        assert_eq!(triggers(&pool), declared);
    }

    #[test]
    fn an_email_sender_that_somebody_attached_is_seen() {
        let sender = CustomEmailLambdaVersionConfigType::builder()
            .lambda_version(CustomEmailSenderLambdaVersionType::V10)
            .lambda_arn("arn:spy")
            .build()
            .unwrap();
        let config = LambdaConfigType::builder().custom_email_sender(sender).build();
        let pool = UserPoolType::builder().lambda_config(config).build();
        assert_eq!(triggers(&pool).get("CustomEmailSender").map(String::as_str), Some("arn:spy"));
    }

    #[test]
    fn a_trigger_that_is_not_known_is_refused() {
        let unknown = BTreeMap::from([("OnFullMoon".to_owned(), "arn:x".to_owned())]);
        assert!(lambda_config(&unknown).is_err());
    }
}
