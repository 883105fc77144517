//! A client of the deployed API, over HTTP through API Gateway. Owns what holds for every reply, whatever was asked: it is checked
//! here, so every test proves it. Knows no flow.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex};

use aws_sdk_cognitoidentityprovider::Client as Cognito;
use cogapi_handlers::endpoint::Endpoint;
use cogapi_handlers::error::ErrorCode;
use cogapi_handlers::registry;
use cogapi_handlers::schema;
use cogapi_handlers::user::PATH_PARAMETER;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::world::{CONFIGURATION, World};

/// Where the pages are from which browsers call.
pub(crate) const ORIGIN: &str = "https://shop.example.com";
/// Who sends the mails, by [`CONFIGURATION`].
const SENDER: &str = "hello@example.com";
/// The domain that passkeys are made for.
pub(crate) const RELYING_PARTY: &str = "example.com";

/// What is in requests and replies and is nobody's secret. Everything else is taken for one, so that a new field can't be forgotten.
const NO_SECRETS: &[&str] = &[
    "credential",
    "credential_id",
    "email",
    "expires_in",
    "full_name",
    "groups",
    "message",
    "mfa_status",
    "mobile_phone_number",
    "name",
    "options",
    "passkeys",
    "phone_number",
    "request_id",
    "status",
    "user_id",
    "user_status",
    "verification_type",
];

/// A request to an endpoint of the registry.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) endpoint: &'static Endpoint,
    /// The user whom the path names.
    pub(crate) user: Option<String>,
    /// The body's fields; null where it has none.
    pub(crate) body: Value,
    pub(crate) token: Option<String>,
}

impl Request {
    pub(crate) fn to(name: &str, body: Value) -> Self {
        let (endpoint, _) = registry::endpoint(name).unwrap_or_else(|| panic!("there is no endpoint {name}"));
        Self { endpoint, user: None, body, token: None }
    }

    pub(crate) fn about(self, user: &str) -> Self {
        Self { user: Some(user.to_owned()), ..self }
    }

    pub(crate) fn bearing(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    /// The same with another value of a field.
    pub(crate) fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.body[field] = value.into();
        self
    }

    pub(crate) fn path(&self) -> String {
        let placeholder = format!("{{{}}}", PATH_PARAMETER.name);
        let user = self.user.as_deref().unwrap_or_default();
        self.endpoint.path.replace(&placeholder, &utf8_percent_encode(user, NON_ALPHANUMERIC).to_string())
    }
}

/// A reply.
#[derive(Debug)]
pub(crate) struct Reply {
    /// What was asked, for who reads why a test failed.
    asked: String,
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The error's code; nothing where all went well.
    pub(crate) fn code(&self) -> &str {
        if self.status < 400 { "" } else { self.body["code"].as_str().unwrap_or_default() }
    }

    /// A field that is a text.
    #[track_caller]
    pub(crate) fn text(&self, field: &str) -> &str {
        self.body[field]
            .as_str()
            .unwrap_or_else(|| panic!("{}: {field} is no text in {}", self.asked, self.body))
    }

    /// Demands success.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(self.status < 300, "{}: {}: {}", self.asked, self.status, self.body);
        self
    }

    /// Demands this error.
    #[track_caller]
    pub(crate) fn refused(self, code: ErrorCode) -> Self {
        let expected = (code.status(), code.as_str());
        assert_eq!((self.status, self.code()), expected, "{}: {}", self.asked, self.body);
        self
    }

    /// What is wrong, by field.
    pub(crate) fn problems(&self) -> BTreeMap<&str, &str> {
        let problems = self.body["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
        problems.iter().map(|it| (it["field"].as_str().unwrap(), it["problem"].as_str().unwrap())).collect()
    }

    /// Holds the reply against the contract: what its endpoint declares, and what every reply has.
    #[track_caller]
    fn check(&self, endpoint: &Endpoint) {
        let Self { status, body, .. } = self;
        let name = endpoint.name;
        assert!(self.header("content-type").starts_with("application/json"), "{name}: {body}");
        let object = body.as_object().unwrap_or_else(|| panic!("{name}: {status}: {body}"));
        if *status < 400 {
            let shapes = endpoint.reply.shapes.iter().map(|shape| schema::check(shape, object));
            let problems: Vec<_> = shapes.filter_map(Result::err).collect();
            assert!(problems.len() < endpoint.reply.shapes.len(), "{name}: {problems:?} in {body}");
            assert_eq!(*status, endpoint.reply.status, "{name}: {body}");
        } else {
            self.check_error(endpoint);
        }
    }

    #[track_caller]
    fn check_error(&self, endpoint: &Endpoint) {
        let (Self { status, body, .. }, name) = (self, endpoint.name);
        let declared = [endpoint.errors, ErrorCode::COMMON].concat();
        let code = declared.iter().find(|code| code.as_str() == self.code());
        let code = code.unwrap_or_else(|| panic!("{name} does not declare {status} {body}"));
        assert_eq!((*status, self.text("message")), (code.status(), code.message()), "{name}: {body}");
        assert!(!self.text("request_id").is_empty(), "{name}: {body}");
        assert_eq!(*code == ErrorCode::InvalidRequest, !self.problems().is_empty(), "{name}: {body}");
        let waits = self.header("retry-after").parse::<u32>().is_ok();
        assert_eq!(*code == ErrorCode::TooManyRequests, waits, "{name}: {body}");
    }
}

