"""Prices by hour in a tariff document: hours in order, no gap in any week, shares of one whole."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from voltoken.tariff.reading.fields import WEEKDAYS
from voltoken.tariff.reading.notes import Notes
from voltoken.tariff.reading.shape import Row
from voltoken.tariff.reading.showing import shown

_ALL_DAY: Final = (1 << 24 * 60) - 1
"""Every minute of a day, a bit for each."""


class _Span(NamedTuple):
    """Minutes of a day, the end not included."""

    start: int
    end: int


def check_times(notes: Notes, energy: Row) -> None:
    """Note what is wrong with the hours of an energy and with the price at which it is sold."""
    slots: Sequence[Row] = energy["times"]
    in_order = [_hours_in_order(notes, slot) for slot in slots]
    if all(in_order):
        _check_cover(notes, energy, slots)
    with_share = [slot for slot in slots if "share" in slot.given]
    if "sold_at" in energy.given:
        if with_share:
            reason = "the slots have shares, which give the average; keep these or `sold_at`."
            notes.add(energy.at("sold_at"), reason)
    elif len(with_share) < len(slots):
        if energy.whole and all(slot.whole for slot in slots):
            reason = "it needs `sold_at`, the price at which a token is sold, or a `share` in every slot."
            notes.add(energy.at("times"), reason)
    elif all(slot["share"] is not None for slot in slots):
        total = sum((slot["share"] for slot in slots), Fraction(0))
        if total != 1:
            notes.add(energy.at("times"), f"the shares add up to {shown(total)}; they must add up to 1.")


def _hours_in_order(notes: Notes, slot: Row) -> bool:
    """Return whether the hours of a slot can be reckoned with; note what is wrong with them."""
    if not slot.sound("hours", "days", "months"):
        return False
    sound = True
    spans: list[_Span] = []
    for at, text in enumerate(slot["hours"]):
        span = _span(text)
        path = (*slot.at("hours"), at)
        if span.start >= span.end:
            reason = (
                f"{text} ends before it begins; write hours past midnight as two, until 24:00 and from 00:00."
            )
            notes.add(path, reason)
            sound = False
        elif any(span.start < other.end and other.start < span.end for other in spans):
            notes.add(path, f"{text} overlaps with hours before it; give every hour once.")
            sound = False
        spans.append(span)
    return sound


def _span(text: str) -> _Span:
    return _Span(*(int(clock[:2]) * 60 + int(clock[3:]) for clock in text.split("-")))


def _check_cover(notes: Notes, energy: Row, slots: Sequence[Row]) -> None:
    """Note the first time of the year without a price, and slots that are never the first to fit.

    Minutes of a day are the bits of a number, so that many slots with many hours take no longer than a few.
    """
    minutes = [_minutes(slot["hours"]) for slot in slots]
    unused = set(range(len(slots)))
    gap = ""
    for month in range(1, 13):
        for day in WEEKDAYS:
            rest = _ALL_DAY
            for at, slot in enumerate(slots):
                fits = month in (slot["months"] or [month]) and day in (slot["days"] or [day])
                if fits and rest & minutes[at]:
                    rest &= ~minutes[at]
                    unused.discard(at)
            if rest and not gap:
                hour, minute = divmod((rest & -rest).bit_length() - 1, 60)
                gap = f'{hour:02}:{minute:02} on "{day}" in month {month}'
    if gap:
        reason = f"there is no price at {gap}; add a last slot without hours, days and months."
        notes.add(energy.at("times"), reason)
    for at in sorted(unused):
        reason = "all its hours belong to slots before it; the first that fits holds. Put it before them."
        notes.add(slots[at].path, reason)


def _minutes(hours: Sequence[str]) -> int:
    """Return the minutes of a day that some hours cover, a bit for each; none given are all."""
    covered = 0
    for span in map(_span, hours):
        covered |= (1 << span.end) - (1 << span.start)
    return covered or _ALL_DAY
