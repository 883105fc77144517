//! `DELETE /v1/users/{user_id}`: deletes the caller, or anyone for an administrator.

use crate::{
    access::{self, Claims},
    app::App,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::EMAIL,
    member::USER_ID,
    reply::Reply,
    request::Request,
    schema::Member,
    upstream,
    user::{self, PATH_PARAMETER, User},
};
use aws_sdk_cognitoidentityprovider::operation::admin_delete_user::AdminDeleteUserError;

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "delete-user",
    method: "DELETE",
    path: "/v1/users/{user_id}",
    chapter: Chapter::Users,
    only_with: None,
    authorization: Authorization::IdToken,
    request: &[],
    reply: Success { status: 200, shapes: &[&[EMAIL.member, USER_ID, Member::status(DELETED)]] },
    operations: &["cognito-idp:AdminDeleteUser", "cognito-idp:AdminGetUser"],
    calls_cognito: true,
    environment: &[env::USER_POOL_ID, env::CLIENT_ID, env::ADMIN],
    errors: &[ErrorCode::InvalidRequest, ErrorCode::InvalidToken, ErrorCode::Forbidden],
    summary: "Deletes the caller, or anyone for an administrator.",
};

const DELETED: &str = "USER_DELETED";

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    let claims = Claims::of(request, &app.config)?;
    let named = request.user()?;
    let caller = claims.user()?;
    let user = match caller.must_be(&named) {
        // By the id that the token proves: its address may be another user's by now.
        Ok(()) => caller,
        Err(_) if access::is_admin(&claims, &app.config)? => {
            let found = user::find(app, &named).await?;
            found.ok_or_else(|| Failure::wrong(PATH_PARAMETER.name, user::UNKNOWN))?.user
        }
        Err(another) => return Err(another),
    };
    delete(app, &user).await?;
    Reply::about(200, &user, DELETED)
}

async fn delete(app: &App, user: &User) -> Result<(), Failure> {
    let request = app.cognito()?.admin_delete_user().user_pool_id(app.config.user_pool_id()?);
    match request.username(&user.id).send().await {
        Ok(_) => Ok(()),
        Err(error) => match error.as_service_error() {
            // Done, by an attempt whose reply was lost if not by somebody else.
            Some(AdminDeleteUserError::UserNotFoundException(_)) => Ok(()),
            _ => Err(upstream::failure("AdminDeleteUser", &error)),
        },
    }
}
