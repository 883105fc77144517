//! Everything that can be switched on and off: from nothing with all of it, each off and on again, and away without a trace.

use std::collections::BTreeSet;

use cogapi_handlers::config::env;
use cogapi_handlers::endpoint::{Endpoint, Feature};
use cogapi_handlers::registry::{ENDPOINTS, TRIGGERS};
use serde_json::Value;

use crate::world::{CONFIGURATION, World};
use crate::zone::{Zone, without_made_up_names, without_what_stays};

/// Something that an environment has only where it is asked for.
struct Choice {
    /// In the file, at the end of its section.
    key: &'static str,
    /// The section: one of [`CONFIGURATION`], or one of its own.
    section: &'static str,
    /// What the plan shows when it is switched off, beside functions: actions and addresses.
    off: &'static [&'static str],
    /// What is called to switch it off.
    off_calls: &'static [&'static str],
    /// What the plan shows when it is switched on.
    on: &'static [&'static str],
    /// What is called to switch it on.
    on_calls: &'static [&'static str],
    /// The functions that change with it.
    functions: Functions,
}

/// Which functions an option changes.
#[derive(Clone, Copy)]
enum Functions {
    None,
    All,
    /// Those that are told this variable.
    Told(&'static str),
    /// They are there only with it, and so are their routes.
    Of(Feature),
}

impl Functions {
    fn changes(self, endpoint: &Endpoint) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Told(variable) => endpoint.environment.contains(&variable),
            Self::Of(feature) => endpoint.only_with == Some(feature),
        }
    }

    /// What the plan shows of them, switched on or off.
    fn planned(self, on: bool) -> Vec<String> {
        let action = match (self, on) {
            (Self::Of(_), true) => "create",
            (Self::Of(_), false) => "delete",
            _ => "update",
        };
        let endpoints = ENDPOINTS.iter().filter(|it| self.changes(it)).map(|it| it.name);
        let triggers = TRIGGERS.iter().filter(|_| matches!(self, Self::All)).map(|it| it.name);
        let mut planned: Vec<_> =
            endpoints.chain(triggers).map(|name| format!("{action} function.{name}")).collect();
        if matches!(self, Self::Of(_)) && !planned.is_empty() {
            planned.extend(NEW_ROUTES.iter().map(|change| (*change).to_owned()));
        }
        planned
    }

    /// What is called for them, switched on or off.
    fn called(self, on: bool) -> Vec<String> {
        if !matches!(self, Self::Of(_)) || self.planned(on).is_empty() {
            return Vec::new();
        }
        // What else is asked for is on: new functions get their concurrency with it.
        let functions: &[&str] = if on {
            &["lambda:CreateFunction", "lambda:PutFunctionConcurrency"]
        } else {
            &["lambda:DeleteFunction"]
        };
        let calls = NEW_BODY.iter().chain(&["iam:PutRolePolicy"]).chain(functions);
        calls.map(|call| (*call).to_owned()).collect()
    }
}

impl Choice {
    fn planned(&self, on: bool) -> Vec<String> {
        let own = if on { self.on } else { self.off };
        sorted(own, self.functions.planned(on))
    }

    fn called(&self, on: bool) -> Vec<String> {
        let own = if on { self.on_calls } else { self.off_calls };
        sorted(own, self.functions.called(on))
    }
}

fn sorted(some: &[&str], more: Vec<String>) -> Vec<String> {
    let all: BTreeSet<String> = some.iter().map(|it| (*it).to_owned()).chain(more).collect();
    all.into_iter().collect()
}

const CHOICES: [Choice; 7] = [
    Choice {
        key: "access_logs = true",
        section: "[api]",
        off: &["delete log_group.access", "forget gateway_log_role.account", "update stage.main"],
        off_calls: &["apigateway:UpdateStage", "logs:DeleteLogGroup"],
        // The account's log role stayed, and is used as it is.
        on: &["create log_group.access", "update stage.main"],
        on_calls: &["apigateway:UpdateStage", "logs:CreateLogGroup", "logs:PutRetentionPolicy"],
        functions: Functions::None,
    },
    Choice {
        key: "waf = { rate_limit = 300 }",
        section: "[api]",
        off: &["delete web_acl.main", "delete web_acl_association.main"],
        off_calls: &["wafv2:DeleteWebACL", "wafv2:DisassociateWebACL"],
        on: &["create web_acl.main", "create web_acl_association.main"],
        on_calls: &["wafv2:AssociateWebACL", "wafv2:CreateWebACL"],
        functions: Functions::None,
    },
    Choice {
        key: "method_throttle.\"POST /v1/login\" = { rate = 10, burst = 20 }",
        section: "[api]",
        off: &["update stage.main"],
        off_calls: &["apigateway:UpdateStage"],
        on: &["update stage.main"],
        on_calls: &["apigateway:UpdateStage"],
        functions: Functions::None,
    },
    Choice {
        key: "reserved_concurrency = 5",
        section: "[functions]",
        off: &[],
        off_calls: &["lambda:DeleteFunctionConcurrency"],
        on: &[],
        on_calls: &["lambda:PutFunctionConcurrency"],
        functions: Functions::All,
    },
    Choice {
        key: "relying_party_id = \"example.com\"",
        section: "[passkeys]",
        off: &["update app_client.api", "update user_pool.main"],
        off_calls: PASSKEYS,
        on: &["update app_client.api", "update user_pool.main"],
        on_calls: PASSKEYS,
        functions: Functions::Of(Feature::Passkeys),
    },
    Choice {
        key: "name = \"HOST\"\nzone_name = \"example.com\"\nzone_id = \"ZONE\"",
        section: "[domain]",
        off: &[
            "delete base_path_mapping.api",
            "delete certificate.api",
            "delete dns_record.api",
            "delete domain_name.api",
        ],
        off_calls: &[
            "acm:DeleteCertificate",
            "apigateway:DeleteBasePathMapping",
            "apigateway:DeleteDomainName",
            "route53:ChangeResourceRecordSets",
        ],
        on: &[
            "create base_path_mapping.api",
            "create certificate.api",
            "create dns_record.api",
            "create domain_name.api",
        ],
        on_calls: &[
            "acm:RequestCertificate",
            "apigateway:CreateBasePathMapping",
            "apigateway:CreateDomainName",
            "route53:ChangeResourceRecordSets",
        ],
        functions: Functions::None,
    },
    Choice {
        key: "registration = \"admin\"",
        section: "[access]",
        off: NEW_AUTHORIZATION,
        off_calls: REGISTRATION,
        on: NEW_AUTHORIZATION,
        on_calls: REGISTRATION,
        functions: Functions::Told(env::REGISTRATION),
    },
];

