use crate::support::*;
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use cogapi_handlers::timing::GRID;
use serde_json::{Value, json};
use tokio::time::Instant;

const INITIATE: &str = "AdminInitiateAuth";
const ASSOCIATE: &str = "AssociateSoftwareToken";

fn credentials() -> Value {
    post(&json!({"email": EMAIL, "password": PASSWORD}))
}

fn challenge(name: &str) -> Call {
    succeeds(
        INITIATE,
        json!({"ChallengeName": name, "Session": SESSION, "ChallengeParameters": {"USER_ID_FOR_SRP": USER_ID}}),
    )
}

#[tokio::test]
async fn a_right_password_opens_the_session_of_the_second_factor() {
    let mut answer = call("login", credentials(), &[challenge("SOFTWARE_TOKEN_MFA")]).await;
    assert_eq!(answer.status, 200);
    // The session says whose it is: that is what mfa-verify compares.
    let session = opened(&ChallengeNameType::SoftwareTokenMfa, &answer.body["verification_session"].take());
    assert_eq!(session, (USER_ID.to_owned(), EMAIL.to_owned(), SESSION.to_owned()));
    assert_eq!(
        answer.body,
        json!({"email": EMAIL, "verification_session": null, "verification_type": "SOFTWARE_TOKEN_MFA"})
    );
}

#[tokio::test]
async fn the_password_is_proved_with_the_clients_secret_over_the_normalised_address() {
    let event = post(&json!({"email": "  Jane@Example.COM ", "password": PASSWORD}));
    let answer = call("login", event, &[challenge("SOFTWARE_TOKEN_MFA")]).await;
    // printf %s jane@example.comclient1 | openssl dgst -sha256 -hmac client-secret-nobody-may-see -binary | base64
    let hash = "2uEkStijIhAn8KehgVJb4fUx9utPRl/qpXATHgv2WLE=";
    assert_eq!(
        answer.sent,
        [json!({
            "UserPoolId": "eu-west-1_pool",
            "ClientId": "client1",
            "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": EMAIL, "PASSWORD": PASSWORD, "SECRET_HASH": hash},
        })]
    );
    assert_eq!(answer.body["email"], EMAIL);
}

#[tokio::test]
async fn a_user_without_an_authenticator_gets_what_sets_one_up() {
    let associated = succeeds(ASSOCIATE, json!({"SecretCode": TOTP_SECRET, "Session": SECOND_SESSION}));
    let mut answer = call("login", credentials(), &[challenge("MFA_SETUP"), associated]).await;
    assert_eq!(answer.status, 200);
    // The session says whose it is: that is what confirm-mfa compares.
    let session = opened(&ChallengeNameType::MfaSetup, &answer.body["mfa_session"].take());
    assert_eq!(session, (USER_ID.to_owned(), EMAIL.to_owned(), SECOND_SESSION.to_owned()));
    assert_eq!(
        answer.body,
        json!({
            "email": EMAIL,
            "verification_type": "MFA_SETUP",
            "mfa_session": null,
            "qr_code_secret": TOTP_SECRET,
            "otpauth_uri": format!("otpauth://totp/My%20Co%3Ajane%40example.com?secret={TOTP_SECRET}&issuer=My%20Co"),
        })
    );
    assert_eq!(answer.sent[1], json!({"Session": SESSION}));
}

#[tokio::test]
async fn the_role_allows_what_is_called_and_nothing_else() {
    let associated = succeeds(ASSOCIATE, json!({"SecretCode": TOTP_SECRET, "Session": SECOND_SESSION}));
    let answer = call("login", credentials(), &[challenge("MFA_SETUP"), associated]).await;
    assert_eq!(answer.actions, endpoint("login").operations);
}

#[tokio::test]
async fn a_temporary_password_must_be_changed_first() {
    let answer = call("login", credentials(), &[challenge("NEW_PASSWORD_REQUIRED")]).await;
    assert_eq!(answer.error(), (403, "password_change_required"));
    assert!(!answer.body.to_string().contains(SESSION));
}

