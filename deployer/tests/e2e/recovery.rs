//! A lost state, things that somebody else made, and environments beside each other: nothing is lost, doubled or touched that is not
//! this environment's.

use serde_json::{Value, json};

use crate::options::everything;
use crate::world::{CONFIGURATION, World};
use crate::zone::Zone;

/// The inventory without the backend, whose state and lock are written by every run.
fn without_backend(mut inventory: Value) -> Value {
    for section in ["buckets", "tables"] {
        inventory.as_object_mut().unwrap().remove(section);
    }
    inventory
}

/// The stored state of an environment, byte by byte.
async fn state(world: &World, bucket: &str, environment: &str) -> Vec<u8> {
    let get = world.clients().s3.get_object().bucket(bucket).key(format!("{environment}/state.json"));
    get.send().await.unwrap().body.collect().await.unwrap().to_vec()
}

async fn lose_state(world: &World) {
    let bucket = format!("shop-state-{}", world.account);
    world.clients().s3.delete_object().bucket(bucket).key("dev/state.json").send().await.unwrap();
    assert_eq!(world.run(&["outputs"]).code, Some(1), "the state is still there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_state_is_rebuilt_from_names_and_tags_and_nothing_is_created_updated_or_lost() {
    let zone = Zone::new().await;
    let world = &zone.world;
    zone.configure_as("dev", &everything());
    world.must(&["deploy", "--yes"]);
    let (before, outputs) = (without_backend(world.inventory()), world.outputs());
    lose_state(world).await;

    let planned = world.run(&["plan", "--adopt", "--detailed-exitcode"]);
    assert_eq!(planned.code, Some(0), "{planned}");
    assert_eq!(without_backend(world.inventory()), before);

    world.forget_calls();
    world.must(&["deploy", "--yes", "--adopt"]);
    assert_eq!(world.changes(), [""; 0]);
    assert_eq!(without_backend(world.inventory()), before);
    assert_eq!(world.outputs(), outputs);
    // What was found again is known again: all of it can be taken away.
    world.must(&["destroy", "--yes"]);
    assert_eq!(world.inventory()["user_pools"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_made_under_our_names_is_refused_all_at_once_and_taken_over_when_asked_for() {
    let world = World::new();
    let clients = world.clients();
    clients.logs.create_log_group().log_group_name("/cogapi/shop-dev").send().await.unwrap();
    let trust = json!({ "Version": "2012-10-17", "Statement": [] }).to_string();
    let role = clients.iam.create_role().role_name("shop-dev-invoke").assume_role_policy_document(trust);
    role.send().await.unwrap();
    let before = world.inventory();

    let refused = world.run(&["deploy", "--yes"]);
    assert_eq!(refused.code, Some(4), "{refused}");
    for address in ["log_group.functions", "role.invoke"] {
        assert!(refused.stderr.contains(&format!("{address}: it exists already")), "{refused}");
    }
    assert!(refused.stderr.contains("--adopt"), "{refused}");
    assert_eq!(without_backend(world.inventory()), without_backend(before));

    world.must(&["deploy", "--yes", "--adopt"]);
    let clean = World::new();
    clean.must(&["deploy", "--yes"]);
    assert_eq!(world.shape(), clean.shape());
    assert_eq!(world.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

/// A pool with users in it, who sign in with a name: it can't become one in which they sign in with their address.
#[tokio::test(flavor = "multi_thread")]
async fn a_pool_is_never_replaced_and_the_plan_says_why_and_what_to_do() {
    let world = World::new();
    let clients = world.clients();
    let create = clients.cognito.create_user_pool().pool_name("shop-dev");
    let pool = create.alias_attributes("preferred_username".into()).send().await.unwrap();
    let pool = pool.user_pool.unwrap().id.unwrap();
    clients.cognito.admin_create_user().user_pool_id(&pool).username("ann").send().await.unwrap();

    let planned = world.run(&["plan", "--adopt"]);
    assert_eq!(planned.code, Some(4), "{planned}");
    let told = format!("{}{}", planned.stdout, planned.stderr);
    assert!(told.contains("it would lose every user"), "{planned}");
    assert!(told.contains("make a new environment beside this one"), "{planned}");

    world.forget_calls();
    let refused = world.run(&["deploy", "--yes", "--adopt"]);
    assert_eq!(refused.code, Some(4), "{refused}");
    assert_eq!(world.changes(), [""; 0]);
    clients.cognito.admin_get_user().user_pool_id(&pool).username("ann").send().await.unwrap();
}

/// Everything is named after the API: all of it is made anew but for the pool with its users and the API with its address.
#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_environment_keeps_its_users_and_its_address() {
    let world = World::new();
    world.must(&["deploy", "--yes"]);
    let outputs = world.outputs();
    let pool = outputs["user_pool_id"].as_str().unwrap();
    let cognito = world.clients().cognito;
    cognito.admin_create_user().user_pool_id(pool).username("ann@example.com").send().await.unwrap();

    world.configure(&CONFIGURATION.replace("name = \"shop\"", "name = \"boutique\""));
    world.must(&["deploy", "--yes"]);
    assert_eq!(world.outputs(), outputs);
    cognito.admin_get_user().user_pool_id(pool).username("ann@example.com").send().await.unwrap();
    let clean = World::new();
    clean.configure(&CONFIGURATION.replace("name = \"shop\"", "name = \"boutique\""));
    clean.must(&["deploy", "--yes"]);
    let without_users = |mut shape: Value| {
        shape["user_pools"][0]["users"] = json!([]);
        shape
    };
    assert_eq!(without_users(world.shape()), clean.shape());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_environments_share_a_backend_and_one_goes_without_touching_a_byte_of_the_other() {
    one_of_two_goes("shop-state-BUCKET").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_environments_with_backends_of_their_own_do_not_touch_each_other() {
    one_of_two_goes("shop-other-BUCKET").await;
}

/// Deploys `test` beside `dev`, with its state in `bucket`, and takes it away again.
async fn one_of_two_goes(bucket: &str) {
    let zone = Zone::new().await;
    let world = &zone.world;
    let ours = format!("shop-state-{}", world.account);
    let theirs = bucket.replace("BUCKET", &world.account);
    zone.configure_as("dev", &everything());
    zone.configure_as("test", &everything().replace("shop-state-BUCKET", bucket));
    world.must(&["deploy", "--yes"]);
    let (alone, stored) = (world.inventory(), state(world, &ours, "dev").await);

    world.must(&["deploy", "--yes", "--env", "test"]);
    assert_eq!(state(world, &ours, "dev").await, stored);
    assert_eq!(world.run(&["plan", "--detailed-exitcode"]).code, Some(0));
    assert_eq!(world.inventory()["user_pools"].as_array().unwrap().len(), 2);

    let destroyed = world.must(&["destroy", "--yes", "--env", "test"]);
    assert_eq!(destroyed.stderr.contains("the backend stays"), ours == theirs, "{destroyed}");
    let mut left = without_backend(world.inventory());
    // What proved its certificate's domain is meant to stay.
    let name = format!(".{}. ", zone.name("test"));
    let records = left["hosted_zones"][0]["records"].as_array_mut().unwrap();
    records.retain(|record| !record.as_str().unwrap().contains(&name));
    assert_eq!(left, without_backend(alone));
    assert_eq!(state(world, &ours, "dev").await, stored);
    assert_eq!(world.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}
