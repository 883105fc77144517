use crate::support::*;
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use serde_json::{Value, json};

const RESPOND: &str = "AdminRespondToAuthChallenge";
const OTP: &str = "271828";

fn request(named: &str) -> Value {
    post(&json!({
        "email": named,
        "verification_type": "SOFTWARE_TOKEN_MFA",
        "verification_session": bound(&ChallengeNameType::SoftwareTokenMfa, USER_ID, EMAIL),
        "otp_code": OTP,
    }))
}

/// The answer to the challenge, as Cognito wants it.
fn response() -> Value {
    // printf %s 5f0e2b7a-0001-4c5e-9d55-7c1a0f1d2e3bclient1 | openssl dgst -sha256 -hmac client-secret-nobody-may-see -binary | base64
    let hash = "5vNet8J0P6U6oCrv9NWU2Rz6gv61fO7MJSZG7U1+890=";
    json!({
        "UserPoolId": "eu-west-1_pool",
        "ClientId": "client1",
        "ChallengeName": "SOFTWARE_TOKEN_MFA",
        "Session": SESSION,
        "ChallengeResponses": {"USERNAME": USER_ID, "SOFTWARE_TOKEN_MFA_CODE": OTP, "SECRET_HASH": hash},
    })
}

#[tokio::test]
async fn a_right_code_ends_the_sign_in_with_tokens_whichever_way_the_user_is_named() {
    for named in [EMAIL, " Jane@Example.com", USER_ID] {
        let calls = [succeeds(RESPOND, authentication_result(EMAIL))];
        let answer = call("mfa-verify", request(named), &calls).await;
        assert_eq!((answer.status, &answer.body), (200, &tokens(EMAIL)), "{named}");
        assert_eq!(answer.sent, [response()]);
        assert_eq!(answer.actions, endpoint("mfa-verify").operations);
    }
}

#[tokio::test]
async fn the_session_of_another_user_is_forbidden_and_cognito_is_not_asked() {
    for named in [OTHER_EMAIL, OTHER_ID] {
        let answer = call("mfa-verify", request(named), &[]).await;
        assert_eq!(answer.error(), (403, "forbidden"), "{named}");
    }
}

#[tokio::test]
async fn a_session_that_did_not_come_from_here_is_none() {
    let mut body: Value = serde_json::from_str(request(EMAIL)["body"].as_str().unwrap()).unwrap();
    body["verification_session"] = json!(SESSION);
    assert_eq!(call("mfa-verify", post(&body), &[]).await.error(), (401, "invalid_session"));
}

#[tokio::test]
async fn a_wrong_or_used_code_is_told() {
    for (error, message) in [
        ("CodeMismatchException", "Invalid code received for user"),
        ("ExpiredCodeException", "Your software token has already been used once."),
    ] {
        let answer = call("mfa-verify", request(EMAIL), &[fails(RESPOND, error, message)]).await;
        assert_eq!(answer.error(), (401, "invalid_code"), "{error}");
    }
}

#[tokio::test]
async fn a_sign_in_that_can_not_be_gone_on_with_is_to_be_begun_again() {
    for (error, message) in [
        ("NotAuthorizedException", "Invalid session for the user, session is expired."),
        ("NotAuthorizedException", "Invalid session for the user, session can only be used once."),
        ("NotAuthorizedException", "Password attempts exceeded"),
        ("NotAuthorizedException", "User is disabled."),
        ("UserNotFoundException", "User does not exist."),
        ("UserNotConfirmedException", "User is not confirmed."),
        ("SoftwareTokenMFANotFoundException", "Software token MFA not found"),
        ("MFAMethodNotFoundException", "MFA method not found"),
    ] {
        let answer = call("mfa-verify", request(EMAIL), &[fails(RESPOND, error, message)]).await;
        assert_eq!(answer.error(), (401, "invalid_session"), "{error}: {message}");
    }
}

#[tokio::test]
async fn a_reset_that_an_administrator_forced_in_between_is_told() {
    let refused = fails(RESPOND, "PasswordResetRequiredException", "Password reset required for the user");
    let answer = call("mfa-verify", request(EMAIL), &[refused]).await;
    assert_eq!(answer.error(), (403, "password_reset_required"));
}

#[tokio::test]
async fn a_session_is_answered_once_as_it_would_be_used_up() {
    let answer = call("mfa-verify", request(USER_ID), &[breaks(RESPOND, 500)]).await;
    assert_eq!(answer.error(), (503, "upstream_unavailable"));
}

#[tokio::test]
async fn another_challenge_is_no_end_of_a_sign_in() {
    let another =
        json!({"ChallengeName": "SELECT_MFA_TYPE", "Session": SECOND_SESSION, "ChallengeParameters": {}});
    let answer = call("mfa-verify", request(USER_ID), &[succeeds(RESPOND, another)]).await;
    assert_eq!(answer.error(), (500, "internal"));
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let body = json!({"email": "jane", "verification_type": "SMS_MFA", "verification_session": "short", "otp_code": "12345"});
    let answer = call("mfa-verify", post(&body), &[]).await;
    assert_eq!(
        answer.fields(),
        [
            ("email", "must be an e-mail address or a user's id"),
            ("otp_code", "must be 6 digits"),
            ("verification_session", "must be a session as it was answered"),
            ("verification_type", "must be SOFTWARE_TOKEN_MFA"),
        ]
    );
}
