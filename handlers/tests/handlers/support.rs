//! A function with its environment and a replayed Cognito; what was answered, logged and called.

use aws_sdk_cognitoidentityprovider::{
    Client,
    config::{HttpClient, SharedHttpClient, retry::RetryPartition},
    types::ChallengeNameType,
};
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_types::body::SdkBody;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cogapi_handlers::{
    app::{App, Needs},
    aws, bound_session,
    endpoint::{Chapter, Endpoint, Trigger},
    error::ErrorCode,
    registry,
    runtime::{self, Invocation, answer},
    schema,
    sealed_session::Envelope,
    secret::Secret,
    user::User,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

pub(crate) const EMAIL: &str = "jane@example.com";
pub(crate) const USER_ID: &str = "5f0e2b7a-0001-4c5e-9d55-7c1a0f1d2e3b";
pub(crate) const PASSWORD: &str = "Corr3ct-horse!battery";
pub(crate) const TEMPORARY_PASSWORD: &str = "Kf7m_Tq9x_We3r_Hn8p_Cv5k";
pub(crate) const NEW_PASSWORD: &str = "Pl3nty-of-new-staples!";
/// Somebody else.
pub(crate) const OTHER_EMAIL: &str = "joe@example.com";
pub(crate) const OTHER_ID: &str = "7a1b2c3d-0002-4c5e-9d55-7c1a0f1d2e3b";
pub(crate) const SESSION: &str = "AYABe-session-of-the-password";
pub(crate) const SECOND_SESSION: &str = "AYABe-session-of-the-secret";
pub(crate) const TOTP_SECRET: &str = "JBSWY3DPEHPK3PXP";
pub(crate) const CLIENT_SECRET: &str = "client-secret-nobody-may-see";
pub(crate) const NEW_REFRESH_TOKEN: &str = "eyJjdHkiOiJKV1QifQ.the-next-refresh-token";
pub(crate) const REQUEST_ID: &str = "gateway-request-1";

/// The code of an MFA reset that lives as long as these tests: `mfa_reset::Code`.
pub(crate) const MAILED_CODE: &str = "48151623-4102444800";

/// A partition is a budget of retries that is shared within a process: each app gets its own.
static PARTITIONS: AtomicUsize = AtomicUsize::new(0);

/// Whatever happens, none of these is ever logged.
const NEVER_LOGGED: &[&str] = &[
    PASSWORD,
    TEMPORARY_PASSWORD,
    NEW_PASSWORD,
    SESSION,
    SECOND_SESSION,
    TOTP_SECRET,
    CLIENT_SECRET,
    NEW_REFRESH_TOKEN,
    "lambda-secret-key",
];

pub(crate) fn variable(name: &str) -> Option<String> {
    let value = match name {
        "AWS_REGION" => "eu-west-1",
        "AWS_ACCESS_KEY_ID" => "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY" => "lambda-secret-key",
        "USER_POOL_ID" => "eu-west-1_pool",
        "CLIENT_ID" => "client1",
        "CLIENT_SECRET" => CLIENT_SECRET,
        "MFA_ISSUER" => "My Co",
        "CORS_ORIGINS" => "https://app.example,https://other.example",
        "PASSWORD_MIN_LENGTH" => "14",
        "REGISTRATION" => "open",
        "ADMIN" => "group",
        "MFA_RESET_SUBJECT" => "Your MFA reset",
        "MFA_RESET_MESSAGE" => "Your code is {code}.",
        "EMAIL_FROM" => "hello@example.com",
        "PASSKEY_RELYING_PARTY_ID" => "example.com",
        _ => return None,
    };
    Some(value.to_owned())
}

pub(crate) fn endpoint(name: &str) -> &'static Endpoint {
    registry::endpoint(name).expect("a registered endpoint").0
}

pub(crate) fn app_over(name: &str, http_client: impl HttpClient + 'static, changed: &[(&str, &str)]) -> App {
    app_of(Needs::from(endpoint(name)), http_client, changed)
}

pub(crate) fn app_of(needs: Needs, http_client: impl HttpClient + 'static, changed: &[(&str, &str)]) -> App {
    let get = changing(changed);
    let client = aws::Environment::load(get).unwrap().cognito_over(SharedHttpClient::new(http_client));
    let partition = RetryPartition::new(format!("test-{}", PARTITIONS.fetch_add(1, Ordering::Relaxed)));
    let client = Client::from_conf(client.config().to_builder().retry_partition(partition).build());
    App::load(needs, get).unwrap().with_cognito(client)
}

