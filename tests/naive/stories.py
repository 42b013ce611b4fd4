"""Hypothesis strategies for the life of a meter: its make, the keys it may be moved to, what happens.

Values are chosen where rules change: TIDs beside those remembered, times beside the time-outs, loads
beside the limits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.naive.codec import BODIES
from tests.naive.events import (
    Event,
    Press,
    Raw,
    Replay,
    Section,
    Setting,
    Specific,
    Strange,
    Target,
    Text,
    TIDChoice,
    Use,
)
from tests.naive.meter import FUNCTION_NAMES, NUMBER_OF_SECTION
from tests.property.strategies import any_text, bits, decoder_keys, digit_strings, token_numbers
from voltoken.meter import PROFILES, Emergency, FriendlyHours, Lockout, Profile
from voltoken.sts import EA, KEN, TCT, KeyType, MeterPAN, Service

FLAGS = (1, 2, 3, 4, 6, 7, 8, 9)


def weighted(*choices: tuple[int, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """One of several strategies, each as often as its weight says; ``one_of`` drops repetitions."""
    tickets = [number for number, (weight, _) in enumerate(choices) for _ in range(weight)]
    return st.sampled_from(tickets).flatmap(lambda number: choices[number][1])


lockouts = st.sampled_from((None, Lockout(), Lockout(after=2, first_s=7, max_s=30, ends_with_power=False)))
hours = st.sampled_from(
    (
        FriendlyHours(days=(1, 2, 3, 4, 5), start=16 * 60, end=8 * 60),
        FriendlyHours(days=(5,), start=14 * 60, end=14 * 60 + 10),
        FriendlyHours(days=(1, 2, 3, 4, 5, 6, 7), start=17 * 60, end=16 * 60),
        FriendlyHours(days=(6, 7), start=0, end=1440),
    )
)

makes: dict[str, st.SearchStrategy[Any]] = {
    "memory_size": st.integers(3, 6),
    "sections": st.sampled_from((2, 3, 4)),
    "key_expiry": st.booleans(),
    "tct": st.sampled_from((TCT("01"), TCT("02"))),
    "credit_max": st.sampled_from((1_000, 10_000)),
    "lockout": lockouts,
    "pending_survives_power": st.booleans(),
    "pending_dropped_by_tokens": st.booleans(),
    "refuses_same_key_roll_over": st.booleans(),
    "power_limit_w": st.sampled_from((None, 600, 13_800)),
    "phases": st.just(3),
    "unbalance_limit_w": st.sampled_from((None, 500, 13_800)),
    "trip_after_s": st.sampled_from((5, 61)),
    "recover_s": st.sampled_from(((10, 60, 300), (10, 300))),
    "tests": st.sampled_from(((1, 4, 15), (2,))),
    "functions": st.just(tuple(FUNCTION_NAMES.values())),
    "flags": st.just(FLAGS),
    "flags_set": st.just((1, 3, 4, 6, 7, 8, 9)) | st.sets(st.sampled_from(FLAGS)).map(sorted).map(tuple),
    "negative_tokens": st.booleans(),
    "emergency": st.sampled_from((Emergency(amount=500, threshold=300), Emergency(amount=1, threshold=0))),
    "friendly": st.lists(hours, min_size=1, max_size=2).map(tuple),
    "utc_offset_minutes": st.sampled_from((0, 60, -150, 345)),
    "reconnect_by_key": st.booleans(),
}
"""How a meter may differ from the profiles that are delivered."""


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """A delivered profile, or one changed in some points."""
    profile = PROFILES[draw(st.sampled_from(sorted(PROFILES)))]
    changes = draw(st.fixed_dictionaries({}, optional=makes))
    if "flags_set" in changes:
        changes["flags"] = FLAGS
    if profile.service.is_currency and draw(st.booleans()):
        changes["service"] = draw(st.sampled_from((Service.WATER_CURRENCY, Service.TIME_CURRENCY)))
    return replace(profile, **changes)


pans = st.sampled_from(
    (
        MeterPAN.build("37", "12345678"),
        MeterPAN.build("00", "00000001"),
        MeterPAN.build("0100", "00000008"),
        MeterPAN.build("4242", "87654321"),
    )
)
key_types = st.sampled_from([KeyType.DUTK] * 4 + [KeyType.DITK, KeyType.DDTK, KeyType.DCTK])


@st.composite
def settings_of(draw: st.DrawFn, ea: EA) -> Setting:
    """A meter with a key of an algorithm. Its key may expire soon after the time of manufacture."""
    profile, key = draw(profiles()), draw(decoder_keys(ea, kt=key_types))
    if key.kt is KeyType.DCTK and profile.tct != "01":
        profile = replace(profile, tct=TCT("01"))
    if ea is EA.MISTY1:
        profile = replace(profile, sections=4)
    filled_with = draw(st.sampled_from((0, 1, 6_400_000, 0x61FFFE)))
    ken = draw(st.sampled_from((255, (filled_with >> 16) + 1)))
    price = draw(st.sampled_from((1, 250_000, 1_234_567)))
    return Setting(draw(pans), replace(key, ken=KEN(ken)), profile, filled_with, price)


def targets(ea: EA) -> st.SearchStrategy[Target]:
    """Keys to change to; a key of the other length now and then."""
    other = EA.STA if ea is EA.MISTY1 else EA.MISTY1
    keys = st.sampled_from([ea] * 9 + [other]).flatmap(lambda one: decoder_keys(one, kt=key_types))
    often_not = st.sampled_from((False, False, True))
    return st.builds(Target, keys, st.booleans(), st.booleans(), often_not, often_not)


tid_choices = weighted(
    (4, st.builds(TIDChoice, st.just(-1), st.integers(1, 9), st.just(False))),
    (3, st.builds(TIDChoice, st.integers(0, 5), st.integers(-2, 3), st.just(False))),
    (1, st.builds(TIDChoice, st.just(0), st.integers(-2, 3), st.just(True))),
)

amounts = st.sampled_from((0, 1, 3, 10, 100, 500, 16_383, 16_385, 0xFFFF)) | bits(16)
watts = st.sampled_from((0, 1, 600, 13_799, 13_800, 13_801)) | bits(16)
registers = st.sampled_from((*range(9), 0xFFFF, 0xFFFF))
flag_values = st.builds(
    lambda index, flag, state: index << 10 | flag << 1 | state,
    st.sampled_from((63, 63, 0)),
    st.sampled_from((*FLAGS, 0, 5, 11, 511)),
    bits(1),
)

MANAGED = (
    ("power limit", "mpl", watts),
    ("clear credit", "register", registers),
    ("tariff rate", "rate", bits(16)),
    ("clear tamper", "pad", st.sampled_from((0, 0, 7))),
    ("phase unbalance", "mppul", watts),
    ("water factor", "factor", bits(16)),
    ("set flag", "value", flag_values),
)
"""Management tokens: kind, field and values."""

UNIT_KINDS = ("electricity", "water", "gas", "time")
SECTION_KINDS = tuple(NUMBER_OF_SECTION)


def kinds_for(service: Service) -> st.SearchStrategy[tuple[str, tuple[tuple[str, int], ...]]]:
    """Kinds and fields of tokens with a TID; mostly of the service that the meter sells."""
    own = UNIT_KINDS[service % 4] + (" currency" if service.is_currency else "")
    credit_kinds = st.sampled_from((own,) * 9 + UNIT_KINDS + tuple(f"{kind} currency" for kind in UNIT_KINDS))

    def credit(kind: str, se: int, rnd: int, amount: int) -> tuple[str, tuple[tuple[str, int], ...]]:
        first = ("se", se) if kind.endswith("currency") else ("rnd", rnd)
        return kind, (first, ("amount", amount))

    credits_ = st.builds(credit, credit_kinds, st.sampled_from((0, 0, 0, 1, 8)), bits(4), amounts)
    managed = st.one_of(
        *(
            st.tuples(st.just(kind), st.tuples(st.just(("rnd", 5)), st.tuples(st.just(name), values)))
            for kind, name, values in MANAGED
        )
    )
    return weighted((3, credits_), (2, managed))


@st.composite
def tests_asked(draw: st.DrawFn, own_code: int) -> Raw:
    """Class 1 tokens of either form; the maker is any, this one, another, or no code at all."""
    kind, width, code_bits = draw(st.sampled_from((("test 2-digit", 36, 8), ("test 4-digit", 28, 16))))
    control = draw(st.sampled_from((0, 1, 2, 8, 1 << 14, 1 << 12, (1 << width) - 1)) | bits(width))
    code = draw(st.sampled_from((0, own_code, own_code + 1, 200)) | bits(code_bits))
    return Raw(kind, (("control", control), ("mfr_code", code % (1 << code_bits))))


@st.composite
def loose_sections(draw: st.DrawFn) -> Raw:
    """A section field by field, whatever the bits can hold."""
    kind = draw(st.sampled_from(SECTION_KINDS))
    return Raw(kind, tuple((name, draw(bits(width))) for name, width in BODIES[kind][2]))


strange = st.builds(Strange, st.sampled_from((0, 1, 2, 2, 3)), bits(4), bits(44))
texts = st.one_of(any_text, digit_strings(20), token_numbers.map(lambda number: number.grouped)).map(Text)
uses = st.builds(
    Use,
    st.sampled_from((0, 1, 10, 10, 100, 600)) | st.integers(0, 2500),
    st.sampled_from((60, 60, 60, 1, 7, 900, 3600)),
    st.none() | st.tuples(*[st.integers(0, 15_000)] * 3),
)
presses = st.sampled_from(("wait", "reconnect", "emergency", "power", "cover", "terminal", "magnet")).map(
    Press
)
delays = weighted(
    (6, st.sampled_from((0, 0, 1, 5, 6, 7, 9, 10, 11, 29, 30, 31, 59, 60, 299, 301, 599, 600, 601))),
    (1, st.sampled_from((7200, 32_400, -1, -3600))),
).flatmap(lambda seconds: st.sampled_from((0, 0, 0, -1, 1)).map(lambda ms: 1000 * seconds + ms))
"""Milliseconds between events; clocks are set back, too."""

paths = st.sampled_from(("keypad",) * 5 + ("remote", "port", "card"))


SUPPLY = (
    "power_limit_w",
    "unbalance_limit_w",
    "phases",
    "trip_after_s",
    "recover_s",
    "emergency",
    "friendly",
    "utc_offset_minutes",
)
"""In what meters differ in stories about supply."""


class Story(NamedTuple):
    """A meter, two keys it may be changed to, and what happens to it."""

    setting: Setting
    targets: tuple[Target, ...]
    events: list[Event]


def small_credit(service: Service) -> st.SearchStrategy[Specific]:
    """Credit that is soon used up, with a TID that is new; now and then tokens that clear."""
    own = UNIT_KINDS[service % 4] + (" currency" if service.is_currency else "")
    first = ("se" if service.is_currency else "rnd", 0)
    steps = st.sampled_from((1_000, 9_999, 16_383) if service.is_currency else (1, 2, 5))
    credit = steps.map(lambda amount: (own, (first, ("amount", amount))))
    clear = st.sampled_from(
        (("clear credit", (("rnd", 5), ("register", 0xFFFF))), ("clear tamper", (("rnd", 5), ("pad", 0))))
    )
    return st.builds(
        lambda kind, offset: Specific(kind[0], TIDChoice(-1, offset, at_expiry=False), kind[1]),
        weighted((3, credit), (1, clear)),
        st.integers(1, 3),
    )


@st.composite
def supply_stories(draw: st.DrawFn, ea: EA) -> Story:
    """A meter that works: credit comes in small tokens and is used up, limits trip, hours pass."""
    setting = draw(settings_of(ea))
    changes = {name: draw(makes[name]) for name in SUPPLY if name == "emergency" or draw(st.booleans())}
    base = PROFILES[draw(st.sampled_from(("currency", "three-phase", "emergency", "water")))]
    profile = replace(base, sections=4, lockout=None, key_expiry=False, **changes)
    key = replace(setting.key, kt=KeyType.DUTK)
    setting = setting._replace(profile=profile, key=key)
    what = weighted((4, small_credit(profile.service)), (6, uses), (3, presses))
    gaps = weighted((3, st.sampled_from((0, 10_000, 60_000, 300_000, 7_200_000))), (1, delays))
    length = draw(st.integers(1, 40))
    events = draw(st.lists(st.builds(Event, gaps, what, st.just("keypad")), min_size=length, max_size=length))
    return Story(setting, (), events)


@st.composite
def token_stories(draw: st.DrawFn, ea: EA) -> Story:
    """The life of a meter that is given every kind of token, right and wrong."""
    setting = draw(settings_of(ea))
    foreign = draw(decoder_keys(ea))
    specific = st.builds(
        lambda kind, tid, under, typo: Specific(kind[0], tid, kind[1], under, typo),
        kinds_for(setting.profile.service),
        tid_choices,
        st.sampled_from((None,) * 9 + (foreign,)),
        st.sampled_from((None,) * 9) | st.none() | st.integers(0, 179),
    )
    what = weighted(
        (9, specific),
        (5, uses),
        (3, presses),
        (2, st.builds(Section, st.integers(0, 1), st.integers(0, 3))),
        (2, tests_asked(int(setting.pan.mfr_code))),
        (1, st.one_of(loose_sections(), strange, texts)),
        (1, st.builds(Replay, st.integers(0, 9))),
    )
    one = st.builds(Event, delays, what, paths).map(lambda event: [event])
    whole = st.builds(
        lambda target, order, ms, path: [Event(ms, Section(target, n), path) for n in order],
        st.integers(0, 1),
        st.permutations(range(4)),
        st.sampled_from((0, 0, 1_000, 300_001, 600_000, 600_001)),
        paths,
    )
    length = draw(st.integers(1, 40))
    groups = draw(st.lists(weighted((12, one), (1, whole)), min_size=length, max_size=length))
    events = [event for group in groups for event in group][:40]
    return Story(setting, (draw(targets(ea)), draw(targets(ea))), events)
