//! Credentials that are missing or spent are told before anything else is asked, with an exit code of their own.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::world::{Ran, World};

/// What `aws configure sso` writes.
const SIGNED_IN_BY_SSO: &str = "
[profile company]
sso_session = company
sso_account_id = 123456789012
sso_role_name = deployer

[sso-session company]
sso_start_url = https://company.awsapps.com/start
sso_region = eu-west-1
";
/// Where SSO's token of the session above is kept: a file named after it, by SHA-1.
const TOKEN: &str = "sso/cache/71b21161ffa1e6516bcc072aaf5ef38cbe85b511.json";

/// A person's folder, and an environment on AWS itself.
struct Desk {
    world: World,
    home: TempDir,
}

impl Desk {
    fn new() -> Self {
        let world = World::new();
        let endpoint = world.file("dev").unwrap();
        let on_aws: Vec<&str> = endpoint.lines().filter(|line| !line.starts_with("endpoint")).collect();
        world.configure_as("prod", &on_aws.join("\n"));
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join(".aws/sso/cache")).unwrap();
        Self { world, home }
    }

    fn has(&self, file: &str, text: &str) {
        fs::write(self.home.path().join(".aws").join(file), text).unwrap();
    }

    /// Plans for the environment on AWS, with nothing but these variables. Should anything be asked all the same, nobody hears it.
    fn plans(&self, variables: &[(&str, &str)]) -> Ran {
        let usual = self.world.command(&["plan", "--env", "prod"]);
        let mut command = Command::new(usual.get_program());
        command.args(usual.get_args()).env_clear();
        if let Some(folder) = usual.get_current_dir() {
            command.current_dir(folder);
        }
        let files = usual.get_envs().find(|(name, _)| *name == "COGAPI_ENVIRONMENTS");
        command.envs(files.and_then(|(name, value)| Some((name, value?))));
        command.env("HOME", self.home.path()).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_MAX_ATTEMPTS", "1");
        command.envs(variables.iter().copied());
        Ran::from(command.output().unwrap())
    }
}

#[track_caller]
fn refused(ran: &Ran, hint: &str) {
    assert_eq!(ran.code, Some(6), "{ran}");
    assert!(ran.stderr.contains(&format!("hint: {hint}")), "{hint} is not in {ran}");
}

#[test]
fn whoever_has_none_is_told_where_to_put_them() {
    refused(&Desk::new().plans(&[]), "set AWS_PROFILE, `profile` in");
}

#[test]
fn a_profile_that_is_not_there_is_told() {
    let desk = Desk::new();
    desk.has("config", SIGNED_IN_BY_SSO);
    refused(&desk.plans(&[("AWS_PROFILE", "nobody")]), "there is no such profile in ~/.aws/config");
}

#[test]
fn an_sso_session_that_is_over_or_was_never_begun_is_told_with_the_command_that_begins_one() {
    let desk = Desk::new();
    desk.has("config", SIGNED_IN_BY_SSO);
    let company = [("AWS_PROFILE", "company")];
    refused(&desk.plans(&company), "the SSO session has expired: sign in again (`aws sso login`");
    desk.has(
        TOKEN,
        r#"{"accessToken":"x","expiresAt":"2020-01-01T00:00:00Z","region":"eu-west-1","startUrl":"https://company.awsapps.com/start"}"#,
    );
    let over = desk.plans(&company);
    refused(&over, "the SSO session has expired: sign in again (`aws sso login`");
    assert!(over.stderr.contains("has expired"), "{over}");
}
