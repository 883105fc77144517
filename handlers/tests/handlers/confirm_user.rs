use crate::support::*;
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use aws_smithy_http_client::test_util::StaticReplayClient;
use cogapi_handlers::timing::GRID;
use serde_json::{Value, json};
use tokio::time::Instant;

const INITIATE: &str = "AdminInitiateAuth";
const RESPOND: &str = "AdminRespondToAuthChallenge";
const ASSOCIATE: &str = "AssociateSoftwareToken";

fn body() -> Value {
    json!({"email": EMAIL, "temporary_password": TEMPORARY_PASSWORD, "new_password": NEW_PASSWORD})
}

fn confirm() -> Value {
    post_to(USER_ID, &body())
}

fn challenge(operation: &'static str, name: &str, session: &str) -> Call {
    let parameters = json!({"USER_ID_FOR_SRP": USER_ID});
    succeeds(operation, json!({"ChallengeName": name, "Session": session, "ChallengeParameters": parameters}))
}

fn invited() -> Call {
    challenge(INITIATE, "NEW_PASSWORD_REQUIRED", SESSION)
}

fn associated() -> Call {
    succeeds(ASSOCIATE, json!({"SecretCode": TOTP_SECRET, "Session": SECOND_SESSION}))
}

fn refused(message: &str) -> Call {
    fails(INITIATE, "NotAuthorizedException", message)
}

fn wrong() -> Call {
    refused("Incorrect username or password.")
}

/// Checks that the reply is the one of a user who is to set up an authenticator.
fn assert_pending(mut answer: Answer) {
    let session = opened(&ChallengeNameType::MfaSetup, &answer.body["mfa_session"].take());
    assert_eq!(session, (USER_ID.to_owned(), EMAIL.to_owned(), SECOND_SESSION.to_owned()));
    assert_eq!(
        (answer.status, answer.body),
        (
            200,
            json!({
                "email": EMAIL,
                "user_id": USER_ID,
                "qr_code_secret": TOTP_SECRET,
                "otpauth_uri": format!("otpauth://totp/My%20Co%3Ajane%40example.com?secret={TOTP_SECRET}&issuer=My%20Co"),
                "mfa_session": null,
                "status": "PENDING_MFA",
            })
        )
    );
}

#[tokio::test]
async fn the_password_is_replaced_and_the_set_up_of_an_authenticator_begins() {
    for user in [USER_ID, EMAIL, "Jane%40Example.com"] {
        let calls = [invited(), challenge(RESPOND, "MFA_SETUP", "AYABe-session-of-the-set-up"), associated()];
        let answer = call("confirm-user", post_to(user, &body()), &calls).await;
        // printf %s jane@example.comclient1 | openssl dgst -sha256 -hmac client-secret-nobody-may-see -binary | base64
        let by_address = "2uEkStijIhAn8KehgVJb4fUx9utPRl/qpXATHgv2WLE=";
        // The same of 5f0e2b7a-0001-4c5e-9d55-7c1a0f1d2e3bclient1.
        let by_id = "5vNet8J0P6U6oCrv9NWU2Rz6gv61fO7MJSZG7U1+890=";
        assert_eq!(
            answer.sent,
            [
                json!({
                    "UserPoolId": "eu-west-1_pool",
                    "ClientId": "client1",
                    "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
                    "AuthParameters": {"USERNAME": EMAIL, "PASSWORD": TEMPORARY_PASSWORD, "SECRET_HASH": by_address},
                }),
                json!({
                    "UserPoolId": "eu-west-1_pool",
                    "ClientId": "client1",
                    "ChallengeName": "NEW_PASSWORD_REQUIRED",
                    "Session": SESSION,
                    "ChallengeResponses": {"USERNAME": USER_ID, "NEW_PASSWORD": NEW_PASSWORD, "SECRET_HASH": by_id},
                }),
                json!({"Session": "AYABe-session-of-the-set-up"}),
            ]
        );
        assert_eq!(answer.actions, endpoint("confirm-user").operations);
        assert_pending(answer);
    }
}

#[tokio::test]
async fn who_has_an_authenticator_already_is_confirmed_at_once() {
    let calls = [invited(), challenge(RESPOND, "SOFTWARE_TOKEN_MFA", SECOND_SESSION)];
    let answer = call("confirm-user", confirm(), &calls).await;
    assert_eq!(answer.body, json!({"email": EMAIL, "user_id": USER_ID, "status": "CONFIRMED"}));
}

#[tokio::test(start_paused = true)]
async fn what_was_cut_off_after_the_password_was_set_can_be_repeated() {
    let again = [wrong(), challenge(INITIATE, "MFA_SETUP", SESSION), associated()];
    let answer = call("confirm-user", confirm(), &again).await;
    assert_eq!(answer.sent[1]["AuthParameters"]["PASSWORD"], NEW_PASSWORD);
    assert_pending(answer);
}

#[tokio::test(start_paused = true)]
async fn the_temporary_password_in_the_wrong_field_changes_nothing() {
    let answer = call("confirm-user", confirm(), &[wrong(), invited()]).await;
    assert_eq!(answer.error(), (401, "invalid_credentials"));
}

