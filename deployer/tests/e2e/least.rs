//! What `cogapi permissions` prints is enough for every command, and none of it can be left out unnoticed.

use std::collections::BTreeSet;

use aws_sdk_iam::types::AccessKey;
use serde_json::{Value, json};

use crate::options::everything;
use crate::world::{CONFIGURATION, Ran, World};
use crate::zone::Zone;

/// What the emulator asks nobody for, and AWS does.
const ASKED_FOR_BY_AWS_ONLY: [&str; 5] = [
    // Of whoever tags while making, and of whoever hands a role, a tag or a firewall on.
    "apigateway:SetWebACL",
    "dynamodb:TagResource",
    "iam:CreateServiceLinkedRole",
    "iam:PassRole",
    "lambda:ListTags",
];
/// What these runs don't come to: it changes code, puts right what was changed by hand, or looks where they don't.
/// The tests of each kind and of the backend call it.
const NOT_CALLED_HERE: [&str; 13] = [
    "cognito-idp:TagResource",
    "cognito-idp:UpdateGroup",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DetachRolePolicy",
    "iam:GetAccountAuthorizationDetails",
    "iam:ListRoles",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "lambda:GetAccountSettings",
    "lambda:UpdateFunctionCode",
    "logs:DeleteRetentionPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutEncryptionConfiguration",
];

/// A user of the account who may do nothing at first.
struct Deployer<'a> {
    world: &'a World,
    key: AccessKey,
    /// The policies that are printed for the environment.
    whole: Vec<Value>,
    granted: BTreeSet<String>,
}

impl<'a> Deployer<'a> {
    fn new(world: &'a World) -> Self {
        let printed = world.must(&["permissions"]).stdout;
        let printed: Value = serde_json::from_str(&printed).unwrap();
        let whole = printed.as_array().cloned().unwrap_or_else(|| vec![printed]);
        let key = world.with_clients(async |clients| {
            clients.iam.create_user().user_name("deployer").send().await.unwrap();
            clients.iam.create_access_key().user_name("deployer").send().await.unwrap().access_key.unwrap()
        });
        Self { world, key, whole, granted: BTreeSet::new() }
    }

    /// Every action that is printed.
    fn actions(&self) -> BTreeSet<String> {
        let statements = self.whole.iter().flat_map(|policy| policy["Statement"].as_array().unwrap());
        let actions = statements.flat_map(|statement| statement["Action"].as_array().unwrap());
        actions.map(|action| action.as_str().unwrap().to_owned()).collect()
    }

    /// Gives it these actions, where the policies that are printed allow them.
    fn grant(&mut self, actions: impl IntoIterator<Item = String>) {
        self.granted.extend(actions);
        let mut policies = self.whole.clone();
        for (index, policy) in policies.iter_mut().enumerate() {
            let statements = policy["Statement"].as_array_mut().unwrap();
            for statement in statements.iter_mut() {
                let allowed = |action: &Value| self.granted.contains(action.as_str().unwrap());
                statement["Action"].as_array_mut().unwrap().retain(allowed);
            }
            statements.retain(|statement| statement["Action"] != json!([]));
            if statements.is_empty() {
                continue;
            }
            let name = format!("part-{index}");
            self.world.with_clients(async |clients| {
                let put = clients.iam.put_user_policy().user_name("deployer").policy_name(name);
                put.policy_document(policy.to_string()).send().await.unwrap();
            });
        }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.world.command(arguments);
        command
            .env("AWS_ACCESS_KEY_ID", &self.key.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &self.key.secret_access_key);
        Ran::from(command.output().unwrap())
    }

    /// Takes an action away that it had.
    fn revoke(&mut self, action: &str) {
        self.granted.remove(action);
        self.grant([]);
    }

    /// Runs until it is done. Each time that it is refused, whoever deploys is given what the error names, and nothing else.
    fn run_until_done(&mut self, arguments: &[&str]) {
        loop {
            let ran = self.run(arguments);
            let named = named(&ran);
            let new: BTreeSet<String> = named.difference(&self.granted).cloned().collect();
            if ran.code == Some(3) && self.world.must(&["unlock", "--yes"]).stdout.contains("is unlocked") {
                // The call that gives the lock back had been refused, too; its lease would end by itself.
                continue;
            }
            if new.is_empty() {
                assert_eq!(ran.code, Some(0), "{}, refused without a name: {ran}", arguments.join(" "));
                return;
            }
            let unknown: Vec<_> = new.difference(&self.actions()).cloned().collect();
            assert_eq!(unknown, [""; 0], "missing in what is printed: {ran}");
            self.grant(new);
        }
    }
}

