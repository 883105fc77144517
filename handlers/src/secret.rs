//! A string that must never be seen: owns the redaction, must not offer any way to print or serialize its content.

use std::fmt;

/// A password, code, token, session or client secret. Its `Debug` is redacted; it has neither
/// `Display` nor `Serialize`, and no `PartialEq`: comparing secrets takes constant time or leaks them.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps what must not be logged.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The content, for the one call that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_is_redacted_wherever_it_is_printed() {
        let printed = format!("{:?} {:#?}", Secret::new("hunter2"), Some(Secret::new("hunter2")));
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}
