"""The values of a scenario: each has one form, and a range that ends where it is said to end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.meter.test_scenario import NOW
from voltoken.errors import ScenarioError
from voltoken.meter import Step


def expecting(name: str, value: Any) -> Any:
    """Return the one form of an expectation."""
    return Step(NOW, "wait", {}, {name: value}).expect[name]


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [
        ("memory", [[0, 1], [0xFFFFFF, 1000]], [[0, 1], [0xFFFFFF, 1000]]),
        ("memory", [[tid, 1] for tid in range(1000)], [[tid, 1] for tid in range(1000)]),
        ("shows", ["x" * 400], ["x" * 400]),
        ("shows", ["b", "a", "b"], ["b", "a", "b"]),
        ("shows", ["x"] * 1000, ["x"] * 1000),
        ("missing", [4, 1, 4], [1, 4]),
        ("flags", [511, 0], [0, 511]),
        ("code", None, None),
        ("code", 255, 255),
        ("krn", 1, 1),
        ("sgc", None, None),
        ("sgc", "007", "007"),
        ("power_limit_w", 10**9, 10**9),
        ("credit", "-00.50", "-0.5"),
    ],
)
def test_an_expectation_has_one_form(name: str, value: Any, form: Any) -> None:
    assert expecting(name, value) == form


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("memory", {}, "pairs"),
        ("memory", "", "pairs"),
        ("memory", [[-1, 1]], "pairs"),
        ("memory", [[1 << 24, 1]], "pairs"),
        ("memory", [[1, 0]], "pairs"),
        ("memory", [[1, 1001]], "pairs"),
        ("memory", [[1, 1, 1]], "pairs"),
        ("memory", [[tid, 1] for tid in range(1001)], "pairs"),
        ("shows", {}, "a list of"),
        ("shows", "ab", "a list of"),
        ("shows", ["x" * 401], "a list of"),
        ("shows", ["x"] * 1001, "a list of"),
        ("missing", [0], "1 to 4"),
        ("missing", [5], "1 to 4"),
        ("code", -1, "0 to 255, or null"),
        ("code", 256, "0 to 255, or null"),
        ("krn", 0, "1 to 9, or null"),
        ("relay", "shut", "connected"),
        ("sgc", "x", "digits in quotes, or null"),
        ("low", None, "true or false"),
    ],
)
def test_what_cannot_be_seen_cannot_be_expected(name: str, value: Any, allowed: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        expecting(name, value)
    assert refused.value.detail["place"] == f"expect.{name}"
    assert allowed in refused.value.message