/// The app of a function whose mails, if it sends any, go this way.
pub(crate) fn app_that_mails(
    needs: Needs,
    http_client: impl HttpClient + 'static,
    changed: &[(&str, &str)],
) -> App {
    let get = changing(changed);
    let app = App::load(needs, get).unwrap();
    let Ok(sender) = app.config.sender() else { return app };
    let aws = aws::Environment::load(get).unwrap();
    let ses = aws.ses_over(SharedHttpClient::new(http_client), sender.identity_arn);
    app.with_ses(ses)
}

/// The environment with these changes.
fn changing(changed: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + Copy {
    move |name| {
        let change = changed.iter().find(|(key, _)| *key == name);
        change.map_or_else(|| variable(name), |(_, value)| Some((*value).to_owned()))
    }
}

/// One call that Cognito gets, and its reply.
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    pub(crate) status: u16,
    pub(crate) reply: Value,
}

pub(crate) fn succeeds(operation: &'static str, reply: Value) -> Call {
    Call { operation, status: 200, reply }
}

pub(crate) fn fails(operation: &'static str, error: &str, message: &str) -> Call {
    Call { operation, status: 400, reply: json!({"__type": error, "message": message}) }
}

pub(crate) fn breaks(operation: &'static str, status: u16) -> Call {
    Call { operation, status, reply: json!({}) }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<&'static str, String>,
    pub(crate) body: Value,
    pub(crate) log: Value,
    /// The bodies of the calls, in order.
    pub(crate) sent: Vec<Value>,
    /// The IAM actions of the calls that were signed.
    pub(crate) actions: Vec<String>,
}

impl Answer {
    /// Status and code.
    pub(crate) fn error(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().expect("an error reply has a code"))
    }

    /// The fields that are named, sorted.
    pub(crate) fn fields(&self) -> Vec<(&str, &str)> {
        let mut fields: Vec<_> = self.body["fields"]
            .as_array()
            .expect("a bad request names its fields")
            .iter()
            .map(|it| (it["field"].as_str().unwrap(), it["problem"].as_str().unwrap()))
            .collect();
        fields.sort_unstable();
        fields
    }
}

pub(crate) fn post(body: &Value) -> Value {
    json!({"requestContext": {"requestId": REQUEST_ID}, "headers": {"origin": "https://app.example"}, "body": body.to_string()})
}

/// A request that is right in all its parts, by the examples of what the endpoint declares. Its user is [`EMAIL`], and so is the
/// caller, an administrator.
pub(crate) fn right(endpoint: &Endpoint) -> Value {
    let mut claims = id_token_claims();
    claims["cognito:groups"] = json!("admins");
    let mut event = with_claims(post(&right_body(endpoint)), &claims);
    event["pathParameters"] = json!({"user_id": USER_ID});
    event
}

/// What Cognito sends to a trigger at the beginning, with all that any trigger is told.
pub(crate) fn right_event(trigger: &Trigger) -> Value {
    let occasion = if trigger.source == "CustomMessage" { "AdminCreateUser" } else { "Authentication" };
    let attributes =
        json!({"sub": USER_ID, "email": EMAIL, "email_verified": "true", "name": "Jane Doe", "locale": "fr"});
    let mut event = challenge_event(&json!({
        "userAttributes": attributes,
        "userNotFound": false,
        "codeParameter": "{####}",
        "usernameParameter": "{username}",
        "session": [],
        "privateChallengeParameters": {"code": MAILED_CODE},
        "challengeAnswer": MAILED_CODE.split('-').next(),
    }));
    event["triggerSource"] = json!(format!("{}_{occasion}", trigger.source));
    event
}

pub(crate) fn right_body(endpoint: &Endpoint) -> Value {
    let mut body = schema::example(endpoint.request);
    if body.get("access_token").is_some() {
        body["access_token"] = json!(access_token());
    }
    if body.get("session").is_some() {
        body["session"] = json!(sealed(&sealed_by(endpoint), EMAIL));
    }
    for (name, challenge) in BOUND {
        if body.get(name).is_some() {
            body[name] = json!(bound(challenge, USER_ID, EMAIL));
        }
    }
    body
}

/// The fields that hold a session which says whose it is, and the challenge that is answered in it.
pub(crate) const BOUND: &[(&str, ChallengeNameType)] = &[
    ("mfa_session", ChallengeNameType::MfaSetup),
    ("verification_session", ChallengeNameType::SoftwareTokenMfa),
];

