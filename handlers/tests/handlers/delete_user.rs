use crate::support::*;
use serde_json::{Value, json};

const DELETE: &str = "AdminDeleteUser";

/// A request to delete this user by who has these groups and is Jane.
fn delete(user: &str, groups: &str) -> Value {
    let mut claims = id_token_claims();
    claims["cognito:groups"] = json!(groups);
    with_claims(
        json!({"requestContext": {"requestId": REQUEST_ID}, "pathParameters": {"user_id": user}}),
        &claims,
    )
}

fn deleted() -> Call {
    succeeds(DELETE, json!({}))
}

fn joe() -> Call {
    succeeds("AdminGetUser", described(OTHER_ID, OTHER_EMAIL, "CONFIRMED", true))
}

fn gone(id: &str, email: &str) -> (u16, Value) {
    (200, json!({"email": email, "user_id": id, "status": "USER_DELETED"}))
}

#[tokio::test]
async fn everybody_may_delete_themselves() {
    for groups in ["", "staff", "admins"] {
        for user in [USER_ID, EMAIL, "Jane%40Example.com"] {
            let answer = call("delete-user", delete(user, groups), &[deleted()]).await;
            assert_eq!((answer.status, answer.body), gone(USER_ID, EMAIL));
            // By the id that the token proves, whatever the path says.
            assert_eq!(answer.sent, [json!({"UserPoolId": "eu-west-1_pool", "Username": USER_ID})]);
        }
    }
}

#[tokio::test]
async fn an_administrator_may_delete_anyone() {
    for user in [OTHER_ID, OTHER_EMAIL] {
        let answer = call("delete-user", delete(user, "staff,admins"), &[joe(), deleted()]).await;
        assert_eq!((answer.status, answer.body), gone(OTHER_ID, OTHER_EMAIL));
        assert_eq!(
            answer.sent,
            [
                json!({"UserPoolId": "eu-west-1_pool", "Username": user}),
                json!({"UserPoolId": "eu-west-1_pool", "Username": OTHER_ID}),
            ]
        );
        let mut called = answer.actions;
        called.sort_unstable();
        assert_eq!(called, endpoint("delete-user").operations);
    }
}

#[tokio::test]
async fn nobody_else_may_delete_another_and_learns_nothing_of_them() {
    for groups in ["", "staff", "not-admins"] {
        for user in [OTHER_ID, OTHER_EMAIL] {
            assert_eq!(call("delete-user", delete(user, groups), &[]).await.error(), (403, "forbidden"));
        }
    }
}

#[tokio::test]
async fn where_iam_says_who_administers_the_group_means_nothing() {
    let by_iam = &[("ADMIN", "iam")];
    let other = delete(OTHER_ID, "admins");
    assert_eq!(call_in("delete-user", by_iam, other, &[]).await.error(), (403, "forbidden"));
    assert_eq!(call_in("delete-user", by_iam, delete(USER_ID, ""), &[deleted()]).await.status, 200);
}

#[tokio::test]
async fn a_user_who_is_gone_already_is_deleted() {
    let absent = || fails(DELETE, "UserNotFoundException", "User does not exist.");
    assert_eq!(call("delete-user", delete(USER_ID, ""), &[absent()]).await.status, 200);
    assert_eq!(call("delete-user", delete(OTHER_ID, "admins"), &[joe(), absent()]).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_whose_reply_was_lost_is_done() {
    let calls = [breaks(DELETE, 503), fails(DELETE, "UserNotFoundException", "User does not exist.")];
    assert_eq!(call("delete-user", delete(USER_ID, ""), &calls).await.status, 200);
}

#[tokio::test]
async fn an_administrator_is_told_of_a_name_that_is_nobodys() {
    let answer = call("delete-user", delete(OTHER_EMAIL, "admins"), &[found_nobody()]).await;
    assert_eq!(answer.error(), (400, "invalid_request"));
    assert_eq!(answer.fields(), [("user_id", "names nobody")]);
}

#[tokio::test(start_paused = true)]
async fn each_refusal_has_its_code() {
    for (error, expected) in [
        ("TooManyRequestsException", (429, "too_many_requests")),
        ("NotAuthorizedException", (500, "internal")),
        ("InvalidParameterException", (500, "internal")),
    ] {
        let refused = || std::iter::repeat_with(|| fails(DELETE, error, "Refused"));
        // Throttling is tried again.
        let calls: Vec<_> = refused().take(if expected.0 == 429 { 3 } else { 1 }).collect();
        let answer = call("delete-user", delete(USER_ID, ""), &calls).await;
        assert_eq!(answer.error(), expected, "{error}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_ours_deletes_nobody() {
    for (claim, value) in
        [("token_use", json!("access")), ("aud", json!("another-client")), ("sub", json!(null))]
    {
        let mut event = delete(USER_ID, "admins");
        event["requestContext"]["authorizer"]["claims"][claim] = value;
        assert_eq!(call("delete-user", event, &[]).await.error(), (401, "invalid_token"), "{claim}");
    }
    let mut event = delete(USER_ID, "admins");
    event["requestContext"]["authorizer"]["claims"]["email"] = json!(null);
    assert_eq!(call("delete-user", event, &[]).await.error(), (500, "internal"));
}
