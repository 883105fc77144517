use crate::support::*;
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use cogapi_handlers::timing::GRID;
use serde_json::{Value, json};
use tokio::time::Instant;

const NAME: &str = "mfa-reset-start";
const INITIATE: &str = "InitiateAuth";

fn request() -> Value {
    post(&json!({"email": EMAIL}))
}

fn begun() -> Call {
    let parameters = json!({"USERNAME": USER_ID});
    succeeds(
        INITIATE,
        json!({"ChallengeName": "CUSTOM_CHALLENGE", "Session": SESSION, "ChallengeParameters": parameters}),
    )
}

/// What is in the session that was answered.
fn opened(answer: &Answer) -> String {
    unsealed(&ChallengeNameType::CustomChallenge, &answer.body["session"])
}

#[tokio::test(start_paused = true)]
async fn a_reset_begins_with_cognitos_session_in_its_envelope() {
    let event = post(&json!({"email": " Jane@Example.COM"}));
    let answer = call(NAME, event, &[begun()]).await;
    assert_eq!((answer.status, &answer.body["status"]), (200, &json!("MFA_RESET_CODE_SENT")));
    assert_eq!(opened(&answer), SESSION);
    // printf %s jane@example.comclient1 | openssl dgst -sha256 -hmac client-secret-nobody-may-see -binary | base64
    let hash = "2uEkStijIhAn8KehgVJb4fUx9utPRl/qpXATHgv2WLE=";
    let parameters = json!({"USERNAME": EMAIL, "SECRET_HASH": hash});
    let sent = json!({"ClientId": "client1", "AuthFlow": "CUSTOM_AUTH", "AuthParameters": parameters});
    assert_eq!(answer.sent, [sent]);
    assert_eq!(answer.actions, endpoint(NAME).operations);
}

/// What only an address that is known can be refused for, and with what code that is logged.
const REFUSALS: &[(&str, &str, &str)] = &[
    ("NotAuthorizedException", "User is disabled.", "invalid_credentials"),
    ("PasswordResetRequiredException", "Password reset required for the user", "invalid_credentials"),
    ("UserNotConfirmedException", "User is not confirmed.", "invalid_credentials"),
    ("UserNotFoundException", "User does not exist.", "invalid_credentials"),
    (
        "UserLambdaValidationException",
        "CreateAuthChallenge failed with error email_delivery_failed.",
        "email_delivery_failed",
    ),
    ("UnexpectedLambdaException", "CreateAuthChallenge invocation failed", "email_delivery_failed"),
    ("InvalidLambdaResponseException", "Unrecognizable lambda output", "email_delivery_failed"),
];

#[tokio::test(start_paused = true)]
async fn who_can_not_go_on_is_answered_exactly_as_who_can_and_it_is_logged() {
    let asked = Instant::now();
    let known = call(NAME, request(), &[begun()]).await;
    let moment = asked.elapsed();
    assert_eq!((moment, &known.log["outcome"]), (3 * GRID, &json!("ok")));
    for (error, message, outcome) in REFUSALS {
        let asked = Instant::now();
        let answer = call(NAME, request(), &[fails(INITIATE, error, message)]).await;
        assert_eq!((asked.elapsed(), answer.status), (moment, 200), "{error}: {message}");
        assert_eq!(
            (answer.log["outcome"].as_str(), answer.log["status"].as_u64()),
            (Some(*outcome), Some(200))
        );
        let mut body = answer.body.clone();
        assert_eq!(body["session"].as_str().map(str::len), known.body["session"].as_str().map(str::len));
        assert_ne!(opened(&answer), SESSION);
        body["session"] = known.body["session"].clone();
        assert_eq!((answer.headers, body), (known.headers.clone(), known.body.clone()));
    }
}

#[tokio::test(start_paused = true)]
async fn no_mail_is_sent_twice_for_a_lost_answer() {
    assert_eq!(call(NAME, request(), &[breaks(INITIATE, 500)]).await.error(), (503, "upstream_unavailable"));
}

#[tokio::test(start_paused = true)]
async fn what_fails_for_everybody_is_told() {
    for (error, expected) in [
        ("TooManyRequestsException", (429, "too_many_requests")),
        ("InternalErrorException", (503, "upstream_unavailable")),
        ("InvalidParameterException", (500, "internal")),
        ("ResourceNotFoundException", (500, "internal")),
        ("ForbiddenException", (500, "internal")),
    ] {
        let answer = call(NAME, request(), &[fails(INITIATE, error, "no")]).await;
        assert_eq!(answer.error(), expected, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_without_a_proof_never_leave() {
    for reply in [
        authentication_result(EMAIL),
        json!({"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": SESSION, "ChallengeParameters": {}}),
        json!({"ChallengeName": "CUSTOM_CHALLENGE", "ChallengeParameters": {}}),
    ] {
        assert_eq!(call(NAME, request(), &[succeeds(INITIATE, reply)]).await.error(), (500, "internal"));
    }
}
