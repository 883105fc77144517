use crate::support::*;
use serde_json::{Value, json};

const START: &str = "StartWebAuthnRegistration";

fn request() -> Value {
    post(&json!({"access_token": access_token()}))
}

/// As in AWS's sample.
fn options() -> Value {
    json!({
        "authenticatorSelection": {"requireResidentKey": true, "residentKey": "required", "userVerification": "required"},
        "challenge": "wxvbDicyqQqvF2EXAMPLE",
        "excludeCredentials": [{"id": "8LApgk4-lNUFHbhm2w6Und7-uxcc8coJGsPxiogvHoI", "type": "public-key"}],
        "pubKeyCredParams": [{"alg": -7, "type": "public-key"}, {"alg": -257, "type": "public-key"}],
        "rp": {"id": "example.com", "name": "example.com"},
        "timeout": 60000,
        "user": {"displayName": EMAIL, "id": "NWYwZTJiN2E", "name": EMAIL},
    })
}

#[tokio::test]
async fn the_browser_gets_cognitos_options_as_they_are() {
    let started = succeeds(START, json!({"CredentialCreationOptions": options()}));
    let answer = call("passkeys-register-start", request(), &[started]).await;
    assert_eq!((answer.status, &answer.body), (200, &json!({"options": options()})));
    assert_eq!(answer.sent, [json!({"AccessToken": access_token()})]);
}

#[tokio::test]
async fn it_needs_no_iam_action() {
    let started = succeeds(START, json!({"CredentialCreationOptions": options()}));
    let answer = call("passkeys-register-start", request(), &[started]).await;
    assert_eq!(answer.actions, endpoint("passkeys-register-start").operations);
}

#[tokio::test(start_paused = true)]
async fn who_has_all_the_passkeys_that_there_can_be_is_told_to_delete_one() {
    // To the SDK it is a throttling like others.
    let refused = [(); 3].map(|()| fails(START, "LimitExceededException", "A user can have 20 passkeys."));
    let answer = call("passkeys-register-start", request(), &refused).await;
    assert_eq!(answer.error(), (400, "invalid_request"));
    let problem = "is of a user who has 20 passkeys, the most there can be: delete one first";
    assert_eq!(answer.fields(), [("access_token", problem)]);
}

#[tokio::test]
async fn a_pool_that_has_no_passkeys_is_our_defect() {
    for error in [
        "WebAuthnNotEnabledException",
        "WebAuthnConfigurationMissingException",
        "InvalidParameterException",
        "ForbiddenException",
        "OperationNotEnabledException",
    ] {
        let answer = call("passkeys-register-start", request(), &[fails(START, error, "No.")]).await;
        assert_eq!(answer.error(), (500, "internal"), "{error}");
        assert!(answer.log["cause"].as_str().unwrap().contains(error), "{error}");
    }
}
