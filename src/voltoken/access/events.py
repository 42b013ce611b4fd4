"""What is to be kept for the audit: who did what, or was refused what. No secret ever stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from voltoken.access.values import check_action
from voltoken.errors import AccessError, ApprovalRefused, FieldError, SignInRefused

ALARMING: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        ApprovalRefused.code: frozenset(
            {"after_until", "form", "forged", "maker_forged", "other_request", "self", "too_early", "twice"}
            | {"used"}
        ),
        SignInRefused.code: frozenset({"code_used", "locked"}),
    }
)
"""Reasons, by the code of the error, that may be no slip of an honest person: somebody has to look."""

FACT_MAX: Final = 600
"""How long a text in an event may be, in characters; the rest is cut off."""
_BY_MAX: Final = 100

Fact = str | int | bool | None
"""What an event says about something."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One line for the audit, which the caller persists with its own time and place in the chain.

    kind: words with dots, ``access.denied``. by: who it was, or said to be. facts: by name. alarm: somebody
    has to look at it now.
    Raises FieldError.
    """

    kind: str
    by: str
    facts: Mapping[str, Fact]
    alarm: bool

    def __post_init__(self) -> None:
        """Check every attribute, and take the facts over."""
        check_action("kind", self.kind)
        if not isinstance(self.by, str):
            raise FieldError("by", self.by, "a text")
        for name, value in self.facts.items():
            if not isinstance(name, str) or not (value is None or isinstance(value, str | int)):
                raise FieldError(
                    f"fact {name}", type(value).__name__, "a text, a whole number, yes, no or nothing"
                )
        object.__setattr__(self, "by", _line(self.by, _BY_MAX))
        object.__setattr__(
            self, "facts", MappingProxyType({name: _shown(value) for name, value in self.facts.items()})
        )


def refusal_event(
    error: AccessError, by: str, act: str, facts: Mapping[str, Fact] | None = None
) -> AuditEvent:
    """Return the event of a refusal by the gate, by ``judge`` or at a door.

    by: who asked, or said to be. act: what was asked for. facts: what the caller knows besides; never a
    secret. What the error says of itself wins. Raises FieldError.
    """
    alarm = error.reason in ALARMING.get(error.code, frozenset())
    return AuditEvent(error.code, by, {"act": act, **(facts or {}), **error.detail}, alarm)


def _shown(value: Fact) -> Fact:
    return _line(value, FACT_MAX) if isinstance(value, str) else value


def _line(text: str, most: int) -> str:
    """Return text as one printable line, so that nobody writes two lines into a log with one name."""
    shown = text if text.isprintable() else ascii(text)[1:-1]
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."
