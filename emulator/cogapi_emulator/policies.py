"""Corrections of how policies are evaluated: which action and resource a call is, which values conditions see.

Evaluates nothing.

ministack takes a request over HTTP for one without TLS, which is true and of no use: it has no other.
"""

from ministack.core import iam_actions, iam_evaluator

from cogapi_emulator.patching import around

# Members that hold the ARN of what a call is about.
_NAMED_BY = {"cognito-idp": ("ResourceArn",), "wafv2": ("ResourceARN", "WebACLArn", "ResourceArn")}


def install() -> None:
    """Patch ministack's evaluation in this process."""
    # Route 53 wraps its errors as the query protocol does, and no SDK reads them otherwise
    # (https://docs.aws.amazon.com/Route53/latest/APIReference/requests-rest-responses.html).
    iam_actions._SERVICE_PROTOCOL["route53"] = "query-xml"

    @around(iam_evaluator, "_resolve_condition_key")
    def resolve_condition_key(original, key, context):
        # AWS is called over TLS, and so are buckets with a policy that demands it. Root users are not asked here.
        return "true" if key.lower() == "aws:securetransport" else original(key, context)

    @around(iam_actions, "extract_resource_arn")
    def extract_resource_arn(original, service, method, path, headers, body, query, region, account):
        # ministack knows some calls' resources as `*` only, which no policy for one thing allows.
        if service in _NAMED_BY:
            named = [iam_actions._safe_json_field(body, member) for member in _NAMED_BY[service]]
            if found := next(filter(None, named), None):
                return found
        if service == "route53" and "/change/" in path:
            return f"arn:aws:route53:::change/{path.rsplit('/', 1)[-1]}"
        if service == "lambda" and method == "POST" and path.rstrip("/").endswith("/functions"):
            name = iam_actions._safe_json_field(body, "FunctionName")
            return f"arn:aws:lambda:{region}:{account}:function:{name}"
        return original(service, method, path, headers, body, query, region, account)

    @around(iam_actions, "_lambda_action")
    def lambda_action(original, method, path):
        if path.rstrip("/").endswith("/concurrency"):
            return {"DELETE": "DeleteFunctionConcurrency", "PUT": "PutFunctionConcurrency"}.get(
                method, "GetFunctionConcurrency"
            )
        return original(method, path)
