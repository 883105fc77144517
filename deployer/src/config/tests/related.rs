//! Every rule between two values, each broken in a file that is otherwise right.

use super::values::{refused, taken};
use super::{LEAST, invalid, valid};

#[test]
fn a_refresh_token_outlives_the_others() {
    refused(&[
        // Against the default of the other, the one that is written is to blame.
        ("tokens.id", "'1d'", "refresh (1d) is not longer than id (1d)"),
        ("tokens.access", "'24h'", "refresh (1d) is not longer than access (1d)"),
        ("tokens.refresh", "'2h'\nid = '2h'", "refresh (2h) is not longer than id (2h)"),
        ("tokens.refresh", "'61m'\naccess = '2h'", "refresh (61m) is not longer than access (2h)"),
    ]);
    taken("tokens.access", &["'24h'\nrefresh = '25h'"]);
}

#[test]
fn the_ses_identity_is_an_arn_and_may_send_as_from() {
    let arn = |rest: &str| format!("'arn:aws:ses:eu-west-1:123456789012:{rest}'");
    for identity in ["identity/example.com", "identity/hello@example.com", "identity/Hello@example.com"] {
        taken("email.ses_identity_arn", &[&arn(identity)]);
    }
    for identity in
        ["identity/other.com", "identity/ample.com", "identity/sub.example.com", "identity/x@example.com"]
    {
        refused(&[("email.ses_identity_arn", &arn(identity), "may send as hello@example.com")]);
    }
    let elsewhere = "'arn:aws:ses:us-gov-west-1:123456789012:identity/example.com'".to_owned();
    for value in [
        arn("identity/"),
        arn("hello@example.com"),
        "'arn:aws:s3:::bucket'".to_owned(),
        "'x'".to_owned(),
        elsewhere,
    ] {
        refused(&[("email.ses_identity_arn", &value, "is not the ARN of an SES identity")]);
    }
}

#[test]
fn the_ses_identity_is_in_the_region_s_partition() {
    let arn = "ses_identity_arn = 'arn:aws-cn:ses:cn-north-1:123456789012:identity/example.com'";
    let error = invalid(&format!("{LEAST}{arn}\n"));
    insta::assert_snapshot!(error, @"dev.toml:9: email.ses_identity_arn: is of another partition of AWS than eu-west-1, which knows nothing of it (an identity of eu-west-1)");
    valid(&format!("{LEAST}{arn}\n").replace("eu-west-1", "cn-northwest-1"));
}

/// A whole `[domain]`, with one line of it changed, and perhaps a relying party.
fn domain(change: &str, relying_party: Option<&str>) -> String {
    let key = change.split_once(' ').unwrap().0;
    let lines = ["name = 'auth.example.com'", "zone_name = 'example.com'", "zone_id = 'Z1'"];
    let kept = lines.iter().copied().filter(|line| !line.starts_with(&format!("{key} ")));
    let lines: Vec<&str> = kept.chain([change]).collect();
    let passkeys =
        relying_party.map_or(String::new(), |id| format!("[passkeys]\nrelying_party_id = '{id}'\n"));
    format!("{LEAST}[domain]\n{}\n{passkeys}", lines.join("\n"))
}

#[test]
fn domain_certificate_and_zone_fit_together() {
    for change in [
        "name = 'example.com'",
        "name = 'a.b.example.com'",
        "certificate = 'auth.example.com'",
        "certificate = '*.example.com'",
        "certificate_tag = 'any'",
        "zone_name = 'auth.example.com'",
    ] {
        valid(&domain(change, None));
    }
    for (change, expected) in [
        ("name = 'auth.example.org'", "domain.name: \"auth.example.org\" is not in the zone example.com"),
        ("name = 'authexample.com'", "domain.name: \"authexample.com\" is not in the zone example.com"),
        ("name = 'https://auth.example.com'", "is not a domain name"),
        ("name = 'Auth.example.com'", "is not a domain name"),
        ("name = 'auth.example.com.'", "is not a domain name"),
        ("name = 'example'", "is not a domain name"),
        ("name = '10.0.0.1'", "is not a domain name"),
        ("name = 'a_b.example.com'", "is not a domain name"),
        ("certificate = '*.auth.example.com'", "does not cover auth.example.com"),
        ("certificate = 'example.com'", "does not cover auth.example.com"),
        ("certificate = '*'", "is not a domain name"),
        ("certificate_tag = 'a;b'", "has a character"),
        ("zone_id = '/hostedzone/Z1'", "is not a hosted zone's id"),
        ("zone_id = 'z1'", "is not a hosted zone's id"),
    ] {
        let error = invalid(&domain(change, None));
        assert_eq!(error.problems().len(), 1, "{change}: {error}");
        assert!(error.to_string().contains(expected), "{change}: {error}");
    }
}

#[test]
fn a_certificate_is_proved_in_the_zone() {
    let error = invalid(&domain("zone_name = 'auth.example.com'\ncertificate = '*.example.com'", None));
    assert!(error.to_string().contains("\"*.example.com\" is not in the zone auth.example.com"), "{error}");
}

#[test]
fn a_certificate_s_name_fits_into_its_subject() {
    let host = format!("{}.example.com", "a".repeat(53));
    let error = invalid(&domain(&format!("certificate = '{host}'\nname2 = ''"), None));
    assert!(error.to_string().contains("has 65 characters (ACM takes at most 64)"), "{error}");
}

#[test]
fn the_relying_party_is_the_domain_or_above_it() {
    for id in ["auth.example.com", "example.com"] {
        valid(&domain("certificate = '*.example.com'", Some(id)));
    }
    for id in ["other.com", "ample.com", "app.example.com", "localhost"] {
        let error = invalid(&domain("certificate = '*.example.com'", Some(id)));
        assert!(error.to_string().contains("passkeys.relying_party_id:"), "{error}");
        assert!(error.to_string().contains("is neither auth.example.com nor a parent of it"), "{error}");
    }
    taken("passkeys.relying_party_id", &["'example.com'", "'localhost'"]);
    refused(&[
        ("passkeys.relying_party_id", "'https://example.com'", "is not a domain name"),
        ("passkeys.relying_party_id", "'com'", "is not a domain name"),
    ]);
}

#[test]
fn a_domain_without_certificate_gets_one_of_its_own_name() {
    let own = valid(&domain("name = 'auth.example.com'", None)).domain.unwrap();
    assert_eq!(
        (own.certificate.as_str(), own.certificate_tag.as_str()),
        ("auth.example.com", "auth.example.com")
    );
    let wildcard = valid(&domain("certificate = '*.example.com'", None)).domain.unwrap();
    assert_eq!(wildcard.certificate_tag, "wildcard.example.com");
}
