use crate::support::*;
use serde_json::{Value, json};

const NAME: &str = "mfa-reset-confirm";
const VERIFY: &str = "VerifySoftwareToken";
const PREFER: &str = "SetUserMFAPreference";
const SIGN_OUT: &str = "GlobalSignOut";
const OTP: &str = "271828";

fn request() -> Value {
    post(&json!({"access_token": access_token(), "otp": OTP}))
}

fn verified() -> Call {
    succeeds(VERIFY, json!({"Status": "SUCCESS"}))
}

fn preferred() -> Call {
    succeeds(PREFER, json!({}))
}

fn signed_out() -> Call {
    succeeds(SIGN_OUT, json!({}))
}

#[tokio::test]
async fn the_new_authenticator_counts_and_the_recovery_session_ends() {
    let answer = call(NAME, request(), &[verified(), preferred(), signed_out()]).await;
    assert_eq!((answer.status, &answer.body), (200, &json!({"status": "MFA_RESET_COMPLETE"})));
    let token = access_token();
    // Nothing is said of passkeys: who has some keeps them.
    let totp = json!({"Enabled": true, "PreferredMfa": true});
    assert_eq!(
        answer.sent,
        [
            json!({"AccessToken": token, "UserCode": OTP}),
            json!({"AccessToken": token, "SoftwareTokenMfaSettings": totp}),
            json!({"AccessToken": token}),
        ]
    );
    assert_eq!(answer.actions, endpoint(NAME).operations);
}

#[tokio::test]
async fn a_wrong_code_changes_nothing() {
    for refused in [
        fails(VERIFY, "EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA"),
        fails(VERIFY, "CodeMismatchException", "Invalid code received for user"),
        succeeds(VERIFY, json!({"Status": "ERROR"})),
        succeeds(VERIFY, json!({})),
    ] {
        assert_eq!(call(NAME, request(), &[refused]).await.error(), (401, "invalid_code"));
    }
}

#[tokio::test]
async fn a_token_that_is_no_good_or_not_of_a_reset_is_told() {
    for (error, expected) in [
        ("NotAuthorizedException", (401, "invalid_token")),
        ("UserNotFoundException", (401, "invalid_token")),
        ("UserNotConfirmedException", (401, "invalid_token")),
        ("SoftwareTokenMFANotFoundException", (401, "invalid_token")),
        ("PasswordResetRequiredException", (403, "password_reset_required")),
        ("InvalidUserPoolConfigurationException", (500, "internal")),
    ] {
        let answer = call(NAME, request(), &[fails(VERIFY, error, "no")]).await;
        assert_eq!(answer.error(), expected, "{error}");
    }
}

#[tokio::test]
async fn a_token_of_another_kind_or_client_does_not_even_reach_cognito() {
    for claims in [
        json!({"sub": USER_ID, "token_use": "id", "aud": "client1"}),
        json!({"sub": USER_ID, "token_use": "access", "client_id": "another"}),
    ] {
        let event = post(&json!({"access_token": token_with(&claims), "otp": OTP}));
        assert_eq!(call(NAME, event, &[]).await.error(), (401, "invalid_token"), "{claims}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_is_given_once_and_what_may_be_repeated_is() {
    let lost = call(NAME, request(), &[breaks(VERIFY, 500)]).await;
    assert_eq!(lost.error(), (503, "upstream_unavailable"));
    let calls = [verified(), breaks(PREFER, 500), preferred(), breaks(SIGN_OUT, 500), signed_out()];
    assert_eq!(call(NAME, request(), &calls).await.status, 200);
}

#[tokio::test]
async fn a_reset_whose_end_fails_does_not_say_that_it_is_complete() {
    let refused = |operation| fails(operation, "NotAuthorizedException", "Access Token has expired");
    for calls in [vec![verified(), refused(PREFER)], vec![verified(), preferred(), refused(SIGN_OUT)]] {
        assert_eq!(call(NAME, request(), &calls).await.error(), (401, "invalid_token"));
    }
}
