//! The way to the emulator behind the front: requests and replies go through as they are, in a stream and of any size.

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderName};
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::reply::{BoxError, Reply};

/// What is about one connection and not about the request (RFC 9110, 7.6.1). `Expect` is answered by the server that reads the body.
const OF_ONE_CONNECTION: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::EXPECT,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The emulator, as the front sees it.
#[derive(Debug, Clone)]
pub(super) struct Upstream {
    /// `127.0.0.1:PORT`
    authority: String,
    streaming: Client<HttpConnector, Incoming>,
    asking: Client<HttpConnector, Empty<Bytes>>,
}

impl Upstream {
    /// The emulator at `url`.
    pub(super) fn new(url: &str) -> Self {
        let authority = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/').to_owned();
        let builder = Client::builder(TokioExecutor::new());
        Self { authority, streaming: builder.build_http(), asking: builder.build_http() }
    }

    /// Passes a request on, to `path` (with its query) where it is not its own. Its `Host` stays what it was: signatures and
    /// custom domains depend on it.
    pub(super) async fn pass(
        &self,
        mut request: Request<Incoming>,
        path: Option<&str>,
    ) -> Result<Reply, BoxError> {
        let own = request.uri().path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = self.address(path.unwrap_or(own))?;
        strip(request.headers_mut());
        let mut reply = self.streaming.request(request).await?;
        strip(reply.headers_mut());
        Ok(reply.map(|body| body.map_err(Into::into).boxed_unsync()))
    }

    /// What the emulator answers to a question of our own.
    pub(super) async fn ask(&self, path: &str) -> Result<Bytes, BoxError> {
        let reply = self.asking.get(self.address(path)?).await?;
        Ok(reply.into_body().collect().await?.to_bytes())
    }

    fn address(&self, path: &str) -> Result<Uri, BoxError> {
        Ok(Uri::builder().scheme("http").authority(self.authority.as_str()).path_and_query(path).build()?)
    }
}

fn strip(headers: &mut HeaderMap) {
    for name in OF_ONE_CONNECTION {
        headers.remove(name);
    }
}
