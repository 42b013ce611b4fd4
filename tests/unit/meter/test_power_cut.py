"""Power that fails after each single write: the meter is as before or as after, never between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.meter.power_cuts import (
    Operation,
    Prepared,
    accepted_once,
    at_rest,
    between,
    outcomes,
    wake_at_once,
    wake_with_cuts,
)
from tests.unit.meter.shop import (
    NO_TOKEN,
    NOW,
    Shop,
    installed,
    key_of,
    later,
    results,
    with_credit,
)
from voltoken.meter import Emergency, EntryPath, Memory, Meter, TamperKind
from voltoken.meter.memory import CELLS
from voltoken.sts import EA, SGC, KeyType

WAKES = pytest.mark.parametrize("wake", [wake_at_once, wake_with_cuts])


def busy(ea: EA = EA.MISTY1, **changes: Any) -> Prepared:
    """Return a meter with 10 kWh, a pending section and two failures, and its shop."""
    meter, shop = with_credit("strict", key=key_of(1, ea), **changes)
    first = shop.key_change(key_of(2, ea))[0]
    assert results(meter, first, NO_TOKEN, NO_TOKEN) == ["1stKCT", "FormatError", "FormatError"]
    return meter, shop


def entry(name: str, token: Callable[[Shop], str], ea: EA = EA.MISTY1, **changes: Any) -> Operation:
    """Return the entering of one token into a busy meter."""

    def prepare() -> Prepared:
        meter, shop = busy(ea, **changes)
        return meter, token(shop)

    return Operation(name, prepare, lambda meter, digits: meter.enter(digits, NOW))


def section(ea: EA, place: int, *, carry_sgc: bool = False, kt: KeyType = KeyType.DUTK) -> Operation:
    """Return the entering of one section of a set with a roll-over, after those before it."""

    def prepare() -> Prepared:
        meter, shop = with_credit("strict", key=key_of(1, ea))
        new = key_of(2, ea, sgc=SGC("987654"), kt=kt)
        tokens = shop.key_change(new, roll_over=True, carry_sgc=carry_sgc)
        results(meter, *tokens[:place], NO_TOKEN)
        return meter, tokens[place]

    count = 4 if ea is EA.MISTY1 else 3 if carry_sgc else 2
    name = f"section {place + 1} of {count} under EA{ea.value} to {kt.name}"
    return Operation(name, prepare, lambda meter, digits: meter.enter(digits, NOW))


def doing(name: str, act: Callable[[Meter], object], **changes: Any) -> Operation:
    """Return something that is done to a busy meter."""
    return Operation(name, lambda: busy(**changes), lambda meter, _: act(meter))


LENT = {"emergency": Emergency(amount=5_000, threshold=20_000)}

CREDIT = entry("credit", Shop.credit)
ENTRIES = [
    CREDIT,
    entry("credit under EA07", Shop.credit, EA.STA),
    entry("a limit", lambda shop: shop.limit(2_000)),
    entry("clearing credit", Shop.clear_credit),
    entry("disconnecting by flag", lambda shop: shop.flag(2, 1)),
    entry("clearing a tamper", Shop.clear_tamper),
]
SECTIONS = [
    *(section(ea, place) for ea in (EA.STA, EA.DEA) for place in range(2)),
    *(section(EA.STA, place, carry_sgc=True) for place in range(3)),
    *(section(EA.MISTY1, place) for place in range(4)),
    section(EA.MISTY1, 3, kt=KeyType.DCTK),
]
REFUSALS = [
    entry("no token", lambda _: NO_TOKEN),
    entry("an old token", lambda shop: shop.credit(tid=1)),
    entry("too much credit", Shop.credit, credit_max=10_000),
    entry("a function it does not have", lambda shop: shop.limit(1), functions=()),
]
OTHERS = [
    doing("use", lambda meter: meter.use(100, NOW)),
    doing("use to the end", lambda meter: meter.use(20_000, NOW, seconds=10_000)),
    doing("use that trips", lambda meter: meter.use(14_000, NOW, seconds=3_600)),
    doing("tamper", lambda meter: meter.tamper(TamperKind.MAGNET, NOW)),
    doing("emergency credit", lambda meter: meter.take_emergency(NOW), **LENT),
    doing("a limit of the alarm", lambda meter: meter.set_limits(NOW, low_credit=1, alarm_minutes=9)),
    doing("waiting", lambda meter: meter.wait(later(10_000))),
]


@WAKES
@pytest.mark.parametrize(
    "operation", [*ENTRIES, *SECTIONS, *REFUSALS, *OTHERS], ids=lambda operation: operation.name
)
def test_a_cut_leaves_the_meter_as_before_or_as_after(
    operation: Operation, wake: Callable[[Meter], None]
) -> None:
    assert between(operation, wake) == []


@WAKES
def test_credit_is_counted_once_however_often_power_fails(wake: Callable[[Meter], None]) -> None:
    found = outcomes(CREDIT, wake)
    assert len(found) == 7 + 1, "the journal, five cells, the journal again; then no cut"
    assert all(accepted_once(outcome, 10_000, 10_000) for outcome in found)


def test_the_answer_to_a_token_is_not_ready_when_power_fails() -> None:
    for writes in range(8):
        meter, token = CREDIT.prepare()
        meter.arm_cut(writes)
        answer = meter.enter(token, NOW)
        expected = ("not ready", 16, 0, False) if writes < 7 else ("Accept", 1, 10_000, True)
        assert (answer.result, answer.result.code, answer.credited, meter.is_powered) == expected


@WAKES
@pytest.mark.parametrize("operation", SECTIONS, ids=lambda operation: operation.name)
def test_a_set_that_was_cut_can_be_finished(operation: Operation, wake: Callable[[Meter], None]) -> None:
    meter, token = operation.prepare()
    verdict = meter.enter(token, NOW).result
    for outcome in outcomes(operation, wake):
        again = outcome.meter.enter(token, NOW).result
        key = outcome.meter.memory.key
        if verdict == "Accept":
            assert again in ("Accept", "CRCError")
            assert (key.key, key.krn) == (key_of(2, key.ea).key, 2)
            assert set(outcome.meter.memory.tids) == {0}
        else:
            assert key.krn == 1


def test_a_cut_between_two_sections_keeps_the_old_key_and_the_tokens_under_it() -> None:
    meter, shop = installed()
    tokens = shop.key_change(key_of(2), roll_over=True)
    for token in tokens[:3]:
        results(meter, token)
        at_rest(meter)
        assert results(meter, shop.credit(1)) == ["Accept"]
    assert (meter.memory.key.krn, meter.credit) == (1, 3_000)


def test_recovery_itself_may_be_cut_after_any_write_any_number_of_times() -> None:
    for writes in range(1, 6):
        meter, token = CREDIT.prepare()
        meter.arm_cut(writes)
        meter.enter(token, NOW)
        for _ in range(3):
            for again in range(5):
                meter.arm_cut(again)
                meter.restore_power(NOW)
                assert not meter.is_powered
                assert meter.memory.journal is not None
        meter.restore_power(NOW)
        assert (meter.is_powered, meter.memory.journal, meter.credit) == (True, None, 20_000)


def test_power_up_is_counted_and_ends_what_ends_with_power_together() -> None:
    meter, shop = installed()
    results(meter, shop.key_change(key_of(2))[0])
    results(meter, NO_TOKEN, path=EntryPath.PORT)
    for writes in range(5):
        meter.cut_power()
        meter.arm_cut(writes)
        meter.restore_power(NOW)
        assert not meter.is_powered
        gone = (meter.memory.pending.sections == (), meter.memory.lockout == {})
        assert writes == 0 or gone in ((False, False), (True, False), (True, True))
    meter.restore_power(NOW)
    assert (meter.memory.pending.sections, meter.memory.lockout) == ((), {})


@pytest.mark.parametrize("writes", [-1, True, 1.0, None])
def test_a_cut_is_armed_after_a_whole_number_of_writes(writes: Any) -> None:
    meter, _ = installed()
    with pytest.raises(ValueError, match="a whole number, 0 or more"):
        meter.arm_cut(writes)


def test_a_cut_of_the_power_disarms() -> None:
    meter, shop = installed()
    meter.arm_cut(0)
    meter.cut_power()
    meter.restore_power(NOW)
    assert results(meter, shop.credit()) == ["Accept"]


# ---------------------------------------------------------------------- that these tests can fail


def _without_a_journal(memory: Memory, changes: dict[str, Any]) -> None:
    """Write the cells one after the other, as a careless meter would."""
    for cell in CELLS:
        if cell in changes:
            memory.write(cell, changes[cell])


@WAKES
@pytest.mark.parametrize(
    "operation",
    [*ENTRIES, SECTIONS[1], SECTIONS[6], SECTIONS[10], REFUSALS[0]],
    ids=lambda operation: operation.name,
)
def test_a_memory_without_a_journal_is_found_out(
    operation: Operation, wake: Callable[[Meter], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Memory, "commit", _without_a_journal)
    several_cells = operation is not REFUSALS[0]
    assert bool(between(operation, wake)) is several_cells


def test_a_careless_meter_takes_money_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Memory, "commit", _without_a_journal)
    found = outcomes(CREDIT, wake_at_once)
    assert not all(accepted_once(outcome, 10_000, 10_000) for outcome in found)


def test_a_recovery_that_forgets_the_journal_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Memory, "recover", lambda _: None)
    assert between(CREDIT, wake_at_once) != []
