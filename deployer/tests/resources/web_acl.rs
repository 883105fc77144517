//! The web ACL: as declared and nothing weaker, and never somebody else's.

use cogapi::aws::signed::Answer;
use cogapi::resources::WebAcl;
use serde_json::{Value, json};

use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake};
use crate::support::{STACK, World, retag, tags};

const UPDATE: Names = &["UpdateWebACL"];

pub(crate) fn acl() -> WebAcl {
    WebAcl { name: STACK.into(), rate_limit: Some(300), deviations: [].into(), tags: tags() }
}

pub(crate) async fn call(world: &World, operation: &'static str, input: Value) -> Value {
    let answer: Answer<Value> = world.cx().clients.wafv2.call(operation, &input).await;
    answer.unwrap()
}

/// The web ACL of our name, and its lock token.
async fn got(world: &World) -> (Value, Value) {
    let list = call(world, "ListWebACLs", json!({"Scope": "REGIONAL"})).await;
    let id = &list["WebACLs"][0]["Id"];
    let mut got = call(world, "GetWebACL", json!({"Name": STACK, "Scope": "REGIONAL", "Id": id})).await;
    (got["WebACL"].take(), got["LockToken"].take())
}

impl Case for WebAcl {
    const MADE_BY: Names = &["CreateWebACL"];
    const NAMESAKE: Namesake = Namesake::InTheWay("WAFDuplicateItemException");

    async fn prepare() -> (World, Self) {
        (World::empty(), acl())
    }

    fn drifts() -> Vec<Drift<Self>> {
        vec![
            Self::edit(&["rate_limit"], UPDATE, |acl| acl.rate_limit = Some(2_000_000)),
            changed(&["rate_limit"], |acl| {
                acl["Rules"].as_array_mut().unwrap().remove(0);
            }),
            // Both rules only count.
            changed(&["deviations"], |acl| {
                acl["Rules"][0]["Action"] = json!({"Count": {}});
                acl["Rules"][1]["OverrideAction"] = json!({"Count": {}});
            }),
            // Samples of requests hold tokens.
            changed(&["deviations"], |acl| {
                acl["VisibilityConfig"]["SampledRequestsEnabled"] = json!(true);
            }),
            Self::edit(&["tags"], &["TagResource", "UntagResource"], |acl| retag(&mut acl.tags)),
        ]
    }
}

/// Changed by hand.
fn changed(fields: Names, change: fn(&mut Value)) -> Drift<WebAcl> {
    WebAcl::drift(fields, UPDATE, async move |world, _, _| {
        let (mut acl, token) = got(world).await;
        change(&mut acl);
        acl["Scope"] = json!("REGIONAL");
        acl["LockToken"] = token;
        for shown in ["ARN", "Capacity", "LabelNamespace"] {
            acl.as_object_mut().unwrap().remove(shown);
        }
        call(world, "UpdateWebACL", acl).await;
    })
}

#[tokio::test]
async fn a_web_acl_is_referred_to_by_its_arn() {
    let (_, acl, outputs) = WebAcl::deployed().await;
    assert!(outputs.arn.ends_with(&format!(":regional/webacl/{}/{}", acl.name, outputs.id)), "{outputs:?}");
}

#[tokio::test]
async fn the_end_of_a_run_that_never_made_one_takes_no_others_away() {
    let world = World::empty();
    acl().namesake(&world).await;
    let before = world.inventory();
    world.delete(&acl(), None).await;
    assert_eq!(world.inventory(), before);
}

#[tokio::test]
async fn a_change_that_goes_wrong_once_is_no_failure() {
    for mishap in WebAcl::MISHAPS {
        let (world, acl, outputs) = WebAcl::deployed().await;
        // Where the answer is lost, the second call comes with a lock token that is used up.
        world.fails_once(mishap, "wafv2:UpdateWebACL");
        let limited = WebAcl { rate_limit: Some(10), ..acl };
        world.deploy(&limited, Some(&outputs)).await;
        world.expect(&limited, Some(&outputs)).await;
    }
}
