//! A function that does nothing, set up as ours are: what is left of a cold start when all that is ours is taken away. Must not
//! do anything.

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::{Value, json};
use std::convert::Infallible;

fn main() -> Result<(), Error> {
    let service = service_fn(async |_: LambdaEvent<Value>| Ok::<_, Infallible>(json!({})));
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(Runtime::new(service).run())
}
