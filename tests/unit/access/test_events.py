"""Events: every refusal in one line, with an alarm where somebody has to look, without secrets."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import voltoken.access
from voltoken.access import (
    APPROVAL_REASONS,
    DENIAL_REASONS,
    SIGN_IN_REASONS,
    AuditEvent,
    Outcome,
    refusal_event,
)
from voltoken.access.events import ALARMING
from voltoken.errors import AccessDenied, AccessError, ApprovalRefused, FieldError, SignInRefused


def test_a_refusal_becomes_an_event() -> None:
    error = AccessDenied("limit", "No.", by="ann", fact="amount")
    event = refusal_event(error, "ann", "vend.purchase", {"request": "r-1", "fact": "other"})
    assert event == AuditEvent(
        "access.denied",
        "ann",
        {"act": "vend.purchase", "request": "r-1", "reason": "limit", "by": "ann", "fact": "amount"},
        alarm=False,
    )


@pytest.mark.parametrize(
    ("error", "alarm"),
    [
        (ApprovalRefused("forged", "No."), True),
        (ApprovalRefused("maker_forged", "No."), True),
        (ApprovalRefused("used", "No."), True),
        (ApprovalRefused("self", "No."), True),
        (ApprovalRefused("missing", "No."), False),
        (ApprovalRefused("expired", "No."), False),
        (SignInRefused("locked", "No."), True),
        (SignInRefused("code_used", "No."), True),
        (SignInRefused("form", "No."), False),
        (SignInRefused("wrong_password", "No."), False),
        (AccessDenied("no_right", "No."), False),
        (AccessError("other", "No."), False),
    ],
    ids=lambda each: each.reason if isinstance(each, AccessError) else None,
)
def test_what_is_no_slip_is_an_alarm(error: AccessError, alarm: bool) -> None:
    assert refusal_event(error, "ann", "vend.purchase").alarm is alarm


def test_every_alarming_reason_is_one() -> None:
    assert set(ALARMING) == {"access.approval", "access.sign_in"}
    assert ALARMING["access.approval"] <= set(APPROVAL_REASONS)
    assert ALARMING["access.sign_in"] <= set(SIGN_IN_REASONS)


def test_nobody_writes_two_lines_with_one_name() -> None:
    event = AuditEvent("access.denied", "ann\nben", {"reason": "a\x1b[31m", "n": 7, "no": None}, alarm=False)
    assert event.by == r"ann\nben"
    assert dict(event.facts) == {"reason": r"a\x1b[31m", "n": 7, "no": None}
    assert len(AuditEvent("access.denied", "a" * 5000, {}, alarm=False).by) == 100
    assert AuditEvent("access.denied", "", {"x": "b" * 700}, alarm=False).facts["x"] == "b" * 597 + "..."


def test_an_event_cannot_be_changed() -> None:
    facts: dict[str, Any] = {"reason": "limit"}
    event: Any = AuditEvent("access.denied", "ann", facts, alarm=False)
    facts["reason"] = "none"
    assert event.facts["reason"] == "limit"
    with pytest.raises(TypeError):
        event.facts["reason"] = "none"


@pytest.mark.parametrize(
    ("kind", "by", "facts", "field"),
    [
        ("Access", "ann", {}, "kind"),
        ("access.denied", None, {}, "by"),
        ("access.denied", "ann", {"key": b"seed"}, "fact key"),
        ("access.denied", "ann", {7: "x"}, "fact 7"),
    ],
)
def test_an_event_out_of_range_is_refused_and_shows_no_value(
    kind: str, by: Any, facts: Any, field: str
) -> None:
    with pytest.raises(FieldError) as caught:
        AuditEvent(kind, by, facts, alarm=False)
    assert caught.value.field == field
    assert "seed" not in caught.value.message


MAKERS = {
    "AccessDenied": DENIAL_REASONS,
    "ApprovalRefused": APPROVAL_REASONS,
    "refuse": APPROVAL_REASONS,
    "refused": SIGN_IN_REASONS,
}
"""What makes a refusal in the room, and where its first argument is explained."""


def reasons_in_the_source() -> Iterator[tuple[str, str]]:
    """Yield every reason that is written out in the room, with what makes the refusal."""
    for path in sorted(Path(voltoken.access.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) not in MAKERS:
                continue
            if isinstance(node.args[0], ast.Constant):
                yield ast.unparse(node.func), str(node.args[0].value)


def test_every_reason_is_explained_and_every_explained_reason_occurs() -> None:
    found = set(reasons_in_the_source())
    assert {reason for maker, reason in found if reason not in MAKERS[maker]} == set()
    # Said by the caller (glass), taken from the gate (inactive, no_right), or the value of an outcome.
    indirect = {"glass", "inactive", "no_right"} | {each.value for each in Outcome}
    for maker, table in MAKERS.items():
        if maker != "refuse":
            same = {reason for other, reason in found if MAKERS[other] is table}
            assert set(table) - same - indirect == set()


def test_explanations_are_sentences() -> None:
    for table in (APPROVAL_REASONS, DENIAL_REASONS, SIGN_IN_REASONS):
        assert all(text.endswith(".") and text[0].isupper() for text in table.values())
