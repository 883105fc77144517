//! Every kind of resource through the same tests, generated from one list. What they need to know of a kind is its [`Case`], in the
//! kind's own file, beside the tests that only it needs.

use std::collections::BTreeSet;
use std::fmt::Debug;

use cogapi::resources::{self, Context, STACK_TAG, kinds};
use cogapi_engine::{Found, Resource};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::drift::{Drift, every_field_is_put_right};
use crate::support::World;

/// Names: of calls, of fields, of sections.
pub(crate) type Names = &'static [&'static str];

/// Names, each with the reason for its being there.
pub(crate) type Reasons = &'static [(&'static str, &'static str)];

/// What the tests need to know of a kind.
pub(crate) trait Case:
    Resource<Context = Context, Outputs: Debug + PartialEq> + Debug + PartialEq
{
    /// The mutating calls that make it.
    const MADE_BY: Names;
    /// What another one of its name is to us.
    const NAMESAKE: Namesake;
    /// The fields that nobody can make differ from what was declared, each with the reason.
    const FIXED: Reasons = &[];
    /// The sections of the inventory in which it leaves something behind, on purpose.
    const LEAVES: Names = &[];
    /// The ways in which each of its calls goes wrong once.
    const MISHAPS: Names = &["hangup_after", "hangup_before", "throttle", "error500"];

    /// A world with all that it needs, and one that is not made yet.
    async fn prepare() -> (World, Self);

    /// One that is made.
    async fn deployed() -> (World, Self, Self::Outputs) {
        let (world, declared) = Self::prepare().await;
        let outputs = world.deploy(&declared, None).await;
        (world, declared, outputs)
    }

    /// What somebody changes behind our back: at least one case for every field.
    fn drifts() -> Vec<Drift<Self>>;

    /// A change that somebody makes with calls of their own: it shows in these fields, and is put right with these mutating calls.
    fn drift(
        fields: Names,
        mended_by: Names,
        change: impl AsyncFnOnce(&World, &Self, &Self::Outputs) + 'static,
    ) -> Drift<Self> {
        Drift::new(fields, mended_by, change)
    }

    /// The same where it could have been declared so, and somebody makes it just as we would.
    fn edit(fields: Names, mended_by: Names, edit: fn(&mut Self)) -> Drift<Self> {
        Self::drift(fields, mended_by, async move |world, declared, outputs| {
            let mut edited = declared.clone();
            edit(&mut edited);
            world.deploy(&edited, Some(outputs)).await;
        })
    }

    /// Somebody deletes it: as we do, unless that is not how others would.
    async fn deleted(&self, world: &World, outputs: &Self::Outputs) {
        world.delete(self, Some(outputs)).await;
    }

    /// Somebody else makes one of its name: the same with the tags of another stack, unless it has none.
    async fn namesake(&self, world: &World) {
        let mut theirs = json!(self);
        theirs["tags"][STACK_TAG] = json!("another");
        world.deploy(&serde_json::from_value::<Self>(theirs).unwrap(), None).await;
    }

    /// Somebody deletes what it is a part of, and it with that.
    async fn uprooted(&self, _: &World) {}
}

/// [`Case::MISHAPS`] of what is made by `create_once`: after the others it looks for ten seconds whether it was made. What it does then,
/// its own tests show with a clock that they can turn.
pub(crate) const QUICK: Names = &["hangup_after", "throttle"];

