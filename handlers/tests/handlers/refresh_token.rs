use crate::support::*;
use serde_json::{Value, json};

const REFRESH: &str = "GetTokensFromRefreshToken";
const TOKEN: &str = "eyJjdHkiOiJKV1QifQ.key.iv.the-refresh-token.tag";

fn request() -> Value {
    post(&json!({"email": EMAIL, "refresh_token": TOKEN}))
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_for_new_tokens() {
    let answer = call("refresh-token", request(), &[succeeds(REFRESH, authentication_result(EMAIL))]).await;
    let mut expected = tokens(EMAIL);
    expected["email"] = json!(EMAIL);
    assert_eq!((answer.status, answer.body), (200, expected));
    let sent = json!({"ClientId": "client1", "ClientSecret": CLIENT_SECRET, "RefreshToken": TOKEN});
    assert_eq!(answer.sent, [sent]);
    assert_eq!(answer.actions, endpoint("refresh-token").operations);
}

#[tokio::test]
async fn the_tokens_of_somebody_else_are_not_handed_out() {
    let others = succeeds(REFRESH, authentication_result("joe@example.com"));
    let answer = call("refresh-token", request(), &[others]).await;
    assert_eq!(answer.error(), (403, "forbidden"));
    let body = answer.body.to_string();
    assert!(!body.contains(NEW_REFRESH_TOKEN) && !body.contains(&access_token()), "{body}");
}

#[tokio::test]
async fn an_address_in_capitals_is_the_same_user() {
    let event = post(&json!({"email": " JANE@example.com", "refresh_token": TOKEN}));
    let calls = [succeeds(REFRESH, authentication_result("Jane@Example.com"))];
    let answer = call("refresh-token", event, &calls).await;
    assert_eq!((answer.status, &answer.body["email"]), (200, &json!(EMAIL)));
}

#[tokio::test]
async fn a_refresh_token_that_is_no_good_is_told() {
    for (error, message) in [
        ("NotAuthorizedException", "Refresh Token has expired"),
        ("NotAuthorizedException", "Refresh Token has been revoked"),
        ("NotAuthorizedException", "Invalid Refresh Token"),
        ("NotAuthorizedException", "User is disabled."),
        ("RefreshTokenReuseException", "Refresh token has been invalidated by rotation."),
        ("UserNotFoundException", "User does not exist."),
    ] {
        let answer = call("refresh-token", request(), &[fails(REFRESH, error, message)]).await;
        assert_eq!(answer.error(), (401, "invalid_token"), "{error}: {message}");
    }
}

#[tokio::test]
async fn half_an_answer_is_our_defect() {
    for lost in ["RefreshToken", "AccessToken", "IdToken"] {
        let mut reply = authentication_result(EMAIL);
        reply["AuthenticationResult"].as_object_mut().unwrap().remove(lost);
        let answer = call("refresh-token", request(), &[succeeds(REFRESH, reply)]).await;
        assert_eq!(answer.error(), (500, "internal"), "{lost}");
    }
    let mut nobodys = authentication_result(EMAIL);
    nobodys["AuthenticationResult"]["IdToken"] = json!(token_with(&json!({"sub": USER_ID})));
    assert_eq!(
        call("refresh-token", request(), &[succeeds(REFRESH, nobodys)]).await.error(),
        (500, "internal")
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_for_again_within_the_grace_period() {
    let calls = [breaks(REFRESH, 504), succeeds(REFRESH, authentication_result(EMAIL))];
    assert_eq!(call("refresh-token", request(), &calls).await.status, 200);
}
