use crate::support::*;
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use cogapi_handlers::timing::GRID;
use serde_json::{Value, json};
use tokio::time::Instant;

const FLOW: ChallengeNameType = ChallengeNameType::CustomChallenge;
const NAME: &str = "mfa-reset-verify";
const INITIATE: &str = "AdminInitiateAuth";
const RESPOND: &str = "RespondToAuthChallenge";
const ASSOCIATE: &str = "AssociateSoftwareToken";
const CODE: &str = "48151623";

fn body() -> Value {
    json!({"email": EMAIL, "session": sealed(&FLOW, EMAIL), "code": CODE, "password": PASSWORD})
}

fn request() -> Value {
    post(&body())
}

fn proved(challenge: &str) -> Call {
    let parameters = json!({"USER_ID_FOR_SRP": USER_ID});
    succeeds(
        INITIATE,
        json!({"ChallengeName": challenge, "Session": "AYABe-nobodys", "ChallengeParameters": parameters}),
    )
}

fn right_password() -> Call {
    proved("SOFTWARE_TOKEN_MFA")
}

fn right_code() -> Call {
    succeeds(RESPOND, authentication_result(EMAIL))
}

fn associated() -> Call {
    succeeds(ASSOCIATE, json!({"SecretCode": TOTP_SECRET}))
}

