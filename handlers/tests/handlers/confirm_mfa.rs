use crate::support::*;
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use serde_json::{Value, json};

const VERIFY: &str = "VerifySoftwareToken";
const RESPOND: &str = "AdminRespondToAuthChallenge";
const OTP: &str = "123456";

fn body() -> Value {
    json!({"email": EMAIL, "otp": OTP, "mfa_session": bound(&ChallengeNameType::MfaSetup, USER_ID, EMAIL)})
}

fn confirm() -> Value {
    post_to(USER_ID, &body())
}

fn verified() -> Call {
    succeeds(VERIFY, json!({"Status": "SUCCESS", "Session": SECOND_SESSION}))
}

fn signed_in() -> Call {
    let tokens = json!({"IdToken": "the-id-token", "AccessToken": "the-access-token", "RefreshToken": "the-refresh-token"});
    succeeds(RESPOND, json!({"AuthenticationResult": tokens}))
}

#[tokio::test]
async fn the_first_code_makes_the_authenticator_the_users() {
    for user in [USER_ID, EMAIL] {
        let answer = call("confirm-mfa", post_to(user, &body()), &[verified(), signed_in()]).await;
        assert_eq!(
            (answer.status, &answer.body),
            (200, &json!({"email": EMAIL, "user_id": USER_ID, "mfa_status": "CONFIRMED"}))
        );
        // printf %s 5f0e2b7a-0001-4c5e-9d55-7c1a0f1d2e3bclient1 | openssl dgst -sha256 -hmac client-secret-nobody-may-see
        // -binary | base64
        let hash = "5vNet8J0P6U6oCrv9NWU2Rz6gv61fO7MJSZG7U1+890=";
        assert_eq!(
            answer.sent,
            [
                json!({"Session": SESSION, "UserCode": OTP}),
                json!({
                    "UserPoolId": "eu-west-1_pool",
                    "ClientId": "client1",
                    "ChallengeName": "MFA_SETUP",
                    "Session": SECOND_SESSION,
                    "ChallengeResponses": {"USERNAME": USER_ID, "SECRET_HASH": hash},
                }),
            ]
        );
        assert_eq!(answer.actions, endpoint("confirm-mfa").operations);
        assert!(!answer.log.to_string().contains("-token"), "{}", answer.log);
    }
}

#[tokio::test]
async fn a_user_whom_anything_names_otherwise_is_forbidden_and_nothing_is_called() {
    let (jane, joe) = ((USER_ID, EMAIL), (OTHER_ID, OTHER_EMAIL));
    for (path, email, session) in [
        (OTHER_ID, EMAIL, jane),
        (OTHER_EMAIL, EMAIL, jane),
        (USER_ID, OTHER_EMAIL, jane),
        (EMAIL, OTHER_EMAIL, jane),
        (USER_ID, EMAIL, joe),
        (EMAIL, EMAIL, joe),
        (USER_ID, OTHER_EMAIL, joe),
        (OTHER_ID, OTHER_EMAIL, jane),
    ] {
        let session = bound(&ChallengeNameType::MfaSetup, session.0, session.1);
        let event = post_to(path, &json!({"email": email, "otp": OTP, "mfa_session": session}));
        let answer = call("confirm-mfa", event, &[]).await;
        assert_eq!(answer.error(), (403, "forbidden"), "{path} {email} {session}");
    }
}

#[tokio::test]
async fn a_session_that_this_api_did_not_answer_reaches_nobody() {
    let mut others = body();
    others["mfa_session"] = json!(SESSION);
    assert_eq!(call("confirm-mfa", post_to(USER_ID, &others), &[]).await.error(), (401, "invalid_session"));
    let changed = &[("CLIENT_SECRET", "another-secret")];
    assert_eq!(call_in("confirm-mfa", changed, confirm(), &[]).await.error(), (401, "invalid_session"));
}

#[tokio::test]
async fn each_refusal_has_its_code() {
    for (error, expected) in [
        ("EnableSoftwareTokenMFAException", (401, "invalid_code")),
        ("CodeMismatchException", (401, "invalid_code")),
        ("NotAuthorizedException", (401, "invalid_session")),
        ("UserNotFoundException", (401, "invalid_session")),
        ("UserNotConfirmedException", (401, "invalid_session")),
        ("PasswordResetRequiredException", (403, "password_reset_required")),
        ("TooManyRequestsException", (429, "too_many_requests")),
        ("SoftwareTokenMFANotFoundException", (500, "internal")),
        ("InvalidParameterException", (500, "internal")),
    ] {
        let answer = call("confirm-mfa", confirm(), &[fails(VERIFY, error, "Refused")]).await;
        assert_eq!(answer.error(), expected, "{error}");
    }
    let unverified = succeeds(VERIFY, json!({"Status": "ERROR", "Session": SECOND_SESSION}));
    assert_eq!(call("confirm-mfa", confirm(), &[unverified]).await.error(), (401, "invalid_code"));
}

#[tokio::test]
async fn a_sign_in_that_ended_meanwhile_is_begun_again() {
    for error in ["NotAuthorizedException", "UserNotFoundException"] {
        let calls = [verified(), fails(RESPOND, error, "Invalid session for the user.")];
        assert_eq!(call("confirm-mfa", confirm(), &calls).await.error(), (401, "invalid_session"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_for_one_use_is_sent_once() {
    let answer = call("confirm-mfa", confirm(), &[breaks(VERIFY, 500)]).await;
    assert_eq!(answer.error(), (503, "upstream_unavailable"));
    let answer = call("confirm-mfa", confirm(), &[verified(), breaks(RESPOND, 500)]).await;
    assert_eq!(answer.error(), (503, "upstream_unavailable"));
}
