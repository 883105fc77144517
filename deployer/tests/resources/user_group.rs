//! A group of a pool's users.

use cogapi::resources::UserGroup;

use crate::cognito::pool;
use crate::drift::Drift;
use crate::matrix::{Case, Names, Namesake};
use crate::support::World;

const UPDATE: Names = &["UpdateGroup"];

impl Case for UserGroup {
    const MADE_BY: Names = &["CreateGroup"];
    const NAMESAKE: Namesake = Namesake::Ours("it is in a pool of ours");

    async fn prepare() -> (World, Self) {
        let world = World::empty();
        let pool_id = world.deploy(&pool(), None).await.id;
        let description = "May do what others may not".to_owned();
        (world, Self { pool_id, name: "admins".to_owned(), description })
    }

    fn drifts() -> Vec<Drift<Self>> {
        vec![Self::edit(&["description"], UPDATE, |group| group.description = "else".into())]
    }

    async fn uprooted(&self, world: &World) {
        world.delete(&pool(), None).await;
    }
}

#[tokio::test]
async fn what_we_do_not_manage_is_kept() {
    let (world, declared) = UserGroup::prepare().await;
    let cognito = world.cx().clients.cognito;
    let create = cognito.create_group().user_pool_id(&declared.pool_id).group_name(&declared.name);
    create.precedence(7).send().await.unwrap();
    world.deploy_with(&declared, None, UPDATE).await;
    let get = cognito.get_group().user_pool_id(&declared.pool_id).group_name(&declared.name);
    assert_eq!(get.send().await.unwrap().group.unwrap().precedence, Some(7));
}
