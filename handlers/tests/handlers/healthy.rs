//! A Cognito in which all is well: what it answers to each operation, as far as a function reads it. Shared with the benchmark. What
//! a test has a word on, it scripts instead.

use crate::{
    cognito::Cognito,
    support::{EMAIL, SECOND_SESSION, SESSION, TOTP_SECRET, USER_ID, authentication_result, described},
};
use cogapi_handlers::field::TEMPORARY_PASSWORD;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// It.
pub(crate) fn cognito() -> Cognito {
    Cognito::new(|operation, request| Some((200, reply(operation, request))))
}

/// One that refuses so, after this many calls in which all is well.
pub(crate) fn refusing(error: &'static str, after: usize) -> Cognito {
    let calls = AtomicUsize::new(0);
    Cognito::new(move |operation, request| {
        let refused = calls.fetch_add(1, Ordering::Relaxed) >= after;
        Some(if refused { (400, json!({"__type": error})) } else { (200, reply(operation, request)) })
    })
}

/// How Cognito may refuse anything. That it could not send a mail, only some operations say.
pub(crate) const REFUSALS: &[&str] = &[
    "AliasExistsException",
    "CodeMismatchException",
    "ConcurrentModificationException",
    "EnableSoftwareTokenMFAException",
    "ExpiredCodeException",
    "ForbiddenException",
    "InternalErrorException",
    "InvalidLambdaResponseException",
    "InvalidParameterException",
    "InvalidPasswordException",
    "InvalidUserPoolConfigurationException",
    "LimitExceededException",
    "MFAMethodNotFoundException",
    "NotAuthorizedException",
    "PasswordHistoryPolicyViolationException",
    "PasswordResetRequiredException",
    "PreconditionNotMetException",
    "RefreshTokenReuseException",
    "ResourceNotFoundException",
    "SoftwareTokenMFANotFoundException",
    "TooManyFailedAttemptsException",
    "TooManyRequestsException",
    "UnexpectedLambdaException",
    "UnsupportedOperationException",
    "UnsupportedTokenTypeException",
    "UnsupportedUserStateException",
    "UserLambdaValidationException",
    "UserNotConfirmedException",
    "UserNotFoundException",
    "UsernameExistsException",
    "WebAuthnChallengeNotFoundException",
    "WebAuthnClientMismatchException",
    "WebAuthnConfigurationMissingException",
    "WebAuthnCredentialNotSupportedException",
    "WebAuthnNotEnabledException",
    "WebAuthnOriginNotAllowedException",
    "WebAuthnRelyingPartyMismatchException",
];

/// What the operation answers to this request.
pub(crate) fn reply(operation: &str, request: &Value) -> Value {
    match operation {
        "AdminCreateUser" => json!({"User": {"Username": USER_ID}}),
        "AdminGetUser" | "GetUser" => described(USER_ID, EMAIL, "CONFIRMED", true),
        "AdminInitiateAuth" | "InitiateAuth" => begun(request),
        "AdminRespondToAuthChallenge" | "RespondToAuthChallenge" => {
            if request["ChallengeName"] == "NEW_PASSWORD_REQUIRED" {
                challenge("MFA_SETUP", &json!({}))
            } else {
                authentication_result(EMAIL)
            }
        }
        "AssociateSoftwareToken" => json!({"SecretCode": TOTP_SECRET, "Session": SECOND_SESSION}),
        "VerifySoftwareToken" => json!({"Status": "SUCCESS", "Session": SECOND_SESSION}),
        "GetTokensFromRefreshToken" => authentication_result(EMAIL),
        "StartWebAuthnRegistration" => json!({"CredentialCreationOptions": {
            "challenge": "vde3h8WwZJjW1xZph3t8qQ",
            "rp": {"id": "example.com", "name": "example.com"},
            "user": {"id": "NWYwZTJiN2E", "name": EMAIL, "displayName": EMAIL},
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        }}),
        "ListWebAuthnCredentials" => json!({"Credentials": [{
            "CredentialId": "x4TqbN2sVt1kQmZ0aLwEhA",
            "FriendlyCredentialName": "Phone",
            "RelyingPartyId": "example.com",
            "AuthenticatorAttachment": "platform",
            "AuthenticatorTransports": ["internal"],
            "CreatedAt": 1_760_000_000,
        }]}),
        // Of all others, that they worked is all there is to say.
        _ => json!({}),
    }
}

/// A sign-in has begun, in the flow that was asked for.
fn begun(request: &Value) -> Value {
    let invited = request["AuthParameters"]["PASSWORD"] == TEMPORARY_PASSWORD.member.schema.example();
    match request["AuthFlow"].as_str() {
        Some("USER_AUTH") => {
            let options = json!({
                "challenge": "vde3h8WwZJjW1xZph3t8qQ",
                "rpId": "example.com",
                "allowCredentials": [{"type": "public-key", "id": "x4TqbN2sVt1kQmZ0aLwEhA"}],
            });
            challenge("WEB_AUTHN", &json!({"CREDENTIAL_REQUEST_OPTIONS": options.to_string()}))
        }
        Some("CUSTOM_AUTH") => challenge("CUSTOM_CHALLENGE", &json!({"USERNAME": USER_ID})),
        _ if invited => challenge("NEW_PASSWORD_REQUIRED", &json!({"USER_ID_FOR_SRP": USER_ID})),
        _ => challenge("SOFTWARE_TOKEN_MFA", &json!({"USER_ID_FOR_SRP": USER_ID})),
    }
}

fn challenge(name: &str, parameters: &Value) -> Value {
    json!({"ChallengeName": name, "Session": SESSION, "ChallengeParameters": parameters})
}
