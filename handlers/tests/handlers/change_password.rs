use crate::support::*;
use serde_json::{Value, json};

const CHANGE: &str = "ChangePassword";

fn body() -> Value {
    json!({
        "email": EMAIL,
        "old_password": PASSWORD,
        "new_password": NEW_PASSWORD,
        "access_token": access_token(),
    })
}

fn change() -> Value {
    post_to(USER_ID, &body())
}

fn janes() -> Call {
    succeeds("GetUser", described(USER_ID, EMAIL, "CONFIRMED", true))
}

#[tokio::test]
async fn a_signed_in_user_replaces_the_password() {
    for user in [USER_ID, EMAIL] {
        let answer =
            call("change-password", post_to(user, &body()), &[janes(), succeeds(CHANGE, json!({}))]).await;
        assert_eq!(
            (answer.status, answer.body),
            (200, json!({"email": EMAIL, "status": "PASSWORD_SUCCESSFULLY_CHANGED"}))
        );
        assert_eq!(
            answer.sent,
            [
                json!({"AccessToken": access_token()}),
                json!({
                    "AccessToken": access_token(),
                    "PreviousPassword": PASSWORD,
                    "ProposedPassword": NEW_PASSWORD,
                }),
            ]
        );
        assert_eq!(answer.actions, endpoint("change-password").operations);
        assert!(!answer.log.to_string().contains(&access_token()));
    }
}

#[tokio::test]
async fn each_refusal_has_its_code() {
    let malformed = |named: &str| {
        format!("1 validation error detected: Value at '{named}' failed to satisfy constraint: …")
    };
    for (error, message, expected) in [
        ("NotAuthorizedException", "Incorrect username or password.", (401, "invalid_credentials")),
        ("InvalidParameterException", &malformed("previousPassword"), (401, "invalid_credentials")),
        ("InvalidParameterException", &malformed("proposedPassword"), (400, "password_policy")),
        ("InvalidParameterException", "Something else", (500, "internal")),
        ("InvalidPasswordException", "Password does not conform to policy", (400, "password_policy")),
        ("PasswordHistoryPolicyViolationException", "Password has been used", (400, "password_policy")),
        ("PasswordResetRequiredException", "Password reset required", (403, "password_reset_required")),
        ("UserNotFoundException", "User does not exist.", (401, "invalid_token")),
        ("UserNotConfirmedException", "User is not confirmed.", (401, "invalid_token")),
        ("TooManyRequestsException", "Rate exceeded", (429, "too_many_requests")),
        ("LimitExceededException", "Attempt limit exceeded", (429, "too_many_requests")),
    ] {
        let answer = call("change-password", change(), &[janes(), fails(CHANGE, error, message)]).await;
        assert_eq!(answer.error(), expected, "{error}: {message}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_good_changes_nothing() {
    let revoked = fails("GetUser", "NotAuthorizedException", "Access Token has been revoked");
    assert_eq!(call("change-password", change(), &[revoked]).await.error(), (401, "invalid_token"));
    for claims in [
        json!({"sub": USER_ID, "token_use": "id", "client_id": "client1"}),
        json!({"sub": USER_ID, "token_use": "access", "client_id": "another"}),
    ] {
        let mut body = body();
        body["access_token"] = json!(token_with(&claims));
        let answer = call("change-password", post_to(USER_ID, &body), &[]).await;
        assert_eq!(answer.error(), (401, "invalid_token"), "{claims}");
    }
}

#[tokio::test]
async fn the_token_of_another_user_is_forbidden() {
    let joes = succeeds("GetUser", described(OTHER_ID, OTHER_EMAIL, "CONFIRMED", true));
    assert_eq!(call("change-password", change(), &[joes]).await.error(), (403, "forbidden"));
}

#[tokio::test(start_paused = true)]
async fn the_passwords_are_sent_once() {
    let answer = call("change-password", change(), &[janes(), breaks(CHANGE, 500)]).await;
    assert_eq!(answer.error(), (503, "upstream_unavailable"));
}
