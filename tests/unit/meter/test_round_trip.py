"""A meter that has lived, through its document and back: every value that is kept comes back as it was."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import pytest

from tests.unit.meter.shop import MADE_TID, NOW, PAN, installed, key_of, later, profile_of, state_of
from voltoken.meter import (
    CELLS,
    Balance,
    CreditEntry,
    DecoderKeyRegister,
    EmergencyState,
    EntryPath,
    Failures,
    History,
    Limits,
    Memory,
    Meter,
    Pending,
    Reason,
    Tamper,
    TokenResult,
)
from voltoken.meter.supply import Trip
from voltoken.sts import EA, KEN, DecoderKey, KeyType, MeterPAN, key_change_sections

INDIA = timezone(timedelta(hours=5, minutes=30))
TOKENS = tuple(f"{number:020d}" for number in range(1, 9))
OLD_KEY = key_of(1, ken=KEN(85))
NEW_KEY = key_of(2, ken=KEN(170))
SECTIONS = tuple(key_change_sections(NEW_KEY))
LIVED: dict[str, Any] = {
    "key": DecoderKeyRegister.of(OLD_KEY),
    "tids": tuple(range(1000, 1050)),
    "pending": Pending(SECTIONS[1:4], later(1)),
    "balance": Balance(-5, 7, Fraction(1, 3), EmergencyState.CONSUMED, cut_off=True),
    "limits": Limits(1, 2, 3, 4, 5, 6),
    "flags": frozenset({0, 5, 511}),
    "tamper": Tamper(condition=True, cover=1, terminal=2, magnet=3),
    "history": History(9, -10, tuple(CreditEntry(token, -1) for token in TOKENS[:5]), 11, TOKENS[5:], 12, 13),
    "lockout": {EntryPath.PORT: Failures(255, later(2)), EntryPath.CARD: Failures(0, later(3))},
}
"""A value for each cell that no new meter has."""
CHANGED: dict[str, Any] = {
    "key": DecoderKeyRegister.of(NEW_KEY),
    "tids": tuple(range(2000, 2050)),
    "pending": Pending(SECTIONS[:2], later(4)),
    "balance": Balance(8, 9, Fraction(3, 4), EmergencyState.INVOKED, cut_off=False),
    "limits": Limits(None, None, None, None, 7, 8),
    "flags": frozenset({1}),
    "tamper": Tamper(condition=False, cover=4, terminal=5, magnet=6),
    "history": History(credit_counts=14, power_failures=15),
    "lockout": {EntryPath.REMOTE: Failures(1, later(5))},
}
"""Other values still, for a change of the memory that a power cut has interrupted."""


def lived(**cells: Any) -> Meter:
    """Return a meter with another value in every cell than it was made with. cells: others than these."""
    return Meter(PAN, profile_of("three-phase", memory_size=50), Memory(LIVED | cells))


def kept(meter: Meter) -> Meter:
    """Return a meter after it was written to a file and read."""
    return Meter.from_document(json.loads(json.dumps(meter.to_document())))


def value_of(cell: Any) -> Any:
    """Return a cell for comparison: a key with its bytes."""
    return (cell, cell.key) if isinstance(cell, DecoderKeyRegister) else cell


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_comes_back_as_it_was(cell: str) -> None:
    assert value_of(getattr(lived().memory, cell)) != value_of(getattr(installed()[0].memory, cell))
    assert value_of(getattr(kept(lived()).memory, cell)) == value_of(LIVED[cell])


def test_what_is_not_in_the_memory_comes_back_as_it_was() -> None:
    meter = lived()
    meter.is_powered = False
    meter.arm_cut(4)
    supply = meter.supply
    supply.is_closed, supply.trip, supply.trips_in_row, supply.power_w = (
        True,
        Trip(Reason.UNBALANCE, later(6)),
        2,
        3,
    )
    meter.last_result = TokenResult.KCT3
    back = kept(meter)
    assert (back.is_powered, back.memory.fuse, back.last_result) == (False, 4, TokenResult.KCT3)
    assert (back.supply.is_closed, back.supply.trip) == (True, supply.trip)
    assert (back.supply.trips_in_row, back.supply.power_w) == (2, 3)
    assert (back.profile, back.pan, state_of(back)) == (meter.profile, meter.pan, state_of(meter))


@pytest.mark.parametrize("cells", [CELLS, *([name] for name in CELLS)], ids="+".join)
def test_a_journal_of_any_cells_comes_back_as_it_was(cells: list[str]) -> None:
    meter = lived()
    meter.memory.journal = {name: CHANGED[name] for name in cells}
    journal = kept(meter).memory.journal
    assert journal is not None
    assert {name: value_of(cell) for name, cell in journal.items()} == {
        name: value_of(CHANGED[name]) for name in cells
    }


def test_what_a_journal_holds_is_true_once_the_power_is_back() -> None:
    meter = lived()
    meter.memory.journal = dict(CHANGED)
    meter.is_powered = False
    back = kept(meter)
    back.memory.recover()
    assert {name: getattr(back.memory, name) for name in CELLS} == CHANGED


def test_sections_of_a_key_of_64_bits_come_back_too() -> None:
    old, new = key_of(1, EA.DEA), key_of(2, EA.DEA)
    sections = tuple(key_change_sections(new, carry_sgc=True))
    meter = lived(key=DecoderKeyRegister.of(old), pending=Pending(sections[:1], NOW))
    meter.memory.journal = {"pending": Pending(sections[1:], NOW)}
    back = kept(meter)
    assert back.memory.pending.sections == sections[:1]
    assert back.memory.journal == meter.memory.journal


@pytest.mark.parametrize("kt", [KeyType.DITK, KeyType.DDTK, KeyType.DUTK])
def test_a_key_of_which_the_meter_was_told_nothing_comes_back_so(kt: KeyType) -> None:
    key = replace(DecoderKey(bytes(range(16)), EA.MISTY1), kt=kt)
    register = kept(lived(key=DecoderKeyRegister.of(key))).memory.key
    assert (register.krn, register.ti, register.sgc, register.kt, register.test) == (
        None,
        None,
        None,
        kt,
        False,
    )


@pytest.mark.parametrize(("iin", "drn"), [("600727", "00000000001"), ("0000", "1234567890123")])
def test_a_number_with_a_wrong_check_digit_in_it_comes_back(iin: str, drn: str) -> None:
    pan = MeterPAN.unverified(iin, drn)
    meter = Meter.new(pan, key_of(), profile_of(), filled_with=MADE_TID)
    back = kept(meter).pan
    assert (back, back.drn) == (pan, drn)


# ---------------------------------------------------------------------- times


@pytest.fixture
def in_india(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the computer's own time be another one than UTC."""
    if not hasattr(time, "tzset"):
        pytest.skip("the time zone of this system cannot be set by a program")
    monkeypatch.setenv("TZ", "IST-5:30")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_india")
def test_times_are_in_utc_wherever_the_computer_stands() -> None:
    meter = lived(lockout={EntryPath.CARD: Failures(1, NOW.astimezone(INDIA))})
    assert meter.to_document()["cells"]["lockout"]["card"]["since"] == "2026-03-01T13:00:00Z"
    since = kept(meter).memory.lockout[EntryPath.CARD].since
    assert (since, since.utcoffset()) == (NOW, timedelta(0))


def test_a_time_with_another_offset_is_read_as_the_same_moment() -> None:
    document = lived().to_document()
    document["cells"]["lockout"] = {"card": {"in_a_row": 1, "since": "2026-03-01T18:30:00+05:30"}}
    since: datetime = Meter.from_document(document).memory.lockout[EntryPath.CARD].since
    assert (since, since.utcoffset()) == (NOW, timedelta(0))
