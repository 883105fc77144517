//! Sessions that say whose they are. Owns how Cognito's session of a sign-in is tied to its user on its way through the client; must
//! not know an endpoint.
//!
//! Some calls take a session without a username: `VerifySoftwareToken` enrols whoever opened it, whatever else the request says.
//! The others want the username and no alias of it ("You must use the username and not an alias in the `ChallengeResponses`"): the
//! `sub`, which the client need not know. Tied to its user, what a request names is compared before anything is changed, without a
//! look-up; and the `sub` is there. Tied to its challenge, a session of one step never gets as far as Cognito in another.

use crate::{
    error::{ErrorCode, Failure},
    secret::Secret,
    user::User,
};
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Ties a session to its user and to the challenge that it waits for, with the app client's secret as the key:
/// `<mac>.<user>.<session>`.
pub fn bind(
    client_secret: &Secret,
    challenge: &ChallengeNameType,
    user: &User,
    session: &str,
) -> Result<String, Failure> {
    let owner = serde_json::to_vec(&(&user.id, &user.email))
        .map_err(|error| Failure::internal(format!("a user can't be written: {error}")))?;
    let bound = format!("{}.{session}", URL_SAFE_NO_PAD.encode(owner));
    let tag = mac(client_secret, challenge, &bound)?.finalize().into_bytes();
    Ok(format!("{}.{bound}", URL_SAFE_NO_PAD.encode(tag)))
}

/// The user and the session that were tied together for this challenge, or `invalid_session`.
pub fn open(
    client_secret: &Secret,
    challenge: &ChallengeNameType,
    session: &Secret,
) -> Result<(User, Secret), Failure> {
    let refuse = || Failure::new(ErrorCode::InvalidSession).because("not a session of this step of this API");
    let (tag, bound) = session.expose().split_once('.').ok_or_else(refuse)?;
    let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| refuse())?;
    mac(client_secret, challenge, bound)?.verify_slice(&tag).map_err(|_| refuse())?;
    let (owner, session) = bound.split_once('.').ok_or_else(refuse)?;
    let owner = URL_SAFE_NO_PAD.decode(owner).map_err(|_| refuse())?;
    let (id, email) = serde_json::from_slice(&owner).map_err(|_| refuse())?;
    Ok((User { id, email }, Secret::new(session)))
}

fn mac(client_secret: &Secret, challenge: &ChallengeNameType, bound: &str) -> Result<Hmac<Sha256>, Failure> {
    let mut mac = Hmac::<Sha256>::new_from_slice(client_secret.expose().as_bytes())
        .map_err(|_| Failure::internal("the client secret is no HMAC key"))?;
    // No username begins like this, so no SECRET_HASH is such a tag.
    for part in ["\0bound session\0", challenge.as_str(), "\0", bound] {
        mac.update(part.as_bytes());
    }
    Ok(mac)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{MAX_BOUND_SESSION, MAX_EMAIL, MAX_SESSION, USER_ID_LENGTH, bound_session};

    fn jane() -> User {
        User { id: "5f0e2b7a-0001-4c5e-9d55-7c1a0f1d2e3b".to_owned(), email: "jane@example.com".to_owned() }
    }

    const STEP: ChallengeNameType = ChallengeNameType::SoftwareTokenMfa;

    fn opened(secret: &str, bound: &str) -> Option<(User, String)> {
        let (user, session) = open(&Secret::new(secret), &STEP, &Secret::new(bound)).ok()?;
        Some((user, session.expose().to_owned()))
    }

    #[test]
    fn a_session_comes_back_with_its_user() {
        for session in ["AYABe-session", "a.b.c", "."] {
            let bound = bind(&Secret::new("secret"), &STEP, &jane(), session).unwrap();
            assert_eq!(opened("secret", &bound), Some((jane(), session.to_owned())));
        }
    }

    #[test]
    fn nothing_of_it_can_be_changed_and_no_other_secret_opens_it() {
        let bound = bind(&Secret::new("secret"), &STEP, &jane(), "AYABe-session").unwrap();
        for at in 0..bound.len() {
            let mut changed = bound.clone().into_bytes();
            // The last bits of an encoded text may mean nothing, so another character, not another bit.
            changed[at] = if changed[at] == b'A' { b'z' } else { b'A' };
            assert_eq!(opened("secret", std::str::from_utf8(&changed).unwrap()), None, "{at}");
        }
        assert_eq!(opened("another", &bound), None);
        for wrong in ["", ".", "..", "AYABe-session", &bound[1..], &format!(".{bound}"), &format!("{bound}A")]
        {
            assert_eq!(opened("secret", wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_session_of_another_step_is_none() {
        let secret = Secret::new("secret");
        let bound = Secret::new(bind(&secret, &STEP, &jane(), "AYABe-session").unwrap());
        let refused = open(&secret, &ChallengeNameType::MfaSetup, &bound).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidSession);
    }

    #[test]
    fn the_longest_session_of_the_longest_address_is_taken_back() {
        let user = User { id: "f".repeat(USER_ID_LENGTH), email: "e".repeat(MAX_EMAIL) };
        let bound = bind(&Secret::new("secret"), &STEP, &user, &"s".repeat(MAX_SESSION)).unwrap();
        assert!(bound.len() <= MAX_BOUND_SESSION && bound_session(&bound).is_ok(), "{}", bound.len());
    }
}
