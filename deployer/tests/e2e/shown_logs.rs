//! `cogapi logs`: what the functions have logged, as far as it is asked for.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::client::Request;
use crate::exclusive::DEPRIVED;
use crate::person::Person;
use crate::world::World;

#[test]
fn requests_are_found_by_endpoint_outcome_and_id_and_followed() {
    let api = DEPRIVED.turn();
    let person = Person::enrolled(&api);
    let login = |password: &str| {
        let request =
            Request::to("login", serde_json::json!({ "email": person.address, "password": password }));
        api.ask(&request)
    };
    let refused = login("Not-The-Password-1");
    assert_eq!(refused.status, 401);
    let id = refused.text("request_id");

    let told = api.world.must(&["logs", "login", "--since", "1h"]).stdout;
    assert!(told.lines().all(|line| line.starts_with("      ") || line.contains(" login ")), "{told}");
    let told = api.world.must(&["logs", "--errors", "--since", "1h"]).stdout;
    assert!(told.contains(id) && !told.contains(" ok "), "{told}");
    let told = api.world.must(&["logs", "--request-id", id, "--json"]).stdout;
    let line: Value = serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}"));
    assert_eq!((&line["request_id"], &line["status"]), (&id.into(), &401.into()));
    assert_eq!(api.world.must(&["logs", "--request-id", "nobodys"]).stdout, "");

    let mut command = api.world.command(&["logs", "login", "--follow"]);
    let mut following = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    // What was there is told first, so from here on it listens.
    while !lines.next().unwrap().unwrap().contains(id) {}
    let next = login("Not-The-Password-2");
    while !lines.next().unwrap().unwrap().contains(next.text("request_id")) {}
    following.kill().unwrap();
    following.wait().unwrap();
}

#[test]
fn an_endpoint_that_is_not_there_and_an_environment_that_is_not_deployed_are_told() {
    let world = World::new();
    let mistyped = world.run(&["logs", "lgoin"]);
    assert_eq!(mistyped.code, Some(1), "{mistyped}");
    assert!(mistyped.stderr.contains("did you mean login?"), "{mistyped}");
    let nothing = world.run(&["logs"]);
    assert_eq!(nothing.code, Some(1), "{nothing}");
    assert!(nothing.stderr.contains("dev is not deployed"), "{nothing}");
}
