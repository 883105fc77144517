//! `cogapi check`: all green where all is well, each thing that would go wrong told by itself, and never a call that changes anything.

use serde_json::{Value, json};

use crate::domain::Zone;
use crate::world::{CONFIGURATION, Ran, World};

/// An account that is ready for an environment with everything that there is to check.
struct Ready(Zone);

impl std::ops::Deref for Ready {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0.world
    }
}

impl Ready {
    async fn new() -> Self {
        let ready = Self(Zone::new().await);
        ready.verify("example.com").await;
        ready.configure_with("");
        ready
    }

    /// Has SES verify an identity, as it does at once where the emulator is not told otherwise.
    async fn verify(&self, identity: &str) {
        let create = json!({ "EmailIdentity": identity });
        let ses = self.clients().sesv2("eu-west-1");
        let made = ses.call::<Value>("CreateEmailIdentity", "POST", "/v2/email/identities", Some(&create));
        made.await.unwrap();
    }

    /// The environment, with a line of it changed, which is recognised by its key.
    fn configure_with(&self, change: &str) {
        let Self(zone) = self;
        let (name, id, account) = (zone.name("auth"), &zone.id, &self.account);
        let whole = format!(
            "{}\n[passkeys]\nrelying_party_id = \"example.com\"\n[domain]\nname = \"{name}\"\ncertificate = \"*.example.com\"\nzone_name = \"example.com\"\nzone_id = \"{id}\"\n",
            CONFIGURATION.replace("[api]", "[api]\naccess_logs = true").replace(
                "[email]",
                &format!(
                    "[email]\nses_identity_arn = \"arn:aws:ses:eu-west-1:{account}:identity/example.com\""
                )
            )
        );
        let key = change.split_once(" = ").map(|(key, _)| format!("{key} = "));
        let lines = whole.lines().map(|line| match &key {
            Some(key) if line.starts_with(key.as_str()) => change,
            _ => line,
        });
        self.configure(&lines.collect::<Vec<_>>().join("\n"));
    }

    /// What is found, after which nothing must have been changed.
    fn check(&self) -> Checked {
        self.forget_calls();
        let ran = self.run(&["check", "--json"]);
        let calls = self.calls();
        assert_eq!(calls["writes"], 0, "{calls}");
        Checked::of(&ran)
    }
}

/// How a run ended.
struct Checked {
    code: Option<i32>,
    findings: Vec<Value>,
}

impl Checked {
    fn of(ran: &Ran) -> Self {
        let found: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"));
        assert_eq!(found["ready"], ran.code == Some(0), "{ran}");
        Self { code: ran.code, findings: found["findings"].as_array().unwrap().clone() }
    }

    /// What is not fine, as in `roles warning: …`.
    fn told(&self) -> Vec<String> {
        let told = self.findings.iter().filter(|finding| finding["verdict"] != "ok");
        let text = |finding: &Value, field: &str| finding[field].as_str().unwrap_or_default().to_owned();
        let line = |finding| {
            let [check, verdict, result] = ["check", "verdict", "result"].map(|field| text(finding, field));
            format!("{check} {verdict}: {result}")
        };
        told.map(line).collect()
    }

    /// Demands that this is told, and nothing else.
    fn tells(&self, expected: &[&str]) {
        let told = self.told();
        let fits = |(told, expected): (&String, &&str)| told.starts_with(expected);
        assert!(
            told.len() == expected.len() && told.iter().zip(expected).all(fits),
            "{told:#?} is not {expected:#?}"
        );
        let problem = expected.iter().any(|line| line.contains(" problem: "));
        assert_eq!(self.code, Some(i32::from(problem)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_ready_is_all_green_before_the_first_deploy_and_after_it() {
    let ready = Ready::new().await;
    let checked = ready.check();
    println!("{}", ready.run(&["check"]));
    checked.tells(&[]);
    assert_eq!(checked.findings.len(), 16, "a check for everything that the environment has");
    ready.must(&["deploy", "--yes"]);
    ready.check().tells(&[]);
    let ran = ready.must(&["check"]);
    println!("{ran}");
    assert!(ran.stdout.ends_with("Ready to deploy: all 16 checks are fine.\n"), "{ran}");
}
