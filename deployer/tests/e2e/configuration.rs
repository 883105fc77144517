//! A wrong configuration is told before anything is called.

use crate::world::World;

#[test]
fn every_problem_of_a_file_is_reported_at_once_with_its_place() {
    let world = World::new();
    world.configure(
        "[aws]\nregion = \"nowhere\"\n\n[api]\nname = \"shop\"\nport = 1\n\n[tokens]\naccess = \"2m\"\n",
    );
    world.forget_calls();
    let refused = world.run(&["deploy", "--yes"]);
    assert_eq!(refused.code, Some(5), "{refused}");
    for place in ["dev.toml:2: aws.region: ", "dev.toml:6: api.port: ", "dev.toml:9: tokens.access: "] {
        assert!(refused.stderr.contains(place), "{place} is not in {refused}");
    }
    for missing in ["state", "email"] {
        assert!(refused.stderr.contains(missing), "{missing} is not in {refused}");
    }
    assert_eq!(world.calls()["total"], 0);
}

#[test]
fn an_environment_that_does_not_exist_is_answered_with_those_that_do() {
    let world = World::new();
    let refused = world.run(&["plan", "--env", "prod"]);
    assert_eq!(refused.code, Some(5), "{refused}");
    assert!(refused.stderr.contains("there are: dev"), "{refused}");
}

#[test]
fn a_misused_command_line_has_an_exit_code_of_its_own() {
    let world = World::new();
    assert_eq!(world.run(&["plan", "--nonsense"]).code, Some(64));
    assert_eq!(world.run(&["--help"]).code, Some(0));
}

#[test]
fn a_call_that_reaches_nobody_says_what_to_check() {
    let world = World::new();
    // A port that nothing listens on: it was just free.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = world.command(&["plan"]);
    command.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}")).env("AWS_MAX_ATTEMPTS", "1");
    let failed = crate::world::Ran::from(command.output().unwrap());
    assert_eq!(failed.code, Some(1), "{failed}");
    assert!(failed.stderr.contains("hint: check the network, the region, and AWS_ENDPOINT_URL"), "{failed}");
}
