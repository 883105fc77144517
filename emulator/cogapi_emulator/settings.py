"""What a test can switch off or tune in the corrections, by account. Must not import ministack."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields

# What ACM's FailureReason can say of a domain; `TIMED_OUT` is the status VALIDATION_TIMED_OUT, without the 72 hours.
ACM_FAILURES = (
    "CAA_ERROR",
    "INVALID_PUBLIC_DOMAIN",
    "DOMAIN_NOT_ALLOWED",
    "ADDITIONAL_VERIFICATION_REQUIRED",
    "OTHER",
    "TIMED_OUT",
)


@dataclass
class Settings:
    """One account's settings."""

    # A new role cannot be assumed for some seconds; AWS does not say how many.
    role_propagation_seconds: float = 1.5
    # Cognito's clock, for what expires in minutes or days: invitations, challenge sessions, tokens.
    # Codes of authenticators, and when tokens were made, stay those of the real clock.
    cognito_clock_ahead_seconds: float = 0
    # "Between 5 and 20 attempts for a user to request or enter a password reset code", depending on risk.
    cognito_reset_attempts_per_hour: int = 20
    # How often the answer of a trigger is lost, so that Cognito invokes it again; after three times it gives up.
    cognito_trigger_answers_lost: int = 0
    # Cognito's mails are refused on the way out: CodeDeliveryFailureException.
    mail_refused: bool = False
    # Cognito's own mails are 50 a day: LimitExceededException beyond.
    mail_quota_used_up: bool = False
    # From a validation record in Route 53 to the issued certificate; minutes in AWS.
    acm_validation_seconds: float = 1
    # "A delay of several seconds" after RequestCertificate, in which DescribeCertificate does not show the records.
    acm_describe_lag_seconds: float = 0.5
    # InUseBy follows what uses a certificate; minutes in AWS.
    acm_in_use_lag_seconds: float = 0.5
    # ACM's clock: idempotency tokens last an hour, validation may take 72.
    acm_clock_ahead_seconds: float = 0
    # Domain -> why its certificate is not issued.
    acm_failure: dict[str, str] = field(default_factory=dict)
    # How long a domain name is UPDATING; minutes in AWS.
    apigateway_domain_update_seconds: float = 0.5
    # A new web ACL cannot be associated for "a few seconds to a number of minutes".
    waf_propagation_seconds: float = 1
    # The account's limit of concurrent executions; new accounts have 10.
    lambda_concurrent_executions: int = 1000
    # The account's quota of roles.
    iam_roles: int = 1000
    # SES reaches verified recipients only.
    ses_sandbox: bool = False
    # SES sends nothing: AWS, or somebody of the account, has paused it.
    ses_paused: bool = False
    # The mails of 24 hours are used up: TooManyRequestsException from SES.
    ses_quota_used_up: bool = False
    # Identities that are there and verified without having been asked for: their owners have done their part.
    ses_verified: list[str] = field(default_factory=list)
    # Identities that wait for their verification.
    ses_unverified: list[str] = field(default_factory=list)
    # Calls above the rates that AWS publishes for its control planes are throttled (rates.py).
    rates: bool = False


class BadSetting(ValueError):
    """A setting that does not exist or has a wrong value."""


_by_account: dict[str, Settings] = {}


def of(account: str) -> Settings:
    """The settings in force for an account."""
    return _by_account.get(account) or Settings()


def change(account: str, document: object) -> dict[str, object]:
    """Set what the document names, leave the rest, and return all."""
    known = {item.name for item in fields(Settings)}
    if not isinstance(document, dict) or not document.keys() <= known:
        raise BadSetting(f"the body must be an object with at most the keys {', '.join(sorted(known))}")
    for name, value in document.items():
        holds, wanted = _CHECKS.get(name) or _KINDS[type(getattr(Settings(), name))]
        if not holds(value):
            raise BadSetting(f"{name} must be {wanted}")
    _by_account[account] = Settings(**(asdict(of(account)) | document))
    return asdict(_by_account[account])


def clear() -> None:
    """Back to the defaults, for every account."""
    _by_account.clear()


def _is_amount(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and value >= 0


_Check = tuple[Callable[[object], bool], str]
# By the type of the default.
_KINDS: dict[type, _Check] = {
    bool: (lambda value: isinstance(value, bool), "true or false"),
    int: (_is_amount, "a number of at least 0"),
    float: (_is_amount, "a number of at least 0"),
}
_IDENTITIES: _Check = (
    lambda value: isinstance(value, list) and all(isinstance(name, str) for name in value),
    "a list of addresses and domains",
)
_WHOLE: _Check = (lambda value: _is_amount(value) and value == int(value), "a whole number")
# By name, for what needs more than that.
_CHECKS: dict[str, _Check] = {
    "ses_verified": _IDENTITIES,
    "ses_unverified": _IDENTITIES,
    "lambda_concurrent_executions": _WHOLE,
    "iam_roles": _WHOLE,
    "acm_failure": (
        lambda value: isinstance(value, dict) and all(reason in ACM_FAILURES for reason in value.values()),
        f"an object of domain names and their reasons, out of {', '.join(ACM_FAILURES)}",
    ),
}
