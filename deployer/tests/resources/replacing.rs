//! Replacements as the engine does them: what clients reach stays until its successor is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_apigateway::Client;
use aws_sdk_apigateway::config::retry::RetryConfig;
use cogapi::resources::{Context, Deployment, RestApi, Stage, Throttle, kinds};
use cogapi_engine::session::Holder;
use cogapi_engine::testing::{Fuse, MemoryBackend};
use cogapi_engine::{
    Action, Address, Applied, ApplyOptions, Desired, Mode, Plan, Session, apply, plan, refresh,
};

use crate::rest_api::api;
use crate::support::{World, tags};

/// A world with an API in it, and what remembers the rest.
struct Stack {
    world: World,
    rest_api_id: String,
    session: Session,
}

impl Stack {
    async fn new() -> Self {
        let world = World::empty();
        let rest_api_id = world.deploy(&api(), None).await.id;
        let holder = Holder { owner: "jane".into(), host: "laptop".into(), operation: "deploy".into() };
        let session = Session::open(Arc::new(MemoryBackend::new(Fuse::default())), &holder).await.unwrap();
        Self { world, rest_api_id, session }
    }

    /// What there is to be: a stage of this name, and the deployment that it serves.
    fn desired(&self, api: &RestApi, name: &str) -> Desired {
        let mut desired = Desired::nothing();
        let deployment = desired.declare("main", &Deployment::of(api, &self.rest_api_id));
        let stage = Stage {
            rest_api_id: self.rest_api_id.clone(),
            name: name.into(),
            deployment_id: deployment.output("id"),
            throttle: Some(Throttle { rate: 50.0, burst: 100 }),
            method_throttles: BTreeMap::new(),
            access_logs: None,
            deviations: BTreeMap::new(),
            tags: tags(),
        };
        desired.declare("main", &stage);
        desired
    }

    async fn plan(&self, desired: &Desired) -> Plan {
        let (kinds, state) = (kinds(), &self.session.state);
        let observed = Box::pin(refresh(&kinds, &self.world.cx(), desired, state, &|_| ())).await.unwrap();
        plan(&kinds, desired, state, &observed, Mode::default()).unwrap()
    }

    async fn deploy(&mut self, cx: &Context, desired: &Desired) -> Applied {
        let plan = self.plan(desired).await;
        let options = ApplyOptions::default();
        Box::pin(apply(&mut self.session, &kinds(), cx, &plan, &options, &|_| ())).await.unwrap()
    }

    /// A context in which one operation fails, and is not tried again.
    fn failing(&self, operation: &str) -> Context {
        let mut cx = self.world.cx();
        let config = cx.clients.apigateway.config().to_builder().retry_config(RetryConfig::disabled());
        cx.clients.apigateway = Client::from_conf(config.build());
        self.world.fails_once("error500", &format!("apigateway:{operation}"));
        cx
    }

    /// The names of the stages, and how many deployments there are.
    async fn there(&self) -> (BTreeSet<String>, usize) {
        let gateway = &self.world.cx().clients.apigateway;
        let stages = gateway.get_stages().rest_api_id(&self.rest_api_id).send().await.unwrap();
        let deployments = gateway.get_deployments().rest_api_id(&self.rest_api_id).send().await.unwrap();
        let names = stages.item().iter().map(|stage| stage.stage_name().unwrap().to_owned());
        (names.collect(), deployments.items().len())
    }
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(ToOwned::to_owned).into()
}

/// An API with one route less: another body, so another deployment.
fn smaller() -> RestApi {
    let mut api = api();
    api.routes.remove("POST /v1/login");
    api
}

#[tokio::test]
async fn a_stage_of_another_name_is_planned_and_made_before_the_old_one_goes() {
    let mut stack = Stack::new().await;
    let cx = stack.world.cx();
    let before = stack.desired(&api(), "development");
    assert!(stack.deploy(&cx, &before).await.is_complete());

    let renamed = stack.desired(&api(), "live");
    let planned = stack.plan(&renamed).await;
    let change = &planned.changes[&Address::new("stage", "main")];
    assert_eq!((change.action, change.create_first), (Action::Replace, true));

    // While the new one can't be made, the old one answers.
    let failing = stack.failing("CreateStage");
    assert!(!stack.deploy(&failing, &renamed).await.is_complete());
    assert_eq!(stack.there().await, (names(["development"]), 1));

    assert!(stack.deploy(&cx, &renamed).await.is_complete());
    assert_eq!(stack.there().await, (names(["live"]), 1));
    assert!(stack.plan(&renamed).await.is_empty());
}

#[tokio::test]
async fn a_stage_renamed_together_with_a_new_body_leaves_neither_old_stage_nor_old_deployment() {
    let mut stack = Stack::new().await;
    let cx = stack.world.cx();
    let before = stack.desired(&api(), "development");
    assert!(stack.deploy(&cx, &before).await.is_complete());
    // A deployment that a stage serves can't be deleted: the old stage goes before it.
    let after = stack.desired(&smaller(), "live");
    assert!(stack.deploy(&cx, &after).await.is_complete());
    assert_eq!(stack.there().await, (names(["live"]), 1));
    assert!(stack.plan(&after).await.is_empty());
}

#[tokio::test]
async fn a_stage_that_gets_its_old_name_back_before_the_change_was_done_is_the_same_stage() {
    let mut stack = Stack::new().await;
    let cx = stack.world.cx();
    let before = stack.desired(&api(), "development");
    assert!(stack.deploy(&cx, &before).await.is_complete());
    // The new one is made, and the old one can't be deleted.
    let failing = stack.failing("DeleteStage");
    let renamed = stack.desired(&api(), "live");
    assert!(!stack.deploy(&failing, &renamed).await.is_complete());
    assert_eq!(stack.there().await, (names(["development", "live"]), 1));

    assert!(stack.deploy(&cx, &before).await.is_complete());
    assert_eq!(stack.there().await, (names(["development"]), 1));
    assert!(stack.plan(&before).await.is_empty());
}
