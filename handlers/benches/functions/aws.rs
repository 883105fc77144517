//! Cognito and SES on this machine. They answer at once, that all is well.

use crate::healthy;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
};

/// It ends with this.
pub(crate) struct Aws {
    process: Child,
    port: String,
}

impl Aws {
    pub(crate) fn start(program: &Path) -> Self {
        let mut process = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut answers = process.stdin.take().unwrap();
        let mut questions = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = questions.next().expect("it says where it listens");
        thread::spawn(move || {
            for question in questions {
                writeln!(answers, "{}", reply(&question)).unwrap();
            }
        });
        Self { process, port }
    }

    /// By its name, so that functions have one to look up.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What is answered to an operation and its request. SES has no operation and nothing to tell.
fn reply(question: &str) -> Value {
    let (operation, request): (Option<String>, String) = serde_json::from_str(question).unwrap();
    let request = serde_json::from_str(&request).unwrap_or_default();
    operation.map_or_else(|| serde_json::json!({}), |operation| healthy::reply(&operation, &request))
}
