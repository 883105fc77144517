//! The fields of the requests: each one's name, what the documents say of it and how its text becomes a value, in one place. An
//! endpoint lists those that it takes. Must not know an endpoint.

use crate::{
    formats::{
        self, MAX_BOUND_SESSION, MAX_CREDENTIAL_ID, MAX_EMAIL, MAX_NAME, MAX_PASSWORD, MAX_TOKEN, MIN_SESSION,
    },
    schema::{Kind, Member, Text},
    sealed_session::SEALED_LENGTH,
    secret::Secret,
    user::UserRef,
};
use serde_json::{Map, Value};

/// A field whose value is a `T`.
#[derive(Debug)]
pub struct Field<T> {
    /// Its name, and what the documents say of it.
    pub member: Member,
    format: Format<T>,
}

/// What a value is made from, and how; the error says what is wrong with it.
#[derive(Debug)]
enum Format<T> {
    Text(fn(&str) -> Result<T, &'static str>),
    Object(fn(Map<String, Value>) -> Result<T, &'static str>),
}

impl<T> Field<T> {
    /// A field whose value is made from a text.
    pub const fn text(
        name: &'static str,
        text: Text,
        format: fn(&str) -> Result<T, &'static str>,
        description: &'static str,
    ) -> Self {
        Self { member: Member::new(name, Kind::Text(text), description), format: Format::Text(format) }
    }

    /// The value, or what is wrong with it.
    pub fn read(&self, value: Value) -> Result<T, &'static str> {
        match (&self.format, value) {
            (_, Value::Null) => Err("is missing"),
            (Format::Text(format), Value::String(text)) => format(&text),
            (Format::Text(_), _) => Err("must be a string"),
            (Format::Object(format), Value::Object(members)) => format(members),
            (Format::Object(_), _) => Err("must be a JSON object"),
        }
    }
}

/// A person's name.
pub const FULL_NAME: Field<String> =
    Field::text("full_name", Text::new(1, MAX_NAME, "Jane Doe"), formats::full_name, "The user's name.");

/// An e-mail address.
pub const EMAIL: Field<String> = Field::text(
    "email",
    Text::new(3, MAX_EMAIL, "jane@example.com").format("email"),
    formats::email,
    "The user's e-mail address. Trimmed and lower-cased before use.",
);

/// An e-mail address or a user's id.
pub const EMAIL_OR_ID: Field<UserRef> = Field::text(
    "email",
    Text::new(3, MAX_EMAIL, "jane@example.com"),
    UserRef::parse,
    "The user's e-mail address or id.",
);

/// A telephone number.
pub const MOBILE_PHONE_NUMBER: Field<String> = Field::text(
    "mobile_phone_number",
    Text::new(8, 16, "+33612345678").pattern(r"^\+[1-9][0-9]{6,14}$"),
    formats::phone_number,
    "The user's phone number in E.164 format.",
);

const fn a_password(name: &'static str, example: &'static str, description: &'static str) -> Field<Secret> {
    let text = Text::new(1, MAX_PASSWORD, example).format("password");
    Field::text(name, text, formats::password, description)
}

/// The password.
pub const PASSWORD: Field<Secret> = a_password("password", "Corr3ct-horse!battery", "The user's password.");

/// The password of the invitation.
pub const TEMPORARY_PASSWORD: Field<Secret> =
    a_password("temporary_password", "h3Kq_mW8rT4vXz6nPc2bYd9s", "The password that the invitation brought.");

/// The password that is to be replaced.
pub const OLD_PASSWORD: Field<Secret> =
    a_password("old_password", "Corr3ct-horse!battery", "The password until now.");

/// The password that replaces another.
pub const NEW_PASSWORD: Field<Secret> = a_password(
    "new_password",
    "Pl3nty-of-new-staples!",
    "The new password. It must meet the user pool's policy.",
);

const fn an_otp(name: &'static str) -> Field<Secret> {
    let text = Text::new(6, 6, "123456").pattern("^[0-9]{6}$");
    Field::text(name, text, formats::otp, "The 6 digits that the authenticator app shows.")
}

/// An authenticator's code.
pub const OTP: Field<Secret> = an_otp("otp");

/// An authenticator's code, as the second step of a sign-in calls it.
pub const OTP_CODE: Field<Secret> = an_otp("otp_code");

/// The code of the MFA reset's mail.
pub const CODE: Field<Secret> = Field::text(
    "code",
    Text::new(8, 8, "48151623").pattern("^[0-9]{8}$"),
    formats::mfa_reset_code,
    "The 8 digits that were mailed.",
);

/// The code of a mail that Cognito sent.
pub const VERIFICATION_CODE: Field<Secret> = Field::text(
    "verification_code",
    Text::new(6, 6, "654321").pattern("^[0-9]{6}$"),
    formats::otp,
    "The 6 digits that were mailed.",
);

const fn a_session(
    name: &'static str,
    longest: usize,
    pattern: &'static str,
    format: fn(&str) -> Result<Secret, &'static str>,
    description: &'static str,
) -> Field<Secret> {
    let text = Text::new(MIN_SESSION, longest, "AYABeC1vZ2FwaSBzZXNzaW9uIGV4YW1wbGU").pattern(pattern);
    Field::text(name, text, format, description)
}

const fn a_bound_session(name: &'static str, description: &'static str) -> Field<Secret> {
    a_session(name, MAX_BOUND_SESSION, "^[!-~]+$", formats::bound_session, description)
}

/// The session of setting up the second factor.
pub const MFA_SESSION: Field<Secret> = a_bound_session(
    "mfa_session",
    "The session in which the second factor is set up. It ends after 15 minutes.",
);

/// The session of a sign-in's second step.
pub const VERIFICATION_SESSION: Field<Secret> = a_bound_session(
    "verification_session",
    "The session that the password opened. It ends after 15 minutes.",
);

/// The session of a flow that begins the same for everybody.
pub const SEALED_SESSION: Field<Secret> = a_session(
    "session",
    SEALED_LENGTH,
    "^[A-Za-z0-9_-]+$",
    formats::sealed_session,
    "The session that the start of this flow answered. It ends after 15 minutes.",
);

/// The second factor of a sign-in; there is one.
pub const VERIFICATION_TYPE: Field<()> = Field {
    member: Member::new(
        "verification_type",
        Kind::Constant(formats::SOFTWARE_TOKEN_MFA),
        "Which second factor this is.",
    ),
    format: Format::Text(formats::verification_type),
};

const fn a_token(name: &'static str, example: &'static str, description: &'static str) -> Field<Secret> {
    // Cognito's own pattern of a token, those that are encrypted included.
    Field::text(
        name,
        Text::new(1, MAX_TOKEN, example).pattern("^[A-Za-z0-9=_.-]+$"),
        formats::token,
        description,
    )
}

/// An access token.
pub const ACCESS_TOKEN: Field<Secret> = a_token(
    "access_token",
    "eyJraWQiOiJhIn0.eyJ0b2tlbl91c2UiOiJhY2Nlc3MifQ.c2ln",
    "The user's access token.",
);

/// A refresh token.
pub const REFRESH_TOKEN: Field<Secret> = a_token(
    "refresh_token",
    "eyJjdHkiOiJKV1QifQ.a2V5.aXY.Y2lwaGVy.dGFn",
    "A token for new tokens. Each use answers another one; keep the newest.",
);

/// What an authenticator made.
pub const CREDENTIAL: Field<Map<String, Value>> = Field {
    member: Member::new(
        "credential",
        Kind::Foreign(
            r#"{"id":"x4Tq","rawId":"x4Tq","type":"public-key","response":{"clientDataJSON":"eyJ0eXBlIjoiIn0"}}"#,
        ),
        "What the browser made of the options: `credential.toJSON()` of a `PublicKeyCredential`.",
    ),
    format: Format::Object(formats::credential),
};

/// A passkey's id.
pub const CREDENTIAL_ID: Field<String> = Field::text(
    "credential_id",
    Text::new(1, MAX_CREDENTIAL_ID, "x4TqbN2sVt1kQmZ0aLwEhA").pattern("^[A-Za-z0-9_-]+$"),
    formats::credential_id,
    "The passkey's id.",
);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Each field's declaration, and whether it takes a value.
    macro_rules! all {
        ($($field:ident),* $(,)?) => {
            [$(($field.member, (|value| $field.read(value).is_ok()) as fn(Value) -> bool)),*]
        };
    }

