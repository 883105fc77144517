//! Members that several replies have, beside the [fields](crate::field) that requests have, too. What a reply is made of is
//! declared by its endpoint.

use crate::{
    field::{ACCESS_TOKEN, REFRESH_TOKEN},
    formats::{MAX_TOKEN, USER_ID_LENGTH},
    schema::{Kind, Member, Text},
};

/// The user's id.
pub const USER_ID: Member = Member::new("user_id", Kind::Text(USER_ID_TEXT), "The user's id.");

pub(crate) const USER_ID_TEXT: Text =
    Text::new(USER_ID_LENGTH, USER_ID_LENGTH, "5f0e2b7a-0001-4c5e-9d55-7c1a0f1d2e3b").format("uuid");

/// The secret of an authenticator that is being set up.
pub const QR_CODE_SECRET: Member = Member::new(
    "qr_code_secret",
    Kind::Text(Text::new(16, 256, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").pattern("^[A-Z2-7]+=*$")),
    "The authenticator's secret, for who can't scan a QR code.",
);

/// The same as an address.
pub const OTPAUTH_URI: Member = Member::new(
    "otpauth_uri",
    Kind::Text(
        Text::new(
            1,
            2048,
            "otpauth://totp/CognitoApi%3Ajane%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=CognitoApi",
        )
        .format("uri"),
    ),
    "What to draw as a QR code for the authenticator app.",
);

/// An ID token.
pub const ID_TOKEN: Member = Member::new(
    "id_token",
    Kind::Text(Text::new(1, MAX_TOKEN, "eyJraWQiOiJhIn0.eyJ0b2tlbl91c2UiOiJpZCJ9.c2ln")),
    "Says who the user is. Goes into the `Authorization` header of the endpoints that want it.",
);

/// How long the tokens are valid.
pub const EXPIRES_IN: Member =
    Member::new("expires_in", Kind::Count(3600), "Seconds until the access token expires.");

/// What a finished sign-in answers.
pub const TOKENS: &[Member] = &[ID_TOKEN, ACCESS_TOKEN.member, REFRESH_TOKEN.member, EXPIRES_IN];

/// What the browser needs to make or use a passkey.
pub const OPTIONS: Member = Member::new(
    "options",
    Kind::Foreign(r#"{"challenge":"k3mB7t0y","rpId":"example.com","userVerification":"required"}"#),
    "What `navigator.credentials` takes as `publicKey`, in its JSON form.",
);
