"""Owns the second form of a correction: one that needs nothing of what it replaces."""

from collections.abc import Callable
from types import ModuleType

from cogapi_emulator.patching import around


def instead_of(module: ModuleType, name: str) -> Callable[[Callable], None]:
    """Put a function in the place of `module.name`; a name that is not there is an error at start-up."""

    def install(replacement: Callable) -> None:
        around(module, name)(lambda _original, *arguments, **keywords: replacement(*arguments, **keywords))

    return install
