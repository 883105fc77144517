//! The reconciler: desired resources in, planned and applied changes out.
//!
//! It knows no cloud, no terminal and no resource kind: kinds implement [`Resource`], storage implements [`Backend`],
//! and what happens is told as [`Event`]s. Data flows one way:
//! `Desired` + `State` -> [`refresh()`] -> `Observed` -> [`plan()`] -> `Plan` -> [`apply()`] -> `State`.

pub mod address;
pub mod apply;
pub mod backend;
pub mod diff;
pub mod event;
pub mod failure;
pub mod graph;
pub mod kind;
mod lease;
pub mod plan;
pub mod reference;
pub mod refresh;
pub mod resource;
pub mod running;
pub mod session;
pub mod state;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use address::Address;
pub use apply::{Applied, ApplyOptions, apply};
pub use backend::{Backend, BackendError, LockInfo, LockToken, StateVersion};
pub use event::{Event, Observer};
pub use failure::Failure;
pub use kind::Kinds;
pub use plan::{Action, Change, Mode, Plan, Reason, Violation, plan};
pub use refresh::{Observed, refresh};
pub use resource::{Desired, Found, Handle, Replacement, Resource};
pub use session::{Session, SessionError};
pub use state::State;