/// The challenge that is answered in the sealed sessions of this endpoint.
pub(crate) fn sealed_by(endpoint: &Endpoint) -> ChallengeNameType {
    match endpoint.chapter {
        Chapter::Passkeys => ChallengeNameType::WebAuthn,
        _ => ChallengeNameType::CustomChallenge,
    }
}

fn envelope(challenge: &ChallengeNameType, email: &str) -> Envelope {
    Envelope::of(&Secret::new(CLIENT_SECRET), challenge, email).unwrap()
}

/// Cognito's [`SESSION`] as it is answered to this address by who begins for everybody alike.
pub(crate) fn sealed(challenge: &ChallengeNameType, email: &str) -> String {
    envelope(challenge, email).seal(&Secret::new(SESSION)).unwrap()
}

/// What is in a session that was answered to [`EMAIL`].
pub(crate) fn unsealed(challenge: &ChallengeNameType, session: &Value) -> String {
    let sealed = Secret::new(session.as_str().expect("a session"));
    envelope(challenge, EMAIL).open(&sealed).expect("a sealed session").expose().to_owned()
}

/// A session of this user's sign-in, as the API answers it for Cognito's [`SESSION`].
pub(crate) fn bound(challenge: &ChallengeNameType, id: &str, email: &str) -> String {
    let user = User { id: id.to_owned(), email: email.to_owned() };
    bound_session::bind(&Secret::new(CLIENT_SECRET), challenge, &user, SESSION).unwrap()
}

/// What a [`bound`] session holds.
pub(crate) fn opened(challenge: &ChallengeNameType, session: &Value) -> (String, String, String) {
    let bound = Secret::new(session.as_str().expect("a session"));
    let (user, session) = bound_session::open(&Secret::new(CLIENT_SECRET), challenge, &bound).unwrap();
    (user.id, user.email, session.expose().to_owned())
}

/// An access token of our app client, for who does not look at the signature.
pub(crate) fn access_token() -> String {
    token_with(&json!({"sub": USER_ID, "token_use": "access", "client_id": "client1"}))
}

/// An ID token of this user.
pub(crate) fn id_token(email: &str) -> String {
    token_with(&json!({"sub": USER_ID, "token_use": "id", "aud": "client1", "email": email}))
}

/// What Cognito answers at the end of a sign-in of this user.
pub(crate) fn authentication_result(email: &str) -> Value {
    json!({
        "ChallengeParameters": {},
        "AuthenticationResult": {
            "AccessToken": access_token(),
            "IdToken": id_token(email),
            "RefreshToken": NEW_REFRESH_TOKEN,
            "ExpiresIn": 3600,
            "TokenType": "Bearer",
        },
    })
}

/// The same as the API answers it.
pub(crate) fn tokens(email: &str) -> Value {
    json!({
        "access_token": access_token(),
        "id_token": id_token(email),
        "refresh_token": NEW_REFRESH_TOKEN,
        "expires_in": 3600,
    })
}

