//! The mapping: all paths of the domain name lead to our stage.

use cogapi::resources::{BasePathMapping, DomainName, RestApi};
use cogapi_engine::Found;

use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake};
use crate::rest_api::api;
use crate::stage::staged;
use crate::support::World;

const UPDATE: Names = &["UpdateBasePathMapping"];

impl Case for BasePathMapping {
    const MADE_BY: Names = &["CreateBasePathMapping"];
    const NAMESAKE: Namesake = Namesake::Ours("it is one of a domain name of ours");

    async fn prepare() -> (World, Self) {
        let (world, domain, _) = DomainName::deployed().await;
        let rest_api_id = staged(&world, &api(), "development").await;
        (world, Self { domain_name: domain.name, rest_api_id, stage: "development".into() })
    }

    fn drifts() -> Vec<Drift<Self>> {
        vec![
            Self::drift(&["stage"], UPDATE, async |world, mapping, outputs| {
                let rest_api_id = staged(world, &api(), "theirs").await;
                let theirs = Self { rest_api_id, stage: "theirs".into(), ..mapping.clone() };
                world.deploy(&theirs, Some(outputs)).await;
            }),
            Self::drift(&["rest_api_id"], UPDATE, async |world, mapping, outputs| {
                let theirs = RestApi { name: "theirs".into(), ..api() };
                let rest_api_id = staged(world, &theirs, &mapping.stage).await;
                world.deploy(&Self { rest_api_id, ..mapping.clone() }, Some(outputs)).await;
            }),
        ]
    }

    async fn uprooted(&self, world: &World) {
        let delete = world.cx().clients.apigateway.delete_domain_name().domain_name(&self.domain_name);
        delete.send().await.unwrap();
    }
}

#[tokio::test]
async fn clients_reach_the_api_at_its_domain_name() {
    let (_, mapping, outputs) = BasePathMapping::deployed().await;
    assert_eq!(outputs.url, format!("https://{}", mapping.domain_name));
}

#[tokio::test]
async fn the_base_path_of_somebody_else_is_left_and_named() {
    let (world, mapping) = BasePathMapping::prepare().await;
    let create = world.cx().clients.apigateway.create_base_path_mapping().base_path("v1");
    let create = create.domain_name(&mapping.domain_name).rest_api_id(&mapping.rest_api_id);
    create.stage(&mapping.stage).send().await.unwrap();
    let failure = world.reconcile(&mapping, Found::Missing).await.unwrap_err();
    assert!(failure.hint.as_ref().unwrap().contains("another base path"), "{failure}");
}
