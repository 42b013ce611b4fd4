"""Scenes of a meter's life: an evening that ends in the dark, its memory, and numbers for every meter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from voltoken.cli.tour_scenes.plots import Column, columns, sparkline
from voltoken.cli.tour_scenes.stage import Stage
from voltoken.cli.tour_scenes.story import (
    MADE,
    decoder_key,
    house,
    kwh,
    named,
    new_meter,
    sell,
    style_of,
    tid_at,
)
from voltoken.meter import Meter, Relay, TokenResult
from voltoken.sts import InitiateMeterTestDisplay, encode

_EVENING: Final = datetime(2004, 4, 3, 17, 0, tzinfo=UTC)
_SINCE_SALE_S: Final = 64 * 3600
_BEFORE_WH: Final = 18_800
_ALARM_CODE: Final = "45602"
_QUARTERS_W: Final = (
    *(600, 700, 1400, 2600, 3100, 2900, 1800, 1200, 1000, 1000, 900, 900, 800),
    *(900, 1700, 2100, 2000, 1400, 900, 600, 600, 600, 500, 500, 400, 300),
)
"""What the house wants to draw in each quarter of an hour from 17:00."""
_TOP_UP: Final = _EVENING + timedelta(hours=5, minutes=15)
_MOST_WH: Final = 7_000
_PLOT_ROWS: Final = 5
_MOST_W: Final = 3_200

_STEP: Final = timedelta(minutes=5)

_CUPBOARD: Final = 60

_ASKED: Final = (
    (1, "load switch"),
    (3, "consumption so far"),
    (4, "key revision and key type"),
    (5, "tariff index"),
)
_PRINTED_SWITCH: Final = "0000 0000 0001 5099 7584"
_PRINTED_KRN: Final = "1844 6744 0738 4377 2416"


class Quarter(NamedTuple):
    """A quarter of an hour: credit at its end, average power served, whether the alarm was on."""

    credit: int
    power_w: int
    is_low: bool


class Event(NamedTuple):
    """Something that happened in the evening, and how it is coloured."""

    moment: datetime
    text: str
    style: str


def evening(stage: Stage) -> None:
    """An evening on the last kilowatt-hours."""
    meter = house()
    stage.use(meter, _BEFORE_WH, _EVENING, _SINCE_SALE_S)
    stage.press(meter, _ALARM_CODE, _EVENING)
    stage.text(
        f"Three days later, at {_EVENING:%H:%M}, {kwh(meter.credit)} are left. With the short code "
        f"{_ALARM_CODE} the customer has set the low-credit alarm to {kwh(meter.memory.limits.low_credit)}. "
        "A column is a quarter of an hour:"
    )
    stage.line()
    quarters, events = _live(stage, meter)
    _draw_evening(stage, quarters)
    stage.line()
    for event in events:
        stage.line(f"{event.moment:%H:%M}  {stage.style(event.text, event.style)}")
    stage.line()
    stage.text(
        "Credit falls by single watt-hours, and at zero the relay opens by itself. Nobody has to come to "
        "disconnect, and nobody to connect again."
    )


def _live(stage: Stage, meter: Meter) -> tuple[list[Quarter], list[Event]]:
    """Spend the evening; return its quarters of an hour and what happened."""
    quarters, events, now = [], [], _EVENING
    token = sell("5.0", _TOP_UP - timedelta(minutes=8), decoder_key())
    for watts in _QUARTERS_W:
        before = meter.total
        for _ in range(3):
            was_low, was_on = meter.is_low, meter.relay is Relay.CONNECTED
            now += _STEP
            stage.use(meter, watts // 12, now, _STEP.seconds)
            if meter.is_low and not was_low:
                events.append(Event(now, f"low-credit alarm, {kwh(meter.credit)} left", "yellow"))
            if was_on and meter.relay is not Relay.CONNECTED:
                events.append(Event(now, "no credit: the relay opens", "bad"))
            if now == _TOP_UP:
                answer = stage.enter(meter, token, now)
                said = f"{kwh(answer.credited)} typed in: {named(answer.result)}"
                events.append(Event(now, said, style_of(answer.result)))
        quarters.append(Quarter(meter.credit, (meter.total - before) * 4, meter.is_low))
    return quarters, events


def _draw_evening(stage: Stage, quarters: list[Quarter]) -> None:
    """Draw credit as columns, the hours, and below them the load as a line of small columns."""
    wide = 2 if stage.width >= 62 else 1
    values = [Column(quarter.credit, "yellow" if quarter.is_low else "green") for quarter in quarters]
    for row, line in enumerate(columns(stage, values, _MOST_WH, _PLOT_ROWS, wide)):
        scale = f"{_MOST_WH // 1000} kWh" if row == 0 else "0" if row == _PLOT_ROWS - 1 else ""
        stage.line(f"{stage.style(f'{scale:>6}', 'quiet')} {line}".rstrip())
    ticks = "".join(f"{_EVENING.hour + hour:<{4 * wide}}" for hour in range(len(quarters) // 4 + 1))
    stage.line(stage.style(f"{'':6} {ticks.rstrip()}", "quiet"))
    load = sparkline([quarter.power_w for quarter in quarters], _MOST_W, wide)
    stage.line(f"{stage.style('  load', 'quiet')} {stage.style(load.rstrip(), 'cyan')}")


def order(stage: Stage) -> None:
    """Tokens out of order, and tokens that are too old."""
    stage.text(
        "Three tokens, bought on 5, 12 and 19 April, are typed in on the 20th, the newest first. Beside each "
        "verdict, the days of April whose sales the meter now remembers:"
    )
    stage.line()
    meter = house()
    typed = datetime(2004, 4, 20, 18, 0, tzinfo=UTC)
    for day in (19, 5, 12):
        number = sell("10.0", datetime(2004, 4, day, 12, 0, tzinfo=UTC), decoder_key())
        result = stage.enter(meter, number, typed).result
        verdict = stage.style(named(result), style_of(result))
        stage.line(f"{day:>2} April  {verdict}  {_april(stage, meter)}")
    stage.line()
    stage.text(
        "So a token may be older than the last one. But the memory has 50 places, and a new TID takes that "
        f"of the smallest. {_CUPBOARD} tokens of {_CUPBOARD} days, found in a cupboard, newest first again:"
    )
    stage.line()
    results = _empty_the_cupboard(stage)
    wide = _CUPBOARD if stage.width >= _CUPBOARD + 4 else _CUPBOARD // 2
    stage.line(stage.style(f"{'oldest':<{wide - 6}}newest", "quiet"))
    for start in range(0, _CUPBOARD, wide):
        row = results[start : start + wide]
        stage.line(
            "".join(stage.style("\u2588" if one.is_accepted else "\u22c5", style_of(one)) for one in row)
        )
    stage.line()
    for result in dict.fromkeys(reversed(results)):
        times = f"{results.count(result)} times {named(result)}"
        stage.marked(times, style_of(result), f": {result.meaning}.")


def _april(stage: Stage, meter: Meter) -> str:
    """Return the days of April as signs: a full one where the meter remembers a sale of that day."""
    first = tid_at(datetime(2004, 4, 1, tzinfo=UTC))
    days = {(tid - first) // 1440 for tid in meter.memory.tids}
    wide = 30 if stage.width >= 56 else 20
    return "".join(
        stage.style("\u2588", "cyan") if day in days else stage.style("\u22c5", "quiet")
        for day in range(wide)
    )


def _empty_the_cupboard(stage: Stage) -> list[TokenResult]:
    """Type in sixty tokens of sixty days, newest first; return their results in the order of sale.

    Whoever types so many waits out the lockout that refused ones bring.
    """
    meter, key = new_meter(decoder_key()), decoder_key()
    days = [MADE + timedelta(days=day) for day in range(1, _CUPBOARD + 1)]
    now, results = days[-1] + timedelta(hours=1), []
    for day in reversed(days):
        answer = stage.enter(meter, sell("1.0", day, key), now)
        results.append(answer.result)
        now += timedelta(seconds=30 + answer.lockout_s)
    return results[::-1]


def tests(stage: Stage) -> None:
    """Numbers that work in every meter."""
    stage.text(
        "Some numbers work in every meter of every maker. They are not encrypted, carry no TID and never "
        "wear out; they only test and show. At the house:"
    )
    stage.line()
    meter = house()
    stage.use(meter, _BEFORE_WH, _EVENING, _SINCE_SALE_S)
    shown = {}
    for test, what in _ASKED:
        number = encode(InitiateMeterTestDisplay.of([test])).grouped
        shown[number] = what, stage.enter(meter, number, _EVENING).tests[0].text
    beside = stage.width >= 70
    for number, (what, text) in shown.items():
        stage.line(f"{number}  {f'{what:27}' if beside else ''}{stage.style(text, 'strong')}")
    if {_PRINTED_SWITCH, _PRINTED_KRN} <= set(shown):
        stage.line()
        stage.good("The first and the third are printed like this in manuals of real meters.")
    stage.line()
    stage.use(meter, meter.credit, _EVENING + timedelta(hours=9), 9 * 3600)
    stage.text(
        "Later the credit is used up and the relay open. The first one again; but a number that everybody "
        "knows must never switch the light on:"
    )
    stage.line()
    stage.show(meter, _PRINTED_SWITCH, _EVENING + timedelta(hours=10))