/// What another one of the same name is to us.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Namesake {
    /// There can be only one: it is not taken for ours, and ours can't be made; the call is refused with this code.
    InTheWay(&'static str),
    /// There can be several: it is not taken for ours, and ours can be made beside it.
    Beside,
    /// There can be any number of them, and theirs is not even looked at.
    Ignored,
    /// There is none: whatever has its name is ours, for this reason.
    Ours(&'static str),
}

async fn missing_is_made<R: Case>() {
    let (world, declared) = R::prepare().await;
    world.reads(world.expect_missing(&declared, None)).await;
    let (outputs, writes) = world.writes(world.deploy(&declared, None)).await;
    assert_eq!(writes, R::MADE_BY);
    for prior in [Some(&outputs), None] {
        assert_eq!(world.expect(&declared, prior).await, outputs);
    }
    // What an older version stored may say more.
    let mut stored = json!(outputs);
    stored["no longer there"] = json!("it was");
    assert_eq!(serde_json::from_value::<R::Outputs>(stored).unwrap(), outputs);
}

async fn equal_makes_no_mutating_call<R: Case>() {
    let (world, declared, outputs) = R::deployed().await;
    for prior in [Some(&outputs), None] {
        world.deploy_with(&declared, prior, &[]).await;
    }
}

async fn drift_of_every_field_is_found_and_put_right<R: Case>() {
    every_field_is_put_right::<R>().await;
}

async fn deleted_behind_our_back_is_made_again<R: Case>() {
    let (world, declared, outputs) = R::deployed().await;
    declared.deleted(&world, &outputs).await;
    world.expect_missing(&declared, Some(&outputs)).await;
    let (again, writes) = world.writes(world.deploy(&declared, Some(&outputs))).await;
    assert_eq!(writes, R::MADE_BY);
    world.expect(&declared, Some(&again)).await;
}

async fn not_ours_is_refused<R: Case>() {
    let (world, declared) = R::prepare().await;
    if let Namesake::Ours(reason) = R::NAMESAKE {
        world.deploy(&declared, None).await;
        let found = declared.read(&world.of_another_stack(), None).await.unwrap();
        assert!(matches!(found, Found::Owned { .. }), "{reason}, and yet: {found:?}");
        return;
    }
    declared.namesake(&world).await;
    let before = world.inventory();
    match (world.read(&declared, None).await, R::NAMESAKE) {
        (Found::Missing, Namesake::Ignored) | (Found::Unowned { .. }, _) => {}
        (found, _) => panic!("theirs is taken for {found:?}"),
    }
    // As if it had been made since we looked.
    match (world.reconcile(&declared, Found::Missing).await, R::NAMESAKE) {
        (Err(failure), Namesake::InTheWay(code)) => {
            assert!(failure.detail.starts_with(code), "{failure}");
        }
        (Ok(ours), Namesake::Beside | Namesake::Ignored) => {
            assert_eq!(world.expect(&declared, None).await, ours);
            world.delete(&declared, Some(&ours)).await;
            // Nor is theirs deleted for one that may have been made.
            world.delete(&declared, None).await;
        }
        (result, namesake) => panic!("{namesake:?}: {result:?}"),
    }
    assert_eq!(world.inventory(), before);
    // Adopted, it is as it was declared.
    let outputs = world.deploy(&declared, None).await;
    world.expect(&declared, Some(&outputs)).await;
}

async fn gone_twice_is_fine<R: Case>() {
    let (world, declared) = R::prepare().await;
    let before = inventory::<R>(&world);
    let outputs = world.deploy(&declared, None).await;
    if R::SHARED {
        let made = world.inventory();
        let ((), writes) = world.writes(world.delete(&declared, Some(&outputs))).await;
        assert_eq!((world.inventory(), writes.len()), (made, 0));
        return;
    }
    for prior in [Some(&outputs), Some(&outputs), None] {
        world.delete(&declared, prior).await;
        world.expect_missing(&declared, Some(&outputs)).await;
        assert_eq!(inventory::<R>(&world), before);
    }
    // One that a run made which died before it could store the outputs.
    world.deploy(&declared, None).await;
    world.delete(&declared, None).await;
    assert_eq!(inventory::<R>(&world), before);
    let outputs = world.deploy(&declared, None).await;
    declared.uprooted(&world).await;
    for prior in [Some(&outputs), None] {
        world.delete(&declared, prior).await;
        world.expect_missing(&declared, prior).await;
    }
}

async fn a_call_that_goes_wrong_once_is_no_failure<R: Case>() {
    let (world, declared) = R::prepare().await;
    let (outputs, made) = world.written(world.deploy(&declared, None)).await;
    let ((), deleted) = world.written(world.delete(&declared, Some(&outputs))).await;
    let once_each = |calls: Vec<String>| BTreeSet::from_iter(calls);
    let (made, deleted) = (&once_each(made), &once_each(deleted));
    let each = R::MISHAPS.iter().map(async |mishap| {
        let (world, declared) = R::prepare().await;
        let before = inventory::<R>(&world);
        for call in made {
            world.fails_once(mishap, call);
        }
        let outputs = world.deploy(&declared, None).await;
        assert_eq!(world.expect(&declared, None).await, outputs, "{mishap}");
        for call in deleted {
            world.fails_once(mishap, call);
        }
        world.delete(&declared, Some(&outputs)).await;
        if !R::SHARED {
            assert_eq!(inventory::<R>(&world), before, "{mishap}");
        }
        assert_eq!(world.faults(), json!([]), "not all of them were met");
    });
    join_all(each.map(Box::pin)).await;
}

/// Everything that exists, but for what the kind leaves behind.
fn inventory<R: Case>(world: &World) -> Value {
    let mut inventory = world.inventory();
    inventory.as_object_mut().unwrap().retain(|section, _| !R::LEAVES.contains(&section.as_str()));
    inventory
}

/// The tests of these kinds, each in a module of the kind's name.
macro_rules! matrix {
    ($($kind:ident: $inputs:ident,)+) => {
        const LISTED: &[(&str, &str)] = &[$((stringify!($kind), resources::$inputs::KIND)),+];
        $(matrix! { @tests $kind: $inputs,
            missing_is_made
            equal_makes_no_mutating_call
            drift_of_every_field_is_found_and_put_right
            deleted_behind_our_back_is_made_again
            not_ours_is_refused
            gone_twice_is_fine
            a_call_that_goes_wrong_once_is_no_failure
        })+
    };
    (@tests $kind:ident: $inputs:ident, $($test:ident)+) => {
        mod $kind {
            $(
                #[tokio::test]
                async fn $test() {
                    Box::pin(super::$test::<cogapi::resources::$inputs>()).await;
                }
            )+
        }
    };
}

matrix! {
    app_client: AppClient,
    base_path_mapping: BasePathMapping,
    certificate: Certificate,
    deployment: Deployment,
    dns_record: DnsRecord,
    domain_name: DomainName,
    function: Function,
    gateway_log_role: GatewayLogRole,
    log_group: LogGroup,
    permission: Permission,
    rest_api: RestApi,
    role: Role,
    stage: Stage,
    user_group: UserGroup,
    user_pool: UserPool,
    user_pool_triggers: UserPoolTriggers,
    web_acl: WebAcl,
    web_acl_association: WebAclAssociation,
}

#[test]
fn every_kind_is_in_the_matrix() {
    let listed: BTreeSet<&str> = LISTED.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(listed, kinds().names().collect(), "give a new kind its Case, and a line in the matrix");
    for (module, kind) in LISTED {
        assert_eq!(module, kind);
    }
}
