//! What a single value must be: pure functions from what is written to what is meant.
//!
//! Each rule is AWS's own unless its comment says otherwise. Rules that need two values are in [`super::validate`].

use cogapi_handlers::endpoint::{Endpoint, Feature};
use cogapi_handlers::registry::ENDPOINTS;

use super::environment::{Architecture, MethodPath, Seconds};
use super::read::closest;
use crate::aws::{self, is_local};

/// A value that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Follows the key: "is …", "must …".
    pub(super) problem: String,
    /// What would be right.
    pub(super) help: String,
}

/// A value that keeps to the rules.
pub(super) type Ruled<T> = Result<T, Wrong>;

fn wrong<T>(problem: impl Into<String>, help: impl Into<String>) -> Ruled<T> {
    Err(Wrong { problem: problem.into(), help: help.into() })
}

fn ensure(holds: bool, problem: impl Into<String>, help: impl Into<String>) -> Ruled<()> {
    if holds { Ok(()) } else { wrong(problem, help) }
}

fn only(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(allowed)
}

fn lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// A whole number from `low` to `high`, both included.
pub(super) fn between(low: u32, high: u32, unit: &'static str) -> impl Fn(&i64) -> Ruled<u32> {
    move |number| match u32::try_from(*number) {
        Ok(value) if (low..=high).contains(&value) => Ok(value),
        _ => wrong(format!("is {number}{unit}"), format!("from {low} to {high}")),
    }
}

