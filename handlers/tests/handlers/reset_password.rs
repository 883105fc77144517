use crate::support::*;
use serde_json::{Value, json};

const RESET: &str = "AdminResetUserPassword";
const INVITE: &str = "AdminCreateUser";

fn by_an_administrator(user: &str) -> Value {
    let mut claims = id_token_claims();
    claims["sub"] = json!(OTHER_ID);
    claims["cognito:groups"] = json!("admins");
    with_claims(post_to(user, &json!({"email": EMAIL})), &claims)
}

fn reset() -> Call {
    succeeds(RESET, json!({}))
}

fn expected() -> Value {
    json!({"email": EMAIL, "user_id": USER_ID, "status": "PASSWORD_RESET_CONFIRMATION_SENT"})
}

#[tokio::test]
async fn the_password_is_taken_away_and_a_code_mailed() {
    for user in [USER_ID, EMAIL] {
        for status in ["CONFIRMED", "RESET_REQUIRED"] {
            let answer = call("reset-password", by_an_administrator(user), &[found(status), reset()]).await;
            assert_eq!((answer.status, answer.body), (200, expected()));
            assert_eq!(
                answer.sent,
                [
                    json!({"UserPoolId": "eu-west-1_pool", "Username": EMAIL}),
                    json!({"UserPoolId": "eu-west-1_pool", "Username": USER_ID}),
                ]
            );
        }
    }
}

#[tokio::test]
async fn who_never_confirmed_gets_the_invitation_again() {
    let invited = succeeds(INVITE, json!({"User": {"Username": USER_ID}}));
    let calls = [found("FORCE_CHANGE_PASSWORD"), invited];
    let answer = call("reset-password", by_an_administrator(USER_ID), &calls).await;
    assert_eq!((answer.status, answer.body), (200, expected()));
    assert_eq!(answer.sent[1]["MessageAction"], "RESEND");
}

#[tokio::test]
async fn its_role_allows_what_some_user_needs() {
    let answer = call("reset-password", by_an_administrator(USER_ID), &[found("CONFIRMED"), reset()]).await;
    let mut called = answer.actions;
    // That an invitation is sent again, another test sees.
    called.push(format!("cognito-idp:{INVITE}"));
    called.sort_unstable();
    assert_eq!(called, endpoint("reset-password").operations);
}

#[tokio::test]
async fn an_administrator_is_told_why_a_user_cannot_be_reset() {
    let disabled = succeeds("AdminGetUser", described(USER_ID, EMAIL, "CONFIRMED", false));
    for (call_of, problem) in [(found_nobody(), "names nobody"), (disabled, "is of a user who is disabled")] {
        let answer = call("reset-password", by_an_administrator(USER_ID), &[call_of]).await;
        assert_eq!(answer.error(), (400, "invalid_request"));
        assert_eq!(answer.fields(), [("email", problem)]);
    }
}

#[tokio::test]
async fn a_path_that_names_another_user_is_forbidden_to_administrators_too() {
    let answer = call("reset-password", by_an_administrator(OTHER_EMAIL), &[]).await;
    assert_eq!(answer.error(), (403, "forbidden"));
    let answer = call("reset-password", by_an_administrator(OTHER_ID), &[found("CONFIRMED")]).await;
    assert_eq!(answer.error(), (403, "forbidden"));
}

#[tokio::test]
async fn nobody_else_may_whomever_the_request_names() {
    for user in [USER_ID, EMAIL, OTHER_ID] {
        let mut event = by_an_administrator(user);
        event["requestContext"]["authorizer"]["claims"]["cognito:groups"] = json!("staff");
        assert_eq!(call("reset-password", event, &[]).await.error(), (403, "forbidden"));
    }
    let without_token = post_to(USER_ID, &json!({}));
    assert_eq!(call("reset-password", without_token, &[]).await.error(), (401, "invalid_token"));
}

#[tokio::test]
async fn with_iam_a_signed_request_may_and_an_id_token_may_not() {
    let by_iam = &[("ADMIN", "iam")];
    let token = by_an_administrator(USER_ID);
    assert_eq!(call_in("reset-password", by_iam, token, &[]).await.error(), (403, "forbidden"));
    let mut signed = post_to(USER_ID, &json!({"email": EMAIL}));
    signed["requestContext"]["identity"] =
        json!({"userArn": "arn:aws:sts::123456789012:assumed-role/ops/jo"});
    let answer = call_in("reset-password", by_iam, signed, &[found("CONFIRMED"), reset()]).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn each_refusal_has_its_code() {
    for (error, message, expected) in [
        ("CodeDeliveryFailureException", "Not verified", (502, "email_delivery_failed")),
        ("LimitExceededException", "Exceeded daily email limit", (502, "email_delivery_failed")),
        ("LimitExceededException", "Attempt limit exceeded", (429, "too_many_requests")),
        ("TooManyRequestsException", "Rate exceeded", (429, "too_many_requests")),
        ("UnexpectedLambdaException", "CustomMessage can't be run", (503, "upstream_unavailable")),
        ("NotAuthorizedException", "User password cannot be reset in the current state.", (500, "internal")),
    ] {
        let calls = [found("CONFIRMED"), fails(RESET, error, message)];
        let answer = call("reset-password", by_an_administrator(USER_ID), &calls).await;
        assert_eq!(answer.error(), expected, "{error}: {message}");
    }
}

#[tokio::test]
async fn a_user_whose_address_nobody_verified_cannot_be_mailed() {
    let message =
        "Cannot reset password for the user as there is no registered/verified email or phone_number";
    let calls = [found("CONFIRMED"), fails(RESET, "InvalidParameterException", message)];
    let answer = call("reset-password", by_an_administrator(USER_ID), &calls).await;
    assert_eq!(answer.error(), (502, "email_delivery_failed"));
}

#[tokio::test(start_paused = true)]
async fn no_second_mail_is_sent_by_a_retry() {
    for (status, operation) in [("CONFIRMED", RESET), ("FORCE_CHANGE_PASSWORD", INVITE)] {
        let calls = [found(status), breaks(operation, 500)];
        let answer = call("reset-password", by_an_administrator(USER_ID), &calls).await;
        assert_eq!(answer.error(), (503, "upstream_unavailable"), "{operation}");
    }
}
