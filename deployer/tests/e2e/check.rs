//! `cogapi check`: all green where all is well, each thing that would go wrong told by itself, and never a call that changes anything.

use aws_sdk_iam::types::AccessKey;
use aws_sdk_route53::types::{
    Change, ChangeAction, ChangeBatch, HostedZoneConfig, ResourceRecord, ResourceRecordSet, RrType, Vpc,
    VpcRegion,
};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use cogapi::backend::{Location, S3Backend};
use cogapi_engine::{Backend as _, LockInfo};
use serde_json::{Value, json};

use crate::common::Emulator;
use crate::world::{CONFIGURATION, Ran, World};
use crate::zone::Zone;

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

    /// Another hosted zone.
    async fn make_zone(&self, name: &str, private: bool) -> String {
        let create = self.clients().route53.create_hosted_zone().name(name).caller_reference(name);
        let vpc = Vpc::builder().vpc_region(VpcRegion::EuWest1).vpc_id("vpc-1").build();
        let config = HostedZoneConfig::builder().private_zone(private).build();
        let create = create.hosted_zone_config(config).set_vpc(private.then_some(vpc));
        let id = create.send().await.unwrap().hosted_zone.unwrap().id;
        id.trim_start_matches("/hostedzone/").to_owned()
    }

    async fn record(&self, action: ChangeAction, name: &str, kind: &RrType, value: &str) {
        let value = ResourceRecord::builder().value(value).build().unwrap();
        let record = ResourceRecordSet::builder().name(name).r#type(kind.clone()).ttl(60);
        let record = record.resource_records(value).build().unwrap();
        let change = Change::builder().action(action).resource_record_set(record).build().unwrap();
        let batch = ChangeBatch::builder().changes(change).build().unwrap();
        let write = self.clients().route53.change_resource_record_sets().hosted_zone_id(&self.0.id);
        write.change_batch(batch).send().await.unwrap();
    }

    /// A user of the account who may do everything else.
    async fn user_without(&self, action: &str) -> AccessKey {
        let iam = self.clients().iam;
        let name = action.replace(':', "-");
        iam.create_user().user_name(&name).send().await.unwrap();
        let statement =
            |effect: &str, action: &str| json!({ "Effect": effect, "Action": action, "Resource": "*" });
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement("Allow", "*"), statement("Deny", action)] });
        let put = iam.put_user_policy().user_name(&name).policy_name("all-but-one");
        put.policy_document(policy.to_string()).send().await.unwrap();
        iam.create_access_key().user_name(&name).send().await.unwrap().access_key.unwrap()
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
    checked.tells(&[]);
    assert_eq!(checked.findings.len(), 16, "a check for everything that the environment has");
    ready.must(&["deploy", "--yes"]);
    ready.check().tells(&[]);
    let ran = ready.must(&["check"]);
    assert!(ran.stdout.ends_with("Ready to deploy: 16 checks, all fine.\n"), "{ran}");
}

