"""What a test can switch off or tune in the corrections, by account. Must not import ministack."""

from dataclasses import asdict, dataclass, fields


@dataclass
class Settings:
    """One account's settings."""

    # A new role cannot be assumed for some seconds; AWS does not say how many.
    role_propagation_seconds: float = 1.5
    # Cognito's clock, for what expires in minutes or days: invitations, challenge sessions, refresh tokens.
    # Codes of authenticators and the times in tokens stay those of the real clock.
    cognito_clock_ahead_seconds: float = 0
    # Cognito's mails are refused on the way out: CodeDeliveryFailureException.
    mail_refused: bool = False
    # Cognito's own mails are 50 a day: LimitExceededException beyond.
    mail_quota_used_up: bool = False


class BadSetting(ValueError):
    """A setting that does not exist or has a wrong value."""


_by_account: dict[str, Settings] = {}


def of(account: str) -> Settings:
    """The settings in force for an account."""
    return _by_account.get(account) or Settings()


def change(account: str, document: object) -> dict[str, object]:
    """Set what the document names, leave the rest, and return all."""
    known = {field.name for field in fields(Settings)}
    if not isinstance(document, dict) or not document.keys() <= known:
        raise BadSetting(f"the body must be an object with at most the keys {', '.join(sorted(known))}")
    for name, value in document.items():
        if isinstance(getattr(Settings, name), bool):
            if not isinstance(value, bool):
                raise BadSetting(f"{name} must be true or false")
        elif isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise BadSetting(f"{name} must be a number of at least 0")
    _by_account[account] = Settings(**(asdict(of(account)) | document))
    return asdict(_by_account[account])


def clear() -> None:
    """Back to the defaults, for every account."""
    _by_account.clear()
