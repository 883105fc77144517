//! Who may ask for what. The port is open to every page that a browser on this machine shows, so what is private to it asks where a
//! request comes from. Pure: looks at headers, answers nothing.

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HOST, ORIGIN};

/// Whether the request was made to a name of this machine. A page of anybody's domain can have its name lead here (DNS rebinding), and
/// is then of the same origin as all that answers to that name.
pub(super) fn is_addressed_here(headers: &HeaderMap) -> bool {
    text(headers, HOST).is_some_and(|host| is_here(name_of(host)))
}

/// Whether it may be known to whom it is: no page of another machine asks.
pub(super) fn is_of_this_machine(headers: &HeaderMap) -> bool {
    match text(headers, ORIGIN) {
        Some(origin) => origin.split_once("://").is_some_and(|(_, host)| is_here(name_of(host))),
        // Pictures and scripts are asked for without an origin, but newer browsers say where from.
        None => fetch_site(headers) != Some("cross-site"),
    }
}

/// Whether no other page asks than those of this very port, or a program that is no browser.
pub(super) fn is_of_this_origin(headers: &HeaderMap) -> bool {
    let (host, origin) = (text(headers, HOST), text(headers, ORIGIN));
    match origin {
        Some(origin) => origin.split_once("://").map(|(_, host)| host) == host,
        None => !matches!(fetch_site(headers), Some("cross-site" | "same-site")),
    }
}

/// The service that the request is signed for, as AWS's SDKs sign (`AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request`).
pub(super) fn signed_for<'a>(headers: &'a HeaderMap, query: Option<&'a str>) -> Option<&'a str> {
    let header = text(headers, AUTHORIZATION).filter(|value| value.starts_with("AWS4-"));
    let (scope, slash) = match header {
        Some(value) => (value.split_once("Credential=")?.1, "/"),
        // As in a presigned address.
        None => (query?.split_once("X-Amz-Credential=")?.1, "%2F"),
    };
    scope.split(['&', ',']).next()?.split(slash).nth(3)
}

fn is_here(name: &str) -> bool {
    // Browsers resolve `localhost` and all below it themselves (RFC 6761).
    ["127.0.0.1", "localhost", "[::1]"].contains(&name) || name.ends_with(".localhost")
}

/// A host without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn fetch_site(headers: &HeaderMap) -> Option<&str> {
    headers.get("sec-fetch-site")?.to_str().ok()
}

fn text(headers: &HeaderMap, name: hyper::header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_names_of_this_machine_are_here() {
        for host in ["127.0.0.1:4580", "localhost:4580", "localhost", "[::1]:1", "[::1]", "b.localhost:1"] {
            assert!(is_addressed_here(&headers(&[("host", host)])), "{host}");
        }
        for host in
            ["evil.example:4580", "127.0.0.1.evil.example", "localhost.evil.example:4580", "", "0.0.0.0"]
        {
            assert!(!is_addressed_here(&headers(&[("host", host)])), "{host}");
        }
        assert!(!is_addressed_here(&HeaderMap::new()));
    }

    #[test]
    fn a_page_of_another_machine_is_told_from_one_of_this() {
        let of = |pairs| is_of_this_machine(&headers(pairs));
        assert!(of(&[]) && of(&[("origin", "http://localhost:3000")]) && of(&[("sec-fetch-site", "none")]));
        assert!(!of(&[("origin", "https://evil.example")]) && !of(&[("origin", "null")]));
        assert!(!of(&[("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn another_port_is_another_origin() {
        let of = |origin| is_of_this_origin(&headers(&[("host", "localhost:4580"), ("origin", origin)]));
        assert!(of("http://localhost:4580"));
        assert!(!of("http://localhost:3000") && !of("http://127.0.0.1:4580") && !of("null"));
        assert!(is_of_this_origin(&headers(&[("host", "localhost:4580")])));
        assert!(!is_of_this_origin(&headers(&[("sec-fetch-site", "same-site")])));
    }

    #[test]
    fn the_service_of_a_signature_is_found_in_header_and_query() {
        let signed =
            "AWS4-HMAC-SHA256 Credential=test/20250101/eu-west-1/s3/aws4_request, SignedHeaders=host";
        assert_eq!(signed_for(&headers(&[("authorization", signed)]), None), Some("s3"));
        let query = "a=b&X-Amz-Credential=test%2F20250101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=1";
        assert_eq!(signed_for(&HeaderMap::new(), Some(query)), Some("s3"));
        assert_eq!(signed_for(&headers(&[("authorization", "Bearer token")]), Some("a=b")), None);
    }
}
