"""Sentences about where the money went: what was paid, what was taken first, what the rest bought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from voltoken.tariff.document import ENERGY
from voltoken.tariff.quote import Kind, Line
from voltoken.tariff.telling.language import Credit, Portion, Sentence, Units, Value
from voltoken.tariff.telling.legs import Leg, legs
from voltoken.tariff.telling.position import TAKEN, carried_in, carried_out, gross_of, taken, taken_for, whole
from voltoken.tariff.telling.story import Section, Story


def headline(story: Story) -> Sentence:
    """Return the purchase in one line."""
    quote = story.quote
    free = Units(Fraction(quote.free_units), quote.unit)
    paid, bought = story.money(quote.tender), story.amount(Fraction(quote.units))
    if quote.plan.is_credit and quote.units:
        return story.say("headline.credit", paid=paid, credit=bought)
    if quote.units and quote.free_units:
        return story.say("headline.units_free", paid=paid, units=bought, free=free)
    if quote.units:
        return story.say("headline.units", paid=paid, units=bought)
    if quote.free_units and quote.tender:
        return story.say("headline.paid_free", paid=paid, free=free)
    if quote.free_units:
        return story.say("headline.free", free=free)
    return story.say("headline.nothing", paid=paid)


def spending(story: Story) -> Iterator[Section]:
    """Yield the sections from the money to the units."""
    yield from story.section("heading.paid", _paid(story))
    yield from story.section("heading.taken", _taken(story))
    is_all = not any(line.kind in TAKEN for line in story.quote.lines)
    heading = "heading.credit" if story.quote.plan.is_credit else "heading.energy"
    yield from story.section(f"{heading}.all" if is_all else heading, _energy(story, is_all=is_all))


def _paid(story: Story) -> Iterator[Sentence]:
    quote, carried = story.quote, carried_in(story.quote)
    if quote.tender:
        yield story.say("paid", amount=story.money(quote.tender), day=quote.context.at.date())
    if carried > 0:
        yield story.say("paid.carried", amount=story.money(carried))
    if carried < 0:
        yield story.say("paid.owed", amount=story.money(-carried))


def _taken(story: Story) -> Iterator[Sentence]:
    """Yield a sentence for each charge and debt. What they tell adds up to what was left, to the coin."""
    gone = Fraction(0)
    for line in story.quote.lines:
        if line.kind not in TAKEN:
            continue
        amount = taken_for(story.quote, line)
        told = whole(gone + amount) - whole(gone)
        yield (_debt if line.kind is Kind.DEBT else _charge)(story, line, told, gone)
        gone += amount


def _debt(story: Story, line: Line, told: int, gone: Fraction) -> Sentence:
    """Tell what went to a debt, and why so much where one rule says it. gone: taken before, in coins."""
    quote = story.quote
    told_of: dict[str, Value] = {"amount": story.money(told), "name": story.name(line)}
    if quote.debts.get(line.code) == 0:
        return story.say("taken.debt.cleared", **told_of)
    take = next((due.rule.take for due in quote.plan.dues if due.rule.code == line.code), None)
    if take is not None and take.share is not None:
        base = quote.tender - gone if take.of_rest else Fraction(quote.tender)
        if taken_for(quote, line) == take.share * base:
            code = "taken.debt.rest" if take.of_rest else "taken.debt.share"
            return story.say(code, **told_of, share=Portion(take.share))
    return story.say("taken.debt", **told_of)


def _charge(story: Story, line: Line, told: int, _gone: Fraction) -> Sentence:
    """Tell what paid a charge, and how much of that is levies and taxes."""
    quote = story.quote
    told_of: dict[str, Value] = {"amount": story.money(told), "name": story.name(line)}
    standing = quote.standing.get(line.code)
    code = "taken.part" if standing is not None and standing.owing else "taken.charge"
    if gross_of(quote, line.code) == 1:
        return story.say(code, **told_of)
    extra = story.money(told - min(told, whole(line.exact)))
    return story.say(f"{code}.taxed", **told_of, extra=extra, taxes=story.taxes_on(line.code))


def _energy(story: Story, *, is_all: bool) -> Iterator[Sentence]:
    """Yield how what was left became units, or that nothing was. is_all: nothing was taken before."""
    quote = story.quote
    left = quote.tender + carried_in(quote) - whole(taken(quote, *TAKEN))
    if not quote.tender and not quote.units:
        return  # a claim of free units
    if not left and not quote.units:
        yield story.say("energy.none")
        return
    if quote.plan.is_credit and quote.units:
        yield from _credit(story, left)
        return
    if not is_all or carried_in(quote):
        yield story.say("energy.left", amount=story.money(left))
    if not quote.units:
        yield story.say("energy.small", step=story.step)
        return
    way = legs(quote)
    if len(way) == 1:
        code = "energy.price.all" if quote.plan.shares else "energy.price"
        yield story.say(code, price=story.price(way[0].price))
        yield from _entry(story, way[0])
    else:
        yield from _way(story, way, left)


def _credit(story: Story, left: int) -> Iterator[Sentence]:
    """Yield how much credit the money brought, and what the rest of it is. left: coins."""
    quote = story.quote
    told: dict[str, Value] = {
        "amount": story.money(left),
        "credit": Credit(Fraction(quote.units), quote.currency),
    }
    credit = whole(Fraction(quote.units) * quote.currency.scale)
    rest = left - credit - quote.total(Kind.ROUNDING) - carried_out(quote)
    if rest > 0 and quote.plan.shares:
        taxes = story.taxes_on(ENERGY)
        yield story.say("energy.credit.taxed", **told, extra=story.money(rest), taxes=taxes)
    else:
        yield story.say("energy.credit", **told)
    yield story.say("energy.credit.use")


def _way(story: Story, way: Sequence[Leg], left: int) -> Iterator[Sentence]:
    """Yield how a purchase went from one price to the next. left: coins that were there for it."""
    quote, reached = story.quote, story.position
    rising = list(quote.plan.totals) == sorted(quote.plan.totals)
    yield story.say("energy.rising" if rising else "energy.varies", period=story.period)
    if reached is not None:
        yield _before(story, reached)
    for number, leg in enumerate(way, start=1):
        is_last = number == len(way)
        # Units that are rounded up may reach into a price that nothing is left for.
        left = max(0, left - leg.entry.coins)
        amount = left if is_last else min(left, whole(leg.units * leg.price * quote.currency.scale))
        left -= amount
        told: dict[str, Value] = {
            "amount": story.money(amount),
            "units": story.amount(leg.units),
            "price": story.price(leg.price),
        }
        if reached is None:
            yield story.say("energy.some", **told)
        elif is_last:
            yield story.say("energy.above", **told)
        else:
            reached += leg.units
            code = "energy.upto" if number == 1 else "energy.then"
            yield story.say(code, **told, limit=story.amount(reached))
        yield from _entry(story, leg)
    if quote.plan.shares:
        yield story.say("energy.inside")


def _before(story: Story, reached: Fraction) -> Sentence:
    """Tell where in the blocks the purchase began."""
    if not reached:
        return story.say("energy.before.none", period=story.period)
    code = "energy.before.free" if story.counts_free else "energy.before"
    return story.say(code, units=story.amount(reached), period=story.period)


def _entry(story: Story, leg: Leg) -> Iterator[Sentence]:
    """Tell what was paid once on coming to a price: for the units before it, and for levies."""
    if leg.entry.earlier:
        yield story.say("energy.earlier", amount=story.money(leg.entry.earlier))
    for levy in leg.entry.once:
        yield story.say(
            "energy.once",
            limit=story.amount(levy.limit),
            period=story.period,
            amount=story.money(levy.coins),
            name=story.names.get(levy.code, levy.name),
        )
