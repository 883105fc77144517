"""How a correction takes the place of a ministack function. Knows no AWS service."""

import functools
from collections.abc import Callable
from types import ModuleType


def around(module: ModuleType, name: str) -> Callable[[Callable], Callable]:
    """Decorate a function that replaces `module.name` and receives the original as its first argument.

    A name that is not there is an error at start-up: the corrections are written for one version of ministack.
    """

    def install(correction: Callable) -> Callable:
        original = getattr(module, name)

        @functools.wraps(original)
        def corrected(*arguments, **keywords):
            return correction(original, *arguments, **keywords)

        setattr(module, name, corrected)
        return corrected

    return install
