"""Scenes of a new key: the end of the minutes of 1993, the four tokens, and power that fails among them."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from voltoken.cli.glass import draw_glass
from voltoken.cli.tour_scenes.stage import Stage
from voltoken.cli.tour_scenes.story import (
    ROLLED,
    decoder_key,
    house_in_2024,
    kwh,
    new_key,
    sell,
)
from voltoken.errors import RuleError
from voltoken.sts import (
    BaseDate,
    InitiateMeterTestDisplay,
    TIDClock,
    TokenCipher,
    TokenNumber,
    encode,
    encode_key_change,
    key_change_sections,
    key_change_set,
)

_ORDER: Final = (3, 1, 4, 2)
"""In which the customer types the four tokens."""
_FIRST_YEAR: Final = 1993
_LAST_YEAR: Final = 2066
_DRAWER: Final = datetime(2024, 11, 3, 17, 0, tzinfo=UTC)
_AFTER: Final = ROLLED + timedelta(days=1)
_KRN_TEST: Final = encode(InitiateMeterTestDisplay.of([4]))


def minutes(stage: Stage) -> None:
    """Twenty-four bits of minutes."""
    stage.text(
        "Twenty years later the house still has its meter. A TID has 24 bits: its minutes last almost 32 "
        "years. The standard counts them from three dates:"
    )
    stage.line()
    _draw_years(stage)
    stage.line()
    end = TIDClock(BaseDate.BD1993).last_moment
    stage.text(
        f"By {end.day} {end:%B %Y, %H:%M}, every meter that counted from 1993 needed a key that counts from "
        "2014. An ordinary key change will not do, and the vending side refuses to make it:"
    )
    stage.line()
    try:
        key_change_set(decoder_key(), new_key())
    except RuleError as error:
        stage.bad(error.message)
    stage.line()
    stage.text("Forced on a meter all the same, it loads; but then, the next purchase:")
    stage.line()
    meter = house_in_2024()
    for number in encode_key_change(key_change_sections(new_key()), TokenCipher(decoder_key())):
        stage.enter(meter, number, ROLLED)
    stage.verdict(stage.enter(meter, sell("100", _AFTER, new_key()), _AFTER).result)


def _draw_years(stage: Stage) -> None:
    """Draw for each base date the years that its TIDs reach, and an axis with the years."""
    years = 1 if stage.width >= _LAST_YEAR - _FIRST_YEAR + 4 else 2
    edge = (_LAST_YEAR - _FIRST_YEAR) // years + 1
    axis = [" "] * edge
    for base, style in zip(BaseDate, ("yellow", "cyan", "cyan"), strict=True):
        first, last = base.instant.year, TIDClock(base).last_moment.year
        start, end = (first - _FIRST_YEAR) // years, (last - _FIRST_YEAR) // years + 1
        axis[start : start + 4] = str(first)
        line = stage.style("\u2588" * (end - start), style)
        after = stage.style(f" {last}", "quiet") if end + 5 <= edge else ""
        stage.line(f"{'':{start}}{line}{after}")
    axis[edge - 4 :] = str(_LAST_YEAR)
    stage.line(stage.style("".join(axis), "quiet"))


def four_tokens() -> tuple[TokenNumber, ...]:
    """Return the set that brings the new key, with the roll-over bit, under the old key."""
    return encode_key_change(
        key_change_set(decoder_key(), new_key(), roll_over=True), TokenCipher(decoder_key())
    )


def change(stage: Stage) -> None:
    """Four tokens carry a key of 128 bits."""
    meter = house_in_2024()
    credit, before = meter.credit, meter.memory.key.check_value
    stage.text(
        "With the roll-over bit it works. Four tokens, encrypted under the old key, carry 32 bits of the new "
        "one each. Typed in some order, here 3, 1, 4, 2; the meter says which it wants next:"
    )
    stage.line()
    tokens = four_tokens()
    for minute, place in enumerate(_ORDER[:-1]):
        now = ROLLED + timedelta(minutes=minute)
        stage.section(f"{place} of 4", meter, tokens[place - 1], now)
    last = _ORDER[-1]
    stage.line(f"{stage.style(f'{last} of 4', 'quiet')}  {tokens[last - 1].grouped}")
    stage.line()
    stage.show(meter, tokens[last - 1], ROLLED + timedelta(minutes=3))
    key = meter.memory.key
    if key.key == new_key().key and meter.credit == credit and not any(meter.memory.tids):
        stage.line()
        stage.good(
            f"Key {before} has become {key.check_value}, as the vending side computed it. The memory of TIDs "
            f"is empty; the credit of {kwh(credit)} has stayed."
        )


def after(stage: Stage) -> None:
    """What works after the change, and what is lost."""
    meter = house_in_2024()
    before = stage.enter(meter, _KRN_TEST, ROLLED).tests[0].text
    for number in four_tokens():
        stage.enter(meter, number, ROLLED)
    shown = stage.enter(meter, _KRN_TEST, _AFTER).tests[0].text
    grouped = _KRN_TEST.grouped.replace(" ", "\u00a0")
    stage.text(f"The test token for the key, {grouped}, before the change and after it:")
    stage.line()
    draw_glass(stage, (before, shown))
    stage.line()
    stage.text(
        "Revision 2 now; type 2, a key of its own, as before. A token bought on "
        f"{_DRAWER.day} {_DRAWER:%B} and forgotten in a drawer is lost: the key that opens it is gone."
    )
    stage.line()
    stage.verdict(stage.enter(meter, sell("250", _DRAWER, decoder_key()), _AFTER).result)
    stage.line()
    stage.text("That is why the slip says: enter old tokens first. A token bought after the change:")
    stage.line()
    later = _AFTER + timedelta(minutes=5)
    stage.verdict(stage.enter(meter, sell("100", _AFTER, new_key()), later).result)


def power_cut(stage: Stage) -> None:
    """Power fails among the four tokens, or while the meter writes."""
    stage.text(
        f"The power fails after two of the four tokens. {_cut_between_tokens()} The customer types all four "
        "again."
    )
    stage.line()
    stage.text(
        "And if it fails while the new key is being written? The meter first notes the whole change in a "
        "journal, carries it out, and strikes the journal out. Tried just now, a cut before each write:"
    )
    stage.line()
    fates = _cut_before_each_write()
    beside = 12 if stage.width >= 50 else 0
    stage.line(stage.style(f"{'power fails':18}{'answer'[:beside]:{beside}}when it is back", "quiet"))
    for number, fate in enumerate(fates, 1):
        where = f"before write {number}" if number < len(fates) else "not at all"
        text = "new key, no TIDs" if fate.is_new else "old key, its TIDs"
        style = ("green" if fate.is_new else "yellow") if fate.is_whole else "bad"
        stage.line(f"{where:18}{fate.answer[:beside]:{beside}}{stage.style(text, style)}".rstrip())
    stage.line()
    if all(fate.is_whole for fate in fates):
        stage.good("The old key with its memory, or the new one with its own; never half.")


class Fate(NamedTuple):
    """What came of a power cut. is_whole: key and memory of TIDs belong together."""

    answer: str
    is_new: bool
    is_whole: bool


def _cut_between_tokens() -> str:
    """Cut the power after two tokens, and say what is left of them."""
    meter, tokens = house_in_2024(), four_tokens()
    old = meter.memory.key
    for place in _ORDER[:2]:
        meter.enter(tokens[place - 1], ROLLED)
    meter.cut_power()
    meter.restore_power(ROLLED + timedelta(minutes=30))
    forgotten = "forgets both" if not meter.memory.pending.sections else "still has them"
    return f"The meter {forgotten} and {'keeps its old key' if meter.memory.key == old else 'has a new key'}."


def _cut_before_each_write() -> list[Fate]:
    """Cut the power before each write that the last section causes, and once not at all."""
    tokens = four_tokens()
    ready = house_in_2024()
    for place in _ORDER[:3]:
        ready.enter(tokens[place - 1], ROLLED)
    old = ready.memory.key.key, ready.memory.tids
    new = new_key().key, (0,) * len(ready.memory.tids)
    fates: list[Fate] = []
    while True:
        meter = deepcopy(ready)
        meter.arm_cut(len(fates))
        answer = meter.enter(tokens[_ORDER[3] - 1], ROLLED)
        meter.restore_power(ROLLED + timedelta(minutes=30))
        has = meter.memory.key.key, meter.memory.tids
        fates.append(Fate(answer.result.value, has == new, has in {old, new}))
        if answer.result.is_accepted:
            return fates