const PASSKEYS: &[&str] =
    &["cognito-idp:SetUserPoolMfaConfig", "cognito-idp:UpdateUserPool", "cognito-idp:UpdateUserPoolClient"];
const NEW_AUTHORIZATION: &[&str] = &["replace deployment.main", "update rest_api.main", "update stage.main"];
const NEW_ROUTES: &[&str] =
    &["replace deployment.main", "update rest_api.main", "update role.invoke", "update stage.main"];
const NEW_BODY: &[&str] = &[
    "apigateway:CreateDeployment",
    "apigateway:DeleteDeployment",
    "apigateway:PutRestApi",
    "apigateway:UpdateStage",
];
const REGISTRATION: &[&str] = &[
    "apigateway:CreateDeployment",
    "apigateway:DeleteDeployment",
    "apigateway:PutRestApi",
    "apigateway:UpdateStage",
    "lambda:UpdateFunctionConfiguration",
];

/// A file with everything that can be asked for, for [`Zone::configure_as`].
pub(crate) fn everything() -> String {
    file(CHOICES.iter())
}

/// A file with everything that is asked for.
fn file<'a>(choices: impl Iterator<Item = &'a Choice>) -> String {
    let mut file = CONFIGURATION.to_owned();
    for Choice { key, section, .. } in choices {
        if file.contains(section) {
            file = file.replace(section, &format!("{section}\n{key}"));
        } else {
            file = format!("{file}\n{section}\n{key}\n");
        }
    }
    file
}

/// The actions and addresses of a plan.
fn planned(world: &World) -> Vec<String> {
    let ran = world.run(&["plan", "--json", "--detailed-exitcode"]);
    let plan: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"));
    let text = |change: &Value, field: &str| change[field].as_str().unwrap().to_owned();
    let changes = plan["changes"].as_array().unwrap().iter();
    let mut changes: Vec<_> =
        changes.map(|change| format!("{} {}", text(change, "action"), text(change, "address"))).collect();
    changes.sort();
    assert_eq!(ran.code, Some(if changes.is_empty() { 0 } else { 2 }), "{ran}");
    changes
}

/// Deploys; what was called that changes something, but for lock and state.
fn deployed(world: &World) -> Vec<String> {
    world.forget_calls();
    world.must(&["deploy", "--yes"]);
    world.changes()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_option_is_switched_on_and_off_by_itself_and_leaves_no_trace() {
    let zone = Zone::new().await;
    let world = &zone.world;
    let configure = |text: &str| zone.configure_as("dev", text);
    let before = without_what_stays(world.inventory());

    configure(&everything());
    world.must(&["deploy", "--yes"]);
    assert_eq!(planned(world), [""; 0]);
    let complete = without_made_up_names(world.shape());

    for choice in &CHOICES {
        let key = choice.key;
        configure(&file(CHOICES.iter().filter(|other| other.key != key)));
        assert_eq!(planned(world), choice.planned(false), "{key}");
        assert_eq!(deployed(world), choice.called(false), "{key}");
        assert_eq!(planned(world), [""; 0], "{key}");

        configure(&everything());
        assert_eq!(planned(world), choice.planned(true), "{key}");
        assert_eq!(deployed(world), choice.called(true), "{key}");
        assert_eq!(planned(world), [""; 0], "{key}");
    }
    assert_eq!(without_made_up_names(world.shape()), complete);

    world.must(&["destroy", "--yes"]);
    assert_eq!(without_what_stays(world.inventory()), before);
    assert!(world.inventory()["api_gateway_accounts"][0]["log_role"].is_string());
    // And once more, with nothing there but that.
    world.must(&["destroy", "--yes"]);
}
