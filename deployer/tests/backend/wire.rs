//! Answers of AWS that no emulator gives: other people's buckets, other regions, writes that meet.

use std::sync::{Arc, Mutex};

use cogapi::backend::{Location, S3Backend, destroy, ensure};
use cogapi_engine::{Backend as _, BackendError, Failure, StateVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::common::clients;
use crate::state::state;
use crate::tags;

/// What was asked: the head of the request with the method and path first, and the body.
#[derive(Debug, Clone)]
struct Request {
    head: String,
    body: String,
}

impl Request {
    fn is(&self, start: &str) -> bool {
        self.head.starts_with(start)
    }
}

/// A server that answers what it is told to, with a status, headers and a body.
struct Wire {
    clients: cogapi::aws::Clients,
    location: Location,
    seen: Arc<Mutex<Vec<Request>>>,
}

type Answer = (u16, &'static str, String);

impl Wire {
    async fn answering(answer: impl Fn(&Request, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let requests = seen.clone();
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (requests, answer) = (requests.clone(), answer.clone());
                tokio::spawn(async move { serve(stream, &requests, &*answer).await });
            }
        });
        let location = Location {
            bucket: "ours".to_owned(),
            lock_table: "locks".to_owned(),
            account: "123456789012".to_owned(),
        };
        Self { clients: clients(&url, "123456789012"), location, seen }
    }

    fn backend(&self) -> S3Backend {
        S3Backend::new(&self.clients, &self.location, "dev")
    }

    fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    seen: &Mutex<Vec<Request>>,
    answer: &(impl Fn(&Request, usize) -> Answer + ?Sized),
) {
    let mut bytes = Vec::new();
    let request = loop {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok())
            .unwrap_or(0);
        if body.len() >= length {
            break Request { head: head.to_lowercase(), body: body.to_owned() };
        }
    };
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(request.clone());
        seen.len()
    };
    let (status, headers, body) = answer(&request, number);
    let text = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(text.as_bytes()).await;
}

fn s3_error(status: u16, code: &str) -> Answer {
    (status, "", format!("<Error><Code>{code}</Code><Message>no</Message></Error>"))
}

fn stored() -> Answer {
    (200, "etag: \"2\"\r\n", String::new())
}

fn active_table() -> Answer {
    let table = r#"{"Table":{"TableStatus":"ACTIVE","KeySchema":[{"AttributeName":"LockID","KeyType":"HASH"}],
        "AttributeDefinitions":[{"AttributeName":"LockID","AttributeType":"S"}]}}"#;
    (200, "content-type: application/x-amz-json-1.0\r\n", table.to_owned())
}

