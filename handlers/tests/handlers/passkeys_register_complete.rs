use crate::support::*;
use serde_json::{Value, json};

const COMPLETE: &str = "CompleteWebAuthnRegistration";
const LIST: &str = "ListWebAuthnCredentials";
const PREFER: &str = "SetUserMFAPreference";
const DELETE: &str = "DeleteWebAuthnCredential";
const ID: &str = "x4TqbN2sVt1kQmZ0aLwEhA";

fn credential() -> Value {
    json!({
        "id": ID,
        "rawId": ID,
        "type": "public-key",
        "authenticatorAttachment": "platform",
        "clientExtensionResults": {"credProps": {"rk": true}},
        "response": {"clientDataJSON": "eyJ0eXBlIjoiIn0", "publicKeyAlgorithm": -7, "transports": ["internal"]},
    })
}

fn request() -> Value {
    post(&json!({"access_token": access_token(), "credential": credential()}))
}

fn done(operation: &'static str) -> Call {
    succeeds(operation, json!({}))
}

fn used_up() -> Call {
    fails(COMPLETE, "WebAuthnChallengeNotFoundException", "The challenge is expired or was not found.")
}

fn listed(ids: &[&str]) -> Call {
    let passkey = |id: &&str| {
        json!({
            "CredentialId": id, "FriendlyCredentialName": "Passkey", "RelyingPartyId": "example.com",
            "AuthenticatorTransports": [], "CreatedAt": 1_769_860_800,
        })
    };
    succeeds(LIST, json!({"Credentials": ids.iter().map(passkey).collect::<Vec<_>>()}))
}

async fn completed(calls: &[Call]) -> Answer {
    call("passkeys-register-complete", request(), calls).await
}

#[tokio::test]
async fn the_passkey_is_kept_and_may_sign_the_user_in() {
    let answer = completed(&[done(COMPLETE), done(PREFER)]).await;
    assert_eq!((answer.status, &answer.body), (200, &json!({"status": "PASSKEY_REGISTERED"})));
    assert_eq!(
        answer.sent,
        [
            json!({"AccessToken": access_token(), "Credential": credential()}),
            json!({
                "AccessToken": access_token(),
                "SoftwareTokenMfaSettings": {"Enabled": true, "PreferredMfa": true},
                "WebAuthnMfaSettings": {"Enabled": true},
            }),
        ]
    );
}

#[tokio::test]
async fn it_needs_no_iam_action() {
    let answer = completed(&[used_up(), listed(&[ID]), done(PREFER)]).await;
    assert_eq!(answer.actions, endpoint("passkeys-register-complete").operations);
}

#[tokio::test]
async fn a_request_that_is_repeated_does_what_is_left_to_do() {
    for ids in [&[ID][..], &["another", ID]] {
        let answer = completed(&[used_up(), listed(ids), done(PREFER)]).await;
        assert_eq!((answer.status, &answer.body["status"]), (200, &json!("PASSKEY_REGISTERED")));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_between_cognito_and_us_is_not_noticed() {
    let answer = completed(&[breaks(COMPLETE, 500), used_up(), listed(&[ID]), done(PREFER)]).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_registration_that_was_not_begun_is_to_be_begun() {
    for refused in [used_up(), fails(COMPLETE, "WebAuthnClientMismatchException", "Another client.")] {
        let answer = completed(&[refused, listed(&["another"])]).await;
        assert_eq!(answer.error(), (401, "invalid_session"));
    }
}

#[tokio::test]
async fn a_passkey_without_an_id_is_nobodys() {
    let event = post(&json!({"access_token": access_token(), "credential": {"type": "public-key"}}));
    let answer = call("passkeys-register-complete", event, &[used_up(), listed(&[ID])]).await;
    assert_eq!(answer.error(), (401, "invalid_session"));
}

#[tokio::test]
async fn a_passkey_that_is_refused_is_told_why() {
    for (error, problem) in [
        ("WebAuthnOriginNotAllowedException", "was made on a page whose origin is not the relying party's"),
        ("WebAuthnRelyingPartyMismatchException", "was made for another relying party"),
        ("WebAuthnCredentialNotSupportedException", "is of an authenticator that is not supported"),
        ("InvalidParameterException", "is not accepted"),
    ] {
        let answer = completed(&[fails(COMPLETE, error, "No.")]).await;
        assert_eq!(answer.error(), (400, "invalid_request"), "{error}");
        assert_eq!(answer.fields(), [("credential", problem)], "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_passkey_too_many_is_told_as_at_the_beginning() {
    let refused = [(); 3].map(|()| fails(COMPLETE, "LimitExceededException", "A user can have 20 passkeys."));
    let answer = completed(&refused).await;
    assert_eq!((answer.error(), answer.fields()[0].0), ((400, "invalid_request"), "access_token"));
}

#[tokio::test(start_paused = true)]
async fn what_can_be_repeated_leaves_the_passkey_there() {
    for (error, expected) in [
        ("TooManyRequestsException", (429, "too_many_requests")),
        ("InternalErrorException", (503, "upstream_unavailable")),
        ("NotAuthorizedException", (401, "invalid_token")),
        ("UserNotFoundException", (401, "invalid_token")),
        ("PasswordResetRequiredException", (403, "password_reset_required")),
    ] {
        // A throttled call is tried three times.
        let attempts = if error == "TooManyRequestsException" { 3 } else { 1 };
        let refusals = std::iter::repeat_with(|| fails(PREFER, error, "No.")).take(attempts);
        let calls: Vec<_> = [done(COMPLETE)].into_iter().chain(refusals).collect();
        assert_eq!(completed(&calls).await.error(), expected, "{error}");
    }
}

#[tokio::test]
async fn who_has_no_authenticator_is_to_sign_in_and_keeps_no_passkey_that_is_in_the_way() {
    for deleted in [done(DELETE), fails(DELETE, "NotAuthorizedException", "Access Token has been revoked")] {
        let refused = fails(PREFER, "InvalidParameterException", "User has not verified software token mfa");
        let answer = completed(&[done(COMPLETE), refused, deleted]).await;
        assert_eq!(answer.error(), (401, "invalid_token"));
        assert_eq!(answer.sent[2], json!({"AccessToken": access_token(), "CredentialId": ID}));
    }
}

#[tokio::test]
async fn a_pool_that_has_no_passkeys_is_our_defect() {
    for error in ["WebAuthnNotEnabledException", "ForbiddenException", "OperationNotEnabledException"] {
        assert_eq!(completed(&[fails(COMPLETE, error, "No.")]).await.error(), (500, "internal"), "{error}");
    }
}
