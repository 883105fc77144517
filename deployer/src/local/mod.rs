//! What `cogapi local` and `cogapi demo` serve on this machine: one port of 127.0.0.1 with the pages, the API, and the local AWS
//! behind it. Starts no emulator, deploys nothing and prints nothing; that is `commands`' business.

mod api;
mod caller;
mod events;
mod front;
mod port;
mod reply;
mod requests;
mod running;
mod site;
mod upstream;
mod watch;

pub use front::Front;
pub use port::holder;
pub use running::{Claim, Runner, Running};
pub use site::{Config, Site};
pub use watch::Sources;
