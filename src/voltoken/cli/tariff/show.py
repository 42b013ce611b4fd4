"""``voltoken tariff show``: a tariff as people read it, and the list of those that come along."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

import click

from voltoken.cli.commands import Command
from voltoken.cli.parameters import json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.tariff.circumstances import Circumstances, circumstance_options
from voltoken.cli.tariff.conditions import rounding_words, when_words
from voltoken.cli.tariff.figures import prices, units, whole_money
from voltoken.cli.tariff.fitting import prices_of
from voltoken.cli.tariff.schedule import part_names, part_rows, slot_words
from voltoken.cli.tariff.shared import bundled_names, load_tariff
from voltoken.cli.tariff.table import Row, write_figures
from voltoken.errors import PurchaseRefused
from voltoken.tariff import ALWAYS, Block, Context, Counts, Energy, OnChange, Plan, Tariff, exact_text

_BAR: Final = 24
"""Columns of the longest bar of a chart."""


@click.command(
    cls=Command,
    epilog="voltoken tariff show\nvoltoken tariff show za-citypower-prepaid-high-2024-25 --chart",
)
@click.argument("name", metavar="[TARIFF]", required=False)
@click.option("--chart", is_flag=True, help="Draw the price of a unit, everything included, by block.")
@circumstance_options
@json_option
def show(name: str | None, circumstances: Circumstances, *, chart: bool, as_json: bool) -> None:
    """Show a tariff as people read it; without TARIFF list those that come along.

    Prices with everything included hold in the circumstances of the options, by default on the first
    day of the tariff, for a customer without marks.
    """
    if name is None:
        _list(as_json=as_json)
        return
    tariff = load_tariff(name)
    if circumstances.at is None:
        circumstances = replace(circumstances, at=_first_noon(tariff))
    context = circumstances.context(tariff)
    if as_json:
        answer(_document(tariff, context))
        return
    screen = Screen()
    screen.line()
    screen.text(f"{tariff.utility}: {tariff.name}", "title")
    screen.line()
    screen.facts(_identity(tariff))
    for number in range(len(tariff.energies)):
        plan = _plan(tariff, tariff.energies[number], context)
        _draw_energy(screen, tariff, number, plan, chart=chart)
    for title, rows in part_rows(tariff):
        screen.title(title)
        screen.facts(rows)
    screen.title("Rules")
    screen.facts(_rules(tariff))
    if tariff.sources:
        screen.title("Sources")
    for source in tariff.sources:
        screen.line(source)  # whole, so that an address can be opened
    screen.line()


def _first_noon(tariff: Tariff) -> Any:
    from datetime import datetime, time

    return datetime.combine(tariff.valid_from, time(12))


def _list(*, as_json: bool) -> None:
    """List the tariffs that come along."""
    tariffs = {name: load_tariff(name) for name in bundled_names()}
    if as_json:
        rows = [{"name": name, **_title(tariff)} for name, tariff in tariffs.items()]
        answer({"tariffs": rows})
        return
    screen = Screen()
    screen.title("Tariffs that come along")
    screen.facts([(name, f"{tariff.utility}: {tariff.name}") for name, tariff in tariffs.items()])
    screen.line()


def _plan(tariff: Tariff, energy: Energy, context: Context) -> Plan | PurchaseRefused:
    """Return the prices of one energy as if its condition held, or why there are none."""
    alone = replace(tariff, energies=(replace(energy, when=ALWAYS),))
    try:
        return prices_of(alone, context).plan(context)
    except PurchaseRefused as refused:
        return refused


def _draw_energy(
    screen: Screen, tariff: Tariff, number: int, plan: Plan | PurchaseRefused, *, chart: bool
) -> None:
    """Write the prices of units: as the document has them, and with everything on them."""
    energy = tariff.energies[number]
    screen.title(f"Price of a {tariff.unit}")
    condition = when_words(energy.when, tariff.unit)
    if len(tariff.energies) > 1 or condition:
        sentence = f"otherwise, {condition}" if number else condition
        sentence = sentence if condition else "for all others"
        screen.text(f"{sentence[:1].upper()}{sentence[1:]}.")
        screen.line()
    if isinstance(plan, PurchaseRefused):
        screen.text(plan.message, "bad")
        return
    money = tariff.money
    if plan.is_credit:
        screen.text("The meter takes the price of units from the credit that is bought.")
        screen.line()
    if not (plan.is_credit and energy.slots):
        rows = [Row(name, (price, total)) for name, price, total in _segments(tariff, energy, plan)]
        all_in = f"all included, {money.currency.code}"
        write_figures(screen, ("Units of a period", f"price, {money.priced_in}", all_in), rows)
    if chart and not plan.is_credit:
        screen.line()
        _draw_chart(screen, tariff, plan)
    if energy.slots and not plan.is_credit:
        screen.line()
        screen.text("It is the average at which tokens are sold. The meter counts:")
        screen.line()
    screen.facts([(slot.name, slot_words(slot, money.priced_in)) for slot in energy.slots])


def _segments(tariff: Tariff, energy: Energy, plan: Plan) -> list[tuple[str, str, str]]:
    """Return for every run of units with one price: which units, the document's price, all included."""
    if plan.is_credit:
        names = _ranges(tariff, [block.upto for block in energy.blocks])
        return [
            (name, price, "")
            for name, price in zip(names, prices(block.price for block in energy.blocks), strict=True)
        ]
    blocks = [energy.blocks[number - 1] for number in plan.blocks]
    listed = prices(block.price for block in blocks)
    totals = prices(Fraction(total, plan.price_den * plan.scale) for total in plan.totals)
    names = _ranges(tariff, _limits(plan))
    rows = zip(names, blocks, plan.jumps, listed, totals, strict=True)
    return [
        (f"{name}{_entry(tariff, plan, block, jump)}", price, total)
        for name, block, jump, price, total in rows
    ]


