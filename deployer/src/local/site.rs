//! The pages of `deployer/web`, which are in the binary: demo app, mailbox, inspector. Owns their addresses and what a browser may do
//! with them. Knows no AWS.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use hyper::StatusCode;
use hyper::header::{CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use serde::Serialize;

use super::reply::{Reply, refusal, reply};

/// All files, by their path below the folder.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// The page that is for every API; mails and users are on this machine only.
const DEMO: &str = "/";
/// The addresses that are pages. The rest is below `/web/`.
const PAGES: [(&str, &str); 3] =
    [(DEMO, "demo/index.html"), ("/mail", "mail/index.html"), ("/inspect", "inspect/index.html")];
const ASSETS: &str = "/web/";
const CONFIG: &str = "/web/config.json";

/// The demo app may call an API that is elsewhere.
const OF_THE_DEMO: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A mail is shown in a frame without rights, whose document inherits this policy: its inline styles are part of it.
const OF_THE_MAILBOX: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'self'";
const OF_THE_REST: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the pages are told of where they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Config {
    /// Of this document.
    pub version: u8,
    /// The environment's name.
    pub environment: String,
    /// Whether there are a mailbox and an inspector.
    pub local: bool,
    /// The API's address before `/v1`.
    pub api: String,
    /// Whether the API has passkeys.
    pub passkeys: bool,
    /// Whether there is a console.
    pub console: bool,
}

/// The pages.
#[derive(Debug, Clone, Default)]
pub struct Site {
    folder: Option<PathBuf>,
}

impl Site {
    /// The pages of the binary, or of a folder, for those who work on them.
    #[must_use]
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// Whether `path` is the address of a page or of what belongs to one.
    pub(super) fn serves(path: &str) -> bool {
        path.starts_with(ASSETS) || PAGES.iter().any(|(page, _)| *page == path)
    }

    /// Answers a request for `path`.
    pub(super) fn answer(&self, path: &str, config: &Config) -> Reply {
        let page = PAGES.iter().find(|(page, _)| *page == path && (*page == DEMO || config.local));
        let page = page.map(|(_, file)| *file);
        let file = page.or_else(|| path.strip_prefix(ASSETS)).unwrap_or_default();
        let mut answer = if path == CONFIG {
            // A document of plain values always serializes.
            let config = serde_json::to_vec(config).unwrap_or_default();
            reply(StatusCode::OK, "application/json", config)
        } else {
            match self.read(file) {
                Some(content) => reply(StatusCode::OK, content_type(file), content.into_owned()),
                None => refusal(StatusCode::NOT_FOUND, "not_found", &format!("there is no {path}")),
            }
        };
        let policy = match path {
            DEMO => OF_THE_DEMO,
            "/mail" => OF_THE_MAILBOX,
            _ => OF_THE_REST,
        };
        let headers = answer.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        answer
    }

    fn read(&self, file: &str) -> Option<Cow<'static, [u8]>> {
        if let Some(folder) = &self.folder {
            let plain =
                Path::new(file).components().all(|part| matches!(part, std::path::Component::Normal(_)));
            return plain.then(|| std::fs::read(folder.join(file)).ok())?.map(Cow::Owned);
        }
        let found = FILES.iter().find(|(name, _)| *name == file);
        found.map(|(_, content)| Cow::Borrowed(*content))
    }
}

fn content_type(file: &str) -> &'static str {
    match Path::new(file).extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::CONTENT_TYPE;

    use super::*;

    fn config() -> Config {
        Config {
            version: 1,
            environment: "local".to_owned(),
            local: true,
            api: "http://127.0.0.1:4580".to_owned(),
            passkeys: true,
            console: true,
        }
    }

    #[test]
    fn every_page_is_there_with_a_policy_without_inline_scripts() {
        for (path, _) in PAGES {
            let answer = Site::default().answer(path, &config());
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            assert_eq!(answer.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
            assert_eq!(answer.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
            let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap_or_default();
            assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        }
    }

    #[test]
    fn every_file_has_a_type_that_a_browser_takes() {
        for (file, _) in FILES {
            assert_ne!(content_type(file), "application/octet-stream", "{file}");
        }
    }

    #[test]
    fn nothing_outside_of_the_folder_is_served() {
        let site = Site::new(Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("web")));
        assert_eq!(site.answer("/web/demo/index.html", &config()).status(), StatusCode::OK);
        for path in ["/web/../Cargo.toml", "/web//etc/hostname", "/web/demo/../../Cargo.toml", "/web/"] {
            assert_eq!(site.answer(path, &config()).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
