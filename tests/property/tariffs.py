"""Hypothesis strategies for tariffs and for purchases by them: values as a document gives them, no texts.

What a document may not say is left out: everything is in order, however strange. Prices of energy are drawn
around one level and tenders in steps of units at that level, so that an example buys a few hundred steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from voltoken.money import Currency
from voltoken.tariff.conditions import ALWAYS, Mean, When
from voltoken.tariff.document import (
    Block,
    Charge,
    Debt,
    Energy,
    Extra,
    Free,
    Limits,
    MoneyRules,
    Period,
    Take,
    Tariff,
)
from voltoken.tariff.quote import Context, Standing
from voltoken.tariff.rounding import Direction, Rounding
from voltoken.tariff.words import Counts, LinesOf, Per, Place, Remainder

CODES = ("A", "B", "C", "D")
MARKS = ("lifeline", "business", "pensioner")
FIRST_DAY = date(2020, 1, 1)
GRID_STEP = Fraction(1, 10)

Draw = Any
"""What draws an example from a strategy."""


class Purchase(NamedTuple):
    """A tariff, circumstances, and a tender in coins."""

    tariff: Tariff
    context: Context
    tender: int


def chance(one_in: int) -> st.SearchStrategy[bool]:
    """True once in so many times; examples shrink to False."""
    return st.integers(0, one_in - 1).map(lambda number: number == one_in - 1)


def decimals(least: int, most: int, places: int) -> st.SearchStrategy[Fraction]:
    """Numbers with so many decimals; the bounds are in the last of them."""
    return st.integers(least, most).map(lambda number: Fraction(number, 10**places))


directions = st.sampled_from(Direction)
subsets = st.frozensets(st.sampled_from(MARKS), max_size=2)


@st.composite
def conditions(draw: Draw) -> When:
    """Conditions, most often none."""
    if not draw(chance(3)):
        return ALWAYS
    mean = None
    if draw(st.booleans()):
        bounds = sorted(draw(st.lists(st.integers(0, 600), min_size=2, max_size=2, unique=True)))
        low, high = (draw(st.sampled_from([None, Fraction(bound)])) for bound in bounds)
        mean = Mean(draw(st.integers(1, 12)), low, high, draw(st.booleans()))
    months = (
        draw(st.frozensets(st.integers(1, 12), min_size=1, max_size=11)) if draw(chance(3)) else frozenset()
    )
    return When(months, draw(subsets), draw(subsets), mean)


@st.composite
def _blocks(draw: Draw, level: Fraction) -> tuple[Block, ...]:
    """One to six blocks that rise or fall; some limits lie between two steps of the grid."""
    limits = sorted(draw(st.sets(decimals(1, 2000, 2), max_size=5)))
    prices = st.integers(20, 400).map(lambda percent: level * Fraction(percent, 100))
    blocks = [Block(upto, draw(prices)) for upto in [*limits, None]]
    if not draw(chance(3)):
        return tuple(blocks)
    rising = sorted(block.price for block in blocks)
    return tuple(
        Block(block.upto, price, all_units=draw(st.booleans()))
        for block, price in zip(blocks, rising, strict=True)
    )


@st.composite
def _extras(draw: Draw, level: Fraction, coin: Fraction, dues: Sequence[str]) -> tuple[Extra, ...]:
    """Up to four levies and taxes, each on any of what comes before it."""
    count = draw(st.integers(0, 4))
    levies = draw(st.integers(0, count))
    made: list[Extra] = []
    for number in range(count):
        code = f"X{number}"
        parts: dict[str, Any] = {
            "code": code,
            "name": code,
            "is_tax": number >= levies,
            "when": draw(conditions()),
        }
        if draw(chance(4)):
            parts["from_units"] = draw(decimals(0, 2000, 2))
        if draw(chance(4)):
            parts["upto_units"] = parts.get("from_units", Fraction(0)) + draw(decimals(1, 2000, 2))
        if draw(chance(4)):
            parts["unit_rounding"] = Rounding(
                coin * draw(st.sampled_from([1, Fraction(1, 100)])), draw(directions)
            )
        if draw(chance(3)):
            parts["per_unit"] = level * draw(decimals(-5, 50, 2))
        else:
            # What is summed by unit is drawn on nothing whose line is partly by unit and partly not.
            plain = not set(parts) & {"from_units", "upto_units", "unit_rounding"}
            base = [
                one.code
                for one in made
                if plain or not set(one.on) & {*dues, *(other.code for other in made)}
            ]
            on = draw(
                st.lists(st.sampled_from(["energy", *base, *dues]), min_size=1, max_size=4, unique=True)
            )
            parts |= {"rate": draw(decimals(-8, 60, 2)), "on": tuple(on)}
        made.append(Extra(**parts))
    return tuple(made)


def _inclusions(extras: Sequence[Extra], code: str) -> st.SearchStrategy[frozenset[str]]:
    """Sets of shares that a price or charge of this code may contain: those that are always on it."""
    plain = [
        one.code
        for one in extras
        if code in one.on and not one.from_units and one.upto_units is None
        if one.unit_rounding is None
    ]
    return st.frozensets(st.sampled_from(plain), max_size=2) if plain else st.just(frozenset())


@st.composite
def _takes(draw: Draw, level: Fraction, *, may_be_whole: bool = True) -> Take:
    """Every way to take a part of what is due."""
    if draw(chance(3)):
        return Take(whole=may_be_whole and draw(chance(3)))
    amounts = st.integers(0, 10).map(lambda units: units * level)
    return Take(
        share=draw(st.none() | decimals(0, 100, 2)),
        of_rest=draw(st.booleans()),
        at_least=draw(st.just(Fraction(0)) | amounts),
        at_most=draw(st.none() | amounts),
    )


@st.composite
def _charges(
    draw: Draw, level: Fraction, extras: Sequence[Extra], codes: Sequence[str]
) -> tuple[Charge, ...]:
    """Charges of every ``per``, and fees."""
    made = []
    for code in codes:
        fee = draw(st.none() | decimals(1, 20, 2)) if draw(chance(3)) else None
        made.append(
            Charge(
                code=code,
                name=code,
                amount=None if fee is not None else level * draw(decimals(0, 500, 2)),
                per=Per.PURCHASE if fee is not None else draw(st.sampled_from(Per)),
                rate=fee,
                each="kVA" if fee is None and draw(chance(5)) else "",
                accrues=draw(st.booleans()),
                accrues_max=draw(st.none() | st.integers(1, 5)),
                includes=frozenset() if fee is not None else draw(_inclusions(extras, code)),
                take=draw(_takes(level, may_be_whole=fee is None)),
                when=draw(conditions()),
            )
        )
    return tuple(made)


@st.composite
def _debts(draw: Draw, level: Fraction, codes: Sequence[str]) -> tuple[Debt, ...]:
    """Debts due at once and by instalments."""
    return tuple(
        Debt(
            code=code,
            name=code,
            instalment=draw(st.none() | st.integers(1, 10).map(lambda units: units * level)),
            per=draw(st.sampled_from(Per)),
            accrues=draw(st.booleans()),
            accrues_max=draw(st.none() | st.integers(1, 5)),
            take=draw(_takes(level)),
            when=draw(conditions()),
        )
        for code in codes
    )


@st.composite
def _free(draw: Draw) -> tuple[Free, ...]:
    """Up to two entitlements, in units that need not be on the grid."""
    units, per = decimals(0, 600, 2), st.sampled_from([Per.MONTH, Per.PERIOD])
    return tuple(
        Free(f"F{number}", "Free units", draw(units), draw(per), draw(st.booleans()), draw(conditions()))
        for number in range(draw(st.integers(0, 2)))
    )


@st.composite
def _money(draw: Draw, places: int, *, is_priced_abroad: bool) -> MoneyRules:
    """Money of a currency with so many decimals."""
    currency, coin = Currency("XTS", places), Fraction(1, 10**places)
    rates: tuple[tuple[date, Fraction], ...] = ()
    if is_priced_abroad and draw(st.booleans()):
        rates = (
            (FIRST_DAY, draw(decimals(5000, 30000, 4))),
            (date(2024, 7, 10), draw(decimals(5000, 30000, 4))),
        )
    return MoneyRules(
        currency=currency,
        line=Rounding(coin * draw(st.sampled_from([1, 1, 1, 5, 10])), draw(directions)),
        priced_in="USD" if is_priced_abroad else "XTS",
        rates=rates,
        price=Rounding(coin * Fraction(1, 100), draw(directions)) if draw(chance(4)) else None,
        on_rounded_lines=draw(st.booleans()),
        lines_of=draw(st.sampled_from(LinesOf)),
        remainder=draw(st.sampled_from(Remainder)),
    )


def _levels(places: int) -> st.SearchStrategy[Fraction]:
    """What a unit costs about: ten to ten thousand coins."""
    return st.integers(10, 10_000).map(lambda coins: Fraction(coins, 10**places))


@st.composite
def tariffs(draw: Draw, level: Fraction | None = None, places: int = 2) -> Tariff:
    """Tariffs of every kind; energy is collected at the till. level: what a unit costs about."""
    level = level if level is not None else draw(_levels(places))
    charges = CODES[: draw(st.integers(0, 3))]
    debts = ("K", "L")[: draw(st.integers(0, 2))]
    extras = draw(_extras(level, Fraction(1, 10**places), [*charges, *debts]))
    days = draw(st.none() | st.integers(1, 60))
    counts = frozenset({Counts.BOUGHT, Counts.FREE}) if draw(st.booleans()) else frozenset({Counts.BOUGHT})
    energies = [Energy(draw(_blocks(level)), when=draw(conditions())) for _ in range(draw(st.integers(0, 1)))]
    energies.append(Energy(draw(_blocks(level)), includes=draw(_inclusions(extras, "energy"))))
    return Tariff(
        code="random",
        version="1",
        name="Random",
        utility="Nobody",
        category="any",
        resource="electricity",
        zone="Africa/Johannesburg",
        valid_from=FIRST_DAY,
        valid_until=None,
        money=draw(_money(places, is_priced_abroad=draw(chance(4)))),
        units=Rounding(
            draw(st.sampled_from([GRID_STEP, Fraction(1, 4), Fraction(1), GRID_STEP])), draw(directions)
        ),
        period=Period(days, FIRST_DAY if days else None, counts=counts),
        limits=Limits(),
        energies=tuple(energies),
        extras=extras,
        charges=draw(_charges(level, extras, charges)),
        debts=draw(_debts(level, debts)),
        free=draw(_free()),
        collection=tuple(draw(st.permutations([*charges, *debts]))[: draw(st.integers(0, 5))]),
        energy_share=draw(st.just(Fraction(0)) | decimals(1, 90, 2)),
        sources=(),
        names={},
        sha256="0" * 64,
    )


@st.composite
def contexts(draw: Draw, tariff: Tariff, level: int) -> Context:
    """Circumstances in which a tariff may be asked. level: what a unit costs about, in coins."""
    day = date(2024, 1, 1) + timedelta(days=draw(st.integers(0, 400)))
    clock = time(draw(st.integers(0, 23)), draw(st.integers(0, 59)), tzinfo=ZoneInfo(tariff.zone))
    coins = st.integers(0, 10).map(lambda units: units * level // 2)
    standing = {}
    parts: tuple[Charge | Debt, ...] = (*tariff.charges, *tariff.debts)
    for part in parts:
        if draw(st.booleans()):
            back = day - timedelta(days=draw(st.integers(-40, 150)))
            first = back if part.per is Per.DAY else back.replace(day=1)
            if part.per is Per.PERIOD and tariff.period.days:
                first = FIRST_DAY + timedelta(
                    (back - FIRST_DAY).days // tariff.period.days * tariff.period.days
                )
            standing[part.code] = Standing(first, draw(st.just(0) | coins))
    units = decimals(0, 150, 1)
    return Context(
        at=datetime.combine(day, clock),
        used=draw(units),
        free_used=draw(units),
        free_taken={free.code: draw(units) for free in tariff.free if draw(st.booleans())},
        standing=standing,
        debts={debt.code: draw(coins) for debt in tariff.debts if draw(st.booleans())},
        last_purchase=day - timedelta(days=draw(st.integers(0, 90))) if draw(st.booleans()) else None,
        past_units=tuple(draw(st.lists(units, max_size=12))),
        marks=draw(st.frozensets(st.sampled_from(MARKS))),
        sizes={"kVA": draw(decimals(0, 40, 1))}
        if draw(chance(4)) or any(one.each for one in tariff.charges)
        else {},
        claims=frozenset(free.code for free in tariff.free if draw(st.booleans())),
        carried=draw(st.just(0) | st.integers(0, level)),
        exchange=None if tariff.money.rates else draw(decimals(5000, 30000, 4)),
    )


@st.composite
def purchases(draw: Draw, steps_max: int = 400) -> Purchase:
    """Purchases by tariffs of every kind, of up to so many steps of 0.1 units at the level of the prices."""
    places = draw(st.integers(0, 3))
    level = draw(_levels(places))
    tariff = draw(tariffs(level, places))
    coins = int(level * tariff.money.currency.scale)
    context = draw(contexts(tariff, coins))
    most = coins * steps_max // 10
    tender = 0 if draw(chance(20)) else draw(st.integers(1, most) | st.integers(most // 4, most))
    return Purchase(tariff, context, tender)


@st.composite
def purchases_of_credit(draw: Draw) -> Purchase:
    """Purchases of credit in the currency, by tariffs whose energy the meter collects."""
    places = draw(st.integers(0, 3))
    tariff = draw(tariffs(Fraction(20, 10**places), places))
    extras = tuple(
        replace(extra, from_units=Fraction(0), upto_units=None, collected=draw(st.sampled_from(Place)))
        for extra in tariff.extras
    )
    energies = tuple(
        replace(energy, collected=Place.METER, includes=frozenset()) for energy in tariff.energies
    )
    charges = tuple(replace(charge, includes=frozenset()) for charge in tariff.charges)
    tariff = replace(tariff, extras=extras, energies=energies, charges=charges, free=())
    return Purchase(tariff, draw(contexts(tariff, 20)), draw(st.integers(1, 400)))
