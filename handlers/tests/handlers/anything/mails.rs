//! Whoever is written to, the mail is one that Cognito takes.

use super::{hold, values::any_text};
use crate::custom_message::is_taken;
use cogapi_handlers::email::{LOCALES, Mail, Message, Values, write};
use proptest::sample::select;

#[test]
fn every_name_leaves_a_mail_that_cognito_takes_with_its_code_once() {
    for message in Message::ALL {
        hold("custom-message", (any_text(), select(LOCALES)), async |(name, locale)| {
            let values = Values { name: &name, code: "{####}", username: "{username}" };
            let Mail { subject, body } = write(*message, Some(locale), &values);
            assert!(subject.chars().chain(body.chars()).all(is_taken), "{body}");
            assert_eq!(body.matches("{####}").count(), 1, "{body}");
            assert!(body.chars().count() < 20_000);
        });
    }
}
