//! What a function is told by its environment. Owns the variables' names, which the deployer uses too, and their
//! validation; must not read anything that the function's endpoint does not declare.

use crate::{error::Failure, secret::Secret};
use std::{collections::BTreeMap, ops::RangeInclusive};

/// The names of the environment variables, in one place for the deployer (which sets them) and the functions.
pub mod env {
    /// Id of the user pool.
    pub const USER_POOL_ID: &str = "USER_POOL_ID";
    /// Id of the API's app client.
    pub const CLIENT_ID: &str = "CLIENT_ID";
    /// Secret of the API's app client. Only for functions that declare it.
    pub const CLIENT_SECRET: &str = "CLIENT_SECRET";
    /// The issuer that authenticator apps show: `[mfa] issuer`.
    pub const MFA_ISSUER: &str = "MFA_ISSUER";
    /// The fewest characters that the pool's policy takes: `[password] min_length`. For passwords that we make.
    pub const PASSWORD_MIN_LENGTH: &str = "PASSWORD_MIN_LENGTH";
    /// `*`, or origins separated by commas: `[api] cors_origins`. Every API function needs it.
    pub const CORS_ORIGINS: &str = "CORS_ORIGINS";
    /// `open` or `admin`: `[access] registration`.
    pub const REGISTRATION: &str = "REGISTRATION";
    /// `group` or `iam`: `[access] admin`.
    pub const ADMIN: &str = "ADMIN";
    /// Subject of the MFA reset's mail: `[email] mfa_reset_subject`.
    pub const MFA_RESET_SUBJECT: &str = "MFA_RESET_SUBJECT";
    /// Text of the MFA reset's mail, with `{code}` in it: `[email] mfa_reset_message`.
    pub const MFA_RESET_MESSAGE: &str = "MFA_RESET_MESSAGE";
    /// The sender of our own mails: `[email] from`.
    pub const EMAIL_FROM: &str = "EMAIL_FROM";
    /// Where answers to our own mails go: `[email] reply_to`.
    pub const EMAIL_REPLY_TO: &str = "EMAIL_REPLY_TO";
    /// The SES identity that sends our own mails: `[email] ses_identity_arn`.
    pub const SES_IDENTITY_ARN: &str = "SES_IDENTITY_ARN";
    /// Whose the passkeys are: `[passkeys] relying_party_id`.
    pub const PASSKEY_RELYING_PARTY_ID: &str = "PASSKEY_RELYING_PARTY_ID";

    /// What is set only where it is configured, even for a function that declares it.
    pub const OPTIONAL: &[&str] = &[EMAIL_REPLY_TO, SES_IDENTITY_ARN];
}

/// What a user pool's policy can ask for: Cognito takes 6 to 99.
const PASSWORD_LENGTHS: RangeInclusive<usize> = 6..=99;

/// The group whose members are administrators where `[access] admin = "group"`. The deployer creates it.
pub const ADMIN_GROUP: &str = "admins";

/// The headers that a browser may send; the deployer's preflight says the same. Who signs requests (SigV4) sends some more.
#[must_use]
pub fn cors_allow_headers(signed: bool) -> Vec<&'static str> {
    let mut headers = vec!["Authorization", "Content-Type"];
    if signed {
        headers.extend(["X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token"]);
    }
    headers
}

/// Who may register users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Anyone.
    Open,
    /// Administrators.
    Admin,
}

/// How an administrator is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admin {
    /// By the group [`ADMIN_GROUP`] in the ID token.
    Group,
    /// By a signed request (SigV4).
    Iam,
}

/// Which origins a browser may call from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// All.
    Any,
    /// These.
    Listed(Vec<String>),
}

impl Default for Origins {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

/// What the environment says, validated.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The origins that a browser may call from; nobody where the function answers no browser.
    pub origins: Origins,
    client_secret: Option<Secret>,
    password_min_length: Option<usize>,
    registration: Option<Registration>,
    admin: Option<Admin>,
    /// What is declared and no more than a text; nothing where it is optional and not set.
    texts: BTreeMap<&'static str, Option<String>>,
}

/// Who sends our own mails.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The address.
    pub from: &'a str,
    /// Where answers go.
    pub reply_to: Option<&'a str>,
    /// The SES identity, where it is not the address or its domain in our own account and region.
    pub identity_arn: Option<&'a str>,
}

