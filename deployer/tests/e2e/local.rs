//! `cogapi local`: everything on this machine, and nothing left of it. Owns how the tests start one: each has a folder of its own,
//! and a copy of the configuration.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// What everything takes at most, on a machine that does other things, too.
const PATIENCE: Duration = Duration::from_mins(2);

/// A folder for what one `cogapi local` keeps, and its configuration.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        home.configure(include_str!("../../../environments/local.toml"));
        home
    }

    pub(crate) fn configure(&self, text: &str) {
        std::fs::write(self.0.path().join("local.toml"), text).unwrap();
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// The binary where AWS settings lead astray.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cogapi"));
        command
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("COGAPI_ENVIRONMENTS", self.0.path())
            .env("AWS_PROFILE", "no-such-profile")
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
            .env_remove("AWS_ACCESS_KEY_ID")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn local(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&["local", "--port", "0"]);
        command.arg("--data").arg(self.data()).args(arguments);
        command
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Local {
        Local::from(self.local(arguments))
    }

    /// The processes of the emulator and its functions: they run out of this folder, or were told it.
    pub(crate) fn processes(&self) -> Vec<String> {
        let listed = Command::new("ps").args(["-eww", "-o", "pid=,args="]).output().unwrap();
        let data = self.data();
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        listed.lines().filter(|line| line.contains(data.to_str().unwrap())).map(ToOwned::to_owned).collect()
    }

    pub(crate) fn wait_until_nothing_runs(&self) {
        wait_for(|| self.processes().is_empty(), || format!("{:?}", self.processes()));
    }
}

/// A running `cogapi local`.
pub(crate) struct Local {
    pub(crate) process: Child,
    pub(crate) url: String,
    notes: Arc<Mutex<String>>,
}

impl From<Command> for Local {
    /// Starts it and waits until it says that it is ready.
    fn from(mut command: Command) -> Self {
        // It ends with the tests, however those end.
        command.arg("--stop-with-stdin").stdin(Stdio::piped());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = Vec::new();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut errors = process.stderr.take().unwrap();
        while !said.last().is_some_and(|line: &String| line.contains("Ctrl-C")) {
            let Some(line) = lines.next() else {
                let mut text = String::new();
                errors.read_to_string(&mut text).unwrap();
                panic!("it ended before it was ready: {said:?}\n{text}");
            };
            said.push(line.unwrap());
        }
        let notes = Arc::new(Mutex::new(String::new()));
        let written = notes.clone();
        // It never waits for us to read.
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                *written.lock().unwrap() += &(line + "\n");
            }
        });
        let url = said.iter().find_map(|line| line.strip_prefix("AWS ")).unwrap().trim().to_owned();
        Self { process, url, notes }
    }
}

impl Local {
    pub(crate) fn get(&self, path: &str) -> Value {
        ureq::get(format!("{}{path}", self.url)).call().unwrap().body_mut().read_json().unwrap()
    }

