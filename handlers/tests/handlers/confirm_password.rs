use crate::support::*;
use cogapi_handlers::timing::GRID;
use serde_json::{Value, json};
use tokio::time::Instant;

const CONFIRM: &str = "ConfirmForgotPassword";
const CODE: &str = "654321";

fn body() -> Value {
    json!({"email": EMAIL, "new_password": NEW_PASSWORD, "verification_code": CODE})
}

fn confirm() -> Value {
    post_to(USER_ID, &body())
}

fn set() -> Call {
    succeeds(CONFIRM, json!({}))
}

fn mismatch() -> Call {
    fails(CONFIRM, "CodeMismatchException", "Invalid verification code provided, please try again.")
}

#[tokio::test]
async fn the_mailed_code_sets_a_new_password() {
    for user in [USER_ID, EMAIL, "jane%40example.com"] {
        let answer = call("confirm-password", post_to(user, &body()), &[found("CONFIRMED"), set()]).await;
        assert_eq!(
            (answer.status, answer.body),
            (200, json!({"email": EMAIL, "user_id": USER_ID, "status": "NEW_PASSWORD_SET_SUCCESSFULLY"}))
        );
        assert_eq!(
            answer.sent,
            [
                json!({"UserPoolId": "eu-west-1_pool", "Username": EMAIL}),
                // printf %s 5f0e2b7a-0001-4c5e-9d55-7c1a0f1d2e3bclient1 |
                // openssl dgst -sha256 -hmac client-secret-nobody-may-see -binary | base64
                json!({
                    "ClientId": "client1",
                    "Username": USER_ID,
                    "SecretHash": "5vNet8J0P6U6oCrv9NWU2Rz6gv61fO7MJSZG7U1+890=",
                    "Password": NEW_PASSWORD,
                    "ConfirmationCode": CODE,
                }),
            ]
        );
        assert_eq!(answer.actions, endpoint("confirm-password").operations);
    }
}

#[tokio::test(start_paused = true)]
async fn each_refusal_has_its_code() {
    const MALFORMED: &str =
        "1 validation error detected: Value at 'password' failed to satisfy constraint: …";
    for (error, message, expected) in [
        ("CodeMismatchException", "Invalid verification code", (401, "invalid_code")),
        (
            "ExpiredCodeException",
            "Invalid code provided, please request a code again.",
            (401, "invalid_code"),
        ),
        (
            "NotAuthorizedException",
            "User password cannot be reset in the current state.",
            (401, "invalid_code"),
        ),
        ("UserNotFoundException", "User does not exist.", (401, "invalid_code")),
        ("UserNotConfirmedException", "User is not confirmed.", (401, "invalid_code")),
        ("InvalidPasswordException", "Password does not conform to policy", (400, "password_policy")),
        ("PasswordHistoryPolicyViolationException", "Password has been used", (400, "password_policy")),
        ("InvalidParameterException", MALFORMED, (400, "password_policy")),
        ("InvalidParameterException", "Something else", (500, "internal")),
        ("TooManyRequestsException", "Rate exceeded", (429, "too_many_requests")),
    ] {
        let answer =
            call("confirm-password", confirm(), &[found("CONFIRMED"), fails(CONFIRM, error, message)]).await;
        assert_eq!(answer.error(), expected, "{error}: {message}");
    }
}

#[tokio::test]
async fn who_tries_too_often_is_told_to_wait_for_minutes() {
    for error in ["LimitExceededException", "TooManyFailedAttemptsException"] {
        let refused = fails(CONFIRM, error, "Attempt limit exceeded, please try after some time.");
        let answer = call("confirm-password", confirm(), &[found("CONFIRMED"), refused]).await;
        assert_eq!(
            (answer.error(), answer.headers["Retry-After"].as_str()),
            ((429, "too_many_requests"), "900")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_address_is_answered_as_a_wrong_code() {
    let by_address = post_to(EMAIL, &body());
    let mut answers = Vec::new();
    for calls in [[found("CONFIRMED"), mismatch()], [found_nobody(), mismatch()]] {
        let asked = Instant::now();
        let answer = call("confirm-password", by_address.clone(), &calls).await;
        assert_eq!((asked.elapsed(), answer.error()), (GRID, (401, "invalid_code")));
        answers.push((answer.headers, answer.body));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test(start_paused = true)]
async fn an_id_in_the_path_does_not_tell_whether_the_address_is_known() {
    let other = post_to(OTHER_ID, &body());
    for calls in [[found("CONFIRMED")], [found_nobody()]] {
        let asked = Instant::now();
        let answer = call("confirm-password", other.clone(), &calls).await;
        assert_eq!((asked.elapsed(), answer.error()), (GRID, (403, "forbidden")));
    }
}

#[tokio::test(start_paused = true)]
async fn the_code_is_sent_once() {
    let answer = call("confirm-password", confirm(), &[found("CONFIRMED"), breaks(CONFIRM, 500)]).await;
    assert_eq!(answer.error(), (503, "upstream_unavailable"));
}
