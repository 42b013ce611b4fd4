"""The exposure clock as people see it: a small chart for the terminal, and a drawing for paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from voltoken.cli.screen import Screen
from voltoken.cli.tariff.repricing.scene import Box, Rule, Scene, Shape, Words
from voltoken.cli.tour_scenes.plots import Column, columns
from voltoken.kmc.planning import SHARES, CurvePoint, Exposure, milestones, points

ROWS: Final = 8
"""Lines of the chart on a terminal."""
WIDTH: Final = 800
HEIGHT: Final = 460
_LEFT: Final = 64
_RIGHT: Final = WIDTH - 24
_TOP: Final = 156
_FOOT: Final = 406
_COLUMNS: Final = 356
"""Columns of the drawing; each is two points wide."""
_TICKS: Final = 8
_STEPS: Final = (1, 2, 5, 10, 20, 30, 60, 90, 180, 365, 730, 1825, 3650, 7300)
_LABEL: Final = 112
"""Width of the label of a share."""


def draw(screen: Screen, clock: Exposure) -> None:
    """Show how many meters are left on the old key, day by day, and when the shares are reached."""
    shown = points(clock, screen.width - 14)
    if shown:
        most = clock.total
        wide = max(1, (screen.width - 14) // len(shown))
        values = [Column(one.left, "yellow") for one in shown]
        for number, line in enumerate(columns(screen, values, most, ROWS, wide)):
            label = {0: "100 %", ROWS // 2: "50 %"}.get(number, "")
            screen.line(f"{screen.style(f'{label:>6}', 'quiet')} {line}".rstrip())
        across = len(shown) * wide
        screen.line(f"{'':6} {screen.style(chr(0x2500) * across, 'quiet')}")
        last = f"day {shown[-1].day:,}"
        screen.line(screen.style(f"{'':7}day 0{last:>{max(across - 5, 1)}}", "quiet"))
        screen.text("Meters left on the old key.", "quiet", indent=9)
        screen.line()
    screen.table(
        (">led away", ">days", "on"), [_row(clock, number) for number in range(len(milestones(clock)))]
    )


def _row(clock: Exposure, number: int) -> tuple[str, str, str]:
    one = milestones(clock)[number]
    if one.days is None:
        return f"{one.percent} %", "never", "as things are; see what is in the way"
    return f"{one.percent} %", f"{one.days:,}", str(one.on)


def document(clock: Exposure) -> dict[str, Any]:
    """Return the clock as it appears in JSON: whole numbers, and the mean as a fraction of two of them."""
    mean = clock.mean_days
    return {
        "start": clock.start.isoformat(),
        "meters": clock.total,
        "already": clock.already,
        "never": clock.never,
        "days_to": {str(one.percent): one.days for one in milestones(clock)},
        "on": {str(one.percent): one.on and one.on.isoformat() for one in milestones(clock)},
        "meter_days": clock.meter_days,
        "mean_days": None if mean is None else [mean.numerator, mean.denominator],
        "bought": list(clock.bought),
        "visited": list(clock.visited),
    }


def scene(clock: Exposure, title: str) -> Scene:
    """Return the drawing of a clock. title: what it is about."""
    shapes: list[Shape] = [
        Words(24, 40, title, size=20, bold=True),
        Words(24, 64, f"{clock.total:,} meters, from {clock.start}", "quiet", 14),
    ]
    shapes += _legend(clock)
    shapes += _areas(clock, points(clock, _COLUMNS))
    shapes += _axes(clock)
    shapes += _milestones(clock)
    told = (
        f"{one.percent} % after {one.days:,} days, on {one.on}."
        if one.days is not None
        else f"{one.percent} % never."
        for one in milestones(clock)
    )
    return Scene(WIDTH, HEIGHT, title, " ".join(told), tuple(shapes))


def _legend(clock: Exposure) -> Iterator[Shape]:
    """Yield what the colours mean, and how many meters each stands for in the end."""
    rows = (
        ("worse", f"left on the old key: {clock.never:,} for ever" if clock.never else "left on the old key"),
        ("same", f"new key by a visit: {sum(clock.visited):,}"),
        ("better", f"new key with a purchase: {sum(clock.bought) + clock.already:,}"),
    )
    place = 24.0
    for role, text in rows:
        yield Box(place, 86, 12, 12, role)
        yield Words(place + 18, 97, text, "text", 13)
        place += 30 + 7.4 * len(text)


def _areas(clock: Exposure, shown: tuple[CurvePoint, ...]) -> Iterator[Shape]:
    """Yield the columns: what is left below, what was visited on it, what was bought above."""
    visited = 0
    width = (_RIGHT - _LEFT) / max(len(shown), 1)
    for number, one in enumerate(shown):
        visited += one.visited
        # Whole points, so that no seams show between columns.
        x, end = round(_LEFT + number * width), round(_LEFT + (number + 1) * width)
        y = float(_FOOT)
        parts = (("worse", one.left), ("same", visited), ("better", clock.total - one.left - visited))
        for role, count in parts:
            height = (_FOOT - _TOP) * count / clock.total
            y -= height
            if count:
                yield Box(x, y, end - x, height, role)


def _axes(clock: Exposure) -> Iterator[Shape]:
    """Yield the axes: shares of meters upwards, days along."""
    for percent in (0, 25, 50, 75, 100):
        y = _FOOT - (_FOOT - _TOP) * percent / 100
        yield Rule(_LEFT - 4, y, _LEFT, y, "axis")
        yield Words(_LEFT - 8, y + 4, f"{percent} %", "quiet", 12, "end")
    yield Rule(_LEFT, _FOOT, _RIGHT, _FOOT, "axis")
    days = len(clock.bought)
    if not days:
        return
    step = next((one for one in _STEPS if days <= _TICKS * one), days)
    for day in range(0, days + 1, step):
        x = _LEFT + (_RIGHT - _LEFT) * day / days
        yield Rule(x, _FOOT, x, _FOOT + 5, "axis")
        yield Words(x, _FOOT + 20, f"{day:,}", "quiet", 12, "middle")
    yield Words(_RIGHT, _FOOT + 38, "days", "quiet", 12, "end")


def _milestones(clock: Exposure) -> Iterator[Shape]:
    """Yield a line where each share is reached, labelled where there is room, the last share first."""
    rows: tuple[list[float], ...] = ([], [])
    days = len(clock.bought)
    for one in sorted(milestones(clock), key=lambda one: one.percent != SHARES[-1]):
        if one.days is None or not days:
            continue
        x = _LEFT + (_RIGHT - _LEFT) * (one.days + 1) / days
        anchor, start = ("start", x + 4) if x + 4 + _LABEL <= _RIGHT else ("end", x - 4 - _LABEL)
        top = _TOP
        for number, row in enumerate(rows):
            if all(abs(start - other) > _LABEL + 6 for other in row):
                row.append(start)
                top = _TOP - 8
                text, y = f"{one.percent} %: {one.on}", _TOP - 12 - 15 * number
                yield Words(start if anchor == "start" else x - 4, y, text, "text", 12, anchor)
                break
        yield Rule(x, top, x, _FOOT, "axis")
