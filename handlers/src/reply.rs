//! What goes back through API Gateway. Owns the headers that every reply carries, errors included.

use crate::{
    config::{Config, Origins},
    error::Failure,
    user::User,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// What an endpoint answers when it worked. Has no `Debug`: it may hold tokens.
pub struct Reply {
    status: u16,
    body: String,
    hidden: Option<Failure>,
}

impl Reply {
    /// A reply with a JSON body.
    pub fn json(status: u16, body: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_string(body)
            .map_err(|error| Failure::internal(format!("the reply can't be serialized: {error}")))?;
        Ok(Self { status, body, hidden: None })
    }

    /// A reply that says whom something was done to.
    pub fn about(status: u16, user: &User, done: &'static str) -> Result<Self, Failure> {
        #[derive(Serialize)]
        struct Done<'a> {
            email: &'a str,
            user_id: &'a str,
            status: &'static str,
        }
        Self::json(status, &Done { email: &user.email, user_id: &user.id, status: done })
    }

    /// The same reply although something failed of which the client must not know. It is logged.
    #[must_use]
    pub fn hiding(self, result: Result<(), Failure>) -> Self {
        Self { hidden: result.err(), ..self }
    }

    /// What failed without the client's knowing.
    #[must_use]
    pub fn hidden(&self) -> Option<&Failure> {
        self.hidden.as_ref()
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }
}

/// API Gateway's reply of a proxy function.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProxyResponse {
    /// The HTTP status.
    pub status_code: u16,
    /// The headers.
    pub headers: BTreeMap<&'static str, String>,
    /// The body.
    pub body: String,
    /// Always false: JSON is text.
    pub is_base64_encoded: bool,
}

impl ProxyResponse {
    /// The response for what a handler answered.
    #[must_use]
    pub fn new(result: Result<Reply, Failure>, request_id: &str, cors: Cors<'_>) -> Self {
        let mut headers = cors.headers();
        headers.insert("Content-Type", "application/json".to_owned());
        headers.insert("Cache-Control", "no-store".to_owned());
        headers.insert("X-Content-Type-Options", "nosniff".to_owned());
        let (status_code, body) = match result {
            Ok(reply) => (reply.status, reply.body),
            Err(failure) => {
                if let Some(seconds) = failure.wait() {
                    headers.insert("Retry-After", seconds.to_string());
                }
                (failure.code().status(), failure.body(request_id))
            }
        };
        Self { status_code, headers, body, is_base64_encoded: false }
    }
}

/// What decides a reply's CORS headers.
#[derive(Debug, Clone, Copy)]
pub struct Cors<'a> {
    /// What the environment allows.
    pub config: &'a Config,
    /// Where the request says it comes from.
    pub origin: Option<&'a str>,
    /// The endpoint's method.
    pub method: &'a str,
}

impl Cors<'_> {
    fn headers(self) -> BTreeMap<&'static str, String> {
        let mut headers = BTreeMap::new();
        let allowed = match &self.config.origins {
            Origins::Any => Some("*"),
            Origins::Listed(origins) => {
                // Said even when the origin is not in the list, or a cache would give this reply to one that is.
                headers.insert("Vary", "Origin".to_owned());
                self.origin.filter(|origin| origins.iter().any(|allowed| allowed == origin))
            }
        };
        if let Some(origin) = allowed {
            headers.insert("Access-Control-Allow-Origin", origin.to_owned());
            headers.insert("Access-Control-Allow-Methods", format!("{},OPTIONS", self.method));
            headers.insert("Access-Control-Allow-Headers", self.config.allowed_headers());
            headers.insert("Access-Control-Expose-Headers", "Retry-After".to_owned());
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::env, error::ErrorCode};

    fn headers(allowed: &str, origin: Option<&str>) -> BTreeMap<&'static str, String> {
        let config = Config::load(&[env::CORS_ORIGINS], |_| Some(allowed.to_owned())).unwrap();
        let cors = Cors { config: &config, origin, method: "POST" };
        ProxyResponse::new(Err(Failure::new(ErrorCode::Internal)), "r", cors).headers
    }

    #[test]
    fn a_listed_origin_is_echoed_and_no_other() {
        let allowed = "https://a.example,https://b.example";
        let echoed = headers(allowed, Some("https://b.example"));
        assert_eq!(echoed["Access-Control-Allow-Origin"], "https://b.example");
        assert_eq!(echoed["Vary"], "Origin");
        for origin in [None, Some("https://c.example"), Some("https://a.example.evil"), Some("*")] {
            let refused = headers(allowed, origin);
            assert!(!refused.contains_key("Access-Control-Allow-Origin"), "{origin:?}");
            assert_eq!(refused["Vary"], "Origin");
        }
    }

    #[test]
    fn any_origin_is_a_star() {
        assert_eq!(headers("*", Some("https://a.example"))["Access-Control-Allow-Origin"], "*");
    }

    #[test]
    fn no_reply_is_ever_cached() {
        assert_eq!(headers("*", None)["Cache-Control"], "no-store");
    }
}
