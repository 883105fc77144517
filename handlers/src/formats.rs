//! The formats of the contract's fields: text in, the value or what is wrong with it out. Pure; must not know an endpoint.

use crate::{sealed_session::SEALED_LENGTH, secret::Secret};
use serde_json::{Map, Value};

/// Cognito refuses a username of more than 128 characters, and the address is the username.
pub const MAX_EMAIL: usize = 128;
/// RFC 5321, section 4.5.3.1.1.
const MAX_EMAIL_LOCAL: usize = 64;
/// The most characters of a person's name.
pub const MAX_NAME: usize = 256;
/// Cognito's limit for passwords.
pub const MAX_PASSWORD: usize = 256;
/// Cognito's limits for sessions.
pub const MIN_SESSION: usize = 20;
/// See [`MIN_SESSION`].
pub const MAX_SESSION: usize = 2048;
/// A session with what [`bound_session`](crate::bound_session) adds: at most 273 characters.
pub const MAX_BOUND_SESSION: usize = MAX_SESSION + 300;
/// Cognito sets no limit; tokens have 1 to 2 KB, more with many groups.
pub const MAX_TOKEN: usize = 8 * 1024;
/// A credential's id has 1,023 bytes at most (WebAuthn, 5.8.1), and base64 makes four characters of three.
pub const MAX_CREDENTIAL_ID: usize = 1364;
/// A `sub` is a UUID.
pub const USER_ID_LENGTH: usize = 36;
/// The one second factor, as Cognito calls it.
pub const SOFTWARE_TOKEN_MFA: &str = "SOFTWARE_TOKEN_MFA";

/// A person's name, trimmed.
pub fn full_name(text: &str) -> Result<String, &'static str> {
    let name = text.trim();
    if name.is_empty() {
        return Err("must not be empty");
    }
    if name.chars().count() > MAX_NAME {
        return Err("must not be longer than 256 characters");
    }
    if name.chars().any(char::is_control) {
        return Err("must not contain control characters");
    }
    Ok(name.to_owned())
}

/// An e-mail address, trimmed and lower-cased.
pub fn email(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "must be an e-mail address";
    let email = text.trim().to_ascii_lowercase();
    if email.len() > MAX_EMAIL {
        return Err("must not be longer than 128 characters");
    }
    let (local, domain) = email.rsplit_once('@').ok_or(WRONG)?;
    let local_is_right = local.len() <= MAX_EMAIL_LOCAL
        && local.split('.').all(|part| !part.is_empty() && part.bytes().all(is_atom_character));
    let domain_is_right = domain.contains('.') && domain.split('.').all(is_domain_label);
    if local_is_right && domain_is_right { Ok(email) } else { Err(WRONG) }
}

/// `atext` of RFC 5322. Quoted local parts and addresses beyond ASCII are refused, as Cognito's mail can't reach them.
fn is_atom_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn is_domain_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// A phone number as E.164: `+`, a country code, at most 15 digits. The shortest in use have 7 (Saint Helena).
pub fn phone_number(text: &str) -> Result<String, &'static str> {
    let digits = text.strip_prefix('+').unwrap_or_default();
    let right = (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    if right {
        Ok(text.to_owned())
    } else {
        Err("must be a phone number in E.164 format, such as +33612345678")
    }
}

/// A password that is to be proved. The policy is not looked at: an old password may be older than the policy.
pub fn password(text: &str) -> Result<Secret, &'static str> {
    if text.is_empty() {
        return Err("must not be empty");
    }
    if text.chars().count() > MAX_PASSWORD {
        return Err("must not be longer than 256 characters");
    }
    Ok(Secret::new(text))
}

/// A user's id: a UUID, which Cognito writes in lower case.
pub fn user_id(text: &str) -> Result<String, &'static str> {
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    let fits = |(at, byte): (usize, u8)| {
        if HYPHENS.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() }
    };
    let right = text.len() == USER_ID_LENGTH && text.bytes().enumerate().all(fits);
    if right { Ok(text.to_ascii_lowercase()) } else { Err("must be a user's id") }
}

/// A one-time password of an authenticator, or a code that Cognito mailed.
pub fn otp(text: &str) -> Result<Secret, &'static str> {
    digits(text, 6, "must be 6 digits")
}

/// The code of the MFA reset's mail.
pub fn mfa_reset_code(text: &str) -> Result<Secret, &'static str> {
    digits(text, 8, "must be 8 digits")
}

fn digits(text: &str, count: usize, wrong: &'static str) -> Result<Secret, &'static str> {
    let right = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if right { Ok(Secret::new(text)) } else { Err(wrong) }
}

/// A session that says whose it is.
pub fn bound_session(text: &str) -> Result<Secret, &'static str> {
    let right = (MIN_SESSION..=MAX_BOUND_SESSION).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if right { Ok(Secret::new(text)) } else { Err("must be a session as it was answered") }
}

