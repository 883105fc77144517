//! `POST /v1/users`: registers a user, who gets a mail with a temporary password.

use crate::{
    access,
    app::App,
    aws,
    config::env,
    endpoint::{Authorization, Chapter, Endpoint, Success},
    error::{ErrorCode, Failure, FieldProblem, NOT_ACCEPTED},
    field::{EMAIL, FULL_NAME, MOBILE_PHONE_NUMBER},
    member::USER_ID,
    reply::Reply,
    request::Request,
    schema::Member,
    temporary_password, upstream,
};
use aws_sdk_cognitoidentityprovider::{
    error::SdkError,
    operation::admin_create_user::AdminCreateUserError,
    types::{AttributeType, DeliveryMediumType},
};
use serde::Serialize;

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

#[derive(Serialize)]
struct Created<'a> {
    email: &'a str,
    user_id: &'a str,
    status: &'static str,
}

/// Answers the request.
pub async fn handle(app: &App, request: &Request) -> Result<Reply, Failure> {
    access::require_registration(request, &app.config)?;
    let mut fields = request.fields()?;
    let taken = (fields.take(&FULL_NAME), fields.take(&EMAIL), fields.take(&MOBILE_PHONE_NUMBER));
    let (full_name, email, phone_number) = fields.finish(taken)?;

    let password = temporary_password::generate(app.config.password_min_length()?)?;
    // A second attempt after a lost reply would find the user of the first and call it someone else's.
    let result = app
        .cognito()?
        .admin_create_user()
        .user_pool_id(app.config.user_pool_id()?)
        .username(&email)
        .user_attributes(attribute("email", &email)?)
        // A forgotten password can only be mailed to a verified address; the temporary password proves this one.
        .user_attributes(attribute("email_verified", "true")?)
        .user_attributes(attribute("name", &full_name)?)
        .user_attributes(attribute("phone_number", &phone_number)?)
        .temporary_password(password.expose())
        // Left out, Cognito would send an SMS.
        .desired_delivery_mediums(DeliveryMediumType::Email)
        .customize()
        .config_override(aws::once())
        .send()
        .await;

    let output = result.map_err(|error| refusal(&error))?;

    // In a pool whose users sign in by e-mail the username is the `sub`.
    let username = output.user().and_then(|user| user.username());
    let user_id = upstream::told("AdminCreateUser", "username", username)?;
    Reply::json(201, &Created { email: &email, user_id, status: CREATED })
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
            Failure::invalid(vec![FieldProblem { field: (*field).to_owned(), problem: NOT_ACCEPTED }])
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