#[tokio::test]
async fn password_and_code_bring_the_secret_of_a_new_authenticator() {
    for first in ["SOFTWARE_TOKEN_MFA", "MFA_SETUP"] {
        let answer = call(NAME, request(), &[proved(first), right_code(), associated()]).await;
        let uri = format!("otpauth://totp/My%20Co%3Ajane%40example.com?secret={TOTP_SECRET}&issuer=My%20Co");
        let expected = json!({
            "qr_code_secret": TOTP_SECRET,
            "otpauth_uri": uri,
            "access_token": access_token(),
            "status": "NEW_TOTP_ISSUED",
        });
        assert_eq!((answer.status, &answer.body), (200, &expected));
        // printf %s 5f0e2b7a-0001-4c5e-9d55-7c1a0f1d2e3bclient1 | openssl dgst -sha256 -hmac client-secret-nobody-may-see -binary | base64
        let hash = "5vNet8J0P6U6oCrv9NWU2Rz6gv61fO7MJSZG7U1+890=";
        let responses = json!({"USERNAME": USER_ID, "ANSWER": CODE, "SECRET_HASH": hash});
        let sent = json!({
            "ClientId": "client1",
            "ChallengeName": "CUSTOM_CHALLENGE",
            "Session": SESSION,
            "ChallengeResponses": responses,
        });
        assert_eq!(answer.sent[0]["AuthFlow"], "ADMIN_USER_PASSWORD_AUTH");
        assert_eq!(answer.sent[1..], [sent, json!({"AccessToken": access_token()})]);
        assert_eq!(answer.actions, endpoint(NAME).operations);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_costs_no_try_and_tells_nobody_who_exists() {
    let mut answers = Vec::new();
    for (error, message) in [
        ("NotAuthorizedException", "Incorrect username or password."),
        ("NotAuthorizedException", "User is disabled."),
        ("NotAuthorizedException", "Temporary password has expired and must be reset by an administrator."),
        ("UserNotFoundException", "User does not exist."),
        ("UserNotConfirmedException", "User is not confirmed."),
    ] {
        let asked = Instant::now();
        // Any other call would fail: the code is not looked at.
        let answer = call(NAME, request(), &[fails(INITIATE, error, message)]).await;
        assert_eq!((asked.elapsed(), answer.error()), (GRID, (401, "invalid_credentials")), "{message}");
        answers.push((answer.headers, answer.body));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}

#[tokio::test(start_paused = true)]
async fn who_has_another_step_to_take_first_is_told() {
    let invited = call(NAME, request(), &[proved("NEW_PASSWORD_REQUIRED")]).await;
    assert_eq!(invited.error(), (403, "password_change_required"));
    let forced = fails(INITIATE, "PasswordResetRequiredException", "Password reset required for the user");
    assert_eq!(call(NAME, request(), &[forced]).await.error(), (403, "password_reset_required"));
}

#[tokio::test]
async fn a_password_that_opens_another_way_in_is_a_defect() {
    for first in ["SMS_MFA", "SELECT_MFA_TYPE", "CUSTOM_CHALLENGE"] {
        assert_eq!(call(NAME, request(), &[proved(first)]).await.error(), (500, "internal"), "{first}");
    }
    let tokens = succeeds(INITIATE, authentication_result(EMAIL));
    assert_eq!(call(NAME, request(), &[tokens]).await.error(), (500, "internal"));
}

#[tokio::test]
async fn after_a_wrong_code_the_error_brings_the_session_of_the_next_try() {
    let again =
        json!({"ChallengeName": "CUSTOM_CHALLENGE", "Session": SECOND_SESSION, "ChallengeParameters": {}});
    let answer = call(NAME, request(), &[right_password(), succeeds(RESPOND, again)]).await;
    assert_eq!(answer.error(), (401, "invalid_code"));
    assert_eq!(unsealed(&FLOW, &answer.body["session"]), SECOND_SESSION);

    let mut body = body();
    body["session"] = answer.body["session"].clone();
    let second = call(NAME, post(&body), &[right_password(), right_code(), associated()]).await;
    assert_eq!((second.status, &second.sent[1]["Session"]), (200, &json!(SECOND_SESSION)));
}

#[tokio::test]
async fn after_the_last_try_there_is_no_session_to_go_on_with() {
    let over = fails(RESPOND, "NotAuthorizedException", "Incorrect username or password.");
    let answer = call(NAME, request(), &[right_password(), over]).await;
    assert_eq!(answer.error(), (401, "invalid_code"));
    assert!(answer.body.get("session").is_none(), "{}", answer.body);
}

#[tokio::test]
async fn a_session_that_cognito_does_not_take_is_told() {
    for (error, message, expected) in [
        ("NotAuthorizedException", "Invalid session for the user.", (401, "invalid_session")),
        (
            "NotAuthorizedException",
            "Invalid session for the user, session is expired.",
            (401, "invalid_session"),
        ),
        ("NotAuthorizedException", "User is disabled.", (401, "invalid_session")),
        ("UserNotFoundException", "User does not exist.", (401, "invalid_session")),
        ("UserNotConfirmedException", "User is not confirmed.", (401, "invalid_session")),
        ("PasswordResetRequiredException", "Password reset required", (403, "password_reset_required")),
        ("UnexpectedLambdaException", "DefineAuthChallenge invocation failed", (503, "upstream_unavailable")),
        (
            "UserLambdaValidationException",
            "DefineAuthChallenge failed with error internal.",
            (500, "internal"),
        ),
        ("InvalidLambdaResponseException", "Unrecognizable lambda output", (500, "internal")),
    ] {
        let answer = call(NAME, request(), &[right_password(), fails(RESPOND, error, message)]).await;
        assert_eq!(answer.error(), expected, "{error}: {message}");
    }
}

#[tokio::test]
async fn a_session_of_another_address_is_none_and_cognito_is_not_asked() {
    for session in [sealed(&FLOW, OTHER_EMAIL), "AYABeC1vZ2FwaSBzZXNzaW9uIGV4YW1wbGU".to_owned()] {
        let mut body = body();
        body["session"] = json!(session);
        assert_eq!(call(NAME, post(&body), &[]).await.error(), (401, "invalid_session"));
    }
}

#[tokio::test]
async fn a_session_is_answered_once_as_it_would_be_used_up() {
    let calls = [right_password(), breaks(RESPOND, 500)];
    assert_eq!(call(NAME, request(), &calls).await.error(), (503, "upstream_unavailable"));
}

#[tokio::test]
async fn half_an_answer_is_our_defect() {
    let none = json!({"ChallengeParameters": {}});
    let other =
        json!({"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": SECOND_SESSION, "ChallengeParameters": {}});
    let lost = json!({"ChallengeName": "CUSTOM_CHALLENGE", "ChallengeParameters": {}});
    for reply in [none, other, lost] {
        let answer = call(NAME, request(), &[right_password(), succeeds(RESPOND, reply.clone())]).await;
        assert_eq!(answer.error(), (500, "internal"), "{reply}");
    }
    let calls = [right_password(), right_code(), succeeds(ASSOCIATE, json!({}))];
    assert_eq!(call(NAME, request(), &calls).await.error(), (500, "internal"));
}
