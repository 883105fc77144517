//! Where passkeys can be used: a browser offers one only on pages of its relying party's domain and below it. Pure.

use super::{Check, Finding};
use crate::config::{CorsOrigins, Environment, is_in};

const CHECK: Check = Check::Passkeys;

/// Whether the web apps that may call the API are where its passkeys can be used; `None` without passkeys.
pub(super) fn fit(environment: &Environment) -> Option<Finding> {
    let id = &environment.passkeys.as_ref()?.relying_party_id;
    let origins = match &environment.api.cors_origins {
        CorsOrigins::Any => {
            return Some(
                Finding::warning(
                    CHECK,
                    format!("any web page may call the API, but only those of {id} have passkeys"),
                )
                .meaning(format!("browsers offer a passkey only on pages of {id} and below it"))
                .hint("list your web apps in `api.cors_origins`"),
            );
        }
        CorsOrigins::Only(origins) => origins,
    };
    let unfit: Vec<String> =
        origins.iter().filter_map(|origin| Some(format!("{origin} {}", unfit(origin, id)?))).collect();
    if unfit.is_empty() {
        return Some(Finding::ok(CHECK, format!("{id} fits every origin that may call the API")));
    }
    Some(
        Finding::warning(CHECK, "not every web app that may call the API can use them")
            .meaning(unfit.join("; "))
            .hint("a relying party is the domain that all web apps have in common; changing it later makes every passkey useless"),
    )
}

/// Why no page of the origin can use passkeys.
fn unfit(origin: &str, id: &str) -> Option<String> {
    let (scheme, authority) = origin.split_once("://")?;
    // Not the colons of an IPv6 address, which no relying party is.
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    if !is_in(host, id) {
        return Some(format!("is not in {id}"));
    }
    // A secure context, in the words of https://www.w3.org/TR/secure-contexts/.
    let secure = scheme == "https" || is_in(host, "localhost");
    (!secure).then(|| "is not https".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::preflight::Verdict;

    fn found(origins: &str, relying_party: &str) -> Finding {
        let text = format!(
            "[aws]\nregion = \"eu-west-1\"\n[state]\nbucket = \"b-state\"\n[api]\nname = \"shop\"\ncors_origins = [{origins}]\n\
             [email]\nfrom = \"a@example.com\"\n[passkeys]\nrelying_party_id = \"{relying_party}\"\n"
        );
        fit(&crate::config::parse("dev", "dev.toml", &text).unwrap()).unwrap()
    }

    #[test]
    fn origins_of_the_relying_party_and_below_it_fit() {
        for (origins, id) in [
            ("'https://example.com'", "example.com"),
            ("'https://app.example.com', 'https://a.b.example.com:8443'", "example.com"),
            ("'http://localhost:3000'", "localhost"),
        ] {
            assert_eq!(found(origins, id).verdict, Verdict::Ok, "{origins}");
        }
    }

    #[test]
    fn origins_where_browsers_offer_no_passkeys_are_told() {
        for (origins, id, said) in [
            ("'https://app.example.org'", "example.com", "https://app.example.org is not in example.com"),
            ("'https://badexample.com'", "example.com", "is not in example.com"),
            ("'https://example.com'", "auth.example.com", "is not in auth.example.com"),
            ("'http://app.example.com'", "example.com", "http://app.example.com is not https"),
            ("'http://127.0.0.1:3000'", "localhost", "is not in localhost"),
            ("'http://[::1]:3000'", "localhost", "is not in localhost"),
        ] {
            let found = found(origins, id);
            assert_eq!(found.verdict, Verdict::Warning, "{origins}");
            assert!(found.detail.as_ref().unwrap().contains(said), "{origins}: {found:?}");
        }
        assert_eq!(found("'*'", "example.com").verdict, Verdict::Warning);
    }
}
