//! The one port of `cogapi local` and `cogapi demo`: what is served there, to whom, and to whom not.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};

use crate::local::{Home, Local};
use crate::world::{CONFIGURATION, World};

/// One for all tests that change nothing but add users. It keeps nothing, so its folder may go as soon as it has started.
static SHARED: LazyLock<Local> = LazyLock::new(|| Home::new().start(&["--ephemeral"]));

struct Reply {
    status: u16,
    headers: ureq::http::HeaderMap,
    text: String,
}

fn send(url: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .build()
        .into();
    let mut request = ureq::http::Request::builder().method(method).uri(format!("{url}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut reply = agent.run(request.body(String::new()).unwrap()).unwrap();
    let text = reply.body_mut().read_to_string().unwrap();
    Reply { status: reply.status().as_u16(), headers: reply.headers().clone(), text }
}

fn get(path: &str, headers: &[(&str, &str)]) -> Reply {
    send(&SHARED.url, "GET", path, headers)
}

#[test]
fn pages_know_where_their_api_is_by_whatever_name_they_were_asked_for() {
    for page in ["/", "/mail", "/inspect"] {
        let reply = get(page, &[]);
        assert_eq!(reply.status, 200, "{page}");
        assert!(reply.text.contains("/web/"), "{page}: {}", reply.text);
    }
    let host = SHARED.url.trim_start_matches("http://").replace("127.0.0.1", "localhost");
    let config: Value = serde_json::from_str(&get("/web/config.json", &[("host", &host)]).text).unwrap();
    assert_eq!(config["api"], json!(format!("http://{host}")));
    assert_eq!((&config["local"], &config["passkeys"]), (&json!(true), &json!(true)));
}

#[test]
fn a_page_of_another_name_or_origin_sees_nothing_of_this_machine() {
    let private = ["/_cogapi/users", "/_cogapi/mail", "/_cogapi/requests", "/_ministack/ses/messages"];
    for path in private.into_iter().chain(["/", "/mail", "/inspect", "/web/config.json", "/some-bucket/key"])
    {
        assert_eq!(get(path, &[("host", "evil.example")]).status, 421, "{path}");
    }
    for path in private {
        for origin in ["https://evil.example", "http://localhost:3000", "null"] {
            assert_eq!(get(path, &[("origin", origin)]).status, 403, "{path} {origin}");
        }
        assert_eq!(get(path, &[("sec-fetch-site", "cross-site")]).status, 403, "{path}");
    }
    let reset = send(&SHARED.url, "POST", "/_cogapi/reset", &[("origin", "https://evil.example")]);
    assert_eq!(reset.status, 403);
    let users = get("/_cogapi/users", &[]);
    assert_eq!(users.status, 200);
    assert!(!users.headers.contains_key("access-control-allow-origin"));
}

#[test]
fn the_api_allows_the_origins_that_are_configured_and_no_other() {
    let preflight = |origin| {
        let headers = [("origin", origin), ("access-control-request-method", "POST")];
        let reply = send(&SHARED.url, "OPTIONS", "/v1/login", &headers);
        reply.headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(preflight("http://localhost:3000").as_deref(), Some("http://localhost:3000"));
    assert_ne!(preflight("https://evil.example").as_deref(), Some("https://evil.example"));
}

#[test]
fn an_open_page_is_told_of_a_change_and_shows_who_asked_for_what() {
    let authority = SHARED.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    write!(stream, "GET /_cogapi/events HTTP/1.1\r\nhost: {authority}\r\n\r\n").unwrap();
    let mut events = BufReader::new(stream).lines().map_while(Result::ok);
    assert!(events.any(|line| line == ": listening"));

    let id = SHARED.register("told@example.com")["user_id"].clone();
    let mut missing = vec!["event: mail", "event: users", "event: requests", "event: logs"];
    while !missing.is_empty() {
        let line = events.next().expect("the events end");
        missing.retain(|event| *event != line);
    }
    let users = SHARED.get("/_cogapi/users");
    assert!(users.as_array().unwrap().iter().any(|user| user["id"] == id), "{users}");
    let refused = send(&SHARED.url, "POST", "/v1/login", &[("origin", "http://localhost:3000")]);
    assert_eq!(refused.status, 400);
    let requests = SHARED.get("/_cogapi/requests");
    let login = requests.as_array().unwrap().iter().find(|request| request["path"] == "/v1/login").unwrap();
    assert_eq!((&login["status"], &login["code"]), (&json!(400), &json!("invalid_request")));
    assert_eq!(login["origin"], json!("http://localhost:3000"));
    let logs = SHARED.get("/_cogapi/logs?limit=50");
    assert!(logs.as_array().unwrap().iter().any(|line| line["function"] == "create-user"), "{logs}");
}

#[test]
fn the_demo_app_is_served_for_a_deployed_environment_and_says_what_its_api_does_not_allow() {
    let world = World::new();
    world.configure(&format!("{CONFIGURATION}[passkeys]\nrelying_party_id = \"localhost\"\n"));
    let early = world.run(&["demo", "--port", "0"]);
    assert!(early.stderr.contains("dev is not deployed"), "{early}");
    world.must(&["deploy", "--yes"]);
    let mut demo = world
        .command(&["demo", "--port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(demo.stdout.take().unwrap()).lines().map_while(Result::ok);
    let page = said.find_map(|line| Some(line.strip_prefix("Demo app")?.trim().to_owned())).unwrap();
    let mut notes = BufReader::new(demo.stderr.take().unwrap()).lines().map_while(Result::ok);
    let line = notes.find(|line| line.contains("cors_origins")).unwrap();
    let origin = page.trim_end_matches('/');
    assert_eq!(line.trim(), format!("cors_origins = [\"https://shop.example.com\", \"{origin}\"]"));

    let url = origin.replace("localhost", "127.0.0.1");
    let config = send(&url, "GET", "/web/config.json", &[]).text;
    let config: Value = serde_json::from_str(&config).unwrap();
    assert_eq!((&config["environment"], &config["local"]), (&json!("dev"), &json!(false)));
    assert_eq!(config["api"], world.outputs()["api_url"]);
    // There is nothing else.
    for path in ["/_cogapi/users", "/mail", "/inspect", "/v1/login"] {
        assert_eq!(send(&url, "GET", path, &[]).status, 404, "{path}");
    }
    demo.kill().unwrap();
    demo.wait().unwrap();
}