    /// Asks the API, as curl does: without saying that it is JSON.
    #[track_caller]
    pub(crate) fn ask(&self, path: &str, body: &Value) -> Value {
        let asked = ureq::post(format!("{}/v1/{path}", self.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .send(body.to_string());
        asked.unwrap_or_else(|error| panic!("{path}: {error}")).body_mut().read_json().unwrap()
    }

    pub(crate) fn register(&self, address: &str) -> Value {
        let person =
            json!({ "full_name": "Jane Doe", "email": address, "mobile_phone_number": "+33612345678" });
        self.ask("users", &person)
    }

    /// All that it has said besides its results.
    pub(crate) fn notes(&self) -> String {
        self.notes.lock().unwrap().clone()
    }

    pub(crate) fn interrupt(&mut self) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        assert!(self.process.wait().unwrap().success());
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn wait_for(mut condition: impl FnMut() -> bool, otherwise: impl Fn() -> String) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "{}", otherwise());
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn is_listening(url: &str) -> bool {
    std::net::TcpStream::connect(url.trim_start_matches("http://")).is_ok()
}

#[test]
fn a_sign_up_works_and_ctrl_c_leaves_nothing_running() {
    let home = Home::new();
    let mut local = home.start(&["--ephemeral"]);
    assert_eq!(local.register("jane@example.com")["status"], json!("CREATED"));
    assert_eq!(local.get("/_cogapi/mail")[0]["to"], json!(["jane@example.com"]));

    // The other commands work on it, whatever credentials there are.
    let plan = home
        .command(&["plan", "--env", "local", "--detailed-exitcode"])
        .env("AWS_ENDPOINT_URL", &local.url)
        .output();
    let plan = plan.unwrap();
    assert_eq!(plan.status.code(), Some(0), "{}", stderr(&plan));

    local.interrupt();
    assert!(!is_listening(&local.url));
    assert!(!home.data().join("emulator").exists(), "it was to keep nothing");
}

#[test]
fn a_killed_one_leaves_nothing_running_either() {
    let home = Home::new();
    let mut local = home.start(&[]);
    local.register("jane@example.com");
    assert!(home.processes().len() > 1, "the emulator and a function: {:?}", home.processes());
    local.kill();
    home.wait_until_nothing_runs();
}

#[test]
fn a_second_one_says_where_the_first_is_and_programs_are_told_its_variables() {
    let home = Home::new();
    let mut local = home.start(&[]);
    let second = home.local(&[]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let pid = local.process.id();
    let said = stderr(&second);
    assert!(said.contains(&format!("process {pid} answers at {}", local.url)), "{said}");

    let told = home.local(&["--endpoint-only"]).output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains(&format!("COGAPI_API_URL=\"{}\"\n", local.url)), "{told}");
    assert!(told.lines().all(|line| line.split_once("=\"").is_some()), "{told}");

    assert!(home.local(&["--stop"]).status().unwrap().success());
    assert!(local.process.wait().unwrap().success());
    home.wait_until_nothing_runs();
}

/// The recipe of the README.
#[test]
fn another_projects_tests_have_it_in_the_background_with_their_variables() {
    let home = Home::new();
    let started = home.local(&["--detach", "--ephemeral", "--endpoint-only"]).output().unwrap();
    assert!(started.status.success(), "{}", stderr(&started));
    let variables = home.0.path().join("cogapi.env");
    std::fs::write(&variables, &started.stdout).unwrap();
    let theirs = format!(
        "set -a; . {}; echo $COGAPI_API_URL; exec {} plan --env local --detailed-exitcode",
        variables.display(),
        env!("CARGO_BIN_EXE_cogapi")
    );
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &theirs])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("COGAPI_ENVIRONMENTS", home.0.path());
    let ran = shell.output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "{}", stderr(&ran));
    let said = String::from_utf8(ran.stdout).unwrap();
    let url = said.lines().next().unwrap();
    assert_eq!(ureq::get(url).call().unwrap().status(), 200);

    assert!(home.local(&["--stop"]).status().unwrap().success());
    assert!(!is_listening(url));
    home.wait_until_nothing_runs();
}

#[test]
fn who_has_the_port_is_told() {
    let home = Home::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let mut command = home.command(&["local", "--port", &port]);
    let refused = command.arg("--data").arg(home.data()).output().unwrap();
    let said = stderr(&refused);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("port {port} of 127.0.0.1 can't be used")), "{said}");
    assert!(
        !cfg!(target_os = "linux") || said.contains(&format!("process {} (", std::process::id())),
        "{said}"
    );
    assert!(said.contains("--port"), "{said}");
}

#[test]
fn without_a_python_that_is_new_enough_the_one_to_install_is_named() {
    let home = Home::new();
    let project = tempfile::tempdir().unwrap();
    for folder in ["environments", "handlers", "emulator", "bin"] {
        std::fs::create_dir(project.path().join(folder)).unwrap();
    }
    std::fs::write(project.path().join("emulator/requirements.txt"), "").unwrap();
    let run = || {
        let mut command = home.local(&[]);
        command.current_dir(project.path()).env("PATH", project.path().join("bin"));
        stderr(&command.output().unwrap())
    };
    let said = run();
    assert!(said.contains("there is no `python3`, and the local AWS needs Python 3.10 or newer"), "{said}");
    script(&project.path().join("bin/python3"), "echo 3.8.1; exit 1");
    let said = run();
    assert!(said.contains("`python3` is 3.8.1, and the local AWS needs Python 3.10 or newer"), "{said}");
}

/// Writes a program for a shell.
pub(crate) fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;

    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_command_for_it_that_does_not_run_says_how_to_start_it_and_never_asks_aws() {
    // A port that nothing listens on: it was just free.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let failed = Home::new()
        .command(&["plan", "--env", "local"])
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
        .env("AWS_MAX_ATTEMPTS", "1")
        .output()
        .unwrap();
    let said = stderr(&failed);
    assert_eq!(failed.status.code(), Some(1), "{said}");
    assert!(said.contains("hint: this environment runs in `cogapi local`: start it first"), "{said}");
    assert!(said.contains("Connection refused"), "{said}");
}