/// What the file says is wrong with the account, or with what it says itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_account_has_not_as_the_file_says_is_told() {
    let ready = Ready::new().await;
    let other = ready.make_zone("example.org", false).await;
    let private = ready.make_zone("example.com", true).await;
    let identity =
        |of: &str| format!("ses_identity_arn = \"arn:aws:ses:{of}\"").replace("ACCOUNT", &ready.account);
    for (change, expected) in [
        (
            "zone_id = \"Z0NOTTHERE\"".to_owned(),
            &[
                "hosted_zone problem: the account has no hosted zone Z0NOTTHERE",
                "certificate_authority not_checked",
                "domain_name not_checked",
            ][..],
        ),
        (format!("zone_id = \"{other}\""), &["hosted_zone problem: "]),
        (format!("zone_id = \"{private}\""), &["hosted_zone problem: "]),
        (
            identity("eu-west-1:ACCOUNT:identity/hello@example.com"),
            &["email_identity problem: SES has no identity hello@example.com in eu-west-1"],
        ),
        (
            identity("us-east-1:ACCOUNT:identity/example.com"),
            &["email_identity problem: SES has no identity example.com in us-east-1"],
        ),
        (
            identity("eu-west-1:999999999999:identity/example.com"),
            &["email_identity warning: example.com belongs to account 999999999999"],
        ),
        ("cors_origins = [\"https://shop.example.org\"]".to_owned(), &["passkeys warning: "]),
        ("cors_origins = [\"*\"]".to_owned(), &["passkeys warning: "]),
        ("architecture = \"host\"\nreserved_concurrency = 300".to_owned(), &["functions problem: "]),
    ] {
        ready.configure_with(&change);
        ready.check().tells(expected);
    }
    // Without SES, domain, passkeys and logs there is less to check, and fewer mails can be sent.
    ready.configure(CONFIGURATION);
    let checked = ready.check();
    checked.tells(&["email_sending warning: Cognito sends at most 50 mails a day"]);
    assert_eq!(checked.findings.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_aws_has_not_granted_to_the_account_is_told() {
    let ready = Ready::new().await;
    for (setting, value, usual, expected) in [
        (
            "ses_sandbox",
            json!(true),
            json!(false),
            "email_sending warning: SES has the account in its sandbox",
        ),
        ("ses_paused", json!(true), json!(false), "email_sending problem: SES sends nothing"),
        (
            "ses_unverified",
            json!(["example.com"]),
            json!([]),
            "email_identity problem: example.com is not verified",
        ),
        ("lambda_concurrent_executions", json!(10), json!(1000), "functions warning: 10 can run at once"),
        ("iam_roles", json!(3), json!(1000), "roles problem: "),
    ] {
        ready.settings(&json!({ setting: value }));
        ready.check().tells(&[expected]);
        ready.settings(&json!({ setting: usual }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_have_where_ours_is_to_be_is_told() {
    let ready = Ready::new().await;
    let (clients, host) = (ready.clients(), ready.0.name("auth"));
    for (name, kind, value, expected) in [
        (host.as_str(), RrType::Cname, "www.example.net", "domain_name problem: "),
        (host.as_str(), RrType::Aaaa, "2001:db8::1", "domain_name warning: "),
        ("example.com", RrType::Caa, "0 issue \"letsencrypt.org\"", "certificate_authority problem: "),
    ] {
        ready.record(ChangeAction::Create, name, &kind, value).await;
        ready.check().tells(&[expected]);
        ready.record(ChangeAction::Delete, name, &kind, value).await;
    }

    clients.logs.create_log_group().log_group_name("/cogapi/shop-dev").send().await.unwrap();
    ready.check().tells(&["resources problem: a deploy is refused: log_group.functions"]);
    clients.logs.delete_log_group().log_group_name("/cogapi/shop-dev").send().await.unwrap();

    let theirs = World::new();
    let region = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1);
    let create = theirs.clients().s3.create_bucket().bucket(format!("shop-state-{}", ready.account));
    create.create_bucket_configuration(region.build()).send().await.unwrap();
    ready.check().tells(&["state_bucket problem: ", "resources problem: reading the state failed"]);
}

/// API Gateway goes on naming a role that somebody has deleted.
#[tokio::test(flavor = "multi_thread")]
async fn logs_that_would_never_arrive_are_told() {
    let ready = Ready::new().await;
    ready.must(&["deploy", "--yes"]);
    let (iam, role) = (ready.clients().iam, "cogapi-api-gateway-logs");
    let attached = iam.list_attached_role_policies().role_name(role).send().await.unwrap().attached_policies;
    for policy in attached.unwrap() {
        iam.detach_role_policy().role_name(role).set_policy_arn(policy.policy_arn).send().await.unwrap();
    }
    iam.delete_role().role_name(role).send().await.unwrap();
    ready.check().tells(&["log_role problem: "]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_works_on_the_environment_is_named() {
    let ready = Ready::new().await;
    ready.must(&["deploy", "--yes"]);
    let [bucket, lock_table] = [format!("shop-state-{}", ready.account), "cogapi-locks".to_owned()];
    let location = Location { bucket, lock_table, account: ready.account.clone() };
    let now = jiff::Timestamp::now();
    let [id, owner, host, operation] = ["1", "joe", "desk", "deploy"].map(ToOwned::to_owned);
    let expires = now + jiff::SignedDuration::from_mins(10);
    let holder = LockInfo { id, owner, host, operation, since: now, expires };
    S3Backend::new(&ready.clients(), &location, "dev").lock(&holder).await.unwrap();
    ready.check().tells(&["lock warning: somebody works on the environment"]);
    assert!(ready.must(&["check"]).stdout.contains("joe@desk runs `deploy` since"));
}

/// One look that fails hides no other, and names what it takes.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_look_is_told_the_permission_and_all_the_rest() {
    let ready = Ready::new().await;
    ready.must(&["deploy", "--yes"]);
    for (denied, expected) in [
        ("iam:GetAccountSummary", &["roles warning: could not look: needs iam:GetAccountSummary"][..]),
        ("route53:GetHostedZone", &["hosted_zone warning: could not look: needs route53:GetHostedZone"]),
        ("ses:GetAccount", &["email_sending warning: could not look: needs ses:GetAccount"]),
        ("ses:GetEmailIdentity", &["email_identity warning: could not look: needs ses:GetEmailIdentity"]),
        ("iam:GetRole", &["log_role warning: could not look: needs iam:GetRole"]),
        ("dynamodb:GetItem", &["lock problem: could not look: needs dynamodb:GetItem"]),
        // Whose the domain's record is, the plan would tell, and there is none.
        (
            "lambda:ListFunctions",
            &[
                "resources problem: could not look: needs lambda:ListFunctions",
                "domain_name not_checked: not checked",
            ],
        ),
    ] {
        let key = ready.user_without(denied).await;
        let mut command = ready.command(&["check", "--json"]);
        command
            .env("AWS_ACCESS_KEY_ID", key.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", key.secret_access_key);
        Checked::of(&Ran::from(command.output().unwrap())).tells(expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_whose_cognito_answers_nobody_is_told_as_one_without_it() {
    let ready = Ready::new().await;
    ready.faults(&json!([
        { "kind": "hangup_before", "service": "cognito-idp", "operation": "ListUserPools" }
    ]));
    let checked = ready.check();
    checked.tells(&[
        "region problem: Cognito can't be reached in eu-west-1",
        "resources problem: could not look",
    ]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_another_account_nothing_is_asked() {
    let ready = Ready::new().await;
    ready.configure_with("region = \"eu-west-1\"\naccount_id = \"999999999999\"");
    let checked = ready.check();
    let told = checked.told();
    assert_eq!(told[0], "credentials problem: this is not the environment's account");
    assert!(told[1..].iter().all(|line| line.ends_with(" not_checked: not checked")), "{told:?}");
    assert_eq!((checked.code, told.len(), checked.findings.len()), (Some(1), 14, 16));
    assert_eq!(ready.calls()["by_operation"], json!({ "sts:GetCallerIdentity": 1 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_on_this_machine_is_checked_as_well_and_its_mails_stay_here() {
    let world = World::new();
    let url = &Emulator::shared().url;
    world.configure(&CONFIGURATION.replace("[aws]", &format!("[aws]\nendpoint = \"{url}\"")));
    Checked::of(&world.run(&["check", "--json"])).tells(&[]);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = world.command(&["check"]);
    command.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"));
    let away = Ran::from(command.output().unwrap());
    assert_eq!(away.code, Some(1), "{away}");
    assert!(away.stdout.contains("hint: this environment runs in `cogapi local`: start it first"), "{away}");
}
