//! People who use the API: an address, a password, a phone, a mailbox that they read. Owns how far somebody has come and the way
//! there, over HTTP alone.

use aws_sdk_cognitoidentityprovider::types::{AttributeType, DeliveryMediumType};
use serde_json::{Value, json};

use crate::authenticator::Authenticator;
use crate::client::{Api, Reply, Request};
use crate::passkey::Passkey;

/// The tokens of a sign-in.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) id: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    #[track_caller]
    pub(crate) fn of(reply: &Reply) -> Self {
        let text = |name| reply.text(name).to_owned();
        Self { id: text("id_token"), access: text("access_token"), refresh: text("refresh_token") }
    }
}

/// Somebody.
pub(crate) struct Person<'a> {
    pub(crate) api: &'a Api,
    pub(crate) address: String,
    /// The id, once there is one.
    pub(crate) id: String,
    pub(crate) password: String,
    authenticator: Option<Authenticator>,
}

impl<'a> Person<'a> {
    /// Somebody whom the API does not know.
    pub(crate) fn stranger(api: &'a Api) -> Self {
        Self {
            api,
            address: format!("jane-{}@example.com", unique()),
            id: String::new(),
            password: password(),
            authenticator: None,
        }
    }

    /// Somebody who was invited.
    pub(crate) fn invited(api: &'a Api) -> Self {
        let mut person = Self::stranger(api);
        let made = person.registers().ok();
        made.text("user_id").clone_into(&mut person.id);
        person
    }

    /// Somebody who has chosen a password and scanned the code, in the session that is returned; no code was confirmed.
    pub(crate) fn setting_up(api: &'a Api) -> (Self, String) {
        let mut person = Self::invited(api);
        let session = person.confirms();
        (person, session)
    }

    /// Somebody who has a password and an authenticator.
    pub(crate) fn enrolled(api: &'a Api) -> Self {
        let (mut person, session) = Self::setting_up(api);
        person.confirms_code(&session);
        person
    }

    /// The same, signed in.
    pub(crate) fn signed_in(api: &'a Api) -> (Self, Tokens) {
        let mut person = Self::enrolled(api);
        let tokens = person.signs_in();
        (person, tokens)
    }

    /// A signed-in administrator.
    pub(crate) fn admin(api: &'a Api) -> (Self, Tokens) {
        let mut person = Self::enrolled(api);
        person.becomes_administrator();
        let tokens = person.signs_in();
        (person, tokens)
    }

    /// A request of this person: the fields, and what names the person where the endpoint asks for it.
    pub(crate) fn request(&self, endpoint: &str, fields: Value) -> Request {
        let mut request = Request::to(endpoint, fields);
        if request.endpoint.path.contains('{') {
            request = request.about(&self.id);
        }
        if request.endpoint.request.iter().any(|member| member.name == "email") {
            request = request.with("email", self.address.as_str());
        }
        request
    }

    #[track_caller]
    pub(crate) fn asks(&self, endpoint: &str, fields: Value) -> Reply {
        self.api.ask(&self.request(endpoint, fields))
    }

    pub(crate) fn registers(&self) -> Reply {
        self.api.ask(&self.registration())
    }

    pub(crate) fn registration(&self) -> Request {
        let details = json!({ "full_name": "Jane Doe", "mobile_phone_number": "+33612345678" });
        self.request("create-user", details)
    }

    /// Changes the temporary password for one's own, and scans the code: the session to confirm it in.
    #[track_caller]
    pub(crate) fn confirms(&mut self) -> String {
        let passwords =
            json!({ "temporary_password": self.temporary_password(), "new_password": self.password });
        let confirmed = self.asks("confirm-user", passwords).ok();
        self.scans(&confirmed);
        confirmed.text("mfa_session").to_owned()
    }

    #[track_caller]
    pub(crate) fn confirms_code(&mut self, session: &str) {
        let fields = json!({ "otp": self.code(), "mfa_session": session });
        self.asks("confirm-mfa", fields).ok();
    }

