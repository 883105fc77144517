//! What `cogapi local` and `cogapi demo` serve on this machine: one port of 127.0.0.1 with the pages, the API, and the local AWS
//! behind it. Starts no emulator, deploys nothing and prints nothing; that is `commands`' business.

mod api;
mod caller;
mod events;
mod front;
mod reply;
mod requests;
mod site;
mod upstream;

pub use front::Front;
pub use site::{Config, Site};
