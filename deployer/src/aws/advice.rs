//! What to do about the frequent errors of AWS and of the way to it. One table; makes texts and nothing else.

use cogapi_engine::Failure;
use serde_json::json;

/// What an error says of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
    /// AWS's code; empty where no service answered.
    pub(super) code: &'a str,
    /// AWS's message, or what went wrong on the way.
    pub(super) text: &'a str,
}

/// What is recognised by.
enum Sign {
    /// One of these codes.
    Code(&'static [&'static str]),
    /// One of these codes, and a part of the text.
    CodeAnd(&'static [&'static str], &'static str),
    /// All of these are parts of the text, and no service answered.
    OnTheWay(&'static [&'static str]),
}

/// The first that fits counts.
const TABLE: &[(Sign, &str)] = &[
    (Sign::OnTheWay(&["sso", "expired"]), SSO),
    (Sign::OnTheWay(&["SSO", "token"]), SSO),
    (Sign::OnTheWay(&["sso", "token"]), SSO),
    (Sign::OnTheWay(&["profile", "not defined"]), PROFILE),
    (Sign::OnTheWay(&["credentials"]), CREDENTIALS),
    (
        Sign::OnTheWay(&["dns error"]),
        "no host has this name: check that `aws.region` is a region of AWS, and that this machine has a network",
    ),
    (Sign::OnTheWay(&[]), "check the network, the region, and AWS_ENDPOINT_URL if it is set"),
    (Sign::Code(&["RequestTimeTooSkewed"]), CLOCK),
    (Sign::CodeAnd(SIGNATURES, "Signature expired"), CLOCK),
    (Sign::CodeAnd(SIGNATURES, "not yet current"), CLOCK),
    (Sign::Code(&["ExpiredToken", "ExpiredTokenException", "RequestExpired"]), EXPIRED),
    (
        Sign::Code(&["OptInRequired", "AuthFailure"]),
        "the account has not switched this region on: choose another `aws.region`, or switch it on in the account's settings",
    ),
    (Sign::Code(SIGNATURES), CREDENTIALS),
    (
        Sign::Code(&["InvalidEmailRoleAccessPolicyException"]),
        "SES does not let Cognito send from this identity: verify it in SES, and check `email.ses_identity_arn`; `cogapi check` tells more",
    ),
    (
        Sign::CodeAnd(&["InvalidParameterException", "MessageRejected"], "not verified"),
        "verify the address or its domain in SES, in the region of `email.ses_identity_arn`; `cogapi check` tells how far it is",
    ),
    (
        Sign::Code(&["LimitExceededException", "LimitExceeded", "ServiceQuotaExceededException"]),
        "a quota of the account is reached: raise it in Service Quotas, or remove what is unused",
    ),
];

const SSO: &str =
    "the SSO session has expired: sign in again (`aws sso login`, with `--profile` where you use one)";
const PROFILE: &str = "there is no such profile in ~/.aws/config: correct AWS_PROFILE or `aws.profile`, or make it with `aws configure sso`";
const EXPIRED: &str = "the credentials have expired: sign in again (`aws sso login`)";
const CREDENTIALS: &str = "set AWS_PROFILE, `profile` in the environment's [aws] section, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
const CLOCK: &str =
    "AWS takes no request that is minutes off: set this machine's clock, and run the same command again";
/// How services call a signature that they don't take: keys that are not there any more, or not of this partition.
const SIGNATURES: &[&str] = &[
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
];

/// What to do, where it is known.
pub(super) fn advice(said: Said<'_>) -> Option<String> {
    let fits = |sign: &Sign| match sign {
        Sign::Code(codes) => codes.contains(&said.code),
        Sign::CodeAnd(codes, part) => codes.contains(&said.code) && said.text.contains(part),
        Sign::OnTheWay(parts) => said.code.is_empty() && parts.iter().all(|part| said.text.contains(part)),
    };
    TABLE.iter().find(|(sign, _)| fits(sign)).map(|(_, advice)| (*advice).to_owned())
}

/// Whether what is to be done is about credentials: there are none, or none that AWS takes.
pub(crate) fn is_about_credentials(failure: &Failure) -> bool {
    failure.hint.as_deref().is_some_and(|hint| [SSO, PROFILE, EXPIRED, CREDENTIALS].contains(&hint))
}

/// What allows an action that was refused. AWS does not always tell the resource.
pub(crate) fn permission(action: &str, resource: Option<&str>) -> String {
    let statement = json!({ "Effect": "Allow", "Action": action, "Resource": resource.unwrap_or("*") });
    format!(
        "allow {action} to the principal that deploys: {statement}; `cogapi permissions` prints all that it takes"
    )
}
