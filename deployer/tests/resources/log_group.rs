//! The log group: kept for as long as was declared, and never somebody else's.

use cogapi::resources::LogGroup;

use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake};
use crate::support::{STACK, World, retag, tags};

fn group() -> LogGroup {
    LogGroup { name: format!("/cogapi/{STACK}"), retention_days: Some(30), tags: tags() }
}

impl Case for LogGroup {
    const MADE_BY: Names = &["CreateLogGroup", "PutRetentionPolicy"];
    const NAMESAKE: Namesake = Namesake::InTheWay("ResourceAlreadyExistsException");

    async fn prepare() -> (World, Self) {
        (World::empty(), group())
    }

    fn drifts() -> Vec<Drift<Self>> {
        vec![
            Self::edit(&["retention_days"], &["PutRetentionPolicy"], |group| {
                group.retention_days = Some(3653);
            }),
            // Kept for ever.
            Self::edit(&["retention_days"], &["PutRetentionPolicy"], |group| group.retention_days = None),
            Self::edit(&["tags"], &["TagResource", "UntagResource"], |group| retag(&mut group.tags)),
            Self::drift(&["tags"], &["TagResource"], async |world, group, outputs| {
                let untag = world.cx().clients.logs.untag_resource().resource_arn(&outputs.arn);
                untag.set_tag_keys(Some(group.tags.keys().cloned().collect())).send().await.unwrap();
            }),
        ]
    }
}

#[tokio::test]
async fn a_group_is_referred_to_by_its_arn_without_a_star() {
    let (world, group, outputs) = LogGroup::deployed().await;
    let account = world.cx().account;
    assert_eq!(outputs.arn, format!("arn:aws:logs:eu-west-1:{account}:log-group:{}", group.name));
}

#[tokio::test]
async fn a_retention_that_is_no_longer_declared_is_taken_off() {
    let (world, group, outputs) = LogGroup::deployed().await;
    let forever = LogGroup { retention_days: None, ..group };
    world.deploy_with(&forever, Some(&outputs), &["DeleteRetentionPolicy"]).await;
    world.deploy_with(&forever, Some(&outputs), &[]).await;
}

#[tokio::test]
async fn a_group_whose_name_only_begins_like_ours_is_another() {
    let world = World::empty();
    let longer = LogGroup { name: format!("{}-2", group().name), ..group() };
    world.deploy(&longer, None).await;
    world.expect_missing(&group(), None).await;
    world.deploy(&group(), None).await;
    world.expect(&group(), None).await;
    world.expect(&longer, None).await;
}
