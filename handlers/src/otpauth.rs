//! The `otpauth://` address that an authenticator app reads from a QR code. Owns its encoding; stores nothing.

use std::fmt::Write;

/// `otpauth://totp/<Issuer>%3A<email>?secret=<secret>&issuer=<Issuer>`, everything but unreserved characters escaped.
#[must_use]
pub fn uri(issuer: &str, email: &str, secret: &str) -> String {
    let (issuer, email, secret) = (escape(issuer), escape(email), escape(secret));
    format!("otpauth://totp/{issuer}%3A{email}?secret={secret}&issuer={issuer}")
}

/// Percent-encoding of everything that RFC 3986 does not call unreserved.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #[test]
    fn issuer_and_address_cannot_break_out_of_the_address() {
        assert_eq!(
            super::uri("My Co & Söhne", "jane+x@example.com", "ABC234"),
            "otpauth://totp/My%20Co%20%26%20S%C3%B6hne%3Ajane%2Bx%40example.com?secret=ABC234\
             &issuer=My%20Co%20%26%20S%C3%B6hne"
        );
    }
}
