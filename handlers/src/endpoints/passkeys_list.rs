//! `POST /v1/passkeys/list`: the user's passkeys.

use crate::{
    access_token,
    app::App,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Feature, Success},
    error::{ErrorCode, Failure},
    field::{ACCESS_TOKEN, CREDENTIAL_ID},
    passkeys,
    reply::Reply,
    request::Request,
    schema::{Kind, Member, Schema, Text},
};
use aws_sdk_cognitoidentityprovider::{primitives::DateTimeFormat, types::WebAuthnCredentialDescription};
use serde::Serialize;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "passkeys-list",
    method: "POST",
    path: "/v1/passkeys/list",
    chapter: Chapter::Passkeys,
    only_with: Some(Feature::Passkeys),
    authorization: Authorization::Open,
    request: &[ACCESS_TOKEN.member],
    reply: Success { status: 200, shapes: &[&[PASSKEYS]] },
    // The access token authorizes the call; IAM has no say in it.
    operations: &[],
    calls_cognito: true,
    environment: &[env::CLIENT_ID],
    errors: &[ErrorCode::InvalidRequest, ErrorCode::InvalidToken, ErrorCode::PasswordResetRequired],
    summary: "Lists the user's passkeys.",
};

const PASSKEYS: Member = Member::new("passkeys", Kind::List(&PASSKEY), "The user's passkeys.");
const PASSKEY: Schema = Schema {
    kind: Kind::Object(&[
        CREDENTIAL_ID.member,
        Member::new("friendly_name", Kind::Text(Text::new(0, 256, "Passkey")), "A name for people."),
        Member::new(
            "relying_party_id",
            Kind::Text(Text::new(1, 253, "example.com")),
            "The domain that it belongs to.",
        ),
        Member::new(
            "authenticator_attachment",
            Kind::Text(Text::new(1, 64, "platform")),
            "`platform`, or `cross-platform` for one that is not part of a device. Absent where the authenticator did not tell.",
        )
        .optional(),
        Member::new("transports", Kind::List(&TRANSPORT), "How a browser reaches it."),
        Member::new(
            "created_at",
            Kind::Text(Text::new(20, 30, "2026-01-31T12:00:00Z").format("date-time")),
            "When it was registered.",
        ),
    ]),
    description: "A passkey.",
};
const TRANSPORT: Schema =
    Schema { kind: Kind::Text(Text::new(1, 64, "internal")), description: "A transport of WebAuthn." };

#[derive(Serialize)]
struct Listed<'a> {
    passkeys: Vec<Passkey<'a>>,
}

#[derive(Serialize)]
struct Passkey<'a> {
    credential_id: &'a str,
    friendly_name: &'a str,
    relying_party_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticator_attachment: Option<&'a str>,
    transports: &'a [String],
    created_at: String,
}

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken = (fields.take(&ACCESS_TOKEN),);
    let (access_token,) = fields.finish(taken)?;
    access_token::unverified(&access_token, &app.config)?;

    let passkeys = passkeys::list(app, &access_token).await?;
    Reply::json(200, &Listed { passkeys: passkeys.iter().map(Passkey::of).collect::<Result<_, _>>()? })
}

impl<'a> Passkey<'a> {
    fn of(passkey: &'a WebAuthnCredentialDescription) -> Result<Self, Failure> {
        let created_at = passkey.created_at().fmt(DateTimeFormat::DateTime);
        Ok(Self {
            credential_id: passkey.credential_id(),
            friendly_name: passkey.friendly_credential_name(),
            relying_party_id: passkey.relying_party_id(),
            authenticator_attachment: passkey.authenticator_attachment(),
            transports: passkey.authenticator_transports(),
            created_at: created_at.map_err(|_| Failure::internal("a passkey of no time"))?,
        })
    }
}
