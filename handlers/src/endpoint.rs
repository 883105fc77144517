//! What one HTTP endpoint and one trigger *are*, as data. Owns no behaviour and calls nothing: the deployer derives the
//! API body, the functions, their roles and the documents from it.

use crate::schema::Member;

/// Who may call an endpoint, as API Gateway checks it (the handler checks again).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorization {
    /// Anyone; what the request carries (password, code, access token) is the authorization.
    Open,
    /// A valid ID token of the user pool, by API Gateway's Cognito authorizer.
    IdToken,
    /// An administrator: an ID token with the group `admins`, or SigV4 where `[access] admin = "iam"`.
    Admin,
    /// Open or for administrators, by `[access] registration`.
    Registration,
}

/// What an endpoint is there for: a chapter of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chapter {
    /// From the invitation to the deletion.
    Users,
    /// A lost authenticator.
    MfaReset,
    /// Signing in and out.
    Sessions,
    /// WebAuthn.
    Passkeys,
}

impl Chapter {
    /// All, in the order of the documents.
    pub const ALL: &'static [Self] = &[Self::Users, Self::MfaReset, Self::Sessions, Self::Passkeys];

    /// Its heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Users => "User lifecycle",
            Self::MfaReset => "MFA reset",
            Self::Sessions => "Sessions",
            Self::Passkeys => "Passkeys",
        }
    }
}

/// Something that an environment has only where it is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Passkeys: the section `[passkeys]`.
    Passkeys,
}

/// What an endpoint answers when it worked.
#[derive(Debug, Clone, Copy)]
pub struct Success {
    /// The HTTP status.
    pub status: u16,
    /// The body's members, once for each of its shapes. Most replies have one.
    pub shapes: &'static [&'static [Member]],
}

/// One HTTP endpoint. The file that handles it declares it, `registry::ENDPOINTS` lists it.
#[derive(Debug)]
pub struct Endpoint {
    /// Function name without the stack's prefix, kebab-case, e.g. `create-user`.
    pub name: &'static str,
    /// HTTP method, upper case.
    pub method: &'static str,
    /// Path, e.g. `/v1/users/{user_id}/confirm`. [`PATH_PARAMETER`](crate::user::PATH_PARAMETER) is the one placeholder.
    pub path: &'static str,
    /// Its place in the documents.
    pub chapter: Chapter,
    /// Deployed only where this is configured.
    pub only_with: Option<Feature>,
    /// Who may call it.
    pub authorization: Authorization,
    /// The fields of its body, each of which must be there, e.g. `field::EMAIL.member`. None where it takes no body.
    pub request: &'static [Member],
    /// What it answers when it worked.
    pub reply: Success,
    /// The IAM actions that it needs: `cognito-idp:…` on the user pool, `ses:…` on the sender's identity. Its role allows these
    /// and nothing else.
    pub operations: &'static [&'static str],
    /// Whether it calls Cognito, with its role or with a token or session of the request: its client is then there before the
    /// first request.
    pub calls_cognito: bool,
    /// The environment variables it needs (names of [`config::env`](crate::config::env)) beside `CORS_ORIGINS`, which all
    /// endpoints need. The function sees no other, so the client's secret is only where it is used.
    pub environment: &'static [&'static str],
    /// The error codes it may answer, beside [`ErrorCode::COMMON`](crate::error::ErrorCode::COMMON).
    pub errors: &'static [crate::error::ErrorCode],
    /// One sentence for the documents.
    pub summary: &'static str,
}

/// How many seconds Cognito waits for a trigger, whatever the function's own time limit is. It can't be changed.
pub const TRIGGER_SECONDS: u32 = 5;

/// One Cognito trigger.
#[derive(Debug)]
pub struct Trigger {
    /// Function name without the stack's prefix, e.g. `custom-message`.
    pub name: &'static str,
    /// The member of the user pool's `LambdaConfig`, e.g. `CustomMessage`.
    pub source: &'static str,
    /// The IAM actions that it needs, as an [`Endpoint`] says them; empty for most.
    pub operations: &'static [&'static str],
    /// The environment variables it needs. The function sees no other.
    pub environment: &'static [&'static str],
    /// One sentence for the documents.
    pub summary: &'static str,
}
