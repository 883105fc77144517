//! The user pool: who the users are, how they prove it, and what Cognito mails them. Its triggers are a kind of their own
//! (`user_pool_triggers`), for the functions that they name need the pool first.
//!
//! A pool's name is not unique and creating is not idempotent: by name, ours is the one with our tags.

mod inputs;
mod observe;
mod request;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws_sdk_cognitoidentityprovider::operation::get_user_pool_mfa_config::GetUserPoolMfaConfigOutput;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool::builders::UpdateUserPoolInputBuilder;
use aws_sdk_cognitoidentityprovider::types::{DeletionProtectionType, UserPoolType};
use cogapi_engine::{Failure, Found, Replacement, Resource};
use futures::future::try_join;

use super::{Context, TagChanges, Tags, tags_from, topic};
use crate::aws::errors::{is_code, is_missing};
use crate::aws::failure;
use crate::aws::retry::{Waits, create_once, retry_while};
use crate::permissions::{ANY, Grant, Permitted, USER_POOLS};

use inputs::Outputs;
pub use inputs::{Accounts, CharacterClass, EmailSettings, Mfa, Passkeys, PasswordPolicy, SignIn, UserPool};

/// Two changes of one pool at once: Cognito refuses the later one, which may try again.
const CONCURRENT: &str = "ConcurrentModificationException";

/// Whether a refusal is only that.
pub(super) fn is_concurrent(code: &str, _: &str) -> bool {
    code == CONCURRENT
}

/// Changes a user pool: everything stays as it is now, but for what `change` says. UpdateUserPool resets to its default
/// whatever is left out, so the present description, never memory, is what each attempt starts from. Says whether the
/// pool is there.
pub(super) async fn update(
    cx: &Context,
    summary: &str,
    pool_id: &str,
    change: impl Fn(UpdateUserPoolInputBuilder, &UserPoolType) -> Result<UpdateUserPoolInputBuilder, Failure>,
) -> Result<bool, Failure> {
    let mut waits = Waits::default();
    loop {
        let Some(described) = cx.describe_pool(pool_id).await? else { return Ok(false) };
        let request = change(request::as_described(&described), &described)?.user_pool_id(pool_id);
        // Boxed, as the SDK's futures are large.
        match Box::pin(request.send_with(&cx.clients.cognito)).await {
            Ok(_) => return Ok(true),
            Err(error) => waits.again(summary, &error, is_code(&error, &[CONCURRENT])).await?,
        }
    }
}

impl UserPool {
    /// What is there: the pool with the remembered id, else the one with our name. The flag says whether it is ours.
    async fn observe(
        &self,
        cx: &Context,
        prior: Option<&Outputs>,
    ) -> Result<Option<(Self, Outputs, bool)>, Failure> {
        if let Some(prior) = prior {
            let (described, mfa) = try_join(cx.user_pool(&prior.id), mfa(cx, &prior.id)).await?;
            if let (Some(described), Some(mfa)) = (described, mfa) {
                return Ok(Some((Self::observed(&described, &mfa), outputs(&described)?, true)));
            }
        }
        let Some((described, ours)) = self.find(cx).await? else { return Ok(None) };
        let outputs = outputs(&described)?;
        let Some(mfa) = mfa(cx, &outputs.id).await? else { return Ok(None) };
        Ok(Some((Self::observed(&described, &mfa), outputs, ours)))
    }

    /// The pool of this name, ours before anybody else's.
    async fn find(&self, cx: &Context) -> Result<Option<(Arc<UserPoolType>, bool)>, Failure> {
        let (mut ours, mut others) = (Vec::new(), Vec::new());
        // 60 is the most that a page holds.
        let mut pages = cx.clients.cognito.list_user_pools().max_results(60).into_paginator().items().send();
        while let Some(pool) = pages.next().await {
            let pool = pool.map_err(|error| failure("listing the user pools failed", &error))?;
            let Some(id) = pool.id.filter(|_| pool.name.as_ref() == Some(&self.name)) else { continue };
            let Some(described) = cx.user_pool(&id).await? else { continue };
            let tags = tags_from(described.user_pool_tags.clone().unwrap_or_default());
            if cx.owns(&tags) { ours.push(described) } else { others.push(described) }
        }
        let owned = !ours.is_empty();
        let mut candidates = if owned { ours } else { others };
        if candidates.len() > 1 {
            let ids: Vec<&str> = candidates.iter().filter_map(|pool| pool.id()).collect();
            let detail = format!("{} is the name of {}", self.name, ids.join(" and "));
            return Err(Failure::new("more than one user pool has this name", detail)
                .with_hint("rename or delete those that are not this environment's; cogapi does not guess"));
        }
        Ok(candidates.pop().map(|pool| (pool, owned)))
    }

