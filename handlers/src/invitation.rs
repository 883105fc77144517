//! The mail that brings a temporary password. Owns how Cognito is asked for it, the first time and again; must not know an endpoint.

use crate::{app::App, aws, error::Failure, temporary_password, upstream};
use aws_sdk_cognitoidentityprovider::{
    operation::admin_create_user::builders::AdminCreateUserFluentBuilder,
    types::{DeliveryMediumType, MessageActionType},
};

/// An invitation with a new temporary password (`AdminCreateUser`), not sent yet. To be sent once: see [`aws::once`].
pub fn to(app: &App, email: &str) -> Result<AdminCreateUserFluentBuilder, Failure> {
    let password = temporary_password::generate(app.config.password_min_length()?)?;
    let invitation = app
        .cognito()?
        .admin_create_user()
        .user_pool_id(app.config.user_pool_id()?)
        .username(email)
        .temporary_password(password.expose())
        // Left out, Cognito would send an SMS.
        .desired_delivery_mediums(DeliveryMediumType::Email);
    Ok(invitation)
}

/// Sends the invitation again. Nothing else reaches a user who has not confirmed: Cognito refuses them a reset. By address, as
/// the username of a user who is made must be one (believed to hold for one who is there, too).
pub async fn again(app: &App, email: &str) -> Result<(), Failure> {
    let invitation = to(app, email)?.message_action(MessageActionType::Resend);
    let result = invitation.customize().config_override(aws::once()).send().await;
    result.map(drop).map_err(|error| upstream::failure("AdminCreateUser", &error))
}
