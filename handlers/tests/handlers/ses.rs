//! The mail that is ours: what SES is sent, and what its refusals mean.

use crate::support::*;
use aws_sdk_cognitoidentityprovider::config::HttpClient;
use aws_smithy_http_client::test_util::{NeverClient, StaticReplayClient};
use cogapi_handlers::{
    app::{App, Needs},
    config::env,
    endpoint::Trigger,
    error::{ErrorCode, Failure},
    ses::Mail,
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// A trigger that sends mails.
const MAILS: Trigger = Trigger {
    operations: &["ses:SendEmail"],
    environment: &[env::EMAIL_FROM, env::EMAIL_REPLY_TO, env::SES_IDENTITY_ARN],
    ..cogapi_handlers::triggers::custom_message::TRIGGER
};

const MAIL: Mail<'_> = Mail {
    to: EMAIL,
    subject: "Zurücksetzen",
    text: "Your code is 12345678.",
    html: "<p>Your code is 12345678.</p>",
};

async fn send(http_client: impl HttpClient + 'static, changed: &[(&str, &str)]) -> Result<(), Failure> {
    let app = app_that_mails(Needs::from(&MAILS), http_client, changed);
    app.ses()?.send(app.config.sender()?, MAIL).await
}

fn answers(answers: &[Mailed]) -> StaticReplayClient {
    StaticReplayClient::new(answers.iter().map(Mailed::exchange).collect())
}

async fn sent(changed: &[(&str, &str)]) -> (String, Value) {
    let replay = answers(&[MAILED]);
    send(replay.clone(), changed).await.unwrap();
    let request = replay.actual_requests().next().unwrap();
    assert_eq!(request.method(), "POST");
    let signature = request.headers().get("authorization").unwrap();
    assert!(signature.contains("AKIDEXAMPLE/") && signature.contains("/ses/aws4_request"), "{signature}");
    let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
    (request.uri().to_owned(), body)
}

#[tokio::test]
async fn a_mail_has_a_text_for_everybody_and_a_sender_to_answer_to() {
    let (uri, body) = sent(&[]).await;
    assert_eq!(uri, "https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails");
    let content = json!({"Simple": {
        "Subject": {"Data": "Zurücksetzen", "Charset": "UTF-8"},
        "Body": {
            "Text": {"Data": "Your code is 12345678.", "Charset": "UTF-8"},
            "Html": {"Data": "<p>Your code is 12345678.</p>", "Charset": "UTF-8"},
        },
    }});
    let to = json!({"ToAddresses": [EMAIL]});
    assert_eq!(body, json!({"FromEmailAddress": "hello@example.com", "Destination": to, "Content": content}));
    let (_, answered) = sent(&[("EMAIL_REPLY_TO", "help@example.com")]).await;
    assert_eq!(answered["ReplyToAddresses"], json!(["help@example.com"]));
}

#[tokio::test]
async fn an_identity_is_used_in_its_own_region() {
    let arn = "arn:aws:ses:us-east-1:123456789012:identity/example.com";
    let (uri, body) = sent(&[("SES_IDENTITY_ARN", arn)]).await;
    assert!(uri.starts_with("https://email.us-east-1.amazonaws.com/"), "{uri}");
    assert_eq!(body["FromEmailAddressIdentityArn"], arn);
}

#[tokio::test]
async fn an_emulator_takes_the_place_of_ses() {
    let (uri, _) = sent(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:4580")]).await;
    assert_eq!(uri, "http://127.0.0.1:4580/v2/email/outbound-emails");
}

/// What comes of one refusal, however often it is repeated.
async fn refused(status: u16, error: &'static str, message: &'static str) -> Failure {
    let refusal = Mailed { status, error, message };
    send(answers(&[refusal.clone(), refusal.clone(), refusal]), &[]).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn every_refusal_has_its_code() {
    use ErrorCode::{EmailDeliveryFailed, Internal, TooManyRequests, UpstreamUnavailable};
    let sandbox = "Email address is not verified. The following identities failed the check in region EU-WEST-1: a@b.example";
    for (status, error, message, code) in [
        (400, "MessageRejected", sandbox, EmailDeliveryFailed),
        (400, "MailFromDomainNotVerifiedException", "", EmailDeliveryFailed),
        (400, "SendingPausedException:http://internal.amazon.com/coral/", "", EmailDeliveryFailed),
        (400, "AccountSuspendedException", "", EmailDeliveryFailed),
        (429, "TooManyRequestsException", "Daily message quota exceeded.", EmailDeliveryFailed),
        (429, "TooManyRequestsException", "Maximum sending rate exceeded.", TooManyRequests),
        (403, "AccessDeniedException", "User is not authorized to perform ses:SendEmail", Internal),
        (400, "BadRequestException", "Missing final '@domain'", Internal),
        (500, "InternalFailure", "", UpstreamUnavailable),
        (503, "", "", UpstreamUnavailable),
    ] {
        let failure = refused(status, error, message).await;
        assert_eq!(failure.code(), code, "{error}: {message}");
        assert!(failure.cause().unwrap().starts_with("SendEmail: "), "{failure:?}");
        assert!(!failure.cause().unwrap().contains('@'), "{failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_mail_is_tried_again() {
    let (error, message) = ("TooManyRequestsException", "Maximum sending rate exceeded.");
    let replay = answers(&[Mailed { status: 429, error, message }, MAILED]);
    send(replay.clone(), &[]).await.unwrap();
    assert_eq!(replay.actual_requests().count(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_ses_that_never_answers_is_given_up_before_cognito_gives_up_on_the_trigger() {
    let asked = Instant::now();
    let failure = send(NeverClient::new(), &[]).await.unwrap_err();
    assert_eq!(failure.code(), ErrorCode::UpstreamUnavailable);
    assert!(asked.elapsed() < Duration::from_millis(4500), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn who_does_not_declare_it_has_no_client() {
    let mute = Trigger { operations: &[], ..MAILS };
    let app = App::load(&mute, variable).unwrap();
    assert_eq!(app.ses().map(|_| ()).unwrap_err().code(), ErrorCode::Internal);
    let app = App::load(&MAILS, variable).unwrap();
    assert!(app.ses().is_ok() && app.cognito().is_err());
}
