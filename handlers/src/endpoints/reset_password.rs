//! `POST /v1/users/{user_id}/reset-password`: an administrator takes a user's password away. The user gets a code that sets a new one,
//! or the invitation again where it was never used.

use crate::{
    access,
    app::App,
    aws,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure},
    field::EMAIL,
    invitation,
    member::USER_ID,
    reply::Reply,
    request::Request,
    schema::Member,
    upstream,
    user::{self, User, UserRef},
};
use aws_sdk_cognitoidentityprovider::{
    error::SdkError, operation::admin_reset_user_password::AdminResetUserPasswordError, types::UserStatusType,
};

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "reset-password",
    method: "POST",
    path: "/v1/users/{user_id}/reset-password",
    chapter: Chapter::Users,
    only_with: None,
    authorization: Authorization::Admin,
    request: &[EMAIL.member],
    reply: Success { status: 200, shapes: &[&[EMAIL.member, USER_ID, Member::status(SENT)]] },
    operations: &[
        "cognito-idp:AdminCreateUser",
        "cognito-idp:AdminGetUser",
        "cognito-idp:AdminResetUserPassword",
    ],
    calls_cognito: true,
    environment: &[env::USER_POOL_ID, env::CLIENT_ID, env::ADMIN, env::PASSWORD_MIN_LENGTH],
    errors: &[
        ErrorCode::InvalidRequest,
        ErrorCode::InvalidToken,
        ErrorCode::Forbidden,
        ErrorCode::EmailDeliveryFailed,
    ],
    summary: "Takes a user's password away; the user gets a code that sets a new one.",
};

const SENT: &str = "PASSWORD_RESET_CONFIRMATION_SENT";

/// What is wrong with the address of a user who can't be helped here.
const DISABLED: &str = "is of a user who is disabled";

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    access::require_admin(request, &app.config)?;
    let mut fields = request.fields()?;
    let taken = (fields.take_user(request), fields.take(&EMAIL));
    let (named, email) = fields.finish(taken)?;
    named.may_be(&email)?;

    let found = user::find(app, &UserRef::Email(email)).await?;
    let found = found.ok_or_else(|| Failure::wrong(EMAIL.member.name, user::UNKNOWN))?;
    let user = found.user;
    user.must_be(&named)?;
    if !found.enabled {
        return Err(Failure::wrong(EMAIL.member.name, DISABLED));
    }
    if found.status == Some(UserStatusType::ForceChangePassword) {
        invitation::again(app, &user.email).await?;
    } else {
        reset(app, &user).await?;
    }
    Reply::about(200, &user, SENT)
}

async fn reset(app: &App, user: &User) -> Result<(), Failure> {
    let request = app
        .cognito()?
        .admin_reset_user_password()
        .user_pool_id(app.config.user_pool_id()?)
        .username(&user.id);
    // A second attempt after a lost reply would mail a second code, which makes the first one useless.
    let result = request.customize().config_override(aws::once()).send().await;
    result.map(drop).map_err(|error| refusal(&error))
}

fn refusal(error: &SdkError<AdminResetUserPasswordError>) -> Failure {
    const OPERATION: &str = "AdminResetUserPassword";
    match error.as_service_error() {
        // "Cannot reset password for the user as there is no registered/verified email or phone_number": an operator changed it.
        Some(AdminResetUserPasswordError::InvalidParameterException(refused))
            if refused.message().is_some_and(|it| it.contains("verified email")) =>
        {
            Failure::new(ErrorCode::EmailDeliveryFailed).because(upstream::cause(OPERATION, error))
        }
        _ => upstream::failure(OPERATION, error),
    }
}
