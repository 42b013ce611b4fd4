"""``voltoken tariff price``: the quote of one purchase."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import click

from voltoken.cli.commands import Command
from voltoken.cli.parameters import convert, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.tariff.circumstances import Circumstances, circumstance_options, coins, number
from voltoken.cli.tariff.fitting import prices_of
from voltoken.cli.tariff.quotes import draw_quote, quote_document
from voltoken.cli.tariff.shared import load_tariff, tariff_argument
from voltoken.errors import PurchaseRefused
from voltoken.tariff import Context, Quote, Tariff


def purchase_options(command: Any) -> Any:
    """Add the options ``--money`` and ``--units``."""
    for name, text in (
        ("units", "How many units are wanted: what do they cost?"),
        ("money", "What is paid; 0 claims free units alone."),
    ):
        command = click.option(f"--{name}", metavar=name.upper(), callback=convert(number(name)), help=text)(
            command
        )
    return command


@click.command(
    cls=Command,
    epilog="voltoken tariff price za-citypower-prepaid-high-2024-25 --money 200 --at 2024-08-05T10:00\n"
    "voltoken tariff price my-tariff.toml --units 50 --used 32.3 --debt arrears=300",
)
@tariff_argument
@purchase_options
@circumstance_options
@json_option
def price(
    name: str, money: Decimal | None, units: Decimal | None, circumstances: Circumstances, *, as_json: bool
) -> None:
    """Price a purchase, by the money that is paid or by the units that are wanted.

    Shows every line of the quote, the tokens that carry the units, what is still owed, and the options
    with which the customer's next purchase is priced.
    """
    tariff = load_tariff(name)
    quote = quoted(tariff, circumstances, money, units)
    if as_json:
        answer(quote_document(quote, tariff))
    else:
        draw_quote(Screen(), quote, tariff)


def quoted(
    tariff: Tariff,
    circumstances: Circumstances,
    money: Decimal | None,
    units: Decimal | None,
    context: Context | None = None,
) -> Quote:
    """Return the quote that was asked for. context: instead of that of the circumstances.

    Raises UsageError unless either money or units are given, and all that prices raise.
    """
    if (money is None) == (units is None):
        raise click.UsageError("Give either --money or --units.", click.get_current_context())
    context = context or circumstances.context(tariff)
    try:
        prices = prices_of(tariff, context)
        if units is not None:
            return prices.quote_units(units, context)
        return prices.quote(coins(money or Decimal(0), tariff.money.currency), context)
    except PurchaseRefused as refused:
        if refused.reason != "not_in_force" or circumstances.at is not None:
            raise
        hint = f"{refused.message} Or say with --at when the purchase is made."
        raise PurchaseRefused(refused.reason, hint) from None
