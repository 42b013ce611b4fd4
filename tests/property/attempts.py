"""Call something that may refuse with an error of ours, and look at whichever came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from voltoken.errors import VoltokenError

Answer = TypeVar("Answer")
Refusal = TypeVar("Refusal", bound=VoltokenError)


def attempt(
    refusal: type[Refusal], act: Callable[..., Answer], *arguments: object, **options: object
) -> Answer | Refusal:
    """Return what act returns, or the refusal it raises; any other error passes and fails the test."""
    try:
        return act(*arguments, **options)
    except refusal as error:
        return error