/// A session of Cognito's in its envelope.
pub fn sealed_session(text: &str) -> Result<Secret, &'static str> {
    let right = (MIN_SESSION..=SEALED_LENGTH).contains(&text.len()) && text.bytes().all(is_base64url);
    if right { Ok(Secret::new(text)) } else { Err("must be a session as it was answered") }
}

/// A token of Cognito's, with the characters of its `TokenModelType`.
pub fn token(text: &str) -> Result<Secret, &'static str> {
    let right = (1..=MAX_TOKEN).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=.".contains(&byte));
    if right { Ok(Secret::new(text)) } else { Err("must be a token as it was answered") }
}

/// The second factor of a sign-in.
pub fn verification_type(text: &str) -> Result<(), &'static str> {
    if text == SOFTWARE_TOKEN_MFA { Ok(()) } else { Err("must be SOFTWARE_TOKEN_MFA") }
}

/// What an authenticator made. Cognito looks at what is in it; how large it may be, the body's limit says.
pub fn credential(members: Map<String, Value>) -> Result<Map<String, Value>, &'static str> {
    if members.is_empty() { Err("must not be empty") } else { Ok(members) }
}

/// A passkey's id, in base64url.
pub fn credential_id(text: &str) -> Result<String, &'static str> {
    let right = (1..=MAX_CREDENTIAL_ID).contains(&text.len()) && text.bytes().all(is_base64url);
    if right { Ok(text.to_owned()) } else { Err("must be the id of a passkey") }
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_trimmed_and_lower_cased() {
        assert_eq!(email("  Jane.Doe+x@Example.COM\n").unwrap(), "jane.doe+x@example.com");
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long = format!("a@{}.com", "a.".repeat(70));
        for wrong in [
            "",
            "@",
            "jane",
            "jane@",
            "@example.com",
            "jane@example",
            "jane@@example.com",
            "a b@example.com",
            "jane@exa mple.com",
            ".jane@example.com",
            "jane.@example.com",
            "ja..ne@example.com",
            "jane@-example.com",
            "jane@example-.com",
            "jane@example..com",
            "jane@example.com.",
            "jané@example.com",
            "a<b@example.com",
            "\"a\"@example.com",
            "jane@example.com\u{0}",
            &long_local,
            &long,
        ] {
            assert!(email(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn phone_numbers_are_e164() {
        for right in ["+33612345678", "+2901234", "+123456789012345"] {
            assert_eq!(phone_number(right).as_deref(), Ok(right));
        }
        for wrong in [
            "",
            "+",
            "33612345678",
            "+0612345678",
            "+33 612345678",
            "+3361234567890123",
            "+33612",
            "+3361234567a",
            "++33612345678",
            "+٣٣٦١٢٣٤٥٦",
        ] {
            assert!(phone_number(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_trimmed_and_bounded_and_hold_no_control_characters() {
        assert_eq!(full_name(" Zoë O'Neill ").as_deref(), Ok("Zoë O'Neill"));
        assert!(full_name(&"é".repeat(256)).is_ok());
        for wrong in ["", "  ", "a\u{0}b", "a\nb", &"é".repeat(257)] {
            assert!(full_name(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_password_is_taken_as_it_is() {
        assert_eq!(password(" p ").unwrap().expose(), " p ");
        assert!(password("").is_err());
        assert!(password(&"x".repeat(257)).is_err());
    }

    #[test]
    fn a_users_id_is_a_uuid_in_lower_case() {
        let id = "5f0e2b7a-0001-4c5e-9d55-7c1a0f1d2e3b";
        assert_eq!(user_id(&id.to_uppercase()).as_deref(), Ok(id));
        for wrong in ["", "5f0e2b7a00014c5e9d557c1a0f1d2e3b", &format!(" {id}"), &id.replace('b', "g"), "é"]
        {
            assert!(user_id(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn codes_are_digits_of_which_none_is_missing() {
        assert!(otp("012345").is_ok() && mfa_reset_code("00000000").is_ok());
        for wrong in ["", "12345", "1234567", "12345a", "123 456", " 123456", "١٢٣", "+12345"] {
            assert!(otp(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_cognito_made_comes_back_in_its_own_characters() {
        for wrong in ["a b", "a\nb", "é", "a\u{0}", "{}"] {
            assert!(token(wrong).is_err() && credential_id(wrong).is_err(), "{wrong}");
        }
        assert!(bound_session(&"a ".repeat(20)).is_err() && bound_session(&"é".repeat(20)).is_err());
        assert!(sealed_session(&"a+".repeat(20)).is_err() && sealed_session(&"aZ9-_".repeat(20)).is_ok());
        assert!(token("a-_=.Z9").is_ok() && credential_id("a-_Z9").is_ok() && credential_id("a=").is_err());
    }
}
