use crate::support::*;
use serde_json::{Value, json};

const GET_USER: &str = "GetUser";
const SIGN_OUT: &str = "GlobalSignOut";

fn request() -> Value {
    post(&json!({"email": EMAIL, "access_token": access_token()}))
}

/// Whose Cognito says that the token is.
fn owner(email: &str) -> Call {
    let attributes = json!([{"Name": "sub", "Value": USER_ID}, {"Name": "email", "Value": email}]);
    succeeds(GET_USER, json!({"Username": USER_ID, "UserAttributes": attributes}))
}

#[tokio::test]
async fn all_of_the_users_sessions_are_revoked() {
    let answer = call("logout", request(), &[owner(EMAIL), succeeds(SIGN_OUT, json!({}))]).await;
    assert_eq!((answer.status, &answer.body), (200, &json!({"user_status": "logout"})));
    assert_eq!(answer.sent, [json!({"AccessToken": access_token()}), json!({"AccessToken": access_token()})]);
}

#[tokio::test]
async fn it_needs_no_iam_action() {
    let answer = call("logout", request(), &[owner(EMAIL), succeeds(SIGN_OUT, json!({}))]).await;
    assert_eq!(answer.actions, endpoint("logout").operations);
}

#[tokio::test]
async fn the_token_of_somebody_else_is_refused_before_anything_is_revoked() {
    let answer = call("logout", request(), &[owner("joe@example.com")]).await;
    assert_eq!(answer.error(), (403, "forbidden"));
}

#[tokio::test]
async fn an_address_in_capitals_is_the_same_user() {
    let event = post(&json!({"email": "Jane@Example.com", "access_token": access_token()}));
    let calls = [owner("JANE@example.com"), succeeds(SIGN_OUT, json!({}))];
    assert_eq!(call("logout", event, &calls).await.status, 200);
}

#[tokio::test]
async fn a_token_of_another_kind_or_client_does_not_even_reach_cognito() {
    for claims in [
        json!({"sub": USER_ID, "token_use": "id", "aud": "client1"}),
        json!({"sub": USER_ID, "token_use": "access", "client_id": "another"}),
    ] {
        let event = post(&json!({"email": EMAIL, "access_token": token_with(&claims)}));
        assert_eq!(call("logout", event, &[]).await.error(), (401, "invalid_token"), "{claims}");
    }
}

#[tokio::test]
async fn a_token_that_is_no_good_is_told() {
    for (error, expected) in [
        ("NotAuthorizedException", (401, "invalid_token")),
        ("UserNotFoundException", (401, "invalid_token")),
        ("UserNotConfirmedException", (401, "invalid_token")),
        ("PasswordResetRequiredException", (403, "password_reset_required")),
    ] {
        let answer = call("logout", request(), &[fails(GET_USER, error, "Access Token has expired")]).await;
        assert_eq!(answer.error(), expected, "{error}");
    }
}

#[tokio::test]
async fn what_happens_between_the_two_calls_is_told_as_before_them() {
    for (error, expected) in [
        ("NotAuthorizedException", (401, "invalid_token")),
        ("UserNotConfirmedException", (401, "invalid_token")),
        ("PasswordResetRequiredException", (403, "password_reset_required")),
    ] {
        let calls = [owner(EMAIL), fails(SIGN_OUT, error, "Access Token has expired")];
        assert_eq!(call("logout", request(), &calls).await.error(), expected, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_made_up_for_by_the_second_attempt() {
    let revoked = fails(SIGN_OUT, "NotAuthorizedException", "Access Token has been revoked");
    let answer = call("logout", request(), &[owner(EMAIL), breaks(SIGN_OUT, 504), revoked]).await;
    assert_eq!((answer.status, &answer.body), (200, &json!({"user_status": "logout"})));
}
