//! Holds calls back, so that AWS throttles hardly any: token buckets as deep and as fast as the ones that AWS publishes
//! (`rates`). Few calls never wait. What is throttled all the same (others use the account, too) is tried again by the SDK.
//!
//! An interceptor knows which operation a request is but can't wait; the connector can. So the one marks the request and the
//! other waits for its turn, right before sending, whether it is a first attempt or another one. Such waits are therefore
//! inside of the SDK's attempt timeout and its watch over stalled uploads: neither may be on (see `clients`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use tokio::time::Instant;

use super::errors::is_throttling;
use super::rates::{self, Limit, Of};

/// Names service and operation on the way from the interceptor to the connector, which takes it off again. It comes after the
/// signature, so it is no part of it.
const MARK: &str = "x-cogapi-call";
/// How much slower than AWS allows: two calls may get closer to each other on their way.
const MARGIN: f64 = 1.05;

/// Marks each request with what it is.
#[derive(Debug)]
pub(super) struct MarkCalls;

impl Intercept for MarkCalls {
    fn name(&self) -> &'static str {
        "MarkCalls"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = bag.load::<Metadata>() {
            let mark = format!("{}/{}", call.service(), call.name());
            context.request_mut().headers_mut().try_insert(MARK, mark)?;
        }
        Ok(())
    }
}

/// `client`, with every marked request held back until it is its turn.
pub(super) fn paced(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(PacedClient { client, pace: Arc::default() })
}

#[derive(Debug)]
struct PacedClient {
    client: SharedHttpClient,
    pace: Arc<Pace>,
}

impl HttpClient for PacedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(PacedConnector { connector, pace: self.pace.clone() })
    }
}

#[derive(Debug)]
struct PacedConnector {
    connector: SharedHttpConnector,
    pace: Arc<Pace>,
}

impl HttpConnector for PacedConnector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let Some(mark) = request.headers_mut().remove(MARK) else { return self.connector.call(request) };
        let (connector, pace) = (self.connector.clone(), self.pace.clone());
        HttpConnectorFuture::new(async move {
            let (service, operation) = mark.split_once('/').unwrap_or((&mark, ""));
            pace.turn(service, operation).await;
            let answer = connector.call(request).await;
            if answer.as_ref().is_ok_and(is_throttled) {
                pace.throttled(service, operation);
            }
            answer
        })
    }
}

/// Whether the head of an answer says that the call came too early. Not all protocols say it there.
fn is_throttled(answer: &HttpResponse) -> bool {
    let code = answer.headers().get("x-amzn-errortype").unwrap_or_default();
    answer.status().as_u16() == 429 || is_throttling(code.split(':').next().unwrap_or_default())
}

/// The buckets of one run.
#[derive(Debug, Default)]
struct Pace(Mutex<HashMap<Key, Bucket>>);

/// The service, the place of the limit among its limits, and the operation where the limit holds for each by itself.
type Key = (String, usize, String);

/// What may be sent at once, and since when it is counted. Less than nothing: turns that were given out in advance.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    counted: Instant,
}

impl Pace {
    /// Waits until it is the turn of this call. Narrow limits come first, so that what waits for them holds nobody else up.
    async fn turn(&self, service: &str, operation: &str) {
        for (place, limit) in limits(service, operation) {
            let wait = self.with_bucket(service, operation, place, limit, |bucket| {
                bucket.tokens -= 1.0;
                Duration::try_from_secs_f64(-bucket.tokens * interval(limit)).unwrap_or_default()
            });
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
        }
    }

    /// AWS's own buckets have less in them than ours: somebody else uses them, too.
    fn throttled(&self, service: &str, operation: &str) {
        for (place, limit) in limits(service, operation) {
            self.with_bucket(service, operation, place, limit, |bucket| {
                if depth(limit) > 1.0 {
                    bucket.tokens = bucket.tokens.min(0.0);
                } else {
                    // Not counted, so the turn is given back: how much of the long interval is left only trying tells, and the
                    // SDK's waits between attempts grow by themselves.
                    bucket.tokens = (bucket.tokens + 1.0).min(depth(limit));
                }
            });
        }
    }

