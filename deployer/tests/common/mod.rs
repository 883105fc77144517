//! What the tests share: one emulator a test binary, and an account of its own for every test, so that they run in parallel.

#![allow(dead_code, reason = "every test binary uses another part of it")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::LazyLock;

use cogapi::aws::Clients;

/// The region that the tests work in.
pub const REGION: &str = "eu-west-1";

/// A running emulator. It ends with the test binary, however that ends.
pub struct Emulator {
    process: cogapi::emulator::Emulator,
}

impl std::ops::Deref for Emulator {
    type Target = cogapi::emulator::Emulator;

    fn deref(&self) -> &Self::Target {
        &self.process
    }
}

static SHARED: LazyLock<Emulator> = LazyLock::new(Emulator::start);

impl Emulator {
    /// The emulator that all tests of this binary share.
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// Starts one.
    ///
    /// # Panics
    /// When it can't be started. Tests that need it fail without it: a skipped test would keep no promise.
    #[must_use]
    pub fn start() -> Self {
        let python = workspace().join(".cache/emulator/bin/python");
        let options = cogapi::emulator::Options { region: REGION.to_owned(), ..Default::default() };
        let process = cogapi::emulator::Emulator::start(workspace(), &python, &options);
        Self {
            process: process
                .unwrap_or_else(|error| panic!("{error}; `make test` installs the emulator first")),
        }
    }

    /// Calls one of the emulator's own endpoints, for `account`.
    pub fn ask(&self, account: &str, method: &str, path: &str, body: &str) -> serde_json::Value {
        let host = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let request = format!(
            "{method} /_cogapi/{path} HTTP/1.1\r\nhost: {host}\r\nx-cogapi-account: {account}\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        if body.is_empty() { serde_json::Value::Null } else { serde_json::from_str(body).unwrap() }
    }
}

/// The root of the workspace.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// An account that no other test uses.
#[must_use]
pub fn account() -> String {
    format!("{:012}", uuid::Uuid::new_v4().as_u128() % 1_000_000_000_000)
}

/// Clients of `account` at `url`.
pub fn clients(url: &str, account: &str) -> Clients {
    Clients::emulator(REGION, url, account)
}
