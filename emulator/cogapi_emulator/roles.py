"""Corrections of this area; see corrections.py."""


def install() -> None:
    """Nothing yet."""
