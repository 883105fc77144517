//! `cogapi local`: everything on this machine, and nothing left of it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A running `cogapi local`.
struct Local {
    process: Child,
    said: Vec<String>,
}

/// The binary where AWS settings lead astray.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cogapi"));
    command
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("AWS_PROFILE", "no-such-profile")
        .env_remove("AWS_ACCESS_KEY_ID")
        .stdin(Stdio::null());
    command
}

impl Local {
    /// Starts it and waits until it says that it is ready.
    fn start() -> Self {
        let mut process = command(&["local", "--port", "0"])
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = Vec::new();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        while !said.last().is_some_and(|line: &String| line.contains("Ctrl-C")) {
            let Some(line) = lines.next() else {
                let mut errors = String::new();
                process.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
                panic!("it ended before it was ready: {said:?}\n{errors}");
            };
            said.push(line.unwrap());
        }
        Self { process, said }
    }

    fn address(&self, label: &str) -> &str {
        let line = self.said.iter().find(|line| line.starts_with(label)).unwrap();
        line.trim_start_matches(label).trim()
    }
}

fn is_listening(url: &str) -> bool {
    let host = url.trim_start_matches("http://").split('/').next().unwrap();
    std::net::TcpStream::connect(host).is_ok()
}

fn wait_until_silent(url: &str) {
    let start = Instant::now();
    while is_listening(url) {
        assert!(start.elapsed() < Duration::from_secs(20), "{url} still answers");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
#[cfg(unix)]
fn a_sign_up_works_and_ctrl_c_leaves_nothing_running() {
    let mut local = Local::start();
    let aws = local.address("AWS").to_owned();
    // As curl sends it: without saying that it is JSON.
    let made = ureq::post(format!("{aws}/v1/users"))
        .header("content-type", "application/x-www-form-urlencoded")
        .send(r#"{"full_name":"Jane Doe","email":"jane@example.com","mobile_phone_number":"+33612345678"}"#)
        .unwrap();
    assert_eq!(made.status(), 201);
    let made: Value = made.into_body().read_json().unwrap();
    assert_eq!(made["status"], json!("CREATED"));
    let mails: Value =
        ureq::get(format!("{aws}/_cogapi/mail")).call().unwrap().body_mut().read_json().unwrap();
    assert_eq!(mails[0]["to"], json!(["jane@example.com"]));

    // The other commands work on it, whatever credentials there are.
    let planned = command(&["plan", "--env", "local", "--detailed-exitcode"])
        .env("AWS_ENDPOINT_URL", &aws)
        .output()
        .unwrap();
    assert_eq!(planned.status.code(), Some(0), "{}", String::from_utf8_lossy(&planned.stderr));

    let interrupted = Command::new("kill").args(["-INT", &local.process.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert!(local.process.wait().unwrap().success());
    wait_until_silent(&aws);
}

#[test]
fn a_killed_one_leaves_nothing_running_either() {
    let mut local = Local::start();
    let aws = local.address("AWS").to_owned();
    local.process.kill().unwrap();
    local.process.wait().unwrap();
    wait_until_silent(&aws);
}

#[test]
fn a_command_for_it_that_does_not_run_says_how_to_start_it_and_never_asks_aws() {
    // A port that nothing listens on: it was just free.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let failed = command(&["plan", "--env", "local"])
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
        .env("AWS_MAX_ATTEMPTS", "1")
        .output()
        .unwrap();
    let said = String::from_utf8(failed.stderr).unwrap();
    assert_eq!(failed.status.code(), Some(1), "{said}");
    assert!(said.contains("hint: this environment runs in `cogapi local`: start it first"), "{said}");
    assert!(said.contains("Connection refused"), "{said}");
}
