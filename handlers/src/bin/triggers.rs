//! The binary of all Cognito triggers; `_HANDLER` says which one it is.

use cogapi_handlers::serve;

fn main() -> std::process::ExitCode {
    serve::run(serve::trigger)
}
