"""The list of what is corrected in ministack. Each module owns one area and patches it in `install()`."""

from importlib import import_module

_AREAS = ("policies", "roles", "lambda_", "lambda_concurrency", "apigateway", "cognito", "route53", "acm", "waf", "ses")


def install() -> None:
    """Patch ministack in this process. Called once, before the first request is served."""
    for area in _AREAS:
        import_module(f"cogapi_emulator.{area}").install()