fn failed<T: std::fmt::Debug>(result: Result<T, BackendError>) -> Failure {
    match result {
        Err(BackendError::Failed(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_write_that_met_another_one_is_tried_again_under_the_same_condition() {
    let wire = Wire::answering(|_, number| match number {
        1 | 2 => s3_error(409, "ConditionalRequestConflict"),
        _ => stored(),
    })
    .await;
    let read = StateVersion("\"1\"".to_owned());
    let version = wire.backend().store(&state(2), Some(&read)).await.unwrap();
    assert_eq!(version, StateVersion("\"2\"".to_owned()));
    let seen = wire.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|request| request.head.contains("if-match: \"1\"")), "{seen:?}");
}

#[tokio::test]
async fn a_write_that_keeps_meeting_others_gives_up_without_claiming_a_conflict() {
    let wire = Wire::answering(|_, _| s3_error(409, "ConditionalRequestConflict")).await;
    let failure = failed(wire.backend().store(&state(1), None).await);
    assert!(failure.detail.contains("ConditionalRequestConflict"), "{failure}");
    assert!(wire.seen().iter().all(|request| request.head.contains("if-none-match: *")));
}

#[tokio::test]
async fn every_call_says_whose_bucket_it_must_be() {
    let wire = Wire::answering(|request, _| match request {
        request if request.is("post /") => active_table(),
        _ => stored(),
    })
    .await;
    wire.backend().store(&state(1), None).await.unwrap();
    let _ = wire.backend().load().await;
    let _ = ensure(&wire.clients, &wire.location, &tags()).await;
    let seen = wire.seen();
    let s3: Vec<_> = seen.iter().filter(|request| request.head.contains("/ours")).collect();
    assert!(s3.len() > 6, "{s3:?}");
    for request in s3 {
        assert!(request.head.contains("x-amz-expected-bucket-owner: 123456789012"), "{request:?}");
    }
}

#[tokio::test]
async fn a_bucket_in_another_region_is_said_to_be_there() {
    let elsewhere = |request: &Request, _| match request {
        request if request.is("post /") => active_table(),
        _ => (
            301,
            "x-amz-bucket-region: us-west-2\r\n",
            "<Error><Code>PermanentRedirect</Code><Message>no</Message></Error>".to_owned(),
        ),
    };
    let wire = Wire::answering(elsewhere).await;
    for failure in [
        ensure(&wire.clients, &wire.location, &tags()).await.unwrap_err(),
        failed(wire.backend().load().await),
        destroy(&wire.clients, &wire.location).await.unwrap_err().into(),
    ] {
        assert!(
            failure.hint.as_ref().is_some_and(|hint| hint.contains("another region, us-west-2")),
            "{failure}"
        );
    }
}

#[tokio::test]
async fn a_bucket_of_somebody_else_is_said_to_be_theirs_and_never_taken_for_none() {
    let theirs = |request: &Request, _| match request {
        request if request.is("post /") => active_table(),
        _ => s3_error(403, "AccessDenied"),
    };
    let wire = Wire::answering(theirs).await;
    for failure in [
        ensure(&wire.clients, &wire.location, &tags()).await.unwrap_err(),
        failed(wire.backend().load().await),
        destroy(&wire.clients, &wire.location).await.unwrap_err().into(),
    ] {
        let says = |hint: &String| hint.contains("does not belong to account 123456789012");
        assert!(failure.hint.as_ref().is_some_and(says), "{failure}");
    }
    assert!(
        wire.seen().iter().all(|request| request.is("get ") || request.is("post / ")),
        "nothing was changed"
    );
}

#[tokio::test]
async fn a_name_that_somebody_else_has_taken_is_said_to_be_taken() {
    let taken = |request: &Request, _| match request {
        request if request.is("post /") => active_table(),
        request if request.is("put /ours") => s3_error(409, "BucketAlreadyExists"),
        _ => s3_error(404, "NoSuchBucket"),
    };
    let wire = Wire::answering(taken).await;
    let failure = ensure(&wire.clients, &wire.location, &tags()).await.unwrap_err();
    assert!(failure.hint.as_ref().is_some_and(|hint| hint.contains("choose another `bucket`")), "{failure}");
}

#[tokio::test]
async fn only_outside_us_east_1_a_new_bucket_names_its_region() {
    for (region, names) in [("us-east-1", false), ("eu-west-1", true)] {
        let new = |request: &Request, _| match request {
            request if request.is("post /") => active_table(),
            request if request.is("put ") => stored(),
            _ => s3_error(404, "NoSuchBucket"),
        };
        let mut wire = Wire::answering(new).await;
        region.clone_into(&mut wire.clients.region);
        ensure(&wire.clients, &wire.location, &tags()).await.unwrap();
        let seen = wire.seen();
        let settings = ["?versioning", "?encryption", "?publicaccessblock", "?policy", "?tagging"];
        let create = seen
            .iter()
            .find(|request| request.is("put ") && settings.iter().all(|name| !request.head.contains(name)))
            .unwrap();
        assert_eq!(create.body.contains("<LocationConstraint>eu-west-1<"), names, "{region}: {create:?}");
        assert_eq!(create.body.contains("LocationConstraint"), names, "{region}: {create:?}");
    }
}

#[tokio::test]
async fn an_object_that_cannot_be_deleted_is_named() {
    let locked = |request: &Request, _| {
        match request {
        request if request.is("post /ours") => (
            200,
            "",
            "<DeleteResult><Error><Key>dev/state.json</Key><Code>AccessDenied</Code><Message>held</Message></Error>\
             </DeleteResult>"
                .to_owned(),
        ),
        request if request.is("post /") => (200, "", r#"{"Items":[]}"#.to_owned()),
        request if request.head.contains("versions") => (
            200,
            "",
            "<ListVersionsResult><IsTruncated>false</IsTruncated><Version><Key>dev/state.json</Key>\
             <VersionId>1</VersionId></Version></ListVersionsResult>"
                .to_owned(),
        ),
        _ => s3_error(404, "NoSuchKey"),
    }
    };
    let wire = Wire::answering(locked).await;
    let failure = Failure::from(destroy(&wire.clients, &wire.location).await.unwrap_err());
    assert!(failure.detail.contains("`dev/state.json`: AccessDenied: held"), "{failure}");
}
