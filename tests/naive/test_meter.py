"""The meter against the naive one: after every event of a random life they agree in all that they show.

Agreement proves little where the stories do not go, so a second test counts what they came to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis.strategies import SearchStrategy

from tests.naive.events import START, Event, Pair, Press, Use
from tests.naive.meter import NaiveMeter
from tests.naive.stories import Story, supply_stories, token_stories
from voltoken.meter import PROFILES, EntryPath, TokenResult
from voltoken.sts import EA, DecoderKey, MeterPAN

SECTION_OF_SUBCLASS = {3: 1, 4: 2, 8: 3, 9: 4}


def state_of_real(pair: Pair) -> dict[str, Any]:
    """Return what the real meter shows and remembers."""
    meter, memory = pair.real, pair.real.memory
    limits = {
        "power limit": memory.limits.power_w,
        "phase unbalance": memory.limits.unbalance_w,
        "tariff rate": memory.limits.tariff_rate,
        "water factor": memory.limits.water_factor,
    }
    tampers = {kind: getattr(memory.tamper, kind) for kind in ("cover", "terminal", "magnet")}
    return {
        "credit": meter.credit,
        "owed": memory.balance.owed,
        "total": meter.total,
        "emergency": str(memory.balance.emergency),
        "relay": str(meter.relay),
        "reasons": {str(reason) for reason in meter.reasons},
        "tids": list(memory.tids),
        "key": (memory.key.key, memory.key.kt, memory.key.krn, memory.key.ti),
        "key attributes": (memory.key.ken, memory.key.sgc),
        "sections": {SECTION_OF_SUBCLASS[section.subclass] for section in memory.pending.sections},
        "tampered": memory.tamper.condition,
        "tampers": {kind: count for kind, count in tampers.items() if count},
        "limits": {name: value for name, value in limits.items() if value is not None},
        "flags": set(memory.flags),
        "locked": [meter.lockout_s(pair.now, path) for path in EntryPath],
    }


def state_of_naive(pair: Pair) -> dict[str, Any]:
    """Return the same of the naive meter."""
    meter, supply = pair.naive, pair.naive.supply
    return {
        "credit": supply.credit,
        "owed": supply.owed,
        "total": supply.total,
        "emergency": supply.emergency,
        "relay": supply.relay,
        "reasons": supply.reasons,
        "tids": meter.tids,
        "key": (meter.key, meter.kt, meter.krn, meter.ti),
        "key attributes": (meter.ken, meter.sgc),
        "sections": set(meter.sections),
        "tampered": supply.tampered,
        "tampers": supply.tampers,
        "limits": supply.limits,
        "flags": {flag for flag, state in supply.flags.items() if state},
        "locked": [meter.locked_for(path, pair.now) for path in EntryPath],
    }


def differences(real: dict[str, Any], naive: dict[str, Any]) -> dict[str, Any]:
    """Return where the two differ: real first."""
    return {name: (real[name], naive[name]) for name in real if real[name] != naive[name]}


def play(story: Story) -> Iterator[str]:
    """Let both meters live through a story, compare them after each event; yield what it came to."""
    pair = Pair(story.setting, story.targets)
    # Time is first told to both: before that, a meter without prepayment has not judged its relay.
    for happening in [Event(0, Press("wait")), *story.events]:
        before = pair.naive.key, pair.naive.sgc, pair.naive.tids
        name, real, naive = pair.play(happening)
        assert real == naive, happening
        assert differences(state_of_real(pair), state_of_naive(pair)) == {}, happening
        yield name
        if isinstance(happening.what, Use) and isinstance(naive, int) and 0 < naive < happening.what.quantity:
            yield "served in part"
        yield from changes(pair, *before)
        yield from states(pair)


def changes(pair: Pair, key: bytes, sgc: str | None, tids: list[int]) -> Iterator[str]:
    """Say what a key change brought."""
    if pair.naive.key != key:
        yield "another key"
        if pair.naive.sgc != sgc:
            yield "another supply group"
    if any(tids) and not any(pair.naive.tids):
        yield "memory of TIDs emptied"


def states(pair: Pair) -> Iterator[str]:
    """Say in what state a meter is, as far as stories should lead there."""
    supply = pair.naive.supply
    yield f"relay {supply.relay}"
    if supply.trips and supply.trips_in_a_row > 1:
        yield "tripped again"
    yield f"emergency {supply.emergency}"
    yield from (f"open for {reason}" for reason in supply.reasons)
    if supply.relay == "connected" and supply.is_prepaid and supply.credit < supply.floor:
        yield "served in friendly hours"


NOT_SEEN = {TokenResult.NOT_READY}
"""No virtual meter is ever busy."""

REACHED_BY_TOKENS = {str(result) for result in set(TokenResult) - NOT_SEEN} | {
    *("another key", "another supply group", "memory of TIDs emptied"),
    *("open for tamper", "open for service", "relay ready"),
}
REACHED_BY_SUPPLY = {
    *("open for credit", "open for power limit", "open for phase unbalance", "open for tamper"),
    *("emergency invoked", "emergency consumed", "served in friendly hours"),
    *("relay connected", "relay disconnected", "relay ready", "served in part", "tripped again"),
}

both_key_lengths = pytest.mark.parametrize("ea", [EA.STA, EA.MISTY1])


def test_the_naive_meter_takes_the_published_token_once() -> None:
    key = DecoderKey(bytes.fromhex("f94b6ed353c3bfdb113e2d3a7ea3c41d"), EA.MISTY1)
    pan = MeterPAN("600727000000000009")
    meter = NaiveMeter(pan, key, PROFILES["single-phase"], filled_with=0x59982C - 1)
    results = [meter.enter("5938 6323 4721 3742 6967", START)["result"] for _ in range(2)]
    assert results == ["Accept", "UsedError"]
    assert (meter.supply.credit, meter.supply.relay) == (100, "connected")


@both_key_lengths
def test_both_meters_agree_after_every_event(ea: EA) -> None:
    @settings(max_examples=settings().max_examples // 2)
    @given(token_stories(ea) | supply_stories(ea))
    def live(story: Story) -> None:
        for name in play(story):
            event(name)

    live()


@pytest.mark.slow
@both_key_lengths
@pytest.mark.parametrize(
    ("stories", "wanted"), [(token_stories, REACHED_BY_TOKENS), (supply_stories, REACHED_BY_SUPPLY)]
)
def test_the_stories_lead_everywhere(
    ea: EA, stories: Callable[[EA], SearchStrategy[Story]], wanted: set[str]
) -> None:
    reached: Counter[str] = Counter()
    needed = wanted - ({"4thKCT"} if ea is EA.STA else set())

    @settings(max_examples=500, derandomize=True, database=None, phases=[Phase.generate])
    @given(stories(ea))
    def live(story: Story) -> None:
        if any(reached[name] < 3 for name in needed):  # the rest would prove nothing more
            reached.update(play(story))

    live()
    assert {name for name in needed if reached[name] < 3} == set()
