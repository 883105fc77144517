//! Whom Cognito says that a request is about.

use crate::support::*;
use aws_sdk_cognitoidentityprovider::types::UserStatusType;
use aws_smithy_http_client::test_util::StaticReplayClient;
use cogapi_handlers::{
    app::{App, Needs},
    config::env,
    endpoint::Endpoint,
    error::{ErrorCode, Failure},
    secret::Secret,
    user::{self, User, UserRef},
};
use serde_json::{Value, json};

/// An endpoint that may look users up.
const LOOKS_UP: Endpoint = Endpoint {
    calls_cognito: true,
    environment: &[env::USER_POOL_ID, env::CLIENT_ID],
    ..cogapi_handlers::endpoints::userinfo::ENDPOINT
};

fn app(call: &Call) -> (App, StaticReplayClient) {
    let replay = StaticReplayClient::new(vec![exchange(call)]);
    (app_of(Needs::from(&LOOKS_UP), replay.clone(), &[]), replay)
}

fn sent(replay: &StaticReplayClient) -> Vec<Value> {
    replay.actual_requests().map(|it| serde_json::from_slice(it.body().bytes().unwrap()).unwrap()).collect()
}

fn jane() -> User {
    User { id: USER_ID.to_owned(), email: EMAIL.to_owned() }
}

fn attributes() -> Value {
    json!([{"Name": "sub", "Value": USER_ID}, {"Name": "email", "Value": "Jane@example.com"}])
}

fn code<T>(result: Result<T, Failure>) -> ErrorCode {
    result.err().unwrap().code()
}

#[tokio::test]
async fn a_user_is_found_by_address_and_by_id() {
    for (named, username) in
        [(UserRef::Email(EMAIL.to_owned()), EMAIL), (UserRef::Id(USER_ID.to_owned()), USER_ID)]
    {
        let known = json!({
            "Username": USER_ID, "UserAttributes": attributes(), "UserStatus": "CONFIRMED", "Enabled": true,
        });
        let (app, replay) = app(&succeeds("AdminGetUser", known));
        let found = user::find(&app, &named).await.unwrap().unwrap();
        assert_eq!(
            (found.user, found.status, found.enabled),
            (jane(), Some(UserStatusType::Confirmed), true)
        );
        assert_eq!(sent(&replay), [json!({"UserPoolId": "eu-west-1_pool", "Username": username})]);
    }
}

#[tokio::test]
async fn a_user_who_does_not_exist_is_no_failure() {
    let (app, _) = app(&fails("AdminGetUser", "UserNotFoundException", "User does not exist."));
    assert!(user::find(&app, &UserRef::Email(EMAIL.to_owned())).await.unwrap().is_none());
}

#[tokio::test]
async fn a_token_says_whose_it_is_once_cognito_has_proved_it() {
    let token = access_token();
    let (app, replay) =
        app(&succeeds("GetUser", json!({"Username": USER_ID, "UserAttributes": attributes()})));
    assert_eq!(user::of_token(&app, &Secret::new(&token)).await.unwrap(), jane());
    assert_eq!(sent(&replay), [json!({"AccessToken": token})]);
}

#[tokio::test]
async fn a_token_that_cognito_refuses_is_refused() {
    for (error, message, expected) in [
        ("NotAuthorizedException", "Access Token has been revoked", ErrorCode::InvalidToken),
        ("NotAuthorizedException", "Access Token has expired", ErrorCode::InvalidToken),
        ("UserNotFoundException", "User does not exist.", ErrorCode::InvalidToken),
        ("PasswordResetRequiredException", "Password reset required", ErrorCode::PasswordResetRequired),
        ("ForbiddenException", "Request not allowed due to WAF", ErrorCode::Internal),
    ] {
        let (app, _) = app(&fails("GetUser", error, message));
        assert_eq!(code(user::of_token(&app, &Secret::new(access_token())).await), expected, "{error}");
    }
}

#[tokio::test]
async fn a_token_of_another_app_client_does_not_even_reach_cognito() {
    let (app, replay) =
        app(&succeeds("GetUser", json!({"Username": USER_ID, "UserAttributes": attributes()})));
    let foreign = token_with(&json!({"sub": USER_ID, "token_use": "access", "client_id": "another"}));
    assert_eq!(code(user::of_token(&app, &Secret::new(foreign)).await), ErrorCode::InvalidToken);
    assert_eq!(sent(&replay).len(), 0);
}
