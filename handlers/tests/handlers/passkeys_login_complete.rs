use crate::support::*;
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cogapi_handlers::timing::GRID;
use serde_json::{Value, json};
use tokio::time::Instant;

const FLOW: ChallengeNameType = ChallengeNameType::WebAuthn;
const RESPOND: &str = "RespondToAuthChallenge";
/// `printf %s <username>client1 | openssl dgst -sha256 -hmac client-secret-nobody-may-see -binary | base64`
const HASH_OF_ID: &str = "5vNet8J0P6U6oCrv9NWU2Rz6gv61fO7MJSZG7U1+890=";
const HASH_OF_EMAIL: &str = "2uEkStijIhAn8KehgVJb4fUx9utPRl/qpXATHgv2WLE=";

/// What an authenticator answers that says this of its user.
fn credential(handle: Option<&[u8]>) -> Value {
    json!({
        "id": "x4TqbN2sVt1kQmZ0aLwEhA",
        "rawId": "x4TqbN2sVt1kQmZ0aLwEhA",
        "type": "public-key",
        "response": {
            "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0",
            "signature": "MEUCIQDx",
            "userHandle": handle.map(|handle| URL_SAFE_NO_PAD.encode(handle)),
        },
    })
}

fn request(email: &str, session: &str) -> Value {
    let credential = credential(Some(USER_ID.as_bytes()));
    post(&json!({"email": email, "session": session, "credential": credential}))
}

async fn completed(calls: &[Call]) -> Answer {
    call("passkeys-login-complete", request(EMAIL, &sealed(&FLOW, EMAIL)), calls).await
}

#[tokio::test]
async fn a_proved_passkey_is_answered_with_tokens() {
    let answer = completed(&[succeeds(RESPOND, authentication_result(EMAIL))]).await;
    assert_eq!((answer.status, &answer.body), (200, &tokens(EMAIL)));
    let [sent] = &answer.sent[..] else { panic!("one call") };
    let credential: Value =
        serde_json::from_str(sent["ChallengeResponses"]["CREDENTIAL"].as_str().unwrap()).unwrap();
    assert_eq!(credential, self::credential(Some(USER_ID.as_bytes())));
    assert_eq!(
        *sent,
        json!({
            "ClientId": "client1",
            "ChallengeName": "WEB_AUTHN",
            "Session": SESSION,
            "ChallengeResponses": {
                "USERNAME": USER_ID,
                "CREDENTIAL": sent["ChallengeResponses"]["CREDENTIAL"],
                "SECRET_HASH": HASH_OF_ID,
            },
        })
    );
}

#[tokio::test]
async fn it_needs_no_iam_action() {
    let answer = completed(&[succeeds(RESPOND, authentication_result(EMAIL))]).await;
    assert_eq!(answer.actions, endpoint("passkeys-login-complete").operations);
}

#[tokio::test]
async fn a_passkey_that_does_not_say_whose_it_is_is_the_addresss() {
    for handle in [None, Some(&b"jane"[..]), Some(b"\xff"), Some(b"5f0e2b7a-0001-4c5e-9d55-7c1a0f1d2e3b,")] {
        let body = json!({"email": EMAIL, "session": sealed(&FLOW, EMAIL), "credential": credential(handle)});
        let calls = [succeeds(RESPOND, authentication_result(EMAIL))];
        let answer = call("passkeys-login-complete", post(&body), &calls).await;
        let responses = &answer.sent[0]["ChallengeResponses"];
        assert_eq!(
            (&responses["USERNAME"], &responses["SECRET_HASH"]),
            (&json!(EMAIL), &json!(HASH_OF_EMAIL))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_of_another_address_or_nobody_does_not_even_reach_cognito() {
    let cut = &sealed(&FLOW, EMAIL)[..2000];
    for event in [
        request("joe@example.com", &sealed(&FLOW, EMAIL)),
        request(EMAIL, cut),
        request(EMAIL, "AYABeC1vZ2FwaSBzZXNzaW9uIGV4YW1wbGU"),
    ] {
        let asked = Instant::now();
        let answer = call("passkeys-login-complete", event, &[]).await;
        assert_eq!(answer.error(), (401, "invalid_session"));
        assert_eq!(asked.elapsed(), GRID);
    }
}

/// What Cognito says of sessions and passkeys that are no good; some of it only of its own sessions, which only users have.
const REFUSALS: &[(&str, &str)] = &[
    ("NotAuthorizedException", "Invalid session for the user."),
    ("NotAuthorizedException", "Invalid session for the user, session is expired."),
    ("NotAuthorizedException", "Invalid session for the user, session can only be used once."),
    ("NotAuthorizedException", "Incorrect username or password."),
    ("NotAuthorizedException", "User is disabled."),
    ("InvalidParameterException", "Credential is not an AuthenticationResponseJSON."),
    ("CodeMismatchException", "Invalid session for the user."),
    ("ExpiredCodeException", "Invalid session for the user."),
    ("PasswordResetRequiredException", "Password reset required for the user"),
    ("UserNotConfirmedException", "User is not confirmed."),
    ("UserNotFoundException", "User does not exist."),
];

#[tokio::test(start_paused = true)]
async fn a_wrong_passkey_is_answered_exactly_as_a_session_that_never_was() {
    let never = call("passkeys-login-complete", request(EMAIL, &"A".repeat(2768)), &[]).await;
    for (error, message) in REFUSALS {
        let asked = Instant::now();
        let answer = completed(&[fails(RESPOND, error, message)]).await;
        assert_eq!(asked.elapsed(), GRID, "{error}: {message}");
        assert_eq!((answer.error(), answer.status), ((401, "invalid_session"), never.status));
        assert_eq!((&answer.body, &answer.headers), (&never.body, &never.headers), "{error}: {message}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_is_answered_once_as_it_works_once() {
    for (failed, expected) in [
        (breaks(RESPOND, 500), (503, "upstream_unavailable")),
        (fails(RESPOND, "InternalErrorException", "Something went wrong"), (503, "upstream_unavailable")),
        (fails(RESPOND, "UnexpectedLambdaException", "A trigger failed"), (503, "upstream_unavailable")),
        (fails(RESPOND, "TooManyRequestsException", "Rate exceeded"), (429, "too_many_requests")),
        (fails(RESPOND, "ForbiddenException", "Request not allowed due to WAF"), (500, "internal")),
        (fails(RESPOND, "ResourceNotFoundException", "User pool client does not exist."), (500, "internal")),
    ] {
        assert_eq!(completed(&[failed]).await.error(), expected);
    }
}

#[tokio::test]
async fn a_passkey_that_was_not_enough_brings_no_tokens_and_is_a_defect() {
    let more =
        json!({"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": SECOND_SESSION, "ChallengeParameters": {}});
    let answer = completed(&[succeeds(RESPOND, more)]).await;
    assert_eq!(answer.error(), (500, "internal"));
    assert!(!answer.body.to_string().contains(SECOND_SESSION));
}