/// The actions that errors and findings name: `allow lambda:CreateFunction to …`, `needs iam:GetRole`.
fn named(ran: &Ran) -> BTreeSet<String> {
    let told = format!("{} {}", ran.stdout, ran.stderr);
    let words: Vec<&str> = told.split_whitespace().collect();
    let after = |word: &str| ["allow", "needs", "it", "and", "perform:"].contains(&word);
    let actions = words
        .windows(2)
        .filter(|pair| after(pair[0]))
        .map(|pair| pair[1].trim_matches(['`', '\'', ';', ',']));
    let is_action = |word: &&str| {
        word.split_once(':').is_some_and(|(service, action)| {
            !service.is_empty()
                && action.chars().next().is_some_and(char::is_uppercase)
                && action.chars().all(char::is_alphanumeric)
        })
    };
    actions.filter(is_action).map(ToOwned::to_owned).collect()
}

/// An account that is ready for an environment with everything, and its file.
fn ready_for_everything() -> Zone {
    let zone = Zone::made();
    verify_identity(&zone);
    let account = &zone.world.account;
    let identity =
        format!("[email]\nses_identity_arn = \"arn:aws:ses:eu-west-1:{account}:identity/example.com\"");
    zone.configure_as("dev", &everything().replace("[email]", &identity));
    zone
}

fn verify_identity(zone: &Zone) {
    zone.world.with_clients(async |clients| {
        let create = json!({ "EmailIdentity": "example.com" });
        let ses = clients.sesv2("eu-west-1");
        ses.call::<Value>("CreateEmailIdentity", "POST", "/v2/email/identities", Some(&create))
            .await
            .unwrap();
    });
}

#[test]
fn what_is_printed_is_enough_for_every_command() {
    let zone = ready_for_everything();
    let mut deployer = Deployer::new(&zone.world);
    deployer.grant(deployer.actions());
    for arguments in [
        &["check"][..],
        &["plan"],
        &["deploy", "--yes"],
        &["status"],
        &["outputs"],
        &["logs"],
        &["plan", "--detailed-exitcode"],
        &["unlock", "--yes"],
        &["destroy", "--yes"],
    ] {
        let ran = deployer.run(arguments);
        assert_eq!(ran.code, Some(0), "cogapi {}: {ran}", arguments.join(" "));
        assert_eq!(named(&ran), BTreeSet::new(), "cogapi {}: {ran}", arguments.join(" "));
    }
}

#[test]
fn whoever_is_given_what_errors_name_ends_with_what_is_printed() {
    let zone = ready_for_everything();
    let mut deployer = Deployer::new(&zone.world);
    for arguments in [&["check"][..], &["plan"], &["deploy", "--yes"], &["logs"]] {
        deployer.run_until_done(arguments);
    }
    let changed = everything()
        .replace("[functions]", "[functions]\nmemory_mb = 256")
        .replace("reserved_concurrency = 5", "")
        .replace("rate_limit = 300", "rate_limit = 400");
    for more in ["\n[tokens]\naccess = \"2h\"\n\n[tags]\nteam = \"accounts\"\n", ""] {
        zone.configure_as("dev", &format!("{changed}{more}"));
        for arguments in [&["check"][..], &["deploy", "--yes"], &["status"]] {
            deployer.run_until_done(arguments);
        }
    }
    deployer.run_until_done(&["destroy", "--yes"]);
    let left = deployer.actions();
    let never_named: BTreeSet<_> = left.difference(&deployer.granted).map(String::as_str).collect();
    let expected = ASKED_FOR_BY_AWS_ONLY.into_iter().chain(NOT_CALLED_HERE).collect();
    assert_eq!(never_named, expected, "printed, and never asked for");
}

#[test]
#[ignore = "half an hour: two runs or more for each of 119 actions"]
fn without_any_one_action_the_run_that_needs_it_names_it() {
    let zone = ready_for_everything();
    let mut deployer = Deployer::new(&zone.world);
    deployer.grant(deployer.actions());
    let more = "\n[tokens]\naccess = \"2h\"\n\n[tags]\nteam = \"accounts\"\n";
    let mut with_everything = false;
    let mut named_alone = BTreeSet::new();
    for action in deployer.actions() {
        deployer.revoke(&action);
        // All options come, and with them nearly every kind; then they go again.
        for _ in 0..2 {
            with_everything = !with_everything;
            if with_everything {
                zone.configure_as("dev", &format!("{}{more}", everything()));
            } else {
                zone.configure_as("dev", CONFIGURATION);
            }
            let ran = deployer.run(&["deploy", "--yes"]);
            if !named(&ran).contains(&action) {
                assert_eq!(ran.code, Some(0), "{action} is not named: {ran}");
                continue;
            }
            println!("{action} is named");
            named_alone.insert(action.clone());
            deployer.grant([action.clone()]);
            // Giving the lock back may have been refused, too.
            zone.world.run(&["unlock", "--yes"]);
            let mended = deployer.run(&["deploy", "--yes"]);
            assert_eq!(mended.code, Some(0), "with {action} again: {mended}");
        }
        deployer.grant([action]);
    }
    // The rest make what stays, and mend what nobody has changed here.
    assert!(named_alone.len() > 40, "{named_alone:?}");
}
