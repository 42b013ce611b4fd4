"""The chart of a study: how customers' months change, and who is better and worse off, by consumption."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from voltoken.cli.tariff.repricing.scene import Box, Rule, Scene, Shape
from voltoken.cli.tariff.repricing.scene import Words as Text
from voltoken.cli.tariff.repricing.study import Outcome, Study
from voltoken.cli.tariff.repricing.words import Words, customers_of, per_mille, span
from voltoken.tariff.batch import SAME_PERCENT, Band, Customers

WIDTH: Final = 800
_LEFT: Final = 64
_RIGHT: Final = WIDTH - 24
_HISTOGRAM: Final = 190
"""Height of the distribution."""
_BAR: Final = 20
_ROW: Final = 30
_LABELS: Final = 108
_NOTES: Final = 176
"""Widths beside the bars: of the names of bands, and of counts and medians."""
_BINS: Final = 40
_TRIMMED: Final = 100
"""One customer in so many may lie beyond either end of the distribution."""


class Bins(NamedTuple):
    """A distribution. edges: of equal bins, zero among them; others, same: one fewer counts of customers.

    same: those whose amounts stay about the same.
    """

    edges: list[int]
    others: list[int]
    same: list[int]


def chart(study: Study, words: Words) -> Scene:
    """Return the drawing, one part for each draft."""
    shapes: list[Shape] = []
    top = 0
    for outcome in study.outcomes:
        top = _draw(shapes, study, outcome, words, top)
    labels = ", ".join(outcome.draft.label for outcome in study.outcomes)
    told = (
        f"{outcome.draft.label}: {rises:,} customers {words.rise}, {falls:,} {words.fall}, "
        f"{same:,} stay about the same."
        for outcome in study.outcomes
        for rises, same, falls in (customers_of(outcome),)
    )
    return Scene(WIDTH, top + 16, f"What {labels} would change", " ".join(told), tuple(shapes))


def _draw(shapes: list[Shape], study: Study, outcome: Outcome, words: Words, top: int) -> int:
    """Draw one draft below top, and return where its part ends."""
    count = sum(customers_of(outcome))
    held = "the same energy" if words.changes_money else "the same money"
    shapes.append(Text(24, top + 40, f"What {outcome.draft.label} would change", size=20, bold=True))
    below = f"{count:,} customers, {span(study)}: {held},"
    shapes.append(Text(24, top + 64, below, "quiet", 14))
    shapes.append(Text(24, top + 83, f"compared with {study.current.label}", "quiet", 14))
    of = "bill" if words.changes_money else "units"
    title = f"Customers by the change of their {of} in a mean month, in {words.measure}"
    shapes.append(Text(24, top + 124, title, size=15, bold=True))
    bottom = _histogram(shapes, outcome, words, top + 136)
    bands = f"By consumption before, in {words.unit} a month"
    shapes.append(Text(24, bottom + 48, bands, size=15, bold=True))
    return _bands(shapes, outcome.comparison.bands, words, bottom + 60)


def bins(customers: Customers) -> Bins:
    """Return the distribution of changes; the outermost bins take in what lies beyond."""
    changes = customers.change
    ordered = np.sort(changes)
    cut = len(ordered) // _TRIMMED
    low, high = min(int(ordered[cut]), 0), max(int(ordered[-1 - cut]), 0)
    width = next(one for one in _rounds(1) if high - low <= one * _BINS)
    first, last = low // width, max(-(-high // width), low // width + 1)
    places = np.clip(changes // width, first, last - 1) - first
    same = customers.same
    edges = [width * number for number in range(first, last + 1)]
    others, alike = (np.bincount(places[one], minlength=last - first).tolist() for one in (~same, same))
    return Bins(edges, others, alike)


def _rounds(step: int) -> Iterator[int]:
    while True:
        yield from (step, 2 * step, 5 * step)
        step *= 10


def _histogram(shapes: list[Shape], outcome: Outcome, words: Words, top: int) -> int:
    """Draw the distribution of changes, and return where its axis is labelled."""
    customers = outcome.comparison.customers
    found = bins(customers)
    low, high = found.edges[0], found.edges[-1]
    most = max(map(sum, zip(found.others, found.same, strict=True)))
    foot, ceiling = top + _HISTOGRAM, top + 34

    def across(value: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (value - low) / (high - low)

    for level in _levels(most):
        y = foot - (foot - ceiling) * level / most
        shapes.append(Rule(_LEFT, y, _RIGHT, y, "grid"))
        shapes.append(Text(_LEFT - 8, y + 4, f"{level:,}", "quiet", 12, "end"))
    for start, end, others, same in zip(found.edges, found.edges[1:], found.others, found.same, strict=False):
        y = float(foot)
        for count, role in ((same, "same"), (others, _role(start >= 0, words))):
            height = max((foot - ceiling) * count / most, 1) if count else 0
            y -= height
            if count:
                width = max(across(end) - across(start) - 1, 1)
                shapes.append(Box(across(start) + 0.5, y, width, height, role))
    shapes.append(Rule(_LEFT, foot, _RIGHT, foot, "axis"))
    shapes.append(Rule(across(0), top + 8, across(0), foot, "axis"))
    _sides(shapes, outcome, words, across(0), top + 18)
    for tick in _ticks(low, high):
        shapes.append(Rule(across(tick), foot, across(tick), foot + 5, "axis"))
        label = words.change(tick) if tick else "0"
        shapes.append(Text(across(tick), foot + 20, _short(label), "quiet", 12, "middle"))
    change = customers.change
    if int(change.min()) < low or int(change.max()) > high:
        note = "What lies beyond is counted in the outermost columns."
        shapes.append(Text(_RIGHT, foot + 40, note, "quiet", 12, "end"))
    return foot + 28


def _role(rises: bool, words: Words) -> str:  # noqa: FBT001 - a fact, not a mode
    return "worse" if rises == words.changes_money else "better"


def _sides(shapes: list[Shape], outcome: Outcome, words: Words, zero: float, y: float) -> None:
    """Say how many customers are on which side of zero, where there is room for it."""
    rises, same, falls = customers_of(outcome)
    total = max(rises + same + falls, 1)
    left = f"{falls:,} {words.fall} ({100 * falls / total:.0f} %)"
    right = f"{rises:,} {words.rise} ({100 * rises / total:.0f} %)"
    if zero - _LEFT > 8 * len(left) * 0.85:
        shapes.append(Text(zero - 8, y, left, _role(False, words), 13, "end", bold=True))  # noqa: FBT003
    if _RIGHT - zero > 8 * len(right) * 0.85:
        shapes.append(Text(zero + 8, y, right, _role(True, words), 13, bold=True))  # noqa: FBT003


def _levels(most: int) -> list[int]:
    """Return a few round numbers up to the highest."""
    step = next(one for one in _rounds(1) if most <= 4 * one)
    return list(range(step, most + 1, step))


def _ticks(low: int, high: int) -> list[int]:
    """Return round numbers between two ends, zero among them."""
    step = next(one for one in _rounds(1) if high - low <= 8 * one)
    return list(range(-(-low // step) * step, high + 1, step))


def _short(label: str) -> str:
    """Return a label without decimals that say nothing."""
    return label.rstrip("0").rstrip(".") if "." in label else label


def _bands(shapes: list[Shape], bands: tuple[Band, ...], words: Words, top: int) -> int:
    """Draw the shares of each band, and return where they end."""
    left, right = 24 + _LABELS, _RIGHT - _NOTES
    same = f"about the same (within {SAME_PERCENT} %)"
    place = float(left)
    for role, text in (
        (_role(False, words), words.fall),  # noqa: FBT003
        ("same", same),
        (_role(True, words), words.rise),  # noqa: FBT003
    ):
        shapes.append(Box(place, top, 12, 12, role))
        shapes.append(Text(place + 18, top + 11, text, "quiet", 12))
        place += 18 + 6.6 * len(text) + 20
    shapes.append(Text(right + 66, top + 11, "customers", "quiet", 12, "end"))
    shapes.append(Text(_RIGHT, top + 11, "median change", "quiet", 12, "end"))
    y = top + 24
    for band in bands:
        shapes.append(Text(left - 10, y + 15, words.band(band), size=13, anchor="end"))
        _bar(shapes, band, words, left, right, y)
        shapes.append(Text(right + 66, y + 15, f"{band.customers:,}", size=13, anchor="end"))
        shapes.append(Text(_RIGHT, y + 15, per_mille(band.median_per_mille), size=13, anchor="end"))
        y += _ROW
    return y


def _bar(shapes: list[Shape], band: Band, words: Words, left: float, right: float, y: float) -> None:
    """Draw one bar that is as long as all of its customers together."""
    place, length = left, right - left
    for role, count in (
        (_role(False, words), band.falls),  # noqa: FBT003
        ("same", band.same),
        (_role(True, words), band.rises),  # noqa: FBT003
    ):
        width = length * count / band.customers
        if not count:
            continue
        shapes.append(Box(place, y, max(width - 1, 1), _BAR, role))
        share = f"{100 * count / band.customers:.0f} %"
        if width > 40:
            ink = "text" if role == "same" else "on"
            shapes.append(Text(place + width / 2, y + 15, share, ink, 12, "middle", bold=True))
        place += width
