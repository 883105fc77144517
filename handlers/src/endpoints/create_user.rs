//! `POST /v1/users`: registers a user, who gets a mail with a temporary password.

use crate::{
    access,
    app::App,
    aws,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure, NOT_ACCEPTED},
    field::{EMAIL, FULL_NAME, MOBILE_PHONE_NUMBER},
    invitation,
    member::USER_ID,
    reply::Reply,
    request::Request,
    schema::Member,
    upstream,
    user::User,
};
use aws_sdk_cognitoidentityprovider::{
    error::SdkError, operation::admin_create_user::AdminCreateUserError, types::AttributeType,
};

/// What is deployed.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "create-user",
    method: "POST",
    path: "/v1/users",
    chapter: Chapter::Users,
    only_with: None,
    authorization: Authorization::Registration,
    request: &[FULL_NAME.member, EMAIL.member, MOBILE_PHONE_NUMBER.member],
    reply: Success { status: 201, shapes: &[&[EMAIL.member, USER_ID, Member::status(CREATED)]] },
    operations: &["cognito-idp:AdminCreateUser"],
    calls_cognito: true,
    environment: &[
        env::USER_POOL_ID,
        env::CLIENT_ID,
        env::REGISTRATION,
        env::ADMIN,
        env::PASSWORD_MIN_LENGTH,
    ],
    errors: &[
        ErrorCode::InvalidRequest,
        ErrorCode::InvalidToken,
        ErrorCode::Forbidden,
        ErrorCode::UserExists,
        ErrorCode::EmailDeliveryFailed,
    ],
    summary: "Registers a user, who gets a mail with a temporary password.",
};

const CREATED: &str = "CREATED";

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    access::require_registration(request, &app.config)?;
    let mut fields = request.fields()?;
    let taken = (fields.take(&FULL_NAME), fields.take(&EMAIL), fields.take(&MOBILE_PHONE_NUMBER));
    let (full_name, email, phone_number) = fields.finish(taken)?;

    // A second attempt after a lost reply would find the user of the first and call it someone else's.
    let result = invitation::to(app, &email)?
        .user_attributes(attribute("email", &email)?)
        // A forgotten password can only be mailed to a verified address; the temporary password proves this one.
        .user_attributes(attribute("email_verified", "true")?)
        .user_attributes(attribute("name", &full_name)?)
        .user_attributes(attribute("phone_number", &phone_number)?)
        .customize()
        .config_override(aws::once())
        .send()
        .await;

    let output = result.map_err(|error| refusal(&error))?;

    // In a pool whose users sign in by e-mail the username is the `sub`.
    let username = output.user().and_then(|user| user.username());
    let id = upstream::told("AdminCreateUser", "username", username)?.to_owned();
    Reply::about(201, &User { id, email }, CREATED)
}

/// Cognito's formats are its own: what passes ours may still be refused. What its messages say, in lower case, and of which field.
const REFUSED_FORMATS: &[(&str, &str)] = &[
    ("invalid phone number format", "mobile_phone_number"),
    ("invalid email address format", "email"),
    ("username should be an email", "email"),
];

fn refusal(error: &SdkError<AdminCreateUserError>) -> Failure {
    match error.as_service_error() {
        Some(AdminCreateUserError::UsernameExistsException(_)) => ErrorCode::UserExists.into(),
        Some(AdminCreateUserError::InvalidParameterException(refused)) => {
            let message = refused.message().unwrap_or_default().to_ascii_lowercase();
            let Some((_, field)) = REFUSED_FORMATS.iter().find(|(words, _)| message.contains(words)) else {
                return upstream::failure("AdminCreateUser", error);
            };
            Failure::wrong(field, NOT_ACCEPTED)
        }
        _ => upstream::failure("AdminCreateUser", error),
    }
}

fn attribute(name: &str, value: &str) -> Result<AttributeType, Failure> {
    AttributeType::builder()
        .name(name)
        .value(value)
        .build()
        .map_err(|_| Failure::internal("an attribute without a name"))
}
