//! The two binaries, run as Lambda runs them, against a runtime API on this machine.

use crate::support::variable;
use cogapi_handlers::registry::{ENDPOINTS, TRIGGERS as TRIGGERS_LISTED};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    time::{Duration, SystemTime},
};

const API: &str = env!("CARGO_BIN_EXE_api");
const TRIGGERS: &str = env!("CARGO_BIN_EXE_triggers");

fn command(binary: &str, handler: &str, runtime_api: &str) -> Command {
    let mut command = Command::new(binary);
    command.env_clear().stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("_HANDLER", handler).env("AWS_LAMBDA_RUNTIME_API", runtime_api);
    command.env("AWS_LAMBDA_FUNCTION_NAME", "f").env("AWS_LAMBDA_FUNCTION_VERSION", "1");
    command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
    let names = [
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "USER_POOL_ID",
        "CLIENT_ID",
        "CORS_ORIGINS",
    ];
    command.envs(names.into_iter().filter_map(|name| Some((name, variable(name)?))));
    command
}

/// Ends the process whatever becomes of the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Lambda's runtime API: gives out the events one by one, collects what is posted for each.
fn invoke(binary: &str, handler: &str, events: &[Value]) -> (Vec<Value>, Vec<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child =
        Running(command(binary, handler, &listener.local_addr().unwrap().to_string()).spawn().unwrap());
    let mut replies = Vec::new();
    let mut given = 0;
    while replies.len() < events.len() {
        let mut stream = accept(&listener, &mut child.0);
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // One connection carries many requests until the client closes it.
        while replies.len() < events.len() {
            let Some((path, body)) = request(&mut stream) else { break };
            if path.ends_with("/invocation/next") {
                respond(&mut stream, given, &events[given].to_string());
                given += 1;
            } else {
                assert!(path.ends_with("/response"), "{path}: {body}");
                replies.push(serde_json::from_str(&body).unwrap());
                respond(&mut stream, given, "");
            }
        }
    }
    child.0.kill().unwrap();
    let mut output = String::new();
    child.0.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    (replies, output.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect())
}

/// The next connection; fails the test when the process ends instead of connecting.
fn accept(listener: &TcpListener, child: &mut Child) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    for _ in 0..4_000 {
        if let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(false).unwrap();
            return stream;
        }
        assert!(child.try_wait().unwrap().is_none(), "the function ended");
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the function does not connect");
}

fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok()?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, String::from_utf8(body).ok()?))
}

fn respond(stream: &mut TcpStream, id: usize, body: &str) {
    let deadline = SystemTime::now() + Duration::from_secs(10);
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Lambda-Runtime-Aws-Request-Id: invocation-{id}\r\nLambda-Runtime-Deadline-Ms: {deadline}\r\n\
         Lambda-Runtime-Invoked-Function-Arn: arn\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
}

fn fails_to_start(mut command: Command) -> Value {
    let Output { status, stdout, .. } = command.output().unwrap();
    assert_eq!(status.code(), Some(1));
    serde_json::from_slice(&stdout).expect("one JSON line")
}

#[test]
fn the_handler_variable_chooses_the_endpoint() {
    let claims = crate::support::id_token_claims();
    let event = json!({"requestContext": {"requestId": "r-1", "authorizer": {"claims": claims}}});
    let (replies, logs) = invoke(API, "userinfo", &[event, json!({})]);
    assert_eq!((&replies[0]["statusCode"], &replies[1]["statusCode"]), (&json!(200), &json!(401)));
    assert_eq!(logs.iter().map(|it| &it["outcome"]).collect::<Vec<_>>(), ["ok", "invalid_token"]);
}

#[test]
fn the_handler_variable_chooses_the_trigger() {
    let event = json!({
        "triggerSource": "CustomMessage_ForgotPassword",
        "request": {"userAttributes": {"name": "Jane"}, "codeParameter": "{####}"},
        "response": {},
    });
    let (replies, logs) = invoke(TRIGGERS, "custom-message", &[event]);
    assert_eq!(replies[0]["response"]["emailSubject"], "Reset your password");
    assert_eq!((&logs[0]["endpoint"], &logs[0]["outcome"]), (&json!("custom-message"), &json!("ok")));
}

#[test]
fn an_unknown_function_says_which_there_are() {
    let endpoints = ENDPOINTS.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
    let triggers = TRIGGERS_LISTED.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
    for (binary, known) in [(API, endpoints), (TRIGGERS, triggers)] {
        let log = fails_to_start(command(binary, "nonsense", "127.0.0.1:1"));
        let message = log["message"].as_str().unwrap();
        assert!(message.contains("\"nonsense\"") && message.contains(&known), "{message}");
    }
}

#[test]
fn a_function_without_its_environment_names_all_that_is_missing() {
    let mut command = command(API, "login", "127.0.0.1:1");
    command.env_remove("USER_POOL_ID").env_remove("AWS_REGION");
    let log = fails_to_start(command);
    assert_eq!(log["level"], "ERROR");
    assert_eq!(
        log["message"],
        "environment variables: USER_POOL_ID is missing; CLIENT_SECRET is missing; MFA_ISSUER is missing; \
         AWS_REGION is missing"
    );
}
