//! Whom a request is about. Owns how a user is named, the rule that all that a request names is one user, and the two ways to
//! ask Cognito who somebody is. Must not know an endpoint.

use crate::{
    access_token,
    app::App,
    error::{ErrorCode, Failure},
    formats, member,
    schema::{Kind, Member},
    secret::Secret,
    upstream,
};
use aws_sdk_cognitoidentityprovider::{
    operation::admin_get_user::AdminGetUserError,
    types::{AttributeType, UserStatusType},
};

/// The placeholder in paths.
pub const PATH_PARAMETER: Member = Member::new(
    "user_id",
    Kind::Text(member::USER_ID_TEXT),
    "The user's id, or the user's e-mail address, URL-encoded.",
);

/// What is wrong with a field that names nobody. Only for who may know.
pub const UNKNOWN: &str = "names nobody";

/// How a request names a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserRef {
    /// By the id that Cognito gave: the `sub`.
    Id(String),
    /// By the e-mail address, in lower case.
    Email(String),
}

impl UserRef {
    /// What a text names.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let parsed = if text.contains('@') {
            formats::email(text).map(Self::Email)
        } else {
            formats::user_id(text.trim()).map(Self::Id)
        };
        parsed.map_err(|_| "must be an e-mail address or a user's id")
    }

    /// What a part of a path names. API Gateway's REST APIs hand it over as the client wrote it, others decoded. Encoded, an
    /// address has no `@`: so what has one is decoded already, and its percent signs are its own.
    pub fn parse_path(part: &str) -> Result<Self, &'static str> {
        if part.contains('@') {
            return Self::parse(part);
        }
        Self::parse(&decoded(part).unwrap_or_default())
    }

    /// Refuses a body's address that is not the one named here. An id may be anybody's until Cognito has told whose it is: see
    /// [`User::must_be`].
    pub fn may_be(&self, email: &str) -> Result<(), Failure> {
        match self {
            Self::Email(named) if named != email => Err(another()),
            _ => Ok(()),
        }
    }
}

/// Percent-decoding; nothing where the text is not encoded right.
fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2).filter(|(code, _)| !code.starts_with('+'))?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// A user, as Cognito knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The `sub`, which is the username as well in a pool whose users sign in by e-mail.
    pub id: String,
    /// The e-mail address, in lower case.
    pub email: String,
}

impl User {
    /// Refuses a request in which anything names another user.
    pub fn must_be(&self, named: &UserRef) -> Result<(), Failure> {
        let same = match named {
            UserRef::Id(id) => *id == self.id,
            UserRef::Email(email) => *email == self.email,
        };
        if same { Ok(()) } else { Err(another()) }
    }

    fn new(operation: &str, username: &str, attributes: &[AttributeType]) -> Result<Self, Failure> {
        let email = attributes.iter().find(|it| it.name() == "email").and_then(AttributeType::value);
        let email = upstream::told(operation, "address", email)?;
        Ok(Self { id: username.to_owned(), email: email.to_ascii_lowercase() })
    }
}

fn another() -> Failure {
    Failure::new(ErrorCode::Forbidden).because("path, body or token name different users")
}

/// What Cognito tells of a user whom we looked up.
#[derive(Debug, Clone)]
pub struct Found {
    /// Who it is.
    pub user: User,
    /// How far the user has come.
    pub status: Option<UserStatusType>,
    /// Whether the user may sign in.
    pub enabled: bool,
}

/// Looks a user up (`AdminGetUser`), if there is one.
pub async fn find(app: &App, named: &UserRef) -> Result<Option<Found>, Failure> {
    const OPERATION: &str = "AdminGetUser";
    let (UserRef::Id(username) | UserRef::Email(username)) = named;
    let request = app.cognito()?.admin_get_user().user_pool_id(app.config.user_pool_id()?);
    let output = match request.username(username).send().await {
        Ok(output) => output,
        Err(error) => {
            return match error.as_service_error() {
                Some(AdminGetUserError::UserNotFoundException(_)) => Ok(None),
                _ => Err(upstream::failure(OPERATION, &error)),
            };
        }
    };
    let user = User::new(OPERATION, output.username(), output.user_attributes())?;
    Ok(Some(Found { user, status: output.user_status().cloned(), enabled: output.enabled() }))
}

/// Whose access token this is (`GetUser`), proved by Cognito: it refuses one that is forged, expired or revoked.
pub async fn of_token(app: &App, token: &Secret) -> Result<User, Failure> {
    const OPERATION: &str = "GetUser";
    // Cognito itself takes a token of any pool and app client of its region.
    access_token::unverified(token, &app.config)?;
    let result = app.cognito()?.get_user().access_token(token.expose()).send().await;
    let output = result.map_err(|error| access_token::failure(OPERATION, &error))?;
    User::new(OPERATION, output.username(), output.user_attributes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "5f0e2b7a-0001-4c5e-9d55-7c1a0f1d2e3b";

    fn email(text: &str) -> UserRef {
        UserRef::Email(text.to_owned())
    }

    #[test]
    fn a_path_names_an_id_or_an_address_encoded_or_not() {
        for (part, named) in [
            (ID, UserRef::Id(ID.to_owned())),
            (&ID.to_uppercase(), UserRef::Id(ID.to_owned())),
            ("jane@example.com", email("jane@example.com")),
            ("%20Jane%40Example.COM", email("jane@example.com")),
            ("jane%2bx%40example.com", email("jane+x@example.com")),
            ("jane+x%40example.com", email("jane+x@example.com")),
        ] {
            assert_eq!(UserRef::parse_path(part), Ok(named), "{part}");
        }
    }

    #[test]
    fn a_percent_sign_of_an_address_is_not_decoded_twice() {
        for part in ["a%2540b%40example.com", "a%40b@example.com"] {
            assert_eq!(UserRef::parse_path(part), Ok(email("a%40b@example.com")), "{part}");
        }
    }

    #[test]
    fn what_names_nobody_is_refused() {
        for part in [
            "",
            "jane",
            "%",
            "%4",
            "%zz",
            "%+4",
            "jane%40",
            "%ff%40example.com",
            "jané",
            "%40%40",
            "a%C3%A9%",
        ] {
            assert!(UserRef::parse_path(part).is_err(), "{part}");
        }
    }

    #[test]
    fn another_user_is_forbidden_however_it_is_named() {
        let jane = User { id: ID.to_owned(), email: "jane@example.com".to_owned() };
        let forbidden =
            |result: Result<(), Failure>| result.is_err_and(|it| it.code() == ErrorCode::Forbidden);
        let (id, address) = (UserRef::Id(ID.to_owned()), email("jane@example.com"));
        assert!(jane.must_be(&id).is_ok() && jane.must_be(&address).is_ok());
        assert!(forbidden(jane.must_be(&UserRef::Id(ID.replace('5', "6")))));
        assert!(forbidden(jane.must_be(&email("joe@example.com"))));
        // An address of somebody else who has this id as a name is still somebody else's.
        assert!(forbidden(jane.must_be(&email(ID))));
        assert!(address.may_be("jane@example.com").is_ok() && id.may_be("joe@example.com").is_ok());
        assert!(forbidden(address.may_be("joe@example.com")));
    }
}
