//! The binary of all HTTP endpoints; `_HANDLER` says which one it is.

use cogapi_handlers::runtime;

fn main() -> std::process::ExitCode {
    runtime::run_to_end(runtime::serve_endpoint)
}
