//! How often AWS lets an account call its control planes, where it publishes that: per service, and per operation where it
//! has such. A table; how calls are held back is `pace`'s.
//!
//! From the quota pages of each service. IAM, STS and DynamoDB's control plane have no published rate for what we call, and
//! what S3 and DynamoDB allow for data is far above us.

/// So many calls in so many seconds, on average; and at once, when there were none for a while.
#[derive(Debug)]
pub(super) struct Limit {
    pub(super) of: Of,
    pub(super) calls: f64,
    pub(super) seconds: f64,
    /// How many at once, where AWS says so; else those of one second.
    pub(super) burst: Option<f64>,
}

/// Which operations a limit holds for.
#[derive(Debug)]
pub(super) enum Of {
    /// For each of these by itself.
    Each(&'static [&'static str]),
    /// For these, counted together.
    Together(&'static [&'static str]),
    /// For all but these, counted together.
    AllBut(&'static [&'static str]),
    /// For every one by itself.
    Every,
}

const fn limit(of: Of, calls: f64, seconds: f64) -> Limit {
    Limit { of, calls, seconds, burst: None }
}

/// The limits of a service, by the id that the SDK has for it; the narrower ones first.
pub(super) fn of(service: &str) -> &'static [Limit] {
    match service {
        "API Gateway" => API_GATEWAY,
        "Lambda" => LAMBDA,
        "Cognito Identity Provider" => COGNITO,
        "ACM" => ACM,
        "Route 53" => ROUTE_53,
        "WAFV2" | "wafv2" => WAF,
        "CloudWatch Logs" => LOGS,
        "SESv2" | "SES" => SES,
        _ => &[],
    }
}

const API_GATEWAY: &[Limit] = &[
    limit(Of::Each(&["CreateRestApi", "ImportRestApi"]), 1.0, 3.0),
    limit(Of::Each(&["PutRestApi"]), 1.0, 1.0),
    Limit { of: Of::Each(&["GetResources"]), calls: 5.0, seconds: 2.0, burst: Some(5.0) },
    limit(Of::Each(&["CreateDeployment"]), 1.0, 5.0),
    limit(
        Of::Each(&["CreateDomainName", "UpdateDomainName", "DeleteDomainName", "DeleteRestApi"]),
        1.0,
        30.0,
    ),
    limit(Of::Each(&["UpdateAccount"]), 1.0, 20.0),
    Limit { of: Of::AllBut(&[]), calls: 10.0, seconds: 1.0, burst: Some(40.0) },
];

const LAMBDA: &[Limit] = &[
    limit(Of::Each(&["GetFunction"]), 100.0, 1.0),
    limit(Of::Each(&["GetPolicy"]), 15.0, 1.0),
    limit(Of::AllBut(&["GetFunction", "GetPolicy", "Invoke"]), 15.0, 1.0),
];

const COGNITO: &[Limit] = &[
    limit(Of::Together(&["DescribeUserPool", "ListUserPools"]), 15.0, 1.0),
    limit(Of::Together(&["CreateUserPool", "UpdateUserPool", "DeleteUserPool"]), 15.0, 1.0),
    limit(
        Of::Together(&["GetGroup", "ListGroups", "GetUserPoolMfaConfig", "ListTagsForResource"]),
        20.0,
        1.0,
    ),
    limit(
        Of::Together(&[
            "CreateGroup",
            "UpdateGroup",
            "DeleteGroup",
            "SetUserPoolMfaConfig",
            "AddCustomAttributes",
            "TagResource",
            "UntagResource",
        ]),
        15.0,
        1.0,
    ),
    // 15 of an account, 5 of a pool: a run has one pool.
    limit(Of::Together(&["DescribeUserPoolClient", "ListUserPoolClients"]), 5.0, 1.0),
    limit(Of::Together(&["CreateUserPoolClient", "UpdateUserPoolClient", "DeleteUserPoolClient"]), 5.0, 1.0),
];

const ACM: &[Limit] = &[
    limit(Of::Each(&["RequestCertificate", "AddTagsToCertificate", "RemoveTagsFromCertificate"]), 5.0, 1.0),
    limit(Of::Each(&["ListCertificates"]), 8.0, 1.0),
    limit(Of::Each(&["DescribeCertificate", "DeleteCertificate", "ListTagsForCertificate"]), 10.0, 1.0),
];

const ROUTE_53: &[Limit] = &[limit(Of::AllBut(&[]), 5.0, 1.0)];

const WAF: &[Limit] = &[
    limit(Of::Each(&["AssociateWebACL", "DisassociateWebACL"]), 1.0, 2.0),
    limit(Of::Each(&["GetWebACLForResource", "ListResourcesForWebACL"]), 1.0, 1.0),
    limit(Of::Each(&["CreateWebACL", "UpdateWebACL"]), 1.0, 1.0),
    limit(Of::Each(&["GetWebACL", "ListWebACLs", "ListTagsForResource"]), 5.0, 1.0),
];

const LOGS: &[Limit] = &[limit(
    Of::Each(&["CreateLogGroup", "DeleteLogGroup", "DescribeLogGroups", "PutRetentionPolicy"]),
    10.0,
    1.0,
)];

/// Sending has a rate of its own, but we send nothing.
const SES: &[Limit] = &[limit(Of::Every, 1.0, 1.0)];
