use crate::support::*;
use serde_json::{Value, json};

fn get(claims: &Value) -> Value {
    with_claims(json!({"requestContext": {"requestId": REQUEST_ID}, "body": null}), claims)
}

#[tokio::test]
async fn the_id_tokens_claims_say_who_the_caller_is() {
    let mut claims = id_token_claims();
    claims["cognito:groups"] = json!("admins,staff");
    let answer = call("userinfo", get(&claims), &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        json!({
            "name": "Jane Doe",
            "user_id": USER_ID,
            "email": EMAIL,
            "phone_number": "+33612345678",
            "groups": ["admins", "staff"],
        })
    );
}

#[tokio::test]
async fn a_user_without_groups_has_an_empty_list() {
    assert_eq!(call("userinfo", get(&id_token_claims()), &[]).await.body["groups"], json!([]));
}

#[tokio::test]
async fn a_user_without_name_and_phone_number_has_empty_ones() {
    let mut claims = id_token_claims();
    for claim in ["name", "phone_number"] {
        claims.as_object_mut().unwrap().remove(claim);
    }
    let answer = call("userinfo", get(&claims), &[]).await;
    assert_eq!((answer.status, &answer.body["name"]), (200, &json!("")));
    assert_eq!(answer.body["phone_number"], "");
}

#[tokio::test]
async fn its_role_allows_nothing() {
    let answer = call("userinfo", get(&id_token_claims()), &[]).await;
    assert_eq!(answer.actions, endpoint("userinfo").operations);
}

#[tokio::test]
async fn a_token_of_another_kind_client_or_pool_is_refused() {
    for (claim, value) in [
        ("token_use", json!("access")),
        ("token_use", json!(null)),
        ("aud", json!("another-client")),
        ("aud", json!(null)),
        ("iss", json!("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_other")),
        ("iss", json!("eu-west-1_pool")),
        ("iss", json!(null)),
        ("sub", json!("")),
        ("sub", json!(null)),
    ] {
        let mut claims = id_token_claims();
        claims[claim] = value.clone();
        let answer = call("userinfo", get(&claims), &[]).await;
        assert_eq!(answer.error(), (401, "invalid_token"), "{claim} = {value}");
    }
}

#[tokio::test]
async fn a_request_that_did_not_pass_the_authorizer_is_refused() {
    for context in [
        json!({}),
        json!({"authorizer": null}),
        json!({"authorizer": {}}),
        json!({"authorizer": {"claims": null}}),
    ] {
        let event = json!({"requestContext": context, "headers": {"Authorization": "Bearer x.y.z"}});
        assert_eq!(call("userinfo", event, &[]).await.error(), (401, "invalid_token"));
    }
}