/// A deployed API.
pub(crate) struct Api {
    pub(crate) world: World,
    url: String,
    pool: String,
    agent: ureq::Agent,
    secrets: Mutex<BTreeSet<String>>,
}

static SHARED: LazyLock<Api> = LazyLock::new(Api::complete);

impl Api {
    /// With all endpoints, for the tests that need no more than users of their own.
    pub(crate) fn shared() -> &'static Self {
        &SHARED
    }

    /// With all endpoints.
    pub(crate) fn complete() -> Self {
        Self::with("")
    }

    /// With all endpoints and these sections.
    pub(crate) fn with(sections: &str) -> Self {
        let passkeys = format!("[passkeys]\nrelying_party_id = \"{RELYING_PARTY}\"\n");
        Self::deployed_as(&format!("{CONFIGURATION}{passkeys}{sections}"))
    }

    pub(crate) fn deployed_as(configuration: &str) -> Self {
        let world = World::new();
        world.configure(configuration);
        world.settings(&json!({ "ses_verified": [SENDER] }));
        world.must(&["deploy", "--yes"]);
        let outputs = world.outputs();
        let output = |name: &str| outputs[name].as_str().unwrap().to_owned();
        let (url, pool) = (output("api_url"), output("user_pool_id"));
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .build()
            .into();
        Self { world, url, pool, agent, secrets: Mutex::default() }
    }

    /// Asks an endpoint. The reply is the contract's, or this panics.
    #[track_caller]
    pub(crate) fn ask(&self, request: &Request) -> Reply {
        self.remember(&request.body);
        let text = if request.body.is_null() { String::new() } else { request.body.to_string() };
        let reply = self.ask_in_words(request, &text);
        self.remember(&reply.body);
        reply
    }

    /// The same with any text for a body.
    #[track_caller]
    pub(crate) fn ask_in_words(&self, request: &Request, body: &str) -> Reply {
        let Request { endpoint, token, .. } = request;
        let reply = self.send(endpoint.method, &request.path(), body, token.as_deref());
        reply.check(endpoint);
        reply
    }

    /// Sends anything anywhere.
    pub(crate) fn send(&self, method: &str, path: &str, body: &str, token: Option<&str>) -> Reply {
        let mut request =
            ureq::http::Request::builder().method(method).uri(self.address(path)).header("origin", ORIGIN);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.carry(request.body(body.to_owned()).unwrap())
    }

    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Carries a request to the API. Whatever the reply says and whoever made it, a page of ours may read it, and nobody keeps it.
    #[track_caller]
    pub(crate) fn carry(&self, request: ureq::http::Request<String>) -> Reply {
        let asked = format!("{} {}", request.method(), request.uri().path());
        let mut reply = self.agent.run(request).unwrap();
        let text = reply.body_mut().read_to_string().unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let reply = Reply { asked, status: reply.status().as_u16(), headers: reply.headers().clone(), body };
        let origin = reply.header("access-control-allow-origin");
        assert!([ORIGIN, "*"].contains(&origin), "{}: {origin:?}: {}", reply.asked, reply.body);
        assert_eq!(reply.header("cache-control"), "no-store", "{}: {}", reply.asked, reply.body);
        reply
    }

    /// Asks Cognito behind the API's back: the client, and the user pool's id.
    pub(crate) fn cognito<T>(&self, work: impl AsyncFnOnce(&Cognito, &str) -> T) -> T {
        self.world.with_clients(async |clients| work(&clients.cognito, &self.pool).await)
    }

    /// The newest mail to this address.
    pub(crate) fn mail_to(&self, address: &str) -> Value {
        self.mails_to(address).into_iter().next().unwrap_or_default()
    }

    /// The mails to this address, newest first.
    pub(crate) fn mails_to(&self, address: &str) -> Vec<Value> {
        let Value::Array(mails) = self.world.emulator("GET", "mail", "") else { return Vec::new() };
        mails.into_iter().filter(|mail| mail["to"].to_string().contains(address)).collect()
    }

    /// All that was secret in what was asked and answered.
    pub(crate) fn secrets(&self) -> BTreeSet<String> {
        self.secrets.lock().unwrap().clone()
    }

    fn remember(&self, body: &Value) {
        let fields = body.as_object().into_iter().flatten();
        let is_code = |text: &Value| ErrorCode::ALL.iter().any(|code| text == code.as_str());
        let secret = fields.filter(|(name, value)| !NO_SECRETS.contains(&name.as_str()) && !is_code(value));
        let texts = secret.filter_map(|(_, value)| value.as_str().map(ToOwned::to_owned));
        self.secrets.lock().unwrap().extend(texts);
    }
}
