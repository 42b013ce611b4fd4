"""Scenes of a mishap: sections of two key change sets in one meter, and how the key is found again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Final, NamedTuple

from voltoken.cli.tour_scenes.stage import Stage
from voltoken.cli.tour_scenes.story import (
    ROLLED,
    decoder_key,
    house_in_2024,
    kwh,
    named,
    new_key,
    sell,
    style_of,
)
from voltoken.meter import Meter
from voltoken.sts import (
    EA,
    TI,
    BaseDate,
    CarriedKey,
    DecoderKey,
    InitiateMeterTestDisplay,
    KeyChangeSection,
    TokenCipher,
    TokenNumber,
    assemble,
    encode,
    encode_key_change,
    key_change_set,
)

_OTHER_TARIFF: Final = TI("02")
_TYPED: Final = "AABB"
"""From which set the customer takes sections 1 to 4."""


class KeySet(NamedTuple):
    """A key change set: its sections and their tokens."""

    sections: tuple[KeyChangeSection, ...]
    tokens: tuple[TokenNumber, ...]


def mixed(stage: Stage) -> None:
    """Sections of two sets make a key that nobody planned."""
    stage.text(
        "A mishap: set A was printed but never typed in. Then the house got tariff index 02, which is part "
        "of the key, and the office made set B. The customer takes two tokens from each slip:"
    )
    stage.line()
    sets, meter = _two_sets(), house_in_2024()
    for place, letter in enumerate(_TYPED):
        number = sets[letter].tokens[place]
        stage.section(f"{place + 1} of {letter}", meter, number, ROLLED + timedelta(minutes=place))
    stage.line()
    now = ROLLED + timedelta(minutes=10)
    shown = [stage.enter(meter, _display(test), now).tests[0].text for test in (4, 5)]
    stage.text(
        "Every section was genuine, and nothing in it says which set it is of. The meter shows "
        f"{shown[0]} and tariff index {shown[1]}, as it should, and has a key that nobody planned:"
    )
    stage.line()
    planned = [(f"set {letter}", assemble(sets[letter].sections, 128).check_value) for letter in sets]
    stage.facts([(name, f"check value {value}") for name, value in planned])
    stage.facts([("meter", f"check value {meter.memory.key.check_value}")])
    stage.line()
    stage.results(
        [
            ("a sale under the key of A", stage.enter(meter, sell("100", now, new_key()), now).result),
            (
                "a sale under the key of B",
                stage.enter(meter, sell("100", now, new_key(_OTHER_TARIFF)), now).result,
            ),
        ]
    )
    stage.line()
    stage.text("Hence the rule: no second set before the first is known to be in the meter.")


def _two_sets() -> Mapping[str, KeySet]:
    """Return set A, which brings the new key, and set B, which brings it for another tariff index."""
    current = decoder_key()
    found = {}
    for letter, ti in (("A", TI("01")), ("B", _OTHER_TARIFF)):
        sections = key_change_set(current, new_key(ti), roll_over=True)
        found[letter] = KeySet(sections, encode_key_change(sections, TokenCipher(current)))
    return found


def _display(test: int) -> TokenNumber:
    """Return the token that shows one test."""
    return encode(InitiateMeterTestDisplay.of([test]))


def _mixtures(sets: Mapping[str, KeySet]) -> Iterator[tuple[str, CarriedKey]]:
    """Yield the keys that sections of two sets can make together, with the letters of the sets."""
    for letters in product(sets, repeat=len(_TYPED)):
        if len(set(letters)) > 1:
            sections = [sets[letter].sections[place] for place, letter in enumerate(letters)]
            yield " ".join(letters), assemble(sections, 128)


def repair(stage: Stage) -> None:
    """The vending side finds the mixed key and repairs it."""
    sets, meter = _two_sets(), house_in_2024()
    for place, letter in enumerate(_TYPED):
        stage.enter(meter, sets[letter].tokens[place], ROLLED)
    now = ROLLED + timedelta(hours=3)
    mixtures = list(_mixtures(sets))
    shown = stage.enter(meter, _display(5), now).tests[0].text
    left = [(letters, carried) for letters, carried in mixtures if str(carried.ti) == shown]
    stage.text(
        f"Who kept both sets can help. Two sets of four tokens have {len(mixtures)} mixtures. The meter "
        f"shows tariff index {shown}, and that travels in the second section: it was one of A, and "
        f"{len(left)} mixtures remain. For each of them the security module computes the key, and a set "
        "that leads from it to the key of B. The customer types the first token of each:"
    )
    stage.line()
    stage.line(stage.style("sections 1 2 3 4", "quiet"))
    target = new_key(_OTHER_TARIFF)
    for letters, carried in left:
        key = _as_current(carried)
        tokens = encode_key_change(key_change_set(key, target), TokenCipher(key))
        answer = stage.enter(meter, tokens[0], now)
        result = stage.style(named(answer.result), style_of(answer.result))
        stage.line(f"{stage.style('from', 'quiet')}     {letters}   {result}")
        if answer.result.is_accepted:
            _finish(stage, meter, tokens[1:], now)
            return
        now += timedelta(minutes=1)


def _finish(stage: Stage, meter: Meter, tokens: Sequence[TokenNumber], now: datetime) -> None:
    """Type in the rest of the right set, and a token bought after it."""
    stage.line()
    stage.text("That was the key. The other three tokens of the same set, and then a purchase:")
    stage.line()
    for number in tokens[:-1]:
        stage.enter(meter, number, now)
    last = stage.enter(meter, tokens[-1], now)
    sold = stage.enter(meter, sell("100", now, new_key(_OTHER_TARIFF)), now)
    stage.results([("the set", last.result), ("100 kWh", sold.result)])
    stage.line()
    stage.text(f"The credit of before was never touched: with the new token, {kwh(meter.credit)}.")


def _as_current(carried: CarriedKey) -> DecoderKey:
    """Return a carried key as the current one of a meter."""
    return DecoderKey(
        carried.key,
        EA.MISTY1,
        carried.sgc,
        carried.krn,
        carried.ti,
        carried.kt,
        BaseDate.BD2014,
        carried.ken,
        test=True,
    )
