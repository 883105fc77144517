//! What a function is told by its environment. Owns the variables' names, which the deployer uses too, and their
//! validation; must not read anything that the function's endpoint does not declare.

use crate::{error::Failure, secret::Secret};
use std::ops::RangeInclusive;

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
}

/// What a user pool's policy can ask for: Cognito takes 6 to 99.
const PASSWORD_LENGTHS: RangeInclusive<usize> = 6..=99;

/// The group whose members are administrators where `[access] admin = "group"`. The deployer creates it.
pub const ADMIN_GROUP: &str = "admins";

/// Headers that a browser may send; also for the deployer's OPTIONS reply.
pub const CORS_ALLOW_HEADERS: &str = "Authorization,Content-Type";

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

/// What the environment says, validated.
#[derive(Debug, Clone)]
pub struct Config {
    /// The origins that a browser may call from.
    pub origins: Origins,
    user_pool_id: Option<String>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    mfa_issuer: Option<String>,
    password_min_length: Option<usize>,
    registration: Option<Registration>,
    admin: Option<Admin>,
}

/// The environment is not what the function needs; every problem at once.
#[derive(Debug, thiserror::Error)]
#[error("environment variables: {}", .0.join("; "))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads the variables in `needed` (and [`env::CORS_ORIGINS`]) through `get`, and no other: what an endpoint does not
    /// declare is not there for it, so its declaration can't fall behind its code.
    pub fn load(needed: &[&str], get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let mut read = |name: &'static str| {
            if name != env::CORS_ORIGINS && !needed.contains(&name) {
                return None;
            }
            let value = get(name).filter(|value| !value.trim().is_empty());
            if value.is_none() {
                problems.push(format!("{name} is missing"));
            }
            value
        };
        let origins = read(env::CORS_ORIGINS);
        let user_pool_id = read(env::USER_POOL_ID);
        let client_id = read(env::CLIENT_ID);
        let client_secret = read(env::CLIENT_SECRET).map(Secret::new);
        let mfa_issuer = read(env::MFA_ISSUER);
        let password_min_length = read(env::PASSWORD_MIN_LENGTH);
        let registration = read(env::REGISTRATION);
        let admin = read(env::ADMIN);

        let mut choose = |name: &str, value: Option<String>, choices: [&str; 2]| {
            let position = choices.iter().position(|choice| Some(*choice) == value.as_deref());
            if let (Some(value), None) = (value, position) {
                problems.push(format!("{name} is {value:?}, expected {} or {}", choices[0], choices[1]));
            }
            position
        };
        let registration = choose(env::REGISTRATION, registration, ["open", "admin"])
            .map(|at| if at == 0 { Registration::Open } else { Registration::Admin });
        let admin = choose(env::ADMIN, admin, ["group", "iam"])
            .map(|at| if at == 0 { Admin::Group } else { Admin::Iam });
        let password_min_length = password_min_length.and_then(|value| {
            let length = value.parse().ok().filter(|length| PASSWORD_LENGTHS.contains(length));
            if length.is_none() {
                let (fewest, most) = PASSWORD_LENGTHS.into_inner();
                problems.push(format!(
                    "{} is {value:?}, expected a number from {fewest} to {most}",
                    env::PASSWORD_MIN_LENGTH
                ));
            }
            length
        });

        if !problems.is_empty() {
            return Err(ConfigError(problems));
        }
        let origins = parse_origins(&origins.unwrap_or_default());
        Ok(Self {
            origins,
            user_pool_id,
            client_id,
            client_secret,
            mfa_issuer,
            password_min_length,
            registration,
            admin,
        })
    }

    /// Id of the user pool.
    pub fn user_pool_id(&self) -> Result<&str, Failure> {
        declared(self.user_pool_id.as_deref(), env::USER_POOL_ID)
    }

    /// Id of the API's app client.
    pub fn client_id(&self) -> Result<&str, Failure> {
        declared(self.client_id.as_deref(), env::CLIENT_ID)
    }

    /// Secret of the API's app client.
    pub fn client_secret(&self) -> Result<&Secret, Failure> {
        declared(self.client_secret.as_ref(), env::CLIENT_SECRET)
    }

    /// The issuer that authenticator apps show.
    pub fn mfa_issuer(&self) -> Result<&str, Failure> {
        declared(self.mfa_issuer.as_deref(), env::MFA_ISSUER)
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
}

fn declared<T>(value: Option<T>, name: &str) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::internal(format!("the endpoint uses {name} but does not declare it")))
}

fn parse_origins(text: &str) -> Origins {
    let origins: Vec<String> =
        text.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(str::to_owned).collect();
    if origins.iter().any(|origin| origin == "*") { Origins::Any } else { Origins::Listed(origins) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(needed: &[&str], set: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let set: Vec<(String, String)> =
            set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Config::load(needed, move |name| {
            set.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
        })
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
        let config = load(&[], &[(env::CORS_ORIGINS, "*"), (env::CLIENT_SECRET, "s3cret")]).unwrap();
        assert!(config.client_secret().is_err());
    }

    #[test]
    fn origins_are_a_list_or_anyone() {
        let origins = |text| load(&[], &[(env::CORS_ORIGINS, text)]).unwrap().origins;
        assert_eq!(origins("*"), Origins::Any);
        assert_eq!(
            origins("https://a.example, https://b.example"),
            Origins::Listed(vec!["https://a.example".into(), "https://b.example".into()])
        );
    }

    #[test]
    fn a_printed_configuration_holds_no_secret() {
        let config =
            load(&[env::CLIENT_SECRET], &[(env::CORS_ORIGINS, "*"), (env::CLIENT_SECRET, "s3cret")]).unwrap();
        assert!(!format!("{config:?}").contains("s3cret"));
    }
}
