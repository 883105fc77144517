//! An account with a hosted zone, and environments that have everything that can be asked for.

use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
use serde_json::{Value, json};

use crate::world::{CONFIGURATION, Ran, World};

/// An account with a hosted zone for `example.com`.
pub(crate) struct Zone {
    pub(crate) world: World,
    pub(crate) id: String,
}

impl Zone {
    pub(crate) async fn new() -> Self {
        let world = World::new();
        let create = world.clients().route53.create_hosted_zone().name("example.com");
        let made = create.caller_reference("test").send().await.unwrap();
        let id = made.hosted_zone.unwrap().id.trim_start_matches("/hostedzone/").to_owned();
        Self { world, id }
    }

    /// The same, for tests that are threads of their own.
    pub(crate) fn made() -> Self {
        tokio::runtime::Runtime::new().unwrap().block_on(Self::new())
    }

    /// A name that no other test has: in a region it can be only one account's.
    pub(crate) fn name(&self, label: &str) -> String {
        format!("{label}-{}.example.com", self.world.account)
    }

    /// Gives the environment a domain.
    pub(crate) fn configure(&self, label: &str, certificate: &str) {
        let (name, id) = (self.name(label), &self.id);
        let certificate = certificate.replace("NAME", &name);
        self.world.configure(&format!(
            "{CONFIGURATION}\n[domain]\nname = \"{name}\"\ncertificate = \"{certificate}\"\nzone_name = \"example.com\"\nzone_id = \"{id}\"\n"
        ));
    }

    /// Gives the environment this file, in which `ZONE` and `HOST` stand for the zone's id and a name in it.
    pub(crate) fn configure_as(&self, environment: &str, file: &str) {
        let file = file.replace("ZONE", &self.id).replace("HOST", &self.name(environment));
        self.world.configure_as(environment, &file);
    }

    /// Somebody makes the name lead to a machine of theirs.
    pub(crate) async fn point_elsewhere(&self, label: &str) {
        let value = ResourceRecord::builder().value("192.0.2.1").build().unwrap();
        let record = ResourceRecordSet::builder().name(self.name(label)).r#type(RrType::A).ttl(60);
        let record = record.resource_records(value).build().unwrap();
        let change =
            Change::builder().action(ChangeAction::Upsert).resource_record_set(record).build().unwrap();
        let batch = ChangeBatch::builder().changes(change).build().unwrap();
        let call = self.world.clients().route53.change_resource_record_sets().hosted_zone_id(&self.id);
        call.change_batch(batch).send().await.unwrap();
    }

    /// Deploys, and demands that nothing is left to do.
    pub(crate) fn deploy(&self) -> Ran {
        let deployed = self.world.must(&["deploy", "--yes"]);
        let planned = self.world.run(&["plan", "--detailed-exitcode"]);
        assert_eq!(planned.code, Some(0), "{planned}");
        deployed
    }

    pub(crate) fn zone_records(&self) -> Vec<Value> {
        let zones = self.world.inventory()["hosted_zones"].clone();
        zones[0]["records"].as_array().unwrap().clone()
    }
}

/// The inventory without what is meant to stay for others: the account's log role, and the records that prove domains.
pub(crate) fn without_what_stays(mut inventory: Value) -> Value {
    inventory["api_gateway_accounts"] = json!([]);
    for (section, stays) in [("roles", "cogapi-api-gateway-logs"), ("hosted_zones", "example.com.")] {
        inventory[section].as_array_mut().unwrap().retain(|thing| thing["name"] != stays);
    }
    inventory
}

/// A shape without what AWS names anew each time that a domain comes.
pub(crate) fn without_made_up_names(mut shape: Value) -> Value {
    for (section, made_up) in [
        ("certificates", &["id"][..]),
        ("domain_names", &["target", "certificate"]),
        // Records hold names of certificates and targets, and those that prove a domain stay.
        ("hosted_zones", &["id", "records"]),
    ] {
        for thing in shape[section].as_array_mut().unwrap() {
            thing.as_object_mut().unwrap().retain(|key, _| !made_up.contains(&key.as_str()));
        }
    }
    let tagged = &mut shape["other"]["waf._waf_tags"];
    *tagged = json!(tagged.as_array().map(Vec::len));
    shape
}
