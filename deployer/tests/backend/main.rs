//! The backend on the wire: S3 and DynamoDB of the emulator, or answers that no emulator gives.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]
#![allow(unreachable_pub, reason = "the harness is shared with other test binaries")]

mod bootstrap;
#[path = "../common/mod.rs"]
mod common;
mod destroy;
mod lock;
mod state;
mod upload;
mod wire;

use std::collections::BTreeMap;

use cogapi::aws::Clients;
use cogapi::backend::{self, Location, S3Backend};
use cogapi_engine::LockInfo;
use common::{Emulator, account, clients};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// A test's own account, with nothing in it.
struct World {
    clients: Clients,
    location: Location,
}

impl World {
    /// Nothing is there yet.
    fn empty() -> Self {
        let account = account();
        let clients = clients(&Emulator::shared().url, &account);
        let location =
            Location { bucket: format!("state-{account}"), lock_table: "cogapi-locks".to_owned(), account };
        Self { clients, location }
    }

    /// The backend is there.
    async fn bootstrapped() -> Self {
        let world = Self::empty();
        backend::ensure(&world.clients, &world.location, &tags()).await.unwrap();
        world
    }

    fn backend(&self, environment: &str) -> S3Backend {
        S3Backend::new(&self.clients, &self.location, environment)
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        Emulator::shared().ask(&self.location.account, method, path, body)
    }

    /// Everything that exists in the account.
    fn inventory(&self) -> Value {
        self.ask("GET", "inventory", "")
    }

    /// The calls made while `work` ran: (reads, writes, all of them).
    async fn calls<T>(&self, work: impl Future<Output = T>) -> (u64, u64, Value) {
        self.ask("DELETE", "calls", "");
        work.await;
        let calls = self.ask("GET", "calls", "");
        (calls["reads"].as_u64().unwrap(), calls["writes"].as_u64().unwrap(), calls)
    }
}

fn tags() -> BTreeMap<String, String> {
    BTreeMap::from([("team".to_owned(), "identity".to_owned())])
}

/// A lock that `owner` asks for, its lease over in `seconds` from now.
fn lock_of(owner: &str, seconds: i64) -> LockInfo {
    let now = Timestamp::now();
    LockInfo {
        id: uuid::Uuid::new_v4().to_string(),
        owner: owner.to_owned(),
        host: "laptop".to_owned(),
        operation: "deploy".to_owned(),
        since: now,
        expires: now + SignedDuration::from_secs(seconds),
    }
}
