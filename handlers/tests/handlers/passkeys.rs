//! What holds for all passkeys' endpoints that take an access token.

use crate::support::*;
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_types::body::SdkBody;
use cogapi_handlers::{
    endpoint::{Chapter, Endpoint, Feature},
    registry::ENDPOINTS,
};
use serde_json::json;

fn all() -> impl Iterator<Item = &'static Endpoint> {
    ENDPOINTS.iter().copied().filter(|endpoint| endpoint.chapter == Chapter::Passkeys)
}

fn with_token() -> impl Iterator<Item = &'static Endpoint> {
    all().filter(|endpoint| endpoint.request.iter().any(|member| member.name == "access_token"))
}

#[test]
fn an_environment_without_passkeys_has_none_of_their_endpoints() {
    assert!(all().all(|endpoint| endpoint.only_with == Some(Feature::Passkeys)));
    assert_eq!((all().count(), with_token().count()), (6, 4));
}

#[tokio::test]
async fn a_token_of_another_kind_or_client_does_not_even_reach_cognito() {
    for endpoint in with_token() {
        for claims in [
            json!({"sub": USER_ID, "token_use": "id", "aud": "client1"}),
            json!({"sub": USER_ID, "token_use": "access", "client_id": "another"}),
        ] {
            let mut body = right_body(endpoint);
            body["access_token"] = json!(token_with(&claims));
            let answer = call(endpoint.name, post(&body), &[]).await;
            assert_eq!(answer.error(), (401, "invalid_token"), "{}: {claims}", endpoint.name);
        }
    }
}

#[tokio::test]
async fn a_token_that_cognito_refuses_is_told() {
    for endpoint in with_token() {
        for (error, message, expected) in [
            ("NotAuthorizedException", "Access Token has expired", (401, "invalid_token")),
            ("NotAuthorizedException", "Access Token has been revoked", (401, "invalid_token")),
            ("NotAuthorizedException", "User is disabled.", (401, "invalid_token")),
            ("PasswordResetRequiredException", "Password reset required", (403, "password_reset_required")),
        ] {
            let refusing = infallible_client_fn(move |_| {
                let body = json!({"__type": error, "message": message});
                http::Response::builder().status(400).body(SdkBody::from(body.to_string())).unwrap()
            });
            let app = app_over(endpoint.name, refusing, &[]);
            let answer = ask(&app, endpoint.name, right(endpoint)).await;
            assert_eq!(answer.error(), expected, "{}: {message}", endpoint.name);
        }
    }
}