#[tokio::test(start_paused = true)]
async fn a_temporary_password_that_expired_is_told_with_the_way_on() {
    let message = "Temporary password has expired and must be reset by an administrator.";
    let answer = call("confirm-user", confirm(), &[refused(message)]).await;
    assert_eq!(answer.error(), (400, "invalid_request"));
    let problem = "has expired; resend-confirmation-code mails another one";
    assert_eq!(answer.fields(), [("temporary_password", problem)]);
    assert!(answer.log["cause"].as_str().unwrap().contains(message));
}

#[tokio::test(start_paused = true)]
async fn who_has_a_password_of_his_own_is_told_to_log_in() {
    for name in ["MFA_SETUP", "SOFTWARE_TOKEN_MFA"] {
        let answer = call("confirm-user", confirm(), &[challenge(INITIATE, name, SESSION)]).await;
        assert_eq!(answer.error(), (400, "invalid_request"));
        let problem = "has been replaced by the user's own password already; log in with that";
        assert_eq!(answer.fields(), [("temporary_password", problem)]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_address_is_answered_exactly_as_a_wrong_password() {
    let mut answers = Vec::new();
    for (error, message) in [
        ("NotAuthorizedException", "Incorrect username or password."),
        ("NotAuthorizedException", "User is disabled."),
        ("NotAuthorizedException", "Password attempts exceeded"),
        ("UserNotFoundException", "User does not exist."),
        ("UserNotConfirmedException", "User is not confirmed."),
    ] {
        let asked = Instant::now();
        let calls = [fails(INITIATE, error, message), fails(INITIATE, error, message)];
        let answer = call("confirm-user", confirm(), &calls).await;
        assert_eq!(asked.elapsed(), GRID, "{error}: {message}");
        assert_eq!(answer.error(), (401, "invalid_credentials"));
        answers.push((answer.headers, answer.body));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}

#[tokio::test(start_paused = true)]
async fn a_forced_reset_is_told() {
    let refused =
        || fails(INITIATE, "PasswordResetRequiredException", "Password reset required for the user");
    for calls in [vec![refused()], vec![wrong(), refused()]] {
        let answer = call("confirm-user", confirm(), &calls).await;
        assert_eq!(answer.error(), (403, "password_reset_required"));
    }
}

#[tokio::test(start_paused = true)]
async fn another_user_is_forbidden_before_anything_is_changed() {
    let other = post_to(OTHER_EMAIL, &body());
    assert_eq!(call("confirm-user", other, &[]).await.error(), (403, "forbidden"));
    let other = post_to(OTHER_ID, &body());
    assert_eq!(call("confirm-user", other, &[invited()]).await.error(), (403, "forbidden"));
}

#[tokio::test]
async fn each_refusal_of_the_new_password_has_its_code() {
    for (error, message, expected) in [
        ("InvalidPasswordException", "Password does not conform to policy", (400, "password_policy")),
        ("PasswordHistoryPolicyViolationException", "Password has been used", (400, "password_policy")),
        (
            "InvalidParameterException",
            "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: ^[\\S]+.*[\\S]+$",
            (400, "password_policy"),
        ),
        ("InvalidParameterException", "Invalid attributes given", (500, "internal")),
        ("TooManyRequestsException", "Rate exceeded", (429, "too_many_requests")),
        ("UserLambdaValidationException", "PostConfirmation failed", (500, "internal")),
    ] {
        let answer = call("confirm-user", confirm(), &[invited(), fails(RESPOND, error, message)]).await;
        assert_eq!(answer.error(), expected, "{error}: {message}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_new_password_is_sent_once() {
    let answer = call("confirm-user", confirm(), &[invited(), breaks(RESPOND, 500)]).await;
    assert_eq!(answer.error(), (503, "upstream_unavailable"));
}

#[tokio::test]
async fn tokens_without_a_second_factor_never_leave() {
    let tokens =
        || json!({"AuthenticationResult": {"IdToken": "the-id-token", "AccessToken": "the-access-token"}});
    for calls in [vec![succeeds(INITIATE, tokens())], vec![invited(), succeeds(RESPOND, tokens())]] {
        let answer = call("confirm-user", confirm(), &calls).await;
        assert_eq!(answer.error(), (500, "internal"));
        assert!(!format!("{} {}", answer.body, answer.log).contains("-token"));
    }
}

#[tokio::test]
async fn a_challenge_that_the_api_does_not_know_is_a_defect() {
    let calls = [invited(), challenge(RESPOND, "SMS_MFA", SECOND_SESSION)];
    assert_eq!(call("confirm-user", confirm(), &calls).await.error(), (500, "internal"));
}

#[tokio::test]
async fn a_sign_in_without_a_user_is_a_defect_and_changes_nothing() {
    let replay = StaticReplayClient::new(vec![exchange(&succeeds(
        INITIATE,
        json!({"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": SESSION}),
    ))]);
    let answer = ask(&app_over("confirm-user", replay.clone(), &[]), "confirm-user", confirm()).await;
    assert_eq!((answer.error(), replay.actual_requests().count()), ((500, "internal"), 1));
}