/// The environment is not what the function needs; every problem at once.
#[derive(Debug, thiserror::Error)]
#[error("environment variables: {}", .0.join("; "))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads the variables in `needed` through `get`, and no other: what an endpoint does not declare is not there for it, so its
    /// declaration can't fall behind its code.
    pub fn load(needed: &[&'static str], get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        let mut problems = Vec::new();
        for name in needed {
            let value = get(name).filter(|value| !value.trim().is_empty());
            if value.is_none() && !env::OPTIONAL.contains(name) {
                problems.push(format!("{name} is missing"));
            } else if let Err(problem) = config.set(name, value) {
                problems.push(problem);
            }
        }
        if problems.is_empty() { Ok(config) } else { Err(ConfigError(problems)) }
    }

    fn set(&mut self, name: &'static str, value: Option<String>) -> Result<(), String> {
        let text = value.as_deref().unwrap_or_default();
        match name {
            env::CORS_ORIGINS => self.origins = parse_origins(text),
            env::CLIENT_SECRET => self.client_secret = value.map(Secret::new),
            env::REGISTRATION => {
                let choices = [("open", Registration::Open), ("admin", Registration::Admin)];
                self.registration = Some(one_of(name, text, choices)?);
            }
            env::ADMIN => {
                self.admin = Some(one_of(name, text, [("group", Admin::Group), ("iam", Admin::Iam)])?);
            }
            env::PASSWORD_MIN_LENGTH => {
                let (fewest, most) = PASSWORD_LENGTHS.into_inner();
                let wrong = || format!("{name} is {text:?}, expected a number from {fewest} to {most}");
                let length = text.parse().ok().filter(|length| PASSWORD_LENGTHS.contains(length));
                self.password_min_length = Some(length.ok_or_else(wrong)?);
            }
            _ => {
                self.texts.insert(name, value);
            }
        }
        Ok(())
    }

    fn optional(&self, name: &str) -> Result<Option<&str>, Failure> {
        declared(self.texts.get(name), name).map(Option::as_deref)
    }

    fn text(&self, name: &str) -> Result<&str, Failure> {
        declared(self.optional(name)?, name)
    }

    /// Id of the user pool.
    pub fn user_pool_id(&self) -> Result<&str, Failure> {
        self.text(env::USER_POOL_ID)
    }

    /// Id of the API's app client.
    pub fn client_id(&self) -> Result<&str, Failure> {
        self.text(env::CLIENT_ID)
    }

    /// Secret of the API's app client.
    pub fn client_secret(&self) -> Result<&Secret, Failure> {
        declared(self.client_secret.as_ref(), env::CLIENT_SECRET)
    }

    /// The issuer that authenticator apps show.
    pub fn mfa_issuer(&self) -> Result<&str, Failure> {
        self.text(env::MFA_ISSUER)
    }

    /// The fewest characters that a new password must have.
    pub fn password_min_length(&self) -> Result<usize, Failure> {
        declared(self.password_min_length, env::PASSWORD_MIN_LENGTH)
    }

    /// Who may register users.
    pub fn registration(&self) -> Result<Registration, Failure> {
        declared(self.registration, env::REGISTRATION)
    }

    /// How an administrator is recognised.
    pub fn admin(&self) -> Result<Admin, Failure> {
        declared(self.admin, env::ADMIN)
    }

    /// Subject of the MFA reset's mail.
    pub fn mfa_reset_subject(&self) -> Result<&str, Failure> {
        self.text(env::MFA_RESET_SUBJECT)
    }

    /// Text of the MFA reset's mail, with `{code}` in it.
    pub fn mfa_reset_message(&self) -> Result<&str, Failure> {
        self.text(env::MFA_RESET_MESSAGE)
    }

    /// Who sends our own mails.
    pub fn sender(&self) -> Result<Sender<'_>, Failure> {
        Ok(Sender {
            from: self.text(env::EMAIL_FROM)?,
            reply_to: self.optional(env::EMAIL_REPLY_TO)?,
            identity_arn: self.optional(env::SES_IDENTITY_ARN)?,
        })
    }

    /// Whose the passkeys are.
    pub fn passkey_relying_party_id(&self) -> Result<&str, Failure> {
        self.text(env::PASSKEY_RELYING_PARTY_ID)
    }

    /// The headers that a browser may send to this function.
    #[must_use]
    pub fn allowed_headers(&self) -> String {
        cors_allow_headers(self.admin == Some(Admin::Iam)).join(",")
    }
}

