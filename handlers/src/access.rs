//! Who is calling. Owns the second look at what API Gateway's authorizer let through: a token of another pool, of another app
//! client or of another kind, as an authorizer that was set wrongly would let it. It is no defence against who may invoke the
//! function: such a caller writes the whole event, claims included, so the permission to invoke is the boundary.

use crate::{
    config::{ADMIN_GROUP, Admin, Config, Registration},
    error::{ErrorCode, Failure},
    request::Request,
    user::User,
};
use serde_json::{Map, Value};

/// The claims of an ID token that was issued by our pool for our app client.
pub struct Claims<'a>(&'a Map<String, Value>);

impl<'a> Claims<'a> {
    /// The caller's claims, or `invalid_token`.
    pub fn of(request: &'a Request, config: &Config) -> Result<Self, Failure> {
        let refuse = |cause: &str| Failure::new(ErrorCode::InvalidToken).because(cause);
        let claims =
            Self(request.claims().ok_or_else(|| refuse("no claims: not called through the authorizer"))?);
        if claims.text("token_use") != Some("id") {
            return Err(refuse("not an ID token"));
        }
        if claims.text("aud") != Some(config.client_id()?) {
            return Err(refuse("issued for another app client"));
        }
        // `iss` is https://cognito-idp.<region>.amazonaws.com/<pool id>.
        let pool = claims.text("iss").and_then(|issuer| issuer.rsplit_once('/')).map(|(_, pool)| pool);
        if pool != Some(config.user_pool_id()?) {
            return Err(refuse("issued by another user pool"));
        }
        if claims.text("sub").is_none_or(str::is_empty) {
            return Err(refuse("no sub"));
        }
        Ok(claims)
    }

    /// The caller.
    pub fn user(&self) -> Result<User, Failure> {
        let claim = |name| {
            let value = self.text(name).filter(|value| !value.is_empty());
            value.ok_or_else(|| Failure::internal(format!("an ID token without {name}")))
        };
        Ok(User { id: claim("sub")?.to_owned(), email: claim("email")?.to_ascii_lowercase() })
    }

    /// A claim that is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// The groups of the user. In the proxy event the list is a plain string (`a`, `a,b`), some say `[a, b]` or `[a b]`:
    /// all are read. A group's name can't hold white space.
    #[must_use]
    pub fn groups(&self) -> Vec<&'a str> {
        match self.0.get("cognito:groups") {
            Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(groups)) => {
                let bare = groups.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(groups);
                bare.split(|character: char| character == ',' || character.is_whitespace())
                    .filter(|group| !group.is_empty())
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Whether the caller's ID token is an administrator's. None is where IAM says who is one: the group means nothing there.
pub fn is_admin(claims: &Claims<'_>, config: &Config) -> Result<bool, Failure> {
    Ok(config.admin()? == Admin::Group && claims.groups().contains(&ADMIN_GROUP))
}

/// Lets administrators pass.
pub fn require_admin(request: &Request, config: &Config) -> Result<(), Failure> {
    match config.admin()? {
        // IAM itself decided, by the caller's policy, before API Gateway called us; it tells who it was.
        Admin::Iam if request.signer().is_some_and(|arn| !arn.is_empty()) => Ok(()),
        Admin::Iam => Err(Failure::new(ErrorCode::Forbidden).because("the request is not signed")),
        Admin::Group if is_admin(&Claims::of(request, config)?, config)? => Ok(()),
        Admin::Group => Err(Failure::new(ErrorCode::Forbidden).because("not in the administrators' group")),
    }
}

/// Lets those pass who may register users.
pub fn require_registration(request: &Request, config: &Config) -> Result<(), Failure> {
    match config.registration()? {
        Registration::Open => Ok(()),
        Registration::Admin => require_admin(request, config),
    }
}

#[cfg(test)]
mod tests {
    use super::Claims;
    use serde_json::json;

    #[test]
    fn groups_are_read_in_every_form_the_gateway_may_send() {
        for (claim, expected) in [
            (json!("admins"), vec!["admins"]),
            (json!("admins,staff"), vec!["admins", "staff"]),
            (json!("[admins, staff]"), vec!["admins", "staff"]),
            (json!("[admins staff]"), vec!["admins", "staff"]),
            (json!(["admins", "staff"]), vec!["admins", "staff"]),
            (json!("super-admins"), vec!["super-admins"]),
            (json!(""), vec![]),
            (json!("[]"), vec![]),
            (json!(null), vec![]),
            (json!(7), vec![]),
        ] {
            let claims = json!({"cognito:groups": claim});
            assert_eq!(Claims(claims.as_object().unwrap()).groups(), expected, "{claim}");
        }
    }
}
