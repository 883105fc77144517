//! What `cogapi local` keeps from run to run, and what it takes over while it runs.

use serde_json::{Value, json};

use crate::authenticator::Authenticator;
use crate::local::{Home, Local, script, wait_for};

const ADDRESS: &str = "jane@example.com";
const PASSWORD: &str = "Correct-Horse-7-Battery";

/// Confirms a new user with the password of the newest mail.
fn confirm(local: &Local, id: &str) -> Value {
    let mail = local.get("/_cogapi/mail")[0]["html"].to_string();
    let (_, rest) = mail.split_once("Temporary password:").unwrap();
    let word =
        rest.split('<').find_map(|part| Some(part.split_once('>')?.1.trim()).filter(|text| !text.is_empty()));
    let passwords =
        json!({ "email": ADDRESS, "temporary_password": word.unwrap(), "new_password": PASSWORD });
    local.ask(&format!("users/{id}/confirm"), &passwords)
}

fn register(local: &Local) -> String {
    local.register(ADDRESS)["user_id"].as_str().unwrap().to_owned()
}

/// Somebody who has a password and an authenticator.
fn enroll(local: &Local) -> Authenticator {
    let id = register(local);
    let confirmed = confirm(local, &id);
    let mut authenticator = Authenticator::holding(confirmed["qr_code_secret"].as_str().unwrap());
    let code =
        json!({ "email": ADDRESS, "otp": authenticator.code(), "mfa_session": confirmed["mfa_session"] });
    local.ask(&format!("users/{id}/confirm-mfa"), &code);
    authenticator
}

fn sign_in(local: &Local, authenticator: &mut Authenticator) -> Value {
    let opened = local.ask("login", &json!({ "email": ADDRESS, "password": PASSWORD }));
    let second = json!({
        "email": ADDRESS,
        "verification_type": "SOFTWARE_TOKEN_MFA",
        "verification_session": opened["verification_session"],
        "otp_code": authenticator.code(),
    });
    local.ask("mfa-verify", &second)
}

#[test]
fn users_authenticators_tokens_and_mails_outlive_a_restart_and_a_kill() {
    let home = Home::new();
    let mut local = home.start(&[]);
    let mut authenticator = enroll(&local);
    let tokens = sign_in(&local, &mut authenticator);
    let mails = local.get("/_cogapi/mail");
    local.interrupt();

    let mut local = home.start(&[]);
    assert_eq!(local.get("/_cogapi/mail"), mails);
    let refresh = json!({ "email": ADDRESS, "refresh_token": tokens["refresh_token"] });
    let refreshed = local.ask("refresh-token", &refresh);
    local.kill();

    let mut local = home.start(&[]);
    let refresh = json!({ "email": ADDRESS, "refresh_token": refreshed["refresh_token"] });
    local.ask("refresh-token", &refresh);
    sign_in(&local, &mut authenticator);
    local.interrupt();

    let local = home.start(&["--reset"]);
    assert_eq!(local.get("/_cogapi/users"), json!([]));
}

#[test]
fn what_was_kept_and_can_not_be_read_stops_no_start() {
    let home = Home::new();
    let mut local = home.start(&[]);
    local.register(ADDRESS);
    local.interrupt();
    std::fs::write(home.data().join("emulator/state"), "not what it was").unwrap();
    let local = home.start(&[]);
    assert_eq!(local.get("/_cogapi/users"), json!([]));
    assert!(home.data().join("emulator.unreadable/state").exists());
}

#[test]
fn a_change_is_live_while_it_is_watched_and_a_build_that_fails_changes_nothing() {
    let home = Home::new();
    // A cargo that does nothing as long as it is told to: what is built is there already.
    let bin = tempfile::tempdir().unwrap();
    let failing = bin.path().join("failing");
    script(
        &bin.path().join("cargo"),
        &format!("if [ -e {} ]; then echo 'error: no such thing' >&2; exit 101; fi", failing.display()),
    );
    let path = std::env::join_paths(
        std::iter::once(bin.path().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    drop(home.start(&["--ephemeral"]));
    let mut command = home.local(&["--ephemeral", "--watch"]);
    command.env("PATH", path.unwrap());
    let local = Local::from(command);

    let configuration = include_str!("../../../environments/local.toml");
    let issued_by = |issuer: &str| format!("{configuration}\n[mfa]\nissuer = \"{issuer}\"\n");
    std::fs::write(&failing, "").unwrap();
    home.configure(&issued_by("Never"));
    wait_for(|| local.notes().contains("the changes are not live"), || local.notes());
    assert!(local.notes().contains("error: no such thing"), "{}", local.notes());
    let id = register(&local);

    std::fs::remove_file(&failing).unwrap();
    home.configure(&issued_by("Renewed"));
    wait_for(|| local.notes().contains("the changes are live"), || local.notes());
    let uri = confirm(&local, &id)["otpauth_uri"].to_string();
    assert!(uri.contains("issuer=Renewed"), "{uri}");
}