/// One of a few words.
pub(super) fn one_of<T: Copy>(choices: &[(&'static str, T)]) -> impl Fn(&str) -> Ruled<T> {
    move |text| {
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text) {
            return Ok(*value);
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let hint = closest(text, &words).map_or(String::new(), |meant| format!("did you mean {meant}? "));
        wrong(format!("is \"{text}\""), format!("{hint}one of: {}", words.join(", ")))
    }
}

/// One line of text, up to `longest` characters, that is not blank.
pub(super) fn line(longest: usize) -> impl Fn(&str) -> Ruled<String> {
    move |text| {
        ensure(!text.trim().is_empty(), "is empty", "write some text, or leave the key out")?;
        ensure(!text.contains(char::is_control), "has a line break or control character", "write one line")?;
        let length = text.chars().count();
        ensure(length <= longest, format!("has {length} characters"), format!("at most {longest}"))?;
        Ok(text.to_owned())
    }
}

/// The shape of a region's name. Which regions there are is AWS's to say: a list here would be out of date.
pub(super) fn region(text: &str) -> Ruled<String> {
    let parts: Vec<&str> = text.split('-').collect();
    let shaped = match parts.as_slice() {
        [area, middle @ .., number] => {
            (2..=4).contains(&area.len())
                && only(area, |b| b.is_ascii_lowercase())
                && !middle.is_empty()
                && middle.iter().all(|part| !part.is_empty() && only(part, |b| b.is_ascii_lowercase()))
                && (1..=2).contains(&number.len())
                && only(number, |b| b.is_ascii_digit())
        }
        _ => false,
    };
    ensure(shaped, format!("\"{text}\" is not a region"), "e.g. eu-west-1, us-east-1, ap-southeast-2")?;
    Ok(text.to_owned())
}

/// An AWS account's number.
pub(super) fn account_id(text: &str) -> Ruled<String> {
    let digits = text.len() == 12 && only(text, |b| b.is_ascii_digit());
    ensure(digits, format!("\"{text}\" is not an account id"), "12 digits in quotes, e.g. \"123456789012\"")?;
    Ok(text.to_owned())
}

/// A general-purpose bucket's name.
pub(super) fn bucket(text: &str) -> Ruled<String> {
    const RESERVED_STARTS: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
    const RESERVED_ENDS: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    let help = "3 to 63 lower-case letters, digits, hyphens and dots, e.g. \"myco-cogapi-state\"";
    let length = text.len();
    ensure((3..=63).contains(&length), format!("has {length} characters"), help)?;
    let allowed = only(text, |b| lower_or_digit(b) || b == b'-' || b == b'.');
    ensure(allowed, "has a character that no bucket name can have", help)?;
    let ends_well = |byte: Option<&u8>| byte.is_some_and(|byte| lower_or_digit(*byte));
    let ends = ends_well(text.as_bytes().first()) && ends_well(text.as_bytes().last());
    ensure(ends, "must begin and end with a letter or digit", help)?;
    ensure(!text.contains(".."), "has two dots in a row", help)?;
    ensure(text.parse::<std::net::Ipv4Addr>().is_err(), "looks like an IP address", help)?;
    let reserved = RESERVED_STARTS.iter().any(|start| text.starts_with(start))
        || RESERVED_ENDS.iter().any(|end| text.ends_with(end));
    ensure(!reserved, "begins or ends as AWS keeps for itself", help)?;
    Ok(text.to_owned())
}

/// A DynamoDB table's name.
pub(super) fn table(text: &str) -> Ruled<String> {
    let allowed = only(text, |b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    ensure(
        allowed && (3..=255).contains(&text.len()),
        format!("\"{text}\" can't name a table"),
        "3 to 255 letters, digits, hyphens, underscores and dots, e.g. \"cogapi-locks\"",
    )?;
    Ok(text.to_owned())
}

/// The API's name. Lower case, because IAM takes role names that differ in case only for the same.
pub(super) fn api_name(text: &str) -> Ruled<String> {
    let shaped = text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
        && only(text, |b| lower_or_digit(b) || b == b'-');
    ensure(
        shaped,
        format!("\"{text}\" can't begin the resources' names"),
        "lower-case letters, digits and hyphens, beginning with a letter, e.g. \"myco-auth\"",
    )?;
    Ok(text.to_owned())
}

/// An API Gateway stage's name.
pub(super) fn stage(text: &str) -> Ruled<String> {
    let allowed = only(text, |b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    ensure(
        allowed && (1..=128).contains(&text.len()),
        format!("\"{text}\" can't name a stage"),
        "1 to 128 letters, digits, hyphens and underscores",
    )?;
    Ok(text.to_owned())
}

/// A method and path of the API, as in `"POST /v1/login"`. API Gateway has no settings for what is not there, so an endpoint
/// counts only where what it is for is configured.
pub(super) fn method_path(has: impl Fn(Feature) -> bool) -> impl Fn(&str) -> Ruled<MethodPath> {
    move |text| {
        let written = |it: &Endpoint| format!("{} {}", it.method, it.path);
        match ENDPOINTS.iter().find(|endpoint| written(endpoint) == text) {
            Some(Endpoint { only_with: Some(feature), .. }) if !has(*feature) => {
                let section = match feature {
                    Feature::Passkeys => "[passkeys]",
                };
                wrong(format!("is there only with {section}"), format!("add {section}, or leave this out"))
            }
            Some(endpoint) => Ok(MethodPath { method: endpoint.method, path: endpoint.path }),
            None => {
                let known: Vec<String> = ENDPOINTS.iter().copied().map(written).collect();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let help = closest(text, &known).map_or_else(
                    || {
                        format!(
                            "method and path of one, e.g. \"{}\"",
                            known.first().copied().unwrap_or_default()
                        )
                    },
                    |meant| format!("did you mean \"{meant}\"?"),
                );
                wrong("is not an endpoint of the API", help)
            }
        }
    }
}

/// A web origin as browsers send it (RFC 6454): they compare byte by byte, so a slash or capital would never match.
pub(super) fn origin(text: &str) -> Ruled<String> {
    let help = "e.g. \"https://app.example.com\" or \"http://localhost:3000\"";
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return wrong("must begin with https:// or http://", help);
    };
    ensure(!rest.contains(['/', '?', '#', '@']), "must be scheme, host and port only, without a path", help)?;
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (rest, None),
    };
    let is_host = labels(host) || host == "[::1]";
    ensure(is_host, format!("\"{host}\" is not a host name in lower case"), help)?;
    // Browsers leave the scheme's own port out of the Origin header, and leading zeros out of any.
    let own_port = if text.starts_with("https") { "443" } else { "80" };
    let is_port = port.is_none_or(|port| {
        port != own_port
            && !port.starts_with('0')
            && only(port, |b| b.is_ascii_digit())
            && port.parse::<u16>().is_ok()
    });
    ensure(is_port, "has a port that browsers don't send", format!("1 to 65535, without {own_port}"))?;
    Ok(text.to_owned())
}

/// Where an emulator answers: on this machine, so that a mistake here can't send an environment's calls to a stranger.
pub(super) fn local_endpoint(text: &str) -> Ruled<String> {
    let help = "e.g. \"http://127.0.0.1:4580\"; for any other endpoint there is AWS_ENDPOINT_URL";
    ensure(is_local(&origin(text)?), "is not on this machine", help)?;
    Ok(text.to_owned())
}

/// Whether this is dot-separated DNS labels in lower case, at most 253 characters.
fn labels(text: &str) -> bool {
    text.len() <= 253
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && only(label, |b| lower_or_digit(b) || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

/// A domain name of at least two labels, as Route 53 stores it: lower case, and here without the last dot.
pub(super) fn domain(text: &str) -> Ruled<String> {
    let named = text.contains('.') && labels(text) && text.parse::<std::net::Ipv4Addr>().is_err();
    ensure(
        named,
        format!("\"{text}\" is not a domain name"),
        "lower case, without https:// and without a dot at the end, e.g. \"auth.example.com\"",
    )?;
    Ok(text.to_owned())
}

/// A certificate's domain name, possibly `*.` and a domain.
pub(super) fn certificate(text: &str) -> Ruled<String> {
    domain(text.strip_prefix("*.").unwrap_or(text)).map_err(|wrong| Wrong {
        help: "e.g. \"auth.example.com\" or \"*.example.com\"".to_owned(),
        ..wrong
    })?;
    // ACM makes the first name the subject, which holds 64 bytes.
    ensure(text.len() <= 64, format!("has {} characters", text.len()), "ACM takes at most 64")?;
    Ok(text.to_owned())
}

/// A Route 53 hosted zone's id.
pub(super) fn zone_id(text: &str) -> Ruled<String> {
    let shaped = text.starts_with('Z')
        && (2..=32).contains(&text.len())
        && only(text, |b| b.is_ascii_uppercase() || b.is_ascii_digit());
    ensure(
        shaped,
        format!("\"{text}\" is not a hosted zone's id"),
        "capitals and digits after a Z, without /hostedzone/, e.g. \"Z1029992156D8O\"",
    )?;
    Ok(text.to_owned())
}

/// An e-mail address, strictly enough that SES takes it.
pub(super) fn email(text: &str) -> Ruled<String> {
    let is_local = |local: &str| {
        (1..=64).contains(&local.len())
            && only(local, |b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&b))
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
    };
    let is_host = |host: &str| domain(&host.to_ascii_lowercase()).is_ok();
    let is_address = text.rsplit_once('@').is_some_and(|(local, host)| is_local(local) && is_host(host));
    ensure(is_address, format!("\"{text}\" is not an e-mail address"), "e.g. \"hello@example.com\"")?;
    Ok(text.to_owned())
}

/// An SES identity's ARN.
pub(super) fn ses_identity(text: &str) -> Ruled<String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let shaped = match parts.as_slice() {
        ["arn", partition, "ses", arn_region, account, identity] => {
            region(arn_region).is_ok()
                && *partition == aws::partition(arn_region)
                && account_id(account).is_ok()
                && identity
                    .strip_prefix("identity/")
                    .is_some_and(|id| email(id).is_ok() || domain(id).is_ok())
        }
        _ => false,
    };
    ensure(
        shaped,
        format!("\"{text}\" is not the ARN of an SES identity"),
        "e.g. \"arn:aws:ses:eu-west-1:123456789012:identity/example.com\"",
    )?;
    Ok(text.to_owned())
}

/// The MFA reset's mail. At most 2,000 bytes (our rule): it travels in a function's environment, which is 4 KB in all.
pub(super) fn mfa_reset_message(text: &str) -> Ruled<String> {
    ensure(text.contains("{code}"), "does not contain {code}", "write {code} where the code is to stand")?;
    ensure(text.len() <= 2_000, format!("has {} bytes", text.len()), "at most 2000")?;
    Ok(text.to_owned())
}

/// A length of time: a whole number and a unit.
pub(super) fn duration(low: Seconds, high: Seconds) -> impl Fn(&str) -> Ruled<Seconds> {
    move |text| {
        let help = format!("from {low} to {high}, as a whole number and s, m, h or d");
        let number = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = match &text[number.len()..] {
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => return wrong(format!("\"{text}\" is not a length of time"), help),
        };
        // `u32::from_str` takes a plus sign too.
        let seconds = only(number, |b| b.is_ascii_digit()).then(|| number.parse::<u32>().ok()).flatten();
        match seconds.and_then(|count| count.checked_mul(unit)).map(Seconds) {
            Some(seconds) if (low..=high).contains(&seconds) => Ok(seconds),
            Some(_) => wrong(format!("is {text}"), help),
            None => wrong(format!("\"{text}\" is not a length of time"), help),
        }
    }
}

/// A retention that CloudWatch Logs takes.
pub(super) fn log_retention() -> impl Fn(&i64) -> Ruled<u32> {
    const TAKEN: [u32; 22] = [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
        3653,
    ];
    |days| {
        if let Some(taken) = TAKEN.iter().find(|taken| i64::from(**taken) == *days) {
            return Ok(*taken);
        }
        let all: Vec<String> = TAKEN.iter().map(ToString::to_string).collect();
        let problem = format!("is {days}, which CloudWatch Logs does not take");
        wrong(problem, format!("one of: {}", all.join(", ")))
    }
}

/// What an authenticator app shows. A colon would end the issuer in an `otpauth:` label.
pub(super) fn issuer(text: &str) -> Ruled<String> {
    ensure(!text.contains(':'), "has a colon", "write the issuer without a colon")?;
    line(64)(text)
}

/// A passkey's relying party: a domain, or `localhost` for trying it out.
pub(super) fn relying_party(text: &str) -> Ruled<String> {
    if text != "localhost" {
        domain(text)?;
    }
    // Cognito's RelyingPartyIdType.
    ensure(text.len() <= 127, format!("has {} characters", text.len()), "at most 127")?;
    Ok(text.to_owned())
}

/// Letters, digits, spaces and what AWS allows besides in tags.
fn tag_characters(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || " _.:/=+-@".contains(c))
}

/// A tag's key.
pub(super) fn tag_key(text: &str) -> Ruled<String> {
    let help = "1 to 128 letters, digits, spaces and _ . : / = + - @";
    let length = text.chars().count();
    ensure((1..=128).contains(&length), format!("has {length} characters"), help)?;
    ensure(tag_characters(text), "has a character that AWS does not take in a tag", help)?;
    let lower = text.to_lowercase();
    let reserved = lower.starts_with("aws:") || lower.starts_with("cogapi:");
    ensure(!reserved, "begins with a prefix that is not yours", "any other than aws: and cogapi:")?;
    Ok(text.to_owned())
}

/// A tag's value.
pub(super) fn tag_value(text: &str) -> Ruled<String> {
    let help = "at most 256 letters, digits, spaces and _ . : / = + - @";
    let length = text.chars().count();
    ensure(length <= 256, format!("has {length} characters"), help)?;
    ensure(tag_characters(text), "has a character that AWS does not take in a tag", help)?;
    Ok(text.to_owned())
}

/// An architecture that Lambda has, or `host` for this machine's.
pub(super) fn architecture(text: &str) -> Ruled<Architecture> {
    let choices = [
        ("arm64", Some(Architecture::Arm64)),
        ("x86_64", Some(Architecture::X86_64)),
        ("host", Architecture::host()),
    ];
    match one_of(&choices)(text)? {
        Some(architecture) => Ok(architecture),
        None => wrong("is \"host\", but Lambda does not have this machine's architecture", "arm64 or x86_64"),
    }
}
