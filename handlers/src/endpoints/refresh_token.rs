//! `POST /v1/refresh-token`: new tokens for a refresh token, which is replaced as well.

use crate::{
    app::App,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::{ACCESS_TOKEN, EMAIL, REFRESH_TOKEN},
    jwt,
    member::{EXPIRES_IN, ID_TOKEN},
    reply::Reply,
    request::Request,
    secret::Secret,
    tokens::Tokens,
    upstream,
    user::UserRef,
};
use aws_sdk_cognitoidentityprovider::{
    operation::get_tokens_from_refresh_token::GetTokensFromRefreshTokenError, types::AuthenticationResultType,
};
use serde::{Deserialize, Serialize};

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "refresh-token",
    method: "POST",
    path: "/v1/refresh-token",
    chapter: Chapter::Sessions,
    only_with: None,
    authorization: Authorization::Open,
    request: &[EMAIL.member, REFRESH_TOKEN.member],
    reply: Success {
        status: 200,
        shapes: &[&[EMAIL.member, ID_TOKEN, ACCESS_TOKEN.member, REFRESH_TOKEN.member, EXPIRES_IN]],
    },
    // GetTokensFromRefreshToken is authorized by the token and the client's secret.
    operations: &[],
    calls_cognito: true,
    environment: &[env::CLIENT_ID, env::CLIENT_SECRET],
    errors: &[ErrorCode::InvalidRequest, ErrorCode::InvalidToken, ErrorCode::Forbidden],
    summary: "Exchanges a refresh token for new tokens. Each refresh token works once; keep the newest.",
};

const OPERATION: &str = "GetTokensFromRefreshToken";

#[derive(Serialize)]
struct Refreshed<'a> {
    email: &'a str,
    #[serde(flatten)]
    tokens: Tokens<'a>,
}

/// Whose an ID token is.
#[derive(Deserialize)]
struct Owner {
    email: String,
}

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let mut fields = request.fields()?;
    let taken = (fields.take(&EMAIL), fields.take(&REFRESH_TOKEN));
    let (email, refresh_token) = fields.finish(taken)?;

    // Refresh tokens are encrypted: whose one is, the new ID token tells and nothing before it. A token of somebody else has been
    // exchanged by then. That does not end its session: in the rotation's grace period it can be exchanged again.
    let result = exchange(app, &refresh_token).await?;
    let tokens = Tokens::of(result.as_ref(), OPERATION)?;
    let owner: Owner = result
        .as_ref()
        .and_then(|result| jwt::claims(result.id_token()?))
        .ok_or_else(|| Failure::internal(format!("{OPERATION}: an ID token without an address")))?;
    UserRef::Email(owner.email.to_ascii_lowercase()).may_be(&email)?;
    Reply::json(200, &Refreshed { email: &email, tokens })
}

async fn exchange(app: &App, refresh_token: &Secret) -> Result<Option<AuthenticationResultType>, Failure> {
    // A second attempt after a lost answer is one of the grace period.
    let result = app
        .cognito()?
        .get_tokens_from_refresh_token()
        .client_id(app.config.client_id()?)
        // The secret itself: this operation takes no hash.
        .client_secret(app.config.client_secret()?.expose())
        .refresh_token(refresh_token.expose())
        .send()
        .await;
    match result {
        Ok(output) => Ok(output.authentication_result),
        Err(error) => Err(match error.as_service_error() {
            // Expired, revoked, replayed, or its user is disabled or gone: signing in again is the way on.
            Some(
                GetTokensFromRefreshTokenError::NotAuthorizedException(_)
                | GetTokensFromRefreshTokenError::RefreshTokenReuseException(_)
                | GetTokensFromRefreshTokenError::UserNotFoundException(_),
            ) => Failure::new(ErrorCode::InvalidToken).because(upstream::cause(OPERATION, &error)),
            _ => upstream::failure(OPERATION, &error),
        }),
    }
}
