use crate::support::*;
use serde_json::{Value, json};

const DELETE: &str = "DeleteWebAuthnCredential";
const ID: &str = "x4TqbN2sVt1kQmZ0aLwEhA";

fn request() -> Value {
    post(&json!({"access_token": access_token(), "credential_id": ID}))
}

#[tokio::test]
async fn the_passkey_is_deleted_with_one_call() {
    let answer = call("passkeys-delete", request(), &[succeeds(DELETE, json!({}))]).await;
    assert_eq!((answer.status, &answer.body), (200, &json!({"status": "PASSKEY_DELETED"})));
    assert_eq!(answer.sent, [json!({"AccessToken": access_token(), "CredentialId": ID})]);
    assert_eq!(answer.actions, endpoint("passkeys-delete").operations);
}

#[tokio::test(start_paused = true)]
async fn a_passkey_that_is_gone_is_deleted() {
    let gone = || fails(DELETE, "ResourceNotFoundException", "The passkey does not exist.");
    for calls in [vec![gone()], vec![breaks(DELETE, 500), gone()]] {
        let answer = call("passkeys-delete", request(), &calls).await;
        assert_eq!((answer.status, &answer.body["status"]), (200, &json!("PASSKEY_DELETED")));
    }
}
