//! What an endpoint declares is what it does: its fields, its path, its body.

use crate::support::*;
use aws_smithy_http_client::test_util::{NeverClient, infallible_client_fn};
use aws_smithy_types::body::SdkBody;
use cogapi_handlers::{
    endpoint::Endpoint,
    registry::ENDPOINTS,
    request::{BODY, MAX_BODY},
    schema::Kind,
    user::PATH_PARAMETER,
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// The endpoints that take a body.
fn with_body() -> impl Iterator<Item = &'static Endpoint> {
    ENDPOINTS.iter().copied().filter(|endpoint| !endpoint.request.is_empty())
}

/// A request that is right but for its body.
fn with(endpoint: &Endpoint, body: &str) -> Value {
    let mut event = right(endpoint);
    event["body"] = json!(body);
    event
}

/// What a request without a call to Cognito is refused for.
async fn refused(endpoint: &Endpoint, event: Value) -> Vec<(String, String)> {
    let answer = call(endpoint.name, event, &[]).await;
    assert_eq!(answer.error(), (400, "invalid_request"), "{}", endpoint.name);
    answer.fields().into_iter().map(|(field, problem)| (field.to_owned(), problem.to_owned())).collect()
}

fn told(field: &str, problem: &str) -> (String, String) {
    (field.to_owned(), problem.to_owned())
}

#[tokio::test]
async fn the_declared_fields_are_missed_and_no_others() {
    for endpoint in with_body() {
        let mut expected: Vec<_> = endpoint.request.iter().map(|it| told(it.name, "is missing")).collect();
        expected.sort_unstable();
        assert_eq!(refused(endpoint, with(endpoint, "{}")).await, expected, "{}", endpoint.name);
    }
}

#[tokio::test]
async fn a_field_that_is_not_declared_is_unknown() {
    for endpoint in with_body() {
        let mut body = right_body(endpoint);
        body["remember_me"] = json!(true);
        let problems = refused(endpoint, with(endpoint, &body.to_string())).await;
        assert_eq!(problems, [told("remember_me", "is unknown")], "{}", endpoint.name);
    }
}

#[tokio::test]
async fn a_field_of_another_type_is_told_its_own() {
    for endpoint in with_body() {
        for member in endpoint.request {
            let expected =
                if matches!(member.schema.kind, Kind::Foreign(_)) { "JSON object" } else { "string" };
            let mut body = right_body(endpoint);
            body[member.name] = json!(true);
            let problems = refused(endpoint, with(endpoint, &body.to_string())).await;
            let expected = [told(member.name, &format!("must be a {expected}"))];
            assert_eq!(problems, expected, "{}", endpoint.name);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_or_no_json_object_is_refused() {
    for endpoint in with_body() {
        for (body, problem) in [
            (" ".repeat(MAX_BODY + 1), "must not be larger than 16 KiB"),
            ("{".to_owned(), "must be JSON in UTF-8"),
            ("[]".to_owned(), "must be a JSON object"),
        ] {
            assert_eq!(
                refused(endpoint, with(endpoint, &body)).await,
                [told(BODY, problem)],
                "{}",
                endpoint.name
            );
        }
    }
}

#[tokio::test]
async fn a_path_that_names_nobody_is_a_bad_request() {
    let placeholder = format!("{{{}}}", PATH_PARAMETER.name);
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.path.contains(&placeholder)) {
        let mut event = right(endpoint);
        event["pathParameters"] = json!({"user_id": "jane"});
        let expected = [told("user_id", "must be an e-mail address or a user's id")];
        assert_eq!(refused(endpoint, event).await, expected, "{}", endpoint.name);
    }
}

#[test]
fn a_path_has_no_other_placeholder_than_the_user() {
    for endpoint in ENDPOINTS {
        let bare = endpoint.path.replace("{user_id}", "");
        assert!(!bare.contains(['{', '}']), "{}", endpoint.path);
    }
}

#[tokio::test(start_paused = true)]
async fn what_aws_throttles_is_told_with_the_time_to_wait() {
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.calls_cognito) {
        let throttling = infallible_client_fn(|_| {
            let body = json!({"__type": "TooManyRequestsException", "message": "Rate exceeded"});
            http::Response::builder().status(400).body(SdkBody::from(body.to_string())).unwrap()
        });
        let app = app_over(endpoint.name, throttling, &[]);
        let answer = ask(&app, endpoint.name, right(endpoint)).await;
        assert_eq!(answer.error(), (429, "too_many_requests"), "{}", endpoint.name);
        assert!(answer.headers["Retry-After"].parse::<u32>().unwrap() > 0, "{}", endpoint.name);
    }
}

#[tokio::test(start_paused = true)]
async fn an_aws_that_never_answers_is_given_up_well_within_the_functions_time() {
    for endpoint in ENDPOINTS.iter().filter(|it| it.calls_cognito) {
        let asked = Instant::now();
        let app = app_over(endpoint.name, NeverClient::new(), &[]);
        let answer = ask(&app, endpoint.name, right(endpoint)).await;
        assert_eq!(answer.error(), (503, "upstream_unavailable"), "{}", endpoint.name);
        assert!(asked.elapsed() < Duration::from_secs(9), "{}: {:?}", endpoint.name, asked.elapsed());
    }
}

/// What the endpoint answers to a right request while AWS refuses every call.
async fn where_aws_refuses(endpoint: &Endpoint, status: u16, error: &str) -> Answer {
    let message = "User: arn:aws:sts::111122223333:assumed-role/it is not authorized to perform: this";
    let body = json!({"__type": error, "message": message}).to_string();
    let refusing = infallible_client_fn(move |_| {
        http::Response::builder().status(status).body(SdkBody::from(body.as_str())).unwrap()
    });
    ask(&app_over(endpoint.name, refusing, &[]), endpoint.name, right(endpoint)).await
}

#[tokio::test(start_paused = true)]
async fn a_call_that_iam_refuses_is_our_defect_and_its_cause_is_only_logged() {
    for endpoint in ENDPOINTS.iter().filter(|it| it.calls_cognito) {
        let answer = where_aws_refuses(endpoint, 400, "AccessDeniedException").await;
        assert_eq!(answer.error(), (500, "internal"), "{}", endpoint.name);
        assert!(
            answer.log["cause"].as_str().unwrap().contains("not authorized to perform"),
            "{}",
            endpoint.name
        );
        assert!(!answer.body.to_string().contains("arn:aws"), "{}", endpoint.name);
    }
}

#[tokio::test(start_paused = true)]
async fn an_aws_that_fails_is_upstream_unavailable() {
    for endpoint in ENDPOINTS.iter().filter(|it| it.calls_cognito) {
        for (status, error) in
            [(500, "InternalErrorException"), (503, "ServiceUnavailable"), (400, "InternalErrorException")]
        {
            let answer = where_aws_refuses(endpoint, status, error).await;
            assert_eq!(answer.error(), (503, "upstream_unavailable"), "{} {status}", endpoint.name);
        }
    }
}

#[test]
fn an_endpoint_with_fields_may_answer_that_they_are_wrong() {
    use cogapi_handlers::error::ErrorCode::InvalidRequest;
    for endpoint in ENDPOINTS {
        let reads = !endpoint.request.is_empty() || endpoint.path.contains('{');
        assert_eq!(endpoint.errors.contains(&InvalidRequest), reads, "{}", endpoint.name);
        assert!(!endpoint.reply.shapes.is_empty() && endpoint.reply.status / 100 == 2, "{}", endpoint.name);
    }
}
