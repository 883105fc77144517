//! A new secret for an authenticator app, whatever opened the way to it.

use crate::support::*;
use aws_smithy_http_client::test_util::StaticReplayClient;
use cogapi_handlers::{
    authenticator::{self, Opened},
    secret::Secret,
};
use serde_json::json;

#[tokio::test]
async fn an_access_token_opens_the_way_as_a_session_does() {
    let token = Secret::new(access_token());
    for (opened, sent) in [
        (Opened::Session(SESSION), json!({"Session": SESSION})),
        (Opened::Token(&token), json!({"AccessToken": token.expose()})),
    ] {
        let associated =
            succeeds(authenticator::OPERATION, json!({"SecretCode": TOTP_SECRET, "Session": SECOND_SESSION}));
        let replay = StaticReplayClient::new(vec![exchange(&associated)]);
        let app = app_over("login", replay.clone(), &[]);
        let (made, session) = authenticator::set_up(&app, EMAIL, opened).await.ok().unwrap();
        assert_eq!(session.as_deref(), Some(SECOND_SESSION));
        assert_eq!(serde_json::to_value(made).unwrap()["qr_code_secret"], TOTP_SECRET);
        let request = replay.actual_requests().next().unwrap().body().bytes().unwrap();
        assert_eq!(serde_json::from_slice::<serde_json::Value>(request).unwrap(), sent);
    }
}
