"""Vending Key Extension: when credit ends, how long key changes have to go on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kmc.planning.town import SGC, TODAY, key, meters, moment, row, town
from voltoken.kmc.keys import VendingKey
from voltoken.kmc.planning import Extension, Wave, WavePlan, clock_of, later, plan_extension


def extension(*rows: str, stands: str = "active", visits: int = 0, **values: Any) -> Extension:
    """Return what a key needs, whose meters buy every ten days, the last time yesterday."""
    state = town()
    entry = key(state, f"{SGC}/1", stands, **values)
    plan = WavePlan((Wave("all", later(TODAY, 5)),), visits)
    return plan_extension(VendingKey.of(entry), clock_of(meters(*rows), f"{SGC}/1", TODAY, plan))


def test_a_key_that_ends_too_early_is_extended_with_a_margin() -> None:
    found = extension(row(1), row(2, last_purchase="2026-11-16"), iut=moment("2026-11-26"))
    assert found.is_needed
    assert (found.meters, found.left) == (2, 1)
    assert str(found.needed_until) == "2026-12-30"
    assert "1 of 2 meters still on it" in found.advice[1]
    assert "2026-11-30" in found.advice[1]
    assert "Extend it to 2026-12-30" in found.advice[1]


def test_a_key_that_lasts_needs_nothing() -> None:
    found = extension(row(1))
    assert not found.is_needed
    assert found.left == 0
    assert found.advice[1].startswith("All 1 meters are away by 2026-11-30")


def test_credit_ends_with_the_tids_and_no_extension_brings_it_back() -> None:
    found = extension(row(1), stands="deactivated")
    assert f"{found.credit_until:%Y-%m-%d}" == "2024-11-24"
    assert "no extension brings credit back" in found.advice[0]
    assert "Credit under 123456/1 ended on 2024-11-24" in extension(row(1)).advice[0]


def test_no_extension_is_long_enough_for_meters_that_nothing_reaches() -> None:
    found = extension(row(1), row(2, purchases="0"))
    assert found.needed_until is None
    assert not found.is_needed
    assert "plan visits" in found.advice[1]
    assert len(found.advice) == 2
    assert extension(row(1), row(2, purchases="0"), visits=1).needed_until is not None


def test_without_meters_nothing_is_extended() -> None:
    found = extension(row(1, krn="2"))
    assert (found.meters, found.needed_until) == (0, None)
    assert "nothing has to be extended" in found.advice[1]


@pytest.mark.parametrize("stands", ["requested", "suspended", "destroyed"])
def test_a_key_that_makes_nothing_is_not_extended(stands: str) -> None:
    found = extension(row(1), stands=stands, iut=moment("2026-11-22"))
    assert (found.needed_until, found.is_needed) == (None, False)
    assert found.advice == (
        f"123456/1 is {stands}: nothing is made under it, so no meter can be led away from it.",
    )
