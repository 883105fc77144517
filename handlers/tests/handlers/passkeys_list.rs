use crate::support::*;
use serde_json::{Value, json};

const LIST: &str = "ListWebAuthnCredentials";

fn request() -> Value {
    post(&json!({"access_token": access_token()}))
}

fn passkey(id: &str) -> Value {
    json!({
        "CredentialId": id,
        "FriendlyCredentialName": "iCloud Keychain",
        "RelyingPartyId": "example.com",
        "AuthenticatorAttachment": "platform",
        "AuthenticatorTransports": ["internal", "hybrid"],
        "CreatedAt": 1_769_860_800.25,
    })
}

fn answered(id: &str) -> Value {
    json!({
        "credential_id": id,
        "friendly_name": "iCloud Keychain",
        "relying_party_id": "example.com",
        "authenticator_attachment": "platform",
        "transports": ["internal", "hybrid"],
        "created_at": "2026-01-31T12:00:00.25Z",
    })
}

#[tokio::test]
async fn all_passkeys_are_listed_on_however_many_pages_cognito_has_them() {
    let pages = [
        succeeds(LIST, json!({"Credentials": [passkey("a"), passkey("b")], "NextToken": "2"})),
        succeeds(LIST, json!({"Credentials": [], "NextToken": "3"})),
        succeeds(LIST, json!({"Credentials": [passkey("c")]})),
    ];
    let answer = call("passkeys-list", request(), &pages).await;
    assert_eq!((answer.status, &answer.body["passkeys"]), (200, &json!(["a", "b", "c"].map(answered))));
    let asked = |next: Value| json!({"AccessToken": access_token(), "MaxResults": 20, "NextToken": next});
    let mut first = asked(json!(null));
    first.as_object_mut().unwrap().remove("NextToken");
    assert_eq!(answer.sent, [first, asked(json!("2")), asked(json!("3"))]);
}

#[tokio::test]
async fn who_has_none_gets_an_empty_list() {
    let answer = call("passkeys-list", request(), &[succeeds(LIST, json!({"Credentials": []}))]).await;
    assert_eq!((answer.status, &answer.body), (200, &json!({"passkeys": []})));
}

#[tokio::test]
async fn what_an_authenticator_did_not_tell_is_left_out() {
    let mut terse = passkey("a");
    terse.as_object_mut().unwrap().remove("AuthenticatorAttachment");
    terse["AuthenticatorTransports"] = json!([]);
    let mut expected = answered("a");
    expected.as_object_mut().unwrap().remove("authenticator_attachment");
    expected["transports"] = json!([]);
    let answer = call("passkeys-list", request(), &[succeeds(LIST, json!({"Credentials": [terse]}))]).await;
    assert_eq!(answer.body["passkeys"], json!([expected]));
}

#[tokio::test]
async fn it_needs_no_iam_action() {
    let answer = call("passkeys-list", request(), &[succeeds(LIST, json!({"Credentials": []}))]).await;
    assert_eq!(answer.actions, endpoint("passkeys-list").operations);
}