    #[track_caller]
    pub(crate) fn scans(&mut self, reply: &Reply) {
        let authenticator = Authenticator::scanning(reply);
        self.authenticator = Some(authenticator);
    }

    /// The first step of signing in.
    #[track_caller]
    pub(crate) fn logs_in(&self) -> Reply {
        self.asks("login", json!({ "password": self.password }))
    }

    /// The second step.
    #[track_caller]
    pub(crate) fn verifies(&self, session: &str, code: &str) -> Reply {
        self.asks("mfa-verify", second_step(session, code))
    }

    /// Both steps.
    #[track_caller]
    pub(crate) fn signs_in(&mut self) -> Tokens {
        let opened = self.logs_in().ok();
        let code = self.code();
        Tokens::of(&self.verifies(opened.text("verification_session"), &code).ok())
    }

    #[track_caller]
    pub(crate) fn signs_out(&self, tokens: &Tokens) {
        self.asks("logout", json!({ "access_token": tokens.access })).ok();
    }

    #[track_caller]
    pub(crate) fn refreshes(&self, tokens: &Tokens) -> Reply {
        self.asks("refresh-token", json!({ "refresh_token": tokens.refresh }))
    }

    /// Sets a new password with the code of the newest mail.
    #[track_caller]
    pub(crate) fn confirms_new_password(&mut self) {
        let code = self.mailed_code();
        let fields = json!({ "new_password": self.new_password(), "verification_code": code });
        self.asks("confirm-password", fields).ok();
    }

    /// An operator puts the user among the administrators.
    pub(crate) fn becomes_administrator(&self) {
        self.api.cognito(async |cognito, pool| {
            let add = cognito.admin_add_user_to_group().user_pool_id(pool).group_name("admins");
            add.username(&self.address).send().await.unwrap();
        });
    }

    /// An operator invites the user, past the API. The temporary password is the operator's: one that Cognito draws by itself may
    /// hold `<`, which a mail program takes for a tag.
    pub(crate) fn is_invited_by_an_operator(&mut self) {
        self.id = self.api.cognito(async |cognito, pool| {
            let attribute =
                |name, value: &str| AttributeType::builder().name(name).value(value).build().unwrap();
            let invite = cognito.admin_create_user().user_pool_id(pool).username(&self.address);
            let invite = invite.user_attributes(attribute("email", &self.address));
            let invite = invite.user_attributes(attribute("email_verified", "true"));
            let invite = invite.user_attributes(attribute("name", "Jane Doe"));
            let invite = invite.temporary_password(password());
            let made = invite.desired_delivery_mediums(DeliveryMediumType::Email).send().await.unwrap();
            made.user.unwrap().username.unwrap()
        });
    }

    /// An operator disables the user.
    pub(crate) fn is_disabled(&self) {
        self.api.cognito(async |cognito, pool| {
            cognito.admin_disable_user().user_pool_id(pool).username(&self.id).send().await.unwrap();
        });
    }

    /// Another password that the policy takes.
    pub(crate) fn new_password(&mut self) -> String {
        self.password = password();
        self.password.clone()
    }

    /// Asks for a reset of the authenticator, and reads the mail: the request that goes on from there.
    #[track_caller]
    pub(crate) fn begins_mfa_reset(&self) -> Request {
        let started = self.asks("mfa-reset-start", json!({})).ok();
        let fields = json!({
            "session": started.text("session"),
            "code": self.mailed_reset_code(),
            "password": self.password,
        });
        self.request("mfa-reset-verify", fields)
    }

    /// Replaces the authenticator, which is lost; what is left is the token that the recovery was done with.
    #[track_caller]
    pub(crate) fn replaces_authenticator(&mut self) -> String {
        let verified = self.api.ask(&self.begins_mfa_reset()).ok();
        self.scans(&verified);
        let token = verified.text("access_token").to_owned();
        let fields = json!({ "access_token": token, "otp": self.code() });
        self.asks("mfa-reset-confirm", fields).ok();
        token
    }