    #[test]
    fn what_is_declared_is_what_is_taken() {
        let fields = all![
            FULL_NAME,
            EMAIL,
            EMAIL_OR_ID,
            MOBILE_PHONE_NUMBER,
            PASSWORD,
            TEMPORARY_PASSWORD,
            OLD_PASSWORD,
            NEW_PASSWORD,
            OTP,
            OTP_CODE,
            CODE,
            VERIFICATION_CODE,
            MFA_SESSION,
            VERIFICATION_SESSION,
            SEALED_SESSION,
            VERIFICATION_TYPE,
            ACCESS_TOKEN,
            REFRESH_TOKEN,
            CREDENTIAL,
            CREDENTIAL_ID,
        ];
        for (member, takes) in fields {
            let (name, example) = (member.name, member.schema.example());
            member.schema.check(&example).unwrap();
            assert!(takes(example.clone()), "{name}: {example}");
            for wrong in [json!(""), json!({}), json!(7), json!([]), json!(null)] {
                assert!(!takes(wrong.clone()), "{name}: {wrong}");
            }
            if let Kind::Text(text) = member.schema.kind {
                assert!(!takes(json!("1".repeat(text.longest + 1))), "{name}");
                assert!(!takes(json!("1".repeat(text.shortest - 1))), "{name}");
            }
        }
    }

    #[test]
    fn a_value_of_another_type_is_told_which_it_should_be() {
        assert_eq!(EMAIL.read(json!(1)), Err("must be a string"));
        assert_eq!(CREDENTIAL.read(json!("{}")), Err("must be a JSON object"));
        assert_eq!(CREDENTIAL.read(json!(null)), Err("is missing"));
    }
}
