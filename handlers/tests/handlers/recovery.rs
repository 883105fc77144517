//! `forgot-password` and `resend-confirmation-code`: who gets which mail, and that nobody else can tell.

use crate::{cognito::Cognito, support::*};
use cogapi_handlers::timing::GRID;
use serde_json::{Value, json};
use tokio::time::Instant;

const INVITE: &str = "AdminCreateUser";
const FORGOT: &str = "ForgotPassword";

const ENDPOINTS: [(&str, &str); 2] = [
    ("forgot-password", "PASSWORD_FORGOT_CONFIRMATION_SENT"),
    ("resend-confirmation-code", "CONFIRMATION_CODE_SENT"),
];

fn request() -> Value {
    post(&json!({"email": EMAIL}))
}

fn invited() -> Call {
    succeeds(INVITE, json!({"User": {"Username": USER_ID, "UserStatus": "FORCE_CHANGE_PASSWORD"}}))
}

fn mailed() -> Call {
    succeeds(FORGOT, json!({"CodeDeliveryDetails": {"Destination": "j***@e***", "DeliveryMedium": "EMAIL"}}))
}

/// The mail that the endpoint sends in a state in which it sends one.
fn mail(name: &str) -> (&'static str, &'static str) {
    if name == "forgot-password" { ("CONFIRMED", FORGOT) } else { ("FORCE_CHANGE_PASSWORD", INVITE) }
}

#[tokio::test(start_paused = true)]
async fn who_forgot_the_password_is_mailed_a_code() {
    for status in ["CONFIRMED", "RESET_REQUIRED", "SOMETHING_NEW"] {
        let answer = call("forgot-password", request(), &[found(status), mailed()]).await;
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
                }),
            ]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn who_never_confirmed_gets_the_invitation_again_with_a_new_password() {
    for (name, _) in ENDPOINTS {
        let mut answer = call(name, request(), &[found("FORCE_CHANGE_PASSWORD"), invited()]).await;
        let password = answer.sent[1]["TemporaryPassword"].take();
        assert!(password.as_str().is_some_and(|it| it.len() >= 24), "{password}");
        assert_eq!(
            answer.sent[1],
            json!({
                "UserPoolId": "eu-west-1_pool",
                "Username": EMAIL,
                "MessageAction": "RESEND",
                "DesiredDeliveryMediums": ["EMAIL"],
                "TemporaryPassword": null,
            })
        );
        let mut called = answer.actions;
        called.sort_unstable();
        assert_eq!(called, endpoint(name).operations);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_does_not_tell_who_is_known() {
    let disabled = |status| succeeds("AdminGetUser", described(USER_ID, EMAIL, status, false));
    for (name, status) in ENDPOINTS {
        let (known, operation) = mail(name);
        let failing = [
            ("CodeDeliveryFailureException", "Email address is not verified."),
            ("LimitExceededException", "Attempt limit exceeded, please try after some time."),
            ("LimitExceededException", "Exceeded daily email limit for the operation or the account."),
            ("TooManyRequestsException", "Rate exceeded"),
            ("NotAuthorizedException", "User password cannot be reset in the current state."),
            ("InvalidParameterException", "Cannot reset password for the user as there is no verified email"),
            ("UnsupportedUserStateException", "Resend not possible."),
            ("UserNotFoundException", "User does not exist."),
            ("UserLambdaValidationException", "CustomMessage failed"),
            ("AccessDeniedException", "is not authorized to perform"),
        ];
        let mut cases = vec![
            vec![found_nobody()],
            vec![disabled("CONFIRMED")],
            vec![disabled("FORCE_CHANGE_PASSWORD")],
            vec![found("FORCE_CHANGE_PASSWORD"), invited()],
            vec![found(known), breaks(operation, 500)],
            vec![found(known), if operation == FORGOT { mailed() } else { invited() }],
        ];
        cases.extend(failing.map(|(error, message)| vec![found(known), fails(operation, error, message)]));
        if name == "resend-confirmation-code" {
            cases.extend(["CONFIRMED", "RESET_REQUIRED"].map(|status| vec![found(status)]));
        }
        let mut headers = None;
        for calls in cases {
            let asked = Instant::now();
            let answer = call(name, request(), &calls).await;
            let last = calls.last().unwrap();
            let case = format!("{name}: {} {}", last.operation, last.reply);
            assert_eq!(asked.elapsed(), 2 * GRID, "{case}");
            assert_eq!(
                (answer.status, answer.body),
                (200, json!({"email": EMAIL, "status": status})),
                "{case}"
            );
            assert_eq!(headers.get_or_insert(answer.headers.clone()), &answer.headers, "{case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_nobody_is_told_to_have_failed_is_in_the_log() {
    for (name, _) in ENDPOINTS {
        let (known, operation) = mail(name);
        let failed =
            fails(operation, "CodeDeliveryFailureException", "Address jane@example.com is not verified.");
        let log = call(name, request(), &[found(known), failed]).await.log;
        assert_eq!((&log["status"], &log["outcome"]), (&json!(200), &json!("email_delivery_failed")));
        let cause = log["cause"].as_str().unwrap();
        assert!(cause.starts_with(operation) && cause.contains("(address) is not verified"), "{cause}");
        assert_eq!(log["level"], "ERROR");
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_takes_long_keeps_no_answer_waiting() {
    for (name, status) in ENDPOINTS {
        let (known, _) = mail(name);
        // The look-up is answered, and nothing else ever is.
        let user = described(USER_ID, EMAIL, known, true);
        let slow =
            Cognito::new(move |operation, _| (operation == "AdminGetUser").then(|| (200, user.clone())));
        let asked = Instant::now();
        let answer = ask(&app_over(name, slow, &[]), name, request()).await;
        assert_eq!((answer.status, &answer.body["status"]), (200, &json!(status)));
        assert_eq!((asked.elapsed(), &answer.log["outcome"]), (2 * GRID, &json!("upstream_unavailable")));
    }
}

#[tokio::test(start_paused = true)]
async fn each_asks_for_an_address_alone() {
    for (name, _) in ENDPOINTS {
        let answer = call(name, post(&json!({"email": "jane", "user_id": USER_ID})), &[]).await;
        assert_eq!(answer.fields(), [("email", "must be an e-mail address"), ("user_id", "is unknown")]);
    }
}