    /// Makes the pool, with everything but MFA and passkeys.
    async fn create(&self, cx: &Context) -> Result<(Self, Outputs), Failure> {
        const SUMMARY: &str = "creating the user pool failed";
        // The SDK would send a lost call again, and make a second pool.
        let client = cx.cognito_without_retries();
        // Without MFA, for CreateUserPool refuses MFA ON where there are no SMS settings, and so without passkeys.
        let bare = Self { mfa: Mfa::off(), ..self.clone() };
        let request = request::create(&bare)?;
        let made = create_once(
            SUMMARY,
            || {
                let call = request.clone().send_with(&client);
                async move { Ok(call.await?.user_pool) }
            },
            // With a new cache, for the one of this run would go on without a pool that it did not see at first.
            async || match self.find(&cx.afresh()).await? {
                Some((pool, true)) => Ok(Some(Some(UserPoolType::clone(&pool)))),
                _ => Ok(None),
            },
        );
        let made =
            Box::pin(made).await?.ok_or_else(|| Failure::new(SUMMARY, "Cognito answered without a pool"))?;
        Ok((bare, outputs(&made)?))
    }

    /// One UpdateUserPool that makes the pool hold `self`, MFA excepted.
    async fn send(&self, cx: &Context, id: &str) -> Result<(), Failure> {
        const SUMMARY: &str = "changing the user pool failed";
        let there =
            update(cx, SUMMARY, id, |request, described| request::overlay(self, request, described)).await?;
        if there { Ok(()) } else { Err(Failure::new(SUMMARY, format!("{id} is gone"))) }
    }

    /// Sets MFA and passkeys: always all of it, for what SetUserPoolMfaConfig is not given is switched off.
    async fn set_mfa(&self, cx: &Context, id: &str) -> Result<(), Failure> {
        let request = request::mfa(&self.mfa).user_pool_id(id);
        let call = || request.clone().send_with(&cx.clients.cognito);
        retry_while("setting the user pool's MFA failed", is_concurrent, call).await?;
        Ok(())
    }

    /// Makes the settings hold `self`, starting from `present`. Says whether UpdateUserPool was called.
    async fn sync(&self, cx: &Context, id: &str, mut present: Self) -> Result<bool, Failure> {
        let mut updated = false;
        let lowered = self.tier == LITE && present.tier != LITE;
        if !self.mfa.same_configuration(&present.mfa) || lowered {
            let interim = self.before_mfa(&present);
            if interim.tier != present.tier || interim.mfa.first_factors != present.mfa.first_factors {
                interim.send(cx, id).await?;
                updated = true;
                present = interim;
            }
            self.set_mfa(cx, id).await?;
            present.mfa = Mfa { first_factors: present.mfa.first_factors, ..self.mfa.clone() };
        }
        present.tags.clone_from(&self.tags);
        if present != *self {
            self.send(cx, id).await?;
            updated = true;
        }
        Ok(updated)
    }

    /// What must hold before SetUserPoolMfaConfig: a tier in which passkeys are to be had, and no first factor that the new
    /// configuration does not allow. WEB_AUTHN comes in after it ("WEB_AUTHN cannot be used as an auth factor when MFA is
    /// enabled if not configured for MFA") and goes before it; LITE comes after the passkeys are gone.
    fn before_mfa(&self, present: &Self) -> Self {
        // Deviations stay until then: a pool whose only second factor is a text message must be able to send it.
        let mut interim = Self { deviations: present.deviations.clone(), ..self.clone() };
        if self.tier == LITE {
            interim.tier.clone_from(&present.tier);
        }
        interim.mfa.first_factors.retain(|factor| present.mfa.first_factors.contains(factor));
        if interim.mfa.first_factors.is_empty() {
            // Cognito refuses an empty list.
            interim.mfa.first_factors = Mfa::off().first_factors;
        }
        interim
    }
}

/// The tier without choice of the first factor, so without passkeys.
const LITE: &str = "LITE";

