"""The life of one meter beside a vending side that keeps its own books, for tests that live it at random.

Every step says what happens to the meter and checks what came of it against the books. A step may be cut
short by a power failure after any number of writes; then the meter must be as a copy that never began the
step, or as a copy that finished it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from tests.property.meter_books import Books, Sold
from tests.unit.meter.shop import LOAD_SWITCH_TEST
from voltoken.meter import Answer, EntryPath, Meter, TamperKind, TokenResult
from voltoken.sts import SAMPLE_TABLES

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cut:
    """A power failure. writes: until it comes. again: until it comes again during power up, and so on.

    saved: the meter is written to a document and read from it while it has no power.
    """

    writes: int
    again: tuple[int, ...] = ()
    saved: bool = False


def rest_of(meter: Meter) -> dict[str, Any]:
    """Return the state without the counters of power failures and trips, and the last result."""
    state = meter.to_document()
    state["cells"]["history"] |= {"power_failures": 0, "overload_trips": 0}
    return state | {"last_result": None, "armed": None}


class Life(Books):
    """What happens to the meter, step by step."""

    # ------------------------------------------------------------------ what happens to the meter

    def enter(self, sold: Sold, path: EntryPath, cut: Cut | None = None) -> None:
        """Enter a sold token, and book what it has done."""
        if sold.key != self.key and self.reads(sold.digits):
            return  # one number in 65536 has a right checksum under another key
        locked = self.meter.lockout_s(self.now, path) > 0
        answer = self._enter(sold.digits, path, cut)
        if answer is None:
            return
        self.seen[answer.result.value] += 1
        if answer.result is TokenResult.ACCEPT:
            self.book(sold, answer)
        elif not locked and sold.key == self.key:
            verdict = "OldError" if sold.tid < self.tids[0] else "UsedError" if sold.tid in self.tids else ""
            assert answer.result in ((verdict,) if verdict else ("OverflowError", "FunctionError"))
        else:
            assert answer.result is TokenResult.LOCKOUT if locked else not answer.result.is_accepted

    def mistype(self, sold: Sold, place: int, by: int, path: EntryPath) -> None:
        """Enter a token with one digit wrong."""
        wrong = str((int(sold.digits[place]) + by) % 10)
        digits = sold.digits[:place] + wrong + sold.digits[place + 1 :]
        if not self.reads(digits):
            result = self.meter.enter(digits, self.now, path).result
            assert not result.is_accepted
            self.seen[result.value] += 1

    def enter_sections(self, places: Sequence[int], path: EntryPath, cut: Cut | None = None) -> None:
        """Enter sections of the outstanding set; the power fails, if at all, during the last of them."""
        tokens = [self.planned[place % len(self.planned)] for place in places if self.planned]
        for number, token in enumerate(tokens, start=1):
            last = cut if number == len(tokens) else None
            answer = self._enter(token, path, last)
            if answer is None:
                return
            self.seen[answer.result.value] += 1
            if answer.result is TokenResult.ACCEPT:
                self.book_key_change()
                return

    def use(self, quantity: int, seconds: int, cut: Cut | None = None) -> None:
        """Draw energy."""
        self.meter.wait(self.now)
        limit = self.meter.memory.limits.power_w
        trips = limit is not None and quantity * 3600 // seconds > limit and 4 in self.flags
        connected = self.meter.supply.is_closed
        failures = self.meter.memory.history.power_failures
        served = self._attempt(lambda meter: meter.use(quantity, self.now, seconds=seconds), cut) or 0
        assert 0 <= served <= (quantity if connected else 0)
        self.total += served
        if connected and self.meter.memory.history.power_failures == failures:
            delays = self.profile.recover_s
            delay = delays[min(self.trips_in_row, len(delays) - 1)]
            self.trip_until = self.now + timedelta(seconds=delay) if trips else None
            self.trips_in_row = self.trips_in_row + 1 if trips else 0 if quantity else self.trips_in_row

    def tamper(self, kind: TamperKind, cut: Cut | None = None) -> None:
        """Tamper with the meter."""
        counted = sum(self.meter.memory.tamper[1:])
        self._attempt(lambda meter: meter.tamper(kind, self.now), cut)
        if sum(self.meter.memory.tamper[1:]) > counted:
            self.tampered = self.tampered or 1 in self.flags

    def test_load_switch(self, path: EntryPath) -> None:
        """Enter the public token that tests the load switch."""
        self.meter.wait(self.now)
        before = rest_of(self.meter)
        assert self.meter.enter(LOAD_SWITCH_TEST, self.now, path).result is TokenResult.ACCEPT
        assert rest_of(self.meter) == before

    def press(self, *, emergency: bool, cut: Cut | None = None) -> None:
        """Press the reconnect key, or take emergency credit."""
        self.may_close = not emergency
        act = Meter.take_emergency if emergency else Meter.reconnect
        self.seen["emergency"] += bool(self._attempt(lambda meter: act(meter, self.now), cut)) and emergency

    def tick(self, seconds: int) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        if self.meter.is_powered:
            self.meter.wait(self.now)

    def switch_power(self, again: tuple[int, ...] = ()) -> None:
        """Cut the power, or restore it, with further failures on the way."""
        if self.meter.is_powered:
            self.meter.cut_power()
            self._power_was_lost()
        else:
            self._wake(again)

    def save_and_load(self) -> None:
        """Write the meter to a file and go on with what is read from it."""
        document = self.meter.to_document()
        self.seen["saved with a journal"] += self.meter.memory.journal is not None
        self.meter = self._copy(document)
        assert self.meter.to_document() == document

    # ------------------------------------------------------------------ power failures

    def _enter(self, digits: str, path: EntryPath, cut: Cut | None) -> Answer | None:
        return self._attempt(lambda meter: meter.enter(digits, self.now, path), cut)

    def _attempt(self, act: Callable[[Meter], T], cut: Cut | None) -> T | None:
        """Act on the meter; return what came of it, None when a power failure left it undone."""
        meter = self.meter
        if cut is None:
            return act(meter)
        document = meter.to_document()
        untouched, finished = self._copy(document), self._copy(document)
        planned = act(finished)
        for copy in (untouched, finished):
            copy.cut_power()
            copy.restore_power(self.now)
        meter.arm_cut(cut.writes)
        result = act(meter)
        if meter.is_powered:
            meter.memory.arm(None)
            assert result == planned
            return result
        self._power_was_lost()
        self.seen["cut with a journal"] += meter.memory.journal is not None
        if cut.saved:
            self.save_and_load()
        self._wake(cut.again)
        state, before, after = rest_of(self.meter), rest_of(untouched), rest_of(finished)
        assert state in (before, after)
        if before != after:
            self.seen["cut before" if state == before else "cut after"] += 1
        return planned if state == after != before else None

    def _wake(self, again: tuple[int, ...]) -> None:
        for writes in again:
            if not self.meter.is_powered:
                self.meter.arm_cut(writes)
                self.meter.restore_power(self.now)
                self.seen["cut again"] += not self.meter.is_powered
        self.meter.memory.arm(None)
        self.meter.restore_power(self.now)

    def _power_was_lost(self) -> None:
        self.trip_until, self.trips_in_row = None, 0

    def _copy(self, document: Any) -> Meter:
        return Meter.from_document(json.loads(json.dumps(document)), sta_tables=SAMPLE_TABLES)
