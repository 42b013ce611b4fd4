"""Sentences about what came of a purchase: taxes, free units, rounding, tokens, what is owed, what next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain, groupby

from voltoken.tariff.calendar import next_period
from voltoken.tariff.quote import Kind, Line
from voltoken.tariff.telling.language import Coins, Credit, Item, Portion, Sentence, Times, Units, Value
from voltoken.tariff.telling.legs import Ahead, ahead
from voltoken.tariff.telling.position import BOUGHT, carried_out, gross_of, unrounded, whole
from voltoken.tariff.telling.story import Section, Story
from voltoken.tariff.words import Counts


def outcome(story: Story) -> Iterator[Section]:
    """Yield the sections from levies and taxes to what comes next."""
    yield from story.section("heading.included", _included(story))
    yield from story.section("heading.free", _free(story))
    yield from story.section("heading.rounding", _rounding(story))
    yield from story.section("heading.tokens", _tokens(story))
    yield from story.section("heading.owed", _owed(story))
    yield from story.section("heading.next", _next(story))


def _included(story: Story) -> Iterator[Sentence]:
    """Yield how much of the money is levies and taxes; rebates apart."""
    lines = [line for line in story.quote.lines if line.kind in {Kind.LEVY, Kind.TAX}]
    paid = [line for line in lines if line.amount > 0]
    if len(paid) > 1:
        total = story.money(sum(line.amount for line in paid))
        items: tuple[Value, ...] = tuple(
            Item(story.money(line.amount), story.name(line), _rate(line)) for line in paid
        )
        yield story.say("included.many", amount=total, items=items)
    for line in paid if len(paid) == 1 else ():
        told: dict[str, Value] = {"amount": story.money(line.amount), "name": story.name(line)}
        rate = _rate(line)
        if rate is None:
            yield story.say("included.one", **told)
        else:
            yield story.say("included.rate", **told, rate=rate)
    for line in lines:
        if line.amount < 0:
            yield story.say("included.rebate", amount=story.money(-line.amount), name=story.name(line))


def _rate(line: Line) -> Portion | None:
    return None if line.rate is None else Portion(line.rate)


def _free(story: Story) -> Iterator[Sentence]:
    for free in story.quote.free:
        name = story.names.get(free.code, free.name)
        yield story.say("free", units=Units(Fraction(free.units), story.quote.unit), name=name)
    if story.quote.free and story.counts_free:
        yield story.say("free.counted")


def _rounding(story: Story) -> Iterator[Sentence]:
    """Yield on whose side rounding was, and where what is left over goes."""
    quote, kept = story.quote, carried_out(story.quote)
    by_money = unrounded(quote)
    if by_money:
        side = "up" if by_money < quote.units else "down"
        told = {"exact": story.amount(by_money), "units": story.amount(Fraction(quote.units))}
        yield story.say(f"rounding.units.{side}", step=story.step, **told)
    if kept:
        coins = Coins(story.money(abs(kept)))
        yield story.say("rounding.kept" if kept > 0 else "rounding.owed", coins=coins)
    lost = quote.total(Kind.ROUNDING)
    if not lost:
        return
    coins = Coins(story.money(abs(lost)))
    side = "loss" if lost > 0 else "gain"
    if by_money:
        yield story.say(f"rounding.lines.{side}", coins=coins)
    elif quote.plan.is_credit or not quote.units:
        yield story.say(f"rounding.credit.{side}", coins=coins)
    else:
        yield story.say(f"rounding.{side}", step=story.step, coins=coins)


def _tokens(story: Story) -> Iterator[Sentence]:
    quote = story.quote
    if quote.tokens:
        items = _folded(story.amount(Fraction(units)) for units in quote.tokens)
        yield story.say("tokens", count=len(quote.tokens), items=items)
    free = tuple(chain.from_iterable(free.tokens for free in quote.free))
    if free:
        items = _folded(Units(Fraction(units), quote.unit) for units in free)
        yield story.say("tokens.free", count=len(free), items=items)


def _folded(amounts: Iterable[Units | Credit]) -> tuple[Value, ...]:
    """Return the amounts of tokens; equal ones are told once, with their number."""
    runs = ((amount, sum(1 for _ in same)) for amount, same in groupby(amounts))
    return tuple(amount if count == 1 else Times(count, amount) for amount, count in runs)


def _owed(story: Story) -> Iterator[Sentence]:
    """Yield every debt and every charge of which something is left after the purchase."""
    quote = story.quote
    for code, balance in {**quote.context.debts, **quote.debts}.items():
        if balance:
            yield story.say("owed.debt", name=story.named(code), amount=story.money(balance))
    for code, standing in {**quote.context.standing, **quote.standing}.items():
        if standing.owing and code not in quote.context.debts:
            amount = whole(standing.owing * gross_of(quote, code))
            yield story.say("owed.charge", name=story.named(code), amount=story.money(amount))


def _next(story: Story) -> Iterator[Sentence]:
    """Yield where the customer stands in the blocks now, what the next units cost, and until when."""
    quote, before = story.quote, story.position
    if before is None:
        return
    reached = before + (Fraction(quote.units) if Counts.BOUGHT in (story.counts or BOUGHT) else 0)
    if len(set(quote.plan.totals)) == 1 and not any(quote.plan.jumps):
        yield story.say("next.same")
        return
    code = "next.position.free" if story.counts_free else "next.position"
    yield story.say(code, units=story.amount(reached), period=story.period)
    yield from _ahead(story, ahead(quote.plan, reached))
    if story.tariff is not None:
        day = next_period(story.tariff.period, quote.context.at.date())
        yield story.say("next.restart", day=day)


def _ahead(story: Story, next_: Ahead) -> Iterator[Sentence]:
    """Yield what the next units cost, and what is paid once with the first of them or on the way."""
    price, room, then = next_.price, next_.room, next_.then
    told: dict[str, Value] = {"price": story.price(price)}
    if room is None or next_.now.coins:
        yield story.say("next.price", **told)
    else:
        code = "next.falls" if then < price else "next.rises" if then > price else "next.stays"
        after: dict[str, Value] = {} if then == price else {"then": story.price(then)}
        yield story.say(code, **told, units=story.amount(room), **after)
    entry = next_.now if next_.now.coins else next_.next
    if entry.earlier:
        yield story.say("next.earlier", amount=story.money(entry.earlier))
    for levy in entry.once:
        yield story.say(
            "next.once",
            limit=story.amount(levy.limit),
            amount=story.money(levy.coins),
            period=story.period,
            name=story.names.get(levy.code, levy.name),
        )