#[tokio::test(start_paused = true)]
async fn a_reset_that_an_administrator_forced_is_told_in_the_time_of_any_refusal() {
    let refused = fails(INITIATE, "PasswordResetRequiredException", "Password reset required for the user");
    let asked = Instant::now();
    let answer = call("login", credentials(), &[refused]).await;
    assert_eq!(asked.elapsed(), GRID);
    assert_eq!(answer.error(), (403, "password_reset_required"));
}

/// What Cognito says to each of those who must not be told apart.
const REFUSALS: &[(&str, &str)] = &[
    ("NotAuthorizedException", "Incorrect username or password."),
    ("NotAuthorizedException", "User is disabled."),
    ("NotAuthorizedException", "Temporary password has expired and must be reset by an administrator."),
    ("NotAuthorizedException", "Password attempts exceeded"),
    ("UserNotFoundException", "User does not exist."),
    ("UserNotConfirmedException", "User is not confirmed."),
];

#[tokio::test(start_paused = true)]
async fn an_unknown_address_is_answered_exactly_as_a_wrong_password() {
    let mut answers = Vec::new();
    for (error, message) in REFUSALS {
        let asked = Instant::now();
        let answer = call("login", credentials(), &[fails(INITIATE, error, message)]).await;
        assert_eq!(asked.elapsed(), GRID, "{error}: {message}");
        assert_eq!(answer.error(), (401, "invalid_credentials"));
        answers.push((answer.headers, answer.body));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}

#[tokio::test]
async fn a_set_up_that_fails_half_way_can_be_tried_again() {
    for (error, expected) in [
        ("NotAuthorizedException", (503, "upstream_unavailable")),
        ("ConcurrentModificationException", (503, "upstream_unavailable")),
        ("SoftwareTokenMFANotFoundException", (500, "internal")),
    ] {
        let calls = [challenge("MFA_SETUP"), fails(ASSOCIATE, error, "Invalid session for the user.")];
        assert_eq!(call("login", credentials(), &calls).await.error(), expected, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_right_password_does_not_wait() {
    let asked = Instant::now();
    call("login", credentials(), &[challenge("SOFTWARE_TOKEN_MFA")]).await;
    assert!(asked.elapsed() < GRID);
}

#[tokio::test]
async fn tokens_without_a_second_factor_never_leave() {
    let tokens =
        json!({"AuthenticationResult": {"IdToken": "the-id-token", "AccessToken": "the-access-token"}});
    let answer = call("login", credentials(), &[succeeds(INITIATE, tokens)]).await;
    assert_eq!(answer.error(), (500, "internal"));
    assert!(!answer.body.to_string().contains("-token") && !answer.log.to_string().contains("the-id-token"));
}

#[tokio::test]
async fn a_challenge_that_the_api_does_not_know_is_a_defect() {
    for name in ["SMS_MFA", "CUSTOM_CHALLENGE", "SELECT_MFA_TYPE", "SOMETHING_NEW"] {
        assert_eq!(
            call("login", credentials(), &[challenge(name)]).await.error(),
            (500, "internal"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    for (body, expected) in [
        (json!({}), vec![("email", "is missing"), ("password", "is missing")]),
        (json!({"email": null, "password": null}), vec![("email", "is missing"), ("password", "is missing")]),
        (
            json!({"email": 1, "password": [PASSWORD]}),
            vec![("email", "must be a string"), ("password", "must be a string")],
        ),
        (
            json!({"email": "jane", "password": ""}),
            vec![("email", "must be an e-mail address"), ("password", "must not be empty")],
        ),
        (
            json!({"email": "jane", "password": "x".repeat(257), "otp": 1}),
            vec![
                ("email", "must be an e-mail address"),
                ("otp", "is unknown"),
                ("password", "must not be longer than 256 characters"),
            ],
        ),
        (json!({"email": EMAIL, "password": PASSWORD, "remember": true}), vec![("remember", "is unknown")]),
        (json!([]), vec![("body", "must be a JSON object")]),
    ] {
        let answer = call("login", post(&body), &[]).await;
        assert_eq!(answer.error(), (400, "invalid_request"), "{body}");
        assert_eq!(answer.fields(), expected, "{body}");
    }
}
