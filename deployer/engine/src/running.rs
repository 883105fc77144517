//! Which resource the code that runs just now works on: for kinds' reports, which are told what happens but not to whom.
//! Decides nothing.

use crate::Address;

tokio::task_local! {
    static ADDRESS: Address;
}

/// The resource whose change runs here, if one does.
#[must_use]
pub fn current() -> Option<Address> {
    ADDRESS.try_with(Clone::clone).ok()
}

/// Runs `work` for a resource.
pub(crate) async fn on<T>(address: Address, work: impl Future<Output = T>) -> T {
    ADDRESS.scope(address, work).await
}