def _entry(tariff: Tariff, plan: Plan, block: Block, jump: int) -> str:
    """Return what is paid once on coming to a price, as the rest of a row's name."""
    if block.all_units:
        return ", for all units"
    once = prices([Fraction(jump, plan.unit_den * plan.price_den * plan.scale)])[0]
    return f", after {tariff.money.currency.code}\u00a0{once} once" if jump else ""


def _limits(plan: Plan) -> list[Fraction | None]:
    """Return the upper limits of the segments in units."""
    return [None if limit is None else Fraction(limit, plan.unit_den) for limit in plan.limits]


def _ranges(tariff: Tariff, limits: Iterable[Fraction | None]) -> list[str]:
    """Return the units up to each of some limits in words."""
    names = []
    start = Fraction(0)
    for limit in limits:
        if limit is None:
            names.append(f"above {units(start, tariff.unit)}" if start else "all")
        else:
            names.append(f"{'from there ' if start else ''}up to {units(limit, tariff.unit)}")
            start = limit
    return names


def _draw_chart(screen: Screen, tariff: Tariff, plan: Plan) -> None:
    """Draw the price of a unit, everything included, as a bar for each segment."""
    names = [name.replace("\u00a0", " ") for name in _ranges(tariff, _limits(plan))]
    column = max(len(name) for name in names)
    width = max(8, min(_BAR * 2, screen.width - column - 16))
    totals = [Fraction(total, plan.price_den * plan.scale) for total in plan.totals]
    shown = prices(totals)
    most = max(plan.totals)
    for name, total, text in zip(names, plan.totals, shown, strict=True):
        full = screen.style("\u2588" * max(1, total * width // most), "cyan")
        screen.line(f"{name:{column}}  {full} {text}")


def _title(tariff: Tariff) -> dict[str, Any]:
    return {
        "tariff": tariff.code,
        "version": tariff.version,
        "utility": tariff.utility,
        "title": tariff.name,
        "category": tariff.category,
        "currency": tariff.money.currency.code,
        "valid_from": tariff.valid_from.isoformat(),
        "valid_until": tariff.valid_until.isoformat() if tariff.valid_until else None,
        "sha256": tariff.sha256,
    }


def _identity(tariff: Tariff) -> list[tuple[str, str]]:
    until = f"until {tariff.valid_until}" if tariff.valid_until else "until further notice"
    money = tariff.money
    paid = f"{money.currency.code}"
    if money.priced_in != money.currency.code:
        paid += f"; prices in {money.priced_in}"
        paid += ", at the day's rate" if not money.rates else f", {len(money.rates)} rates by day"
    return [
        ("Tariff", f"{tariff.code}, version {tariff.version}"),
        ("For", f"{tariff.resource}, {tariff.category}"),
        ("Valid", f"from {tariff.valid_from} {until}, {tariff.zone}"),
        ("Paid in", paid),
        ("SHA-256", tariff.sha256),
    ]


def _rules(tariff: Tariff) -> list[tuple[str, str]]:
    """Return what holds for the whole tariff."""
    money, period, limits = tariff.money, tariff.period, tariff.limits
    code = money.currency.code
    every = f"{period.days} days, one of them from {period.starts}" if period.days else "the calendar month"
    counts = "bought and free" if Counts.FREE in period.counts else "bought"
    change = "starts the count again" if period.on_change is OnChange.RESTART else "goes on counting"
    rows = [
        ("Blocks", f"start again with {every}; they count units {counts}; a new version {change}"),
        ("Units", f"rounded {rounding_words(tariff.units, tariff.unit)}"),
        ("Lines", f"rounded {rounding_words(money.line, code)}"),
    ]
    if money.price is not None:
        rows.append(("Unit prices", f"rounded {rounding_words(money.price, code)}"))
    if tariff.energy_share:
        rows.append(("For energy", f"at least {exact_text(tariff.energy_share * 100)} % of every payment"))
    if len(tariff.collection) > 1:
        rows.append(("Taken first", f"in this order: {', '.join(part_names(tariff, tariff.collection))}"))
    bounds = (
        ("at least", limits.amount_min, True),
        ("at most", limits.amount_max, True),
        ("at least", limits.units_min, False),
        ("at most", limits.units_max, False),
    )
    told = [
        f"{word} {whole_money(bound, code) if is_money else units(bound, tariff.unit)}"
        for word, bound, is_money in bounds
        if bound is not None
    ]
    return [*rows, ("A purchase", ", ".join(told))] if told else rows


def _document(tariff: Tariff, context: Context) -> dict[str, Any]:
    """Return a tariff for programs: its identity, and its prices in the circumstances."""
    energies: list[dict[str, Any]] = []
    for energy in tariff.energies:
        plan = _plan(tariff, energy, context)
        if isinstance(plan, PurchaseRefused):
            energies.append(
                {"when": when_words(energy.when, tariff.unit).replace("\u00a0", " "), "refused": plan.reason}
            )
            continue
        energies.append(
            {
                "when": when_words(energy.when, tariff.unit).replace("\u00a0", " "),
                "segments": [
                    {
                        "upto": None if limit is None else exact_text(Fraction(limit, plan.unit_den)),
                        "price": exact_text(Fraction(price, plan.price_den * plan.scale)),
                        "all_in": exact_text(Fraction(total, plan.price_den * plan.scale)),
                        "once": exact_text(Fraction(jump, plan.unit_den * plan.price_den * plan.scale)),
                    }
                    for limit, price, total, jump in zip(
                        plan.limits, plan.energy, plan.totals, plan.jumps, strict=True
                    )
                ],
            }
        )
    return {
        **_title(tariff),
        "unit": tariff.unit,
        "zone": tariff.zone,
        "at": context.at.isoformat(),
        "energy": energies,
    }
