//! The formats of the contract's fields: text in, the value or what is wrong with it out. Pure; must not know an endpoint.

use crate::secret::Secret;

/// Cognito refuses a username of more than 128 characters, and the address is the username.
const MAX_EMAIL: usize = 128;
/// RFC 5321, section 4.5.3.1.1.
const MAX_EMAIL_LOCAL: usize = 64;
const MAX_NAME: usize = 256;
/// Cognito's limit for passwords.
const MAX_PASSWORD: usize = 256;

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
}
