//! The one port: decides who answers a request. Pages, the API and the lists of the inspector are ours, everything else is AWS's.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::api::Api;
use super::caller::{is_addressed_here, is_of_this_machine, is_of_this_origin, signed_for};
use super::events::Events;
use super::reply::{BoxError, Reply, document, refusal};
use super::site::{Config, Site};
use super::upstream::Upstream;

/// Addresses that show or change what is on this machine and are no AWS: ours, and the emulator's.
const PRIVATE: [&str; 2] = ["/_cogapi/", "/_ministack/"];
/// Before the next connection is taken after one that could not be.
const PAUSE: Duration = Duration::from_millis(50);
/// The service that requests to a deployed API are signed for; all others are AWS's own.
const OF_AN_API: &str = "execute-api";

/// A server on a port of this machine. It ends when it is dropped.
#[derive(Debug)]
pub struct Front {
    /// Where it answers: `http://127.0.0.1:<port>`.
    pub url: String,
    local: Option<Arc<Local>>,
    _running: DropGuard,
}

/// What there is besides pages.
#[derive(Debug)]
struct Local {
    upstream: Arc<Upstream>,
    api: Api,
    events: Events,
}

#[derive(Debug)]
struct Shared {
    site: Site,
    config: Config,
    local: Option<Arc<Local>>,
}

impl Front {
    /// Takes `port` (0: a free one) of 127.0.0.1.
    pub async fn bind(port: u16) -> std::io::Result<TcpListener> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
    }

    /// Serves pages only.
    pub fn pages(listener: TcpListener, site: Site, config: Config) -> std::io::Result<Self> {
        Self::serve(listener, site, config, None)
    }

    /// Serves pages, the API as soon as it is known where it is, and the emulator at `emulator` behind them.
    pub fn local(listener: TcpListener, site: Site, config: Config, emulator: &str) -> std::io::Result<Self> {
        let local =
            Local { upstream: Arc::new(Upstream::new(emulator)), api: Api::default(), events: Events::new() };
        Self::serve(listener, site, config, Some(Arc::new(local)))
    }

    fn serve(
        listener: TcpListener,
        site: Site,
        config: Config,
        local: Option<Arc<Local>>,
    ) -> std::io::Result<Self> {
        let url = format!("http://{}", listener.local_addr()?);
        let running = CancellationToken::new();
        let shared = Arc::new(Shared { site, config, local: local.clone() });
        tokio::spawn(running.clone().run_until_cancelled_owned(accept(listener, shared)));
        if let Some(local) = &local {
            let watching = local.events.clone().watch(local.upstream.clone());
            tokio::spawn(running.clone().run_until_cancelled_owned(watching));
        }
        Ok(Self { url, local, _running: running.drop_guard() })
    }

    /// The API has been deployed: `/v1` is what answers at `execute_api_url`.
    pub fn api_is_at(&self, execute_api_url: &str) {
        if let Some(local) = &self.local {
            local.api.is_at(execute_api_url);
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        // Too many open files, for instance: those who come later may be luckier.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let shared = shared.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| shared.answer(request));
            // A request that gets no answer from the emulator gets none from us: its connection is closed, as the emulator's was.
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> Result<Reply, BoxError> {
        let headers = request.headers();
        let path = request.uri().path();
        let here = is_addressed_here(headers);
        let Some(local) = &self.local else {
            return Ok(match here {
                true if is_read(&request) => self.page(&request),
                true => refusal(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "there are only pages"),
                false => not_here(),
            });
        };
        let signed_for = signed_for(headers, request.uri().query());
        let is_aws = signed_for.is_some_and(|service| service != OF_AN_API);
        if Api::serves(path) && !is_aws {
            return if here {
                local.api.answer(&local.upstream, &local.events, request).await
            } else {
                local.api.answer_by_name(&local.upstream, &local.events, request).await
            };
        }
        if !here {
            return Ok(not_here());
        }
        let is_private = PRIVATE.iter().any(|private| path.starts_with(private));
        if !is_of_this_machine(headers) && !Site::serves(path) || is_private && !is_of_this_origin(headers) {
            let message = "This is private to the pages and programs of this machine.";
            return Ok(refusal(StatusCode::FORBIDDEN, "forbidden", message));
        }
        if is_aws || !is_read(&request) {
            return local.upstream.pass(request, None).await;
        }
        match path {
            "/_cogapi/requests" => Ok(document(StatusCode::OK, &json!(local.api.requests.list()))),
            "/_cogapi/events" => Ok(local.events.listen()),
            _ if Site::serves(path) => Ok(self.page(&request)),
            _ => local.upstream.pass(request, None).await,
        }
    }

    fn page(&self, request: &Request<Incoming>) -> Reply {
        let mut config = self.config.clone();
        if config.local {
            // The API's address is the page's own origin, whichever name of this machine that is.
            let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            config.api = format!("http://{host}");
        }
        self.site.answer(request.uri().path(), &config)
    }
}

fn is_read(request: &Request<Incoming>) -> bool {
    [Method::GET, Method::HEAD].contains(request.method())
}

fn not_here() -> Reply {
    let message = "Ask for this at 127.0.0.1 or localhost: a page of another name must not see it.";
    refusal(StatusCode::MISDIRECTED_REQUEST, "forbidden", message)
}
