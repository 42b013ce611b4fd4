"""Cut the power after every single write of an operation, and see what the meter is afterwards.

An operation is a way to prepare a meter and a way to act on it. It is repeated from the beginning with
the power failing after 0, 1, 2 ... writes until it comes to its end, and each time the meter is compared
with one on which the operation was never begun and with one on which it was finished.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.unit.meter.shop import NOW, state_of
from voltoken.meter import Meter, TokenResult

Prepared = tuple[Meter, Any]
"""A meter, and what acting on it needs: for most operations the digits of a token."""


class Operation(NamedTuple):
    """Something that writes. prepare: the same meter each time. act: what is done to it."""

    name: str
    prepare: Callable[[], Prepared]
    act: Callable[[Meter, Any], object]


class Outcome(NamedTuple):
    """What came of one cut. writes: how many had been finished. state: once the power was back."""

    writes: int
    state: dict[str, Any]
    meter: Meter
    token: Any


def at_rest(meter: Meter) -> dict[str, Any]:
    """Return the state after a power cycle, without the count of cycles."""
    if meter.is_powered:
        meter.cut_power()
    while not meter.is_powered:
        meter.restore_power(NOW)
    state = state_of(meter)
    return state | {"history": state["history"]._replace(power_failures=0)}


def outcomes(operation: Operation, wake: Callable[[Meter], None]) -> list[Outcome]:
    """Return what became of the meter for each number of writes. wake: how the power comes back."""
    found: list[Outcome] = []
    while not found or found[-1].writes == len(found) - 1:
        meter, token = operation.prepare()
        meter.arm_cut(len(found))
        operation.act(meter, token)
        failed = not meter.is_powered
        wake(meter)
        found.append(Outcome(len(found) if failed else -1, at_rest(meter), meter, token))
    return found


def between(operation: Operation, wake: Callable[[Meter], None]) -> list[int]:
    """Return after how many writes a cut leaves the meter neither as before nor as after the operation."""
    meter, _ = operation.prepare()
    before = at_rest(meter)
    meter, token = operation.prepare()
    operation.act(meter, token)
    after = at_rest(meter)
    found = outcomes(operation, wake)
    assert found[0].state == before, "a cut before the first write has changed something"
    assert found[-1].state == after, "arming a cut that never comes has changed something"
    turned = [outcome.state == after for outcome in found]
    assert turned == sorted(turned), "a later cut has undone what an earlier one left done"
    return [outcome.writes for outcome in found if outcome.state not in (before, after)]


def wake_at_once(meter: Meter) -> None:
    """Restore the power without another cut."""
    meter.restore_power(NOW)


def wake_with_cuts(meter: Meter) -> None:
    """Restore the power with a cut after 0 writes, then after 1, then 2 ... until it holds."""
    writes = 0
    while not meter.is_powered:
        meter.arm_cut(writes)
        meter.restore_power(NOW)
        writes += 1


def accepted_once(outcome: Outcome, credit_before: int, credited: int) -> bool:
    """Enter the token again: Accept or Used, as the state says, and the credit is there once."""
    meter = outcome.meter
    done = meter.credit != credit_before
    again = meter.enter(outcome.token, NOW).result
    wanted = TokenResult.USED if done else TokenResult.ACCEPT
    return again is wanted and meter.credit == credit_before + credited