    /// Uses a bucket as it is now.
    fn with_bucket<T>(
        &self,
        service: &str,
        operation: &str,
        place: usize,
        limit: &Limit,
        use_it: impl FnOnce(&mut Bucket) -> T,
    ) -> T {
        let apart = if matches!(limit.of, Of::Each(_) | Of::Every) { operation } else { "" };
        let now = Instant::now();
        // Nothing can fail while the lock is held, so a poisoned map is still whole.
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets
            .entry((service.to_owned(), place, apart.to_owned()))
            .or_insert_with(|| Bucket { tokens: depth(limit), counted: now });
        let more = now.duration_since(bucket.counted).as_secs_f64() / interval(limit);
        bucket.tokens = (bucket.tokens + more).min(depth(limit));
        bucket.counted = now;
        use_it(bucket)
    }
}

/// The limits that a call falls under, each with its place.
fn limits(service: &str, operation: &str) -> impl Iterator<Item = (usize, &'static Limit)> {
    rates::of(service).iter().enumerate().filter(move |(_, limit)| match limit.of {
        Of::Each(operations) | Of::Together(operations) => operations.contains(&operation),
        Of::AllBut(operations) => !operations.contains(&operation),
        Of::Every => true,
    })
}

/// Seconds between two calls.
fn interval(limit: &Limit) -> f64 {
    limit.seconds / limit.calls * MARGIN
}

/// How many calls may be sent at once; one, where AWS allows less in a second.
fn depth(limit: &Limit) -> f64 {
    limit.burst.unwrap_or(limit.calls / limit.seconds).floor().max(1.0)
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    /// When each of `count` calls that come at once gets its turn, in seconds.
    async fn turns(pace: &Pace, service: &str, operation: &str, count: usize) -> Vec<f64> {
        let begun = Instant::now();
        let turn = || async {
            pace.turn(service, operation).await;
            begun.elapsed().as_secs_f64()
        };
        join_all((0..count).map(|_| turn())).await
    }

    /// Whether a bucket of AWS's own, full at first, takes calls at these moments.
    fn takes(moments: &[f64], depth: f64, calls: f64, seconds: f64) -> bool {
        let (mut tokens, mut counted) = (depth, 0.0);
        moments.iter().all(|moment| {
            tokens = (tokens + (moment - counted) * calls / seconds).min(depth) - 1.0;
            counted = *moment;
            tokens >= 0.0
        })
    }

    #[tokio::test(start_paused = true)]
    async fn few_calls_never_wait() {
        for (service, operation, count) in
            [("Lambda", "GetPolicy", 15), ("API Gateway", "GetStage", 40), ("IAM", "CreateRole", 500)]
        {
            let turns = turns(&Pace::default(), service, operation, count).await;
            assert!(turns.iter().all(|turn| *turn == 0.0), "{operation}: {turns:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_calls_stay_under_what_aws_allows_and_not_far() {
        for (service, operation, depth, calls, seconds) in [
            ("Lambda", "CreateFunction", 15.0, 15.0, 1.0),
            ("API Gateway", "GetStage", 40.0, 10.0, 1.0),
            ("API Gateway", "CreateDeployment", 1.0, 1.0, 5.0),
            ("API Gateway", "GetResources", 5.0, 5.0, 2.0),
            ("SESv2", "GetEmailIdentity", 1.0, 1.0, 1.0),
        ] {
            let turns = turns(&Pace::default(), service, operation, 60).await;
            assert!(takes(&turns, depth, calls, seconds), "{operation}: {turns:?}");
            let least = (60.0 - depth) * seconds / calls;
            assert!(turns[59] <= least * 1.1, "{operation}: {} for {least}", turns[59]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_for_a_limit_of_its_own_holds_no_other_up() {
        let pace = Pace::default();
        let slow = turns(&pace, "API Gateway", "DeleteRestApi", 3);
        let quick = turns(&pace, "API Gateway", "GetStage", 30);
        let (slow, quick) = futures::join!(slow, quick);
        assert!(slow[2] > 60.0, "{slow:?}");
        assert!(quick.iter().all(|turn| *turn == 0.0), "{quick:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_throttled_call_a_bucket_fills_from_nothing() {
        let pace = Pace::default();
        pace.throttled("Lambda", "GetPolicy");
        let turns = turns(&pace, "Lambda", "GetPolicy", 2).await;
        assert!(turns[0] > 0.05 && turns[1] < 0.2, "{turns:?}");
    }
}