impl Permitted for UserPool {
    const GRANTS: &'static [Grant] = &[
        Grant::of(&["cognito-idp:CreateUserPool", "cognito-idp:ListUserPools"], ANY),
        Grant::of(
            &[
                "cognito-idp:DeleteUserPool",
                "cognito-idp:DescribeUserPool",
                "cognito-idp:GetUserPoolMfaConfig",
                "cognito-idp:SetUserPoolMfaConfig",
                "cognito-idp:TagResource",
                "cognito-idp:UntagResource",
                "cognito-idp:UpdateUserPool",
            ],
            &[USER_POOLS],
        ),
        // A pool that mails through SES does so by this role, which the first one makes
        // (https://docs.aws.amazon.com/cognito/latest/developerguide/using-service-linked-roles.html).
        Grant::of(
            &["iam:CreateServiceLinkedRole"],
            &["arn:{partition}:iam::{account}:role/aws-service-role/email.cognito-idp.amazonaws.com/*"],
        ),
    ];
}

impl Resource for UserPool {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "user_pool";
    const TOPIC: &'static str = topic::USER_POOL;
    const SERVICE: &'static str = "cognito-idp";
    const LOCATED_BY: &'static [&'static str] = &["name"];
    const REPLACE_ON: &'static [&'static str] = &["sign_in"];
    const REPLACEMENT: Replacement = Replacement::Never(
        "Cognito can't change how users sign in after the pool was made: it would take a new pool, and it would lose every user",
    );

    async fn read(&self, cx: &Context, prior: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        Ok(match self.observe(cx, prior).await? {
            None => Found::Missing,
            Some((inputs, outputs, ours)) => Found::there(ours, inputs, outputs),
        })
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        let cognito = &cx.clients.cognito;
        let (present, outputs) = match found.existing() {
            Some((inputs, outputs)) => (inputs.clone(), outputs.clone()),
            None => Box::pin(self.create(cx)).await?,
        };
        let mut tags = TagChanges::between(&present.tags, &self.tags);
        if self.sync(cx, &outputs.id, present).await? {
            // UpdateUserPool has set them already, and taken none off.
            tags.set.clear();
        }
        let arn = &outputs.arn;
        let set = |set: Tags| {
            cognito.tag_resource().resource_arn(arn).set_tags(Some(set.into_iter().collect())).send()
        };
        let unset = |unset| cognito.untag_resource().resource_arn(arn).set_tag_keys(Some(unset)).send();
        tags.make("the user pool", is_concurrent, set, unset).await?;
        Ok(outputs)
    }

    async fn delete(&self, cx: &Context, prior: Option<&Outputs>) -> Result<(), Failure> {
        const SUMMARY: &str = "deleting the user pool failed";
        let id = match prior {
            Some(prior) => prior.id.clone(),
            None => match self.find(cx).await? {
                Some((pool, true)) => outputs(&pool)?.id,
                _ => return Ok(()),
            },
        };
        // That protection may be taken off was decided when the deletion was planned, from the same inputs. Where somebody
        // switched it on since, Cognito refuses the deletion, and so it should.
        if self.deletion_protection {
            let unprotect = |request: UpdateUserPoolInputBuilder, _: &UserPoolType| {
                Ok(request.deletion_protection(DeletionProtectionType::Inactive))
            };
            if !update(cx, SUMMARY, &id, unprotect).await? {
                return Ok(());
            }
        }
        let delete = || async {
            match cx.clients.cognito.delete_user_pool().user_pool_id(&id).send().await {
                Ok(_) => Ok(()),
                Err(error) if is_missing(&error) => Ok(()),
                Err(error) => Err(error),
            }
        };
        retry_while(SUMMARY, is_concurrent, delete).await
    }
}

/// MFA and passkeys as they are now: DescribeUserPool does not show them.
async fn mfa(cx: &Context, pool_id: &str) -> Result<Option<GetUserPoolMfaConfigOutput>, Failure> {
    match cx.clients.cognito.get_user_pool_mfa_config().user_pool_id(pool_id).send().await {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(failure("reading the user pool's MFA failed", &error)),
    }
}

fn outputs(described: &UserPoolType) -> Result<Outputs, Failure> {
    let (Some(id), Some(arn)) = (described.id.clone(), described.arn.clone()) else {
        return Err(Failure::new(
            "the user pool can't be identified",
            "Cognito described it without id or ARN",
        ));
    };
    Ok(Outputs { id, arn })
}