fn one_of<T>(name: &str, text: &str, choices: [(&str, T); 2]) -> Result<T, String> {
    let wrong = format!("{name} is {text:?}, expected {} or {}", choices[0].0, choices[1].0);
    choices.into_iter().find(|(word, _)| *word == text).map(|(_, value)| value).ok_or(wrong)
}

fn declared<T>(value: Option<T>, name: &str) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::internal(format!("the function uses {name} but does not declare it")))
}

fn parse_origins(text: &str) -> Origins {
    let origins: Vec<String> =
        text.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(str::to_owned).collect();
    if origins.iter().any(|origin| origin == "*") { Origins::Any } else { Origins::Listed(origins) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(needed: &[&'static str], set: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let value = |name: &str| set.iter().find(|(key, _)| *key == name);
        Config::load(needed, |name| value(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn every_missing_or_wrong_variable_is_named_at_once() {
        let error = load(
            &[env::USER_POOL_ID, env::CLIENT_SECRET, env::REGISTRATION, env::ADMIN, env::PASSWORD_MIN_LENGTH],
            &[
                (env::CORS_ORIGINS, "*"),
                (env::REGISTRATION, "closed"),
                (env::ADMIN, "group"),
                (env::CLIENT_SECRET, " "),
                (env::PASSWORD_MIN_LENGTH, "100"),
            ],
        )
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "environment variables: USER_POOL_ID is missing; CLIENT_SECRET is missing; \
             REGISTRATION is \"closed\", expected open or admin; \
             PASSWORD_MIN_LENGTH is \"100\", expected a number from 6 to 99"
        );
    }

    #[test]
    fn a_function_does_not_see_what_its_endpoint_does_not_declare() {
        let set =
            [(env::CLIENT_ID, "c"), (env::CLIENT_SECRET, "s3cret"), (env::EMAIL_REPLY_TO, "a@b.example")];
        let config = load(
            &[env::CLIENT_ID, env::EMAIL_FROM],
            &[&set[..], &[(env::EMAIL_FROM, "f@b.example")]].concat(),
        );
        let config = config.unwrap();
        assert_eq!(config.client_id().unwrap(), "c");
        assert!(config.client_secret().is_err() && config.sender().is_err());
    }

    #[test]
    fn origins_are_a_list_or_anyone() {
        let origins = |text| load(&[env::CORS_ORIGINS], &[(env::CORS_ORIGINS, text)]).unwrap().origins;
        assert_eq!(origins("*"), Origins::Any);
        assert_eq!(
            origins("https://a.example, https://b.example"),
            Origins::Listed(vec!["https://a.example".into(), "https://b.example".into()])
        );
    }

    #[test]
    fn a_printed_configuration_holds_no_secret() {
        let config = load(&[env::CLIENT_SECRET], &[(env::CLIENT_SECRET, "s3cret")]).unwrap();
        assert!(!format!("{config:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_optional_may_be_left_out_and_is_there_when_it_is_not() {
        let needed = [env::EMAIL_FROM, env::EMAIL_REPLY_TO, env::SES_IDENTITY_ARN];
        let from = (env::EMAIL_FROM, "hello@example.com");
        let config = load(&needed, &[from, (env::EMAIL_REPLY_TO, "")]).unwrap();
        let sender = config.sender().unwrap();
        assert_eq!((sender.from, sender.reply_to, sender.identity_arn), (from.1, None, None));
        let config = load(&needed, &[from, (env::EMAIL_REPLY_TO, "help@example.com")]).unwrap();
        assert_eq!(config.sender().unwrap().reply_to, Some("help@example.com"));
        assert!(load(&needed, &[]).is_err());
    }

    #[test]
    fn a_browser_may_sign_where_administrators_do() {
        let headers = |admin| load(&[env::ADMIN], &[(env::ADMIN, admin)]).unwrap().allowed_headers();
        assert_eq!(headers("group"), "Authorization,Content-Type");
        assert_eq!(
            headers("iam"),
            "Authorization,Content-Type,X-Amz-Content-Sha256,X-Amz-Date,X-Amz-Security-Token"
        );
    }
}
