//! What the functions' roles allow is just what they need; and what happens where AWS gives them less than that.

use cogapi::aws::Clients;
use cogapi_handlers::endpoint::Trigger;
use cogapi_handlers::error::ErrorCode;
use cogapi_handlers::registry::{ENDPOINTS, TRIGGERS};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::client::Api;
use crate::each::each;
use crate::exclusive::DEPRIVED;
use crate::logs;
use crate::person::Person;
use crate::right::{Scene, scene};

/// The name of a role's one policy.
const POLICY: &str = "cogapi";

/// One action of one function, and the endpoint at which it shows.
struct Need {
    function: &'static str,
    action: &'static str,
    endpoint: &'static str,
}

/// All that any function is allowed, from the registry.
fn needs() -> Vec<Need> {
    let of_endpoints = ENDPOINTS.iter().map(|it| (it.name, it.operations, it.name));
    let of_triggers = TRIGGERS.iter().map(|it| (it.name, it.operations, shows_at(it)));
    let functions = of_endpoints.chain(of_triggers);
    functions
        .flat_map(|(function, actions, endpoint)| {
            actions.iter().map(move |action| Need { function, action, endpoint })
        })
        .collect()
}

/// The endpoint at which it shows what a trigger may do.
fn shows_at(trigger: &Trigger) -> &'static str {
    match trigger.name {
        "create-auth-challenge" => "mfa-reset-start",
        _ if trigger.operations.is_empty() => "",
        name => panic!("say here at which endpoint it shows what {name} may do"),
    }
}

impl Need {
    /// Somebody whose request needs the action. Some are needed by some people only.
    fn scene<'a>(&self, api: &'a Api) -> Scene<'a> {
        match (self.endpoint, self.action) {
            ("forgot-password", "cognito-idp:AdminCreateUser") => {
                let person = Person::invited(api);
                let request = person.request("forgot-password", json!({}));
                Scene { person, request }
            }
            ("reset-password", "cognito-idp:AdminCreateUser") => {
                let (Scene { request, .. }, person) = (scene(api, self.endpoint), Person::invited(api));
                let token = request.token.unwrap();
                let request = person.request("reset-password", json!({})).bearing(&token);
                Scene { person, request }
            }
            ("delete-user", "cognito-idp:AdminGetUser") => {
                let ((_, admin), person) = (Person::admin(api), Person::invited(api));
                let request = person.request("delete-user", Value::Null).bearing(&admin.id);
                Scene { person, request }
            }
            _ => scene(api, self.endpoint),
        }
    }

    /// Whether the request does what it is for. Where the answer must not tell, a mail does.
    fn is_met(scene: &Scene<'_>) -> bool {
        let mails = || scene.person.api.mails_to(&scene.person.address).len();
        let before = mails();
        let reply = scene.ask();
        let mailing = ["resend-confirmation-code", "forgot-password", "mfa-reset-start"];
        if reply.status >= 400 {
            reply.refused(ErrorCode::Internal);
            return false;
        }
        !mailing.contains(&scene.request.endpoint.name) || mails() > before
    }
}

#[test]
fn without_any_one_action_of_its_role_a_function_does_not_do_its_work() {
    let api = DEPRIVED.turn();
    // What was set up lives for minutes only, so a few at a time.
    for needs in needs().chunks(4) {
        for (need, scene) in needs.iter().zip(each(needs, |need| need.scene(&api))) {
            let role = Role::deprived(&api, need.function, need.action);
            assert!(!Need::is_met(&scene), "{} does not need {}", need.function, need.action);
            role.restored(&api);
        }
    }
    let lines = logs::lines(&api);
    for Need { function, action, .. } in needs() {
        let (_, operation) = action.split_once(':').unwrap();
        let denied = |line: &&Value| {
            let cause = line["cause"].as_str().unwrap_or_default();
            line["endpoint"] == function && cause.contains(operation) && cause.contains("AccessDenied")
        };
        assert!(lines.iter().any(|line| denied(&line)), "{function} was not denied {action}");
    }
}

#[test]
fn where_aws_is_throttled_or_broken_every_endpoint_says_so_and_nothing_is_used_up() {
    let api = DEPRIVED.turn();
    for (kind, code) in
        [("throttle", ErrorCode::TooManyRequests), ("error500", ErrorCode::UpstreamUnavailable)]
    {
        let asking: Vec<_> = ENDPOINTS.iter().filter(|endpoint| endpoint.calls_cognito).collect();
        let requests = each(&asking, |endpoint| scene(&api, endpoint.name).request);
        let fault = |caller| json!({ "kind": kind, "service": "cognito-idp", "caller": caller });
        api.world.faults(&json!([fault("function"), fault("anonymous")]));
        each(&requests, |request| api.ask(request).refused(code));
        api.world.no_faults();
        each(&requests, |request| api.ask(request).ok());
    }
}

/// A function's role, from which something was taken.
struct Role {
    name: String,
    policy: Value,
}

impl Role {
    /// Takes one action from what a function may do.
    fn deprived(api: &Api, function: &str, action: &str) -> Self {
        api.world.with_clients(async |clients| {
            let configuration = clients.lambda.get_function_configuration();
            let found = configuration.function_name(format!("shop-dev-{function}")).send().await.unwrap();
            let name = found.role().unwrap().rsplit('/').next().unwrap().to_owned();
            let found =
                clients.iam.get_role_policy().role_name(&name).policy_name(POLICY).send().await.unwrap();
            let text = percent_decode_str(&found.policy_document).decode_utf8().unwrap();
            let role = Self { name, policy: serde_json::from_str(&text).unwrap() };
            let mut less = role.policy.clone();
            let statements = less["Statement"].as_array_mut().unwrap();
            for statement in statements.iter_mut() {
                statement["Action"].as_array_mut().unwrap().retain(|allowed| allowed != action);
            }
            statements.retain(|statement| statement["Action"] != json!([]));
            assert_ne!(less, role.policy, "{function} is not allowed {action}");
            role.put(&clients, &less).await;
            role
        })
    }

    fn restored(&self, api: &Api) {
        api.world.with_clients(async |clients| self.put(&clients, &self.policy).await);
    }

    async fn put(&self, clients: &Clients, policy: &Value) {
        let put = clients.iam.put_role_policy().role_name(&self.name).policy_name(POLICY);
        put.policy_document(policy.to_string()).send().await.unwrap();
    }
}