/// A token with these claims.
pub(crate) fn token_with(claims: &Value) -> String {
    format!("e30.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// A request whose path names this user.
pub(crate) fn post_to(user: &str, body: &Value) -> Value {
    let mut event = post(body);
    event["pathParameters"] = json!({"user_id": user});
    event
}

/// How Cognito describes a user.
pub(crate) fn described(id: &str, email: &str, status: &str, enabled: bool) -> Value {
    let attributes = json!([{"Name": "sub", "Value": id}, {"Name": "email", "Value": email}]);
    json!({"Username": id, "UserAttributes": attributes, "UserStatus": status, "Enabled": enabled})
}

/// A user whom Cognito knows in this state.
pub(crate) fn found(status: &str) -> Call {
    succeeds("AdminGetUser", described(USER_ID, EMAIL, status, true))
}

pub(crate) fn found_nobody() -> Call {
    fails("AdminGetUser", "UserNotFoundException", "User does not exist.")
}

pub(crate) fn with_claims(mut event: Value, claims: &Value) -> Value {
    event["requestContext"]["authorizer"] = json!({"claims": claims});
    event
}

pub(crate) fn id_token_claims() -> Value {
    json!({
        "sub": USER_ID,
        "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool",
        "aud": "client1",
        "token_use": "id",
        "email": EMAIL,
        "name": "Jane Doe",
        "phone_number": "+33612345678",
    })
}

/// What a trigger made of its event.
pub(crate) struct Reaction {
    pub(crate) result: Result<Value, ErrorCode>,
    pub(crate) log: Value,
    /// What SES was sent.
    pub(crate) mails: Vec<Value>,
}

/// Lets the trigger react, in an environment with these changes and to an SES that answers this, and checks what holds for every
/// reaction.
pub(crate) async fn react_in(name: &str, changed: &[(&str, &str)], event: Value, ses: &[Mailed]) -> Reaction {
    let (trigger, handle) = registry::trigger(name).expect("a registered trigger");
    let replay = StaticReplayClient::new(ses.iter().map(Mailed::exchange).collect());
    let app = app_that_mails(Needs::from(trigger), replay.clone(), changed);
    let invocation = invocation(name, Duration::from_millis(9500)).of_trigger();
    let (result, line) = runtime::react(&app, trigger, handle, event.clone(), &invocation).await;
    if let Ok(answered) = &result {
        assert_eq!(unanswered(answered), unanswered(&event), "Cognito wants its event back");
    }
    assert_is_no_secret_in(&line, result.as_ref().ok().map(|it| &it["response"]));
    let requests = replay.actual_requests();
    let mails: Vec<Value> =
        requests.map(|it| serde_json::from_slice(it.body().bytes().unwrap_or_default()).unwrap()).collect();
    assert_eq!(mails.len(), ses.len(), "the calls to SES");
    for mail in &mails {
        assert_is_no_secret_in(&line, Some(mail));
    }
    Reaction { result, log: serde_json::from_str(&line).expect("every log line is JSON"), mails }
}

/// A trigger's event without its response.
pub(crate) fn unanswered(event: &Value) -> Value {
    let mut event = event.clone();
    if let Some(members) = event.as_object_mut() {
        members.remove("response");
    }
    event
}

/// Lets a trigger react that sends no mail; its event with the response.
pub(crate) async fn react(name: &str, event: Value) -> Value {
    react_in(name, &[], event, &[]).await.result.unwrap()
}

/// What SES answers.
#[derive(Clone)]
pub(crate) struct Mailed {
    pub(crate) status: u16,
    pub(crate) error: &'static str,
    pub(crate) message: &'static str,
}

/// A mail is on its way.
pub(crate) const MAILED: Mailed = Mailed { status: 200, error: "", message: "" };

impl Mailed {
    pub(crate) fn exchange(&self) -> ReplayEvent {
        let request = http::Request::builder().uri("https://unused").body(SdkBody::empty()).unwrap();
        let reply = http::Response::builder().status(self.status).header("x-amzn-errortype", self.error);
        let body = json!({"message": self.message}).to_string();
        ReplayEvent::new(request, reply.body(SdkBody::from(body)).unwrap())
    }
}

pub(crate) async fn call(name: &str, event: Value, calls: &[Call]) -> Answer {
    call_in(name, &[], event, calls).await
}

/// Calls the endpoint in an environment with these changes, and checks what holds for every request.
pub(crate) async fn call_in(name: &str, changed: &[(&str, &str)], event: Value, calls: &[Call]) -> Answer {
    let replay = StaticReplayClient::new(calls.iter().map(exchange).collect());
    let app = app_over(name, replay.clone(), changed);
    let mut answer = ask(&app, name, event).await;

    let requests: Vec<_> = replay.actual_requests().collect();
    let targets: Vec<_> =
        requests.iter().map(|it| it.headers().get("x-amz-target").unwrap_or_default()).collect();
    let expected: Vec<_> =
        calls.iter().map(|it| format!("AWSCognitoIdentityProviderService.{}", it.operation)).collect();
    assert_eq!(targets, expected, "the calls to Cognito");
    answer.sent = requests
        .iter()
        .map(|it| serde_json::from_slice(it.body().bytes().unwrap_or_default()).unwrap())
        .collect();
    answer.actions = requests
        .iter()
        .zip(calls)
        .filter(|(request, _)| request.headers().contains_key("authorization"))
        .map(|(_, call)| format!("cognito-idp:{}", call.operation))
        .collect();
    for password in answer.sent.iter().filter_map(|it| it["TemporaryPassword"].as_str()) {
        let seen = format!("{} {} {:?}", answer.log, answer.body, answer.headers);
        assert!(!seen.contains(password), "a temporary password got out: {seen}");
    }
    let allowed = endpoint(name).operations;
    assert!(
        answer.actions.iter().all(|it| allowed.contains(&it.as_str())),
        "{:?}: {allowed:?}",
        answer.actions
    );
    answer
}

/// What Lambda says of a call of this function.
pub(crate) fn invocation(name: &str, budget: Duration) -> Invocation {
    Invocation { id: "lambda-invocation-1".to_owned(), budget, function: format!("shop-dev-{name}") }
}

/// Calls the endpoint, and checks what holds for every reply and every log line.
pub(crate) async fn ask(app: &App, name: &str, event: Value) -> Answer {
    let (endpoint, handle) = registry::endpoint(name).unwrap();
    let invocation = invocation(name, Duration::from_millis(9500));
    let sent = event["body"].as_str().and_then(|body| serde_json::from_str(body).ok());
    let event = serde_json::from_value(event).unwrap();
    let (response, line) = answer(app, endpoint, handle, event, &invocation).await;

    let body: Value = serde_json::from_str(&response.body).expect("every reply is JSON");
    let log: Value = serde_json::from_str(&line).expect("every log line is JSON");
    assert!(!line.contains('\n'));
    let told = without_own_words(&log);
    assert_is_no_secret_in(&told, sent.as_ref());
    assert_eq!(response.headers["Cache-Control"], "no-store");
    assert_eq!(response.headers["Content-Type"], "application/json");
    assert_eq!((&log["endpoint"], &log["status"]), (&json!(name), &json!(response.status_code)));
    if response.status_code >= 400 {
        assert_eq!(log["outcome"], body["code"]);
        assert_eq!(log["request_id"], body["request_id"]);
        let code =
            *ErrorCode::ALL.iter().find(|it| it.as_str() == body["code"]).expect("a code of the contract");
        assert_eq!(code.status(), response.status_code);
        assert!(
            endpoint.errors.contains(&code) || ErrorCode::COMMON.contains(&code),
            "{code:?} is not declared"
        );
    } else {
        // A failure that the client is not told of has its cause in the log.
        assert!(log["outcome"] == "ok" || log["cause"].is_string(), "{line}");
        assert_is_no_secret_in(&told, Some(&body));
        assert_eq!(response.status_code, endpoint.reply.status);
        let members = body.as_object().expect("a reply is an object");
        let shapes = endpoint.reply.shapes.iter();
        let problems: Vec<_> = shapes.map(|shape| schema::check(shape, members)).collect();
        assert!(problems.iter().any(Result::is_ok), "{body} is not declared: {problems:?}");
    }
    Answer {
        status: response.status_code,
        headers: response.headers,
        body,
        log,
        sent: vec![],
        actions: vec![],
    }
}

/// An event of one of the challenge triggers.
pub(crate) fn challenge_event(request: &Value) -> Value {
    json!({
        "version": "1",
        "region": "eu-west-1",
        "userPoolId": "eu-west-1_pool",
        "userName": USER_ID,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "client1"},
        "request": request,
        "response": {},
    })
}

/// A log line without the function's name and the outcome, which a client or a reply may name by chance: `logout`, `internal`.
fn without_own_words(log: &Value) -> String {
    let mut told = log.clone();
    for own in ["endpoint", "outcome"] {
        told[own] = Value::Null;
    }
    told.to_string()
}

/// Nothing that a client or Cognito said is logged, secret or not; what is short may stand in the log by chance.
fn assert_is_no_secret_in(line: &str, said: Option<&Value>) {
    for secret in NEVER_LOGGED {
        assert!(!line.contains(secret), "{secret} was logged: {line}");
    }
    match said {
        Some(Value::String(text)) if text.len() >= 6 => {
            assert!(!line.contains(text.as_str()), "{text} was logged: {line}");
        }
        Some(Value::Array(values)) => {
            for value in values {
                assert_is_no_secret_in(line, Some(value));
            }
        }
        Some(Value::Object(members)) => {
            for value in members.values() {
                assert_is_no_secret_in(line, Some(value));
            }
        }
        _ => {}
    }
}

pub(crate) fn exchange(call: &Call) -> ReplayEvent {
    let request = http::Request::builder().uri("https://unused").body(SdkBody::empty()).unwrap();
    let response = http::Response::builder()
        .status(call.status)
        .header("x-amzn-requestid", "aws-request-1")
        .body(SdkBody::from(call.reply.to_string()))
        .unwrap();
    ReplayEvent::new(request, response)
}
