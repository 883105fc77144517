//! A cloud, a backend and what runs against them; and desired states to run.

use std::sync::Arc;

use cogapi_engine::session::Holder;
use cogapi_engine::testing::{Cloud, Fields, KINDS, MemoryBackend, Thing, kinds};
use cogapi_engine::{
    Address, Applied, ApplyOptions, Desired, Event, Failure, Mode, Plan, Session, apply, plan, refresh,
};

pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) backend: MemoryBackend,
}

pub(crate) fn quiet(_: Event) {}

pub(crate) fn holder() -> Holder {
    Holder { owner: "jane".into(), host: "laptop".into(), operation: "deploy".into() }
}

impl World {
    pub(crate) fn new() -> Self {
        let cloud = Cloud::default();
        let backend = MemoryBackend::new(cloud.fuse.clone());
        Self { cloud, backend }
    }

    /// The same world once more, as it is now, with the lock expired.
    pub(crate) fn fork(&self) -> Self {
        let cloud = self.cloud.fork();
        let backend = self.backend.fork(cloud.fuse.clone());
        Self { cloud, backend }
    }

    pub(crate) async fn session(&self) -> Session {
        Session::open(Arc::new(self.backend.clone()), &holder()).await.expect("the lock is free")
    }

    pub(crate) async fn plan_in(
        &self,
        session: &Session,
        desired: &Desired,
        mode: Mode,
    ) -> Result<Plan, Failure> {
        let observed = refresh(&kinds(), &self.cloud, desired, &session.state, &quiet)
            .await
            .expect("the fake cloud can always be read");
        plan(&kinds(), desired, &session.state, &observed, mode)
    }

    pub(crate) async fn plan(&self, desired: &Desired) -> Plan {
        let session = self.session().await;
        let plan = self.plan_in(&session, desired, Mode::default()).await.expect("a valid declaration");
        session.close().await.expect("unlocks");
        plan
    }

    pub(crate) async fn deploy(&self, desired: &Desired) -> Applied {
        self.deploy_with(desired, &ApplyOptions::default()).await
    }

    pub(crate) async fn deploy_with(&self, desired: &Desired, options: &ApplyOptions) -> Applied {
        let mut session = self.session().await;
        let plan = self.plan_in(&session, desired, Mode::default()).await.expect("a valid declaration");
        let applied =
            apply(&mut session, &kinds(), &self.cloud, &plan, options, &quiet).await.expect("a good plan");
        session.close().await.expect("unlocks");
        applied
    }

    /// Deploys until the fuse burns through after `steps` steps; says whether it did.
    pub(crate) async fn deploy_killed_after(&self, desired: &Desired, steps: usize) -> bool {
        self.cloud.fuse.set(Some(steps));
        let burnt = self.cloud.fuse.burnt();
        let killed = tokio::select! {
            biased;
            () = burnt.cancelled() => true,
            applied = self.deploy(desired) => {
                assert!(applied.is_complete(), "{applied:?}");
                false
            }
        };
        self.cloud.fuse.set(None);
        self.backend.expire_lock();
        killed
    }

    /// Demands: converged, nothing twice, nothing orphaned, the state verified.
    pub(crate) async fn assert_converged(&self, desired: &Desired) {
        let again = self.plan(desired).await;
        assert!(again.is_empty(), "the second plan is not empty: {again:#?}");
        let mut expected: Vec<String> = desired.resources.keys().map(ToString::to_string).collect();
        let mut existing: Vec<String> = self
            .cloud
            .snapshot()
            .values()
            .map(|object| format!("{}.{}", object.kind, object.inputs.name))
            .collect();
        expected.sort();
        existing.sort();
        assert_eq!(existing, expected, "the cloud does not hold exactly what is desired");
        let state = self.backend.state().unwrap_or_default();
        assert_eq!(state.verify(), Vec::<String>::new());
        assert!(state.resources.keys().eq(desired.resources.keys()));
    }
}

/// A thing of the kind `KINDS[kind]` with links to others, declared under its own name.
pub(crate) fn thing(desired: &mut Desired, kind: usize, name: &str, value: &str, links: &[&str]) -> Address {
    pinned(desired, kind, name, value, "p", links)
}

pub(crate) fn pinned(
    desired: &mut Desired,
    kind: usize,
    name: &str,
    value: &str,
    pinned: &str,
    links: &[&str],
) -> Address {
    let fields = Fields {
        name: name.into(),
        value: value.into(),
        pinned: pinned.into(),
        links: links.iter().map(|link| format!("${{ref:{link}#id}}")).collect(),
    };
    match kind {
        0 => desired.declare(name, &Thing::<0>(fields)).address().clone(),
        1 => desired.declare(name, &Thing::<1>(fields)).address().clone(),
        2 => desired.declare(name, &Thing::<2>(fields)).address().clone(),
        _ => desired.declare(name, &Thing::<3>(fields)).address().clone(),
    }
}

pub(crate) fn address(kind: usize, name: &str) -> Address {
    Address::new(KINDS[kind], name)
}