    #[track_caller]
    pub(crate) fn registers_passkey(&self, tokens: &Tokens) -> Passkey {
        let fields = json!({ "access_token": tokens.access });
        let started = self.asks("passkeys-register-start", fields).ok();
        let (passkey, credential) = Passkey::create(&started.body["options"]);
        self.api.ask(&self.registers_credential(tokens, credential)).ok();
        passkey
    }

    /// The request that ends a registration of a passkey.
    pub(crate) fn registers_credential(&self, tokens: &Tokens, credential: Value) -> Request {
        let fields = json!({ "access_token": tokens.access });
        self.request("passkeys-register-complete", fields).with("credential", credential)
    }

    #[track_caller]
    pub(crate) fn signs_in_with(&self, passkey: &mut Passkey) -> Tokens {
        let started = self.asks("passkeys-login-start", json!({})).ok();
        let credential = passkey.get(&started.body["options"]);
        Tokens::of(&self.api.ask(&self.proves(&started, credential)).ok())
    }

    /// The request that ends a sign-in with a passkey.
    pub(crate) fn proves(&self, started: &Reply, credential: Value) -> Request {
        let fields = json!({ "session": started.text("session") });
        self.request("passkeys-login-complete", fields).with("credential", credential)
    }

    /// A code of the authenticator.
    #[track_caller]
    pub(crate) fn code(&mut self) -> String {
        self.authenticator.as_mut().expect("an authenticator").code()
    }

    #[track_caller]
    pub(crate) fn wrong_code(&self) -> String {
        self.authenticator.as_ref().expect("an authenticator").wrong_code()
    }

    /// The newest mail, as it reads: without marks.
    #[track_caller]
    pub(crate) fn reads_mail(&self) -> String {
        let mail = self.api.mail_to(&self.address);
        let text = mail["html"].as_str().filter(|html| !html.is_empty()).or(mail["text"].as_str());
        readable(text.unwrap_or_else(|| panic!("no mail to {}", self.address)))
    }

    /// The password of the newest mail.
    #[track_caller]
    pub(crate) fn temporary_password(&self) -> String {
        let password = word_after(&self.reads_mail(), "Temporary password:");
        // Who copies it out of the mail gets just what Cognito expects.
        assert!(!password.contains('&'), "HTML makes something else of {password}");
        password
    }

    /// The code of the newest mail: for a forgotten password.
    #[track_caller]
    pub(crate) fn mailed_code(&self) -> String {
        word_after(&self.reads_mail(), "Verification code:")
    }

    /// The code of the newest mail: for a lost authenticator.
    #[track_caller]
    pub(crate) fn mailed_reset_code(&self) -> String {
        let code = word_after(&self.reads_mail(), "Your MFA reset code is");
        code.chars().take_while(char::is_ascii_digit).collect()
    }
}

/// What nobody else has.
fn unique() -> String {
    uuid::Uuid::new_v4().simple().to_string()[..12].to_owned()
}

fn password() -> String {
    format!("Correct-Horse-7-{}", unique())
}

/// What the second step of signing in asks for.
pub(crate) fn second_step(session: &str, code: &str) -> Value {
    json!({ "verification_type": "SOFTWARE_TOKEN_MFA", "verification_session": session, "otp_code": code })
}

/// HTML without its marks.
fn readable(html: &str) -> String {
    let mut parts = html.split('<');
    let first = parts.next().unwrap_or_default();
    let rest = parts.filter_map(|part| part.split_once('>')).map(|(_, text)| text);
    std::iter::once(first).chain(rest).collect()
}

#[track_caller]
fn word_after(text: &str, label: &str) -> String {
    let (_, rest) = text.split_once(label).unwrap_or_else(|| panic!("no {label:?} in {text}"));
    rest.split_whitespace().next().unwrap().to_owned()
}
