//! A stage behind its web ACL.

use cogapi::resources::{Stage, WebAcl, WebAclAssociation};
use cogapi_engine::{Found, Resource as _};
use serde_json::json;

use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake};
use crate::rest_api::api;
use crate::support::World;
use crate::web_acl::acl;

const ASSOCIATE: Names = &["AssociateWebACL"];

/// Of a stage and a web ACL that WAF knows everywhere.
impl Case for WebAclAssociation {
    const MADE_BY: Names = ASSOCIATE;
    const NAMESAKE: Namesake = Namesake::Ours("it is that of a stage of ours");

    async fn prepare() -> (World, Self) {
        let (world, stage, _) = Stage::deployed().await;
        world.settings(&json!({"waf_propagation_seconds": 0}));
        let acl = world.deploy(&acl(), None).await;
        let (api, name) = (&stage.rest_api_id, &stage.name);
        let resource_arn = format!("arn:aws:apigateway:eu-west-1::/restapis/{api}/stages/{name}");
        (world, Self { resource_arn, web_acl_arn: acl.arn })
    }

    fn drifts() -> Vec<Drift<Self>> {
        vec![Self::drift(&["web_acl_arn"], ASSOCIATE, async |world, association, outputs| {
            let theirs = world.deploy(&WebAcl { name: "theirs".into(), ..acl() }, None).await;
            let theirs = Self { web_acl_arn: theirs.arn, ..association.clone() };
            world.deploy(&theirs, Some(outputs)).await;
        })]
    }

    async fn uprooted(&self, world: &World) {
        world.delete(&api(), None).await;
    }
}

#[tokio::test]
async fn a_web_acl_that_is_not_known_everywhere_yet_is_waited_for_and_that_is_told() {
    let (world, association) = WebAclAssociation::prepare().await;
    world.settings(&json!({"waf_propagation_seconds": 1}));
    let name = "second".to_owned();
    let second = world.deploy(&WebAcl { name, ..acl() }, None).await;
    let association = WebAclAssociation { web_acl_arn: second.arn, ..association };
    let (cx, told) = world.listening();
    association.reconcile(&cx, Found::Missing).await.unwrap();
    assert_eq!(
        *told.lock().unwrap(),
        ["waits for the API's web ACL: WAF has not told all of its servers yet"]
    );
    world.expect(&association, None).await;
}

#[tokio::test]
async fn a_web_acl_goes_only_after_its_stage_is_not_behind_it_any_more() {
    let (world, association) = WebAclAssociation::prepare().await;
    let (acl, found) = (acl(), world.read(&acl(), None).await);
    let outputs = found.existing().unwrap().1.clone();
    world.deploy(&association, None).await;
    // What the lag of WAF looks like: for a while it still counts as protecting.
    let later = async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        world.delete(&association, None).await;
    };
    tokio::join!(world.delete(&acl, Some(&outputs)), later);
    world.expect_missing(&acl, None).await;
}
