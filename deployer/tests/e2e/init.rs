//! `cogapi init`: a file that passes `check`, from arguments alone or from a person at a terminal.

use serde_json::{Value, json};

use crate::terminal::{CTRL_C, ENTER, Terminal};
use crate::world::{Ran, World};
use crate::zone::Zone;

/// The file of an environment, as TOML.
fn written(world: &World, environment: &str) -> toml::Table {
    world.file(environment).unwrap().parse().unwrap()
}

#[test]
fn in_a_script_arguments_are_enough_and_nothing_is_overwritten() {
    let world = World::new();
    let arguments = ["init", "prod", "--region", "eu-west-1", "--from", "no-reply@example.com", "--yes"];
    let ran = world.must(&arguments);
    assert!(ran.stdout.contains("cogapi check --env prod"), "{ran}");
    let file = written(&world, "prod");
    // What nobody said is found out, or as it is safe.
    assert_eq!(file["aws"]["account_id"].as_str(), Some(world.account.as_str()));
    assert_eq!(
        file["state"]["bucket"].as_str(),
        Some(format!("auth-cogapi-state-{}", world.account).as_str())
    );
    assert_eq!(file["protection"]["deletion"].as_bool(), Some(true));
    let checked = world.run(&["check", "--env", "prod", "--json"]);
    let checked: Value = serde_json::from_str(&checked.stdout).unwrap();
    assert_eq!(checked["findings"][0]["verdict"], json!("ok"), "{checked}");

    let before = world.file("prod");
    let again = world.run(&["init", "prod", "--region", "eu-west-3", "--from", "other@example.com", "--yes"]);
    assert_eq!(again.code, Some(1), "{again}");
    assert!(again.stderr.contains("is never overwritten"), "{again}");
    assert_eq!(world.file("prod"), before);
}

#[test]
fn what_is_missing_or_wrong_in_a_script_is_named_by_its_argument() {
    let world = World::new();
    for (arguments, told) in [
        (&["init"][..], "NAME is missing"),
        (&["init", "prod"], "--region is missing"),
        (&["init", "prod", "--region", "eu-west-1", "--yes"], "--from is missing"),
        (&["init", "prod", "--region", "nowhere", "--yes"], "--region can't be \"nowhere\""),
        (&["init", "Prod", "--yes"], "NAME can't be \"Prod\""),
    ] {
        let ran = world.run(arguments);
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(ran.stderr.contains(told), "{told} is not in {ran}");
    }
    assert_eq!(world.file("prod"), None);
}

#[test]
fn without_credentials_it_says_so_and_goes_on() {
    let world = World::new();
    let arguments = [
        "init",
        "prod",
        "--region",
        "eu-west-1",
        "--state-bucket",
        "a-bucket",
        "--from",
        "me@example.com",
        "--yes",
    ];
    let mut command = world.command(&arguments);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stderr.contains("the account can't be looked at"), "{ran}");
    assert!(written(&world, "prod")["aws"].get("account_id").is_none());
}

#[test]
fn a_person_is_offered_what_the_account_has() {
    let zone = Zone::made();
    let world = &zone.world;
    world.with_clients(async |clients| {
        let create = json!({ "EmailIdentity": "example.com" });
        let ses = clients.sesv2("eu-west-1");
        ses.call::<Value>("CreateEmailIdentity", "POST", "/v2/email/identities", Some(&create))
            .await
            .unwrap();
    });
    let mut command = world.command(&["init"]);
    command.env("AWS_REGION", "eu-west-1");
    let mut terminal = Terminal::start(&command);
    terminal.shows("Name of the environment [dev]: ").types("Prod").shows("lower-case").types("prod");
    terminal.shows("> eu-west-1").presses(ENTER);
    terminal.shows("Name of the API, with which all names begin [auth]: ").types("shop");
    terminal.shows(&format!("[shop-cogapi-state-{}]: ", world.account)).presses(ENTER);
    terminal.shows("> no-reply@example.com").presses(ENTER);
    terminal.shows("Domain name of the API (empty: none): ").types("auth.example.com");
    terminal.shows("Domain of passkeys (empty: none): ").presses(ENTER);
    terminal.shows("Protect the user pool against destruction").presses("y");
    let (code, shown) = terminal.ended();
    assert_eq!(code, 0, "{shown}");
    let file = written(world, "prod");
    assert_eq!(file["domain"]["zone_id"].as_str(), Some(zone.id.as_str()));
    let identity = format!("arn:aws:ses:eu-west-1:{}:identity/example.com", world.account);
    assert_eq!(file["email"]["ses_identity_arn"].as_str(), Some(identity.as_str()));
    assert!(file.get("passkeys").is_none());
    world.must(&["check", "--env", "prod"]);
}

#[test]
fn ctrl_c_at_a_question_leaves_no_file() {
    let world = World::new();
    let mut terminal = Terminal::start(&world.command(&["init", "prod"]));
    terminal.shows("Region").presses(CTRL_C);
    let (code, shown) = terminal.ended();
    assert_eq!(code, 130, "{shown}");
    assert_eq!(world.file("prod"), None);
}
