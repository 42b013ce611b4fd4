"""Short tariff documents for tests: what a test does not speak of has the plainest value."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from voltoken.tariff import Context, Prices, Quote, load
from voltoken.tariff.document import Tariff

HEAD = """
format = "voltoken-tariff/1"
[tariff]
code = "test"
version = "1"
name = "Test"
utility = "Somebody"
category = "domestic"
resource = "{resource}"
zone = "{zone}"
valid_from = {valid_from}
[money]
currency = "{currency}"
{money}
[units]
round = {{ step = {step}, to = "{to}" }}
"""


def document(
    body: str = "",
    *,
    energy: str | None = "price = 2",
    money: str = "",
    currency: str = "ZAR",
    resource: str = "electricity",
    step: str = "0.1",
    to: str = "nearest",
    valid_from: str = "2020-01-01",
    zone: str = "UTC",
) -> str:
    """Return a document: a head, the energy of one [[energy]] table (or none), and a body of tables."""
    head = HEAD.format(
        money=money, currency=currency, resource=resource, step=step, to=to, valid_from=valid_from, zone=zone
    )
    return f"{head}{'' if energy is None else f'[[energy]]{chr(10)}{energy}{chr(10)}'}{body}"


def tariff(body: str = "", **head: Any) -> Tariff:
    """Return the tariff of ``document``."""
    return load(document(body, **head))


def prices(body: str = "", **head: Any) -> Prices:
    """Return the prices of ``document`` for tokens of units."""
    return Prices(tariff(body, **head))


def on(day: str = "2024-03-10", **circumstances: Any) -> Context:
    """Return the circumstances of a purchase at ten in the morning of a day."""
    return Context(datetime.fromisoformat(f"{day}T10:00").replace(tzinfo=UTC), **circumstances)


def lines(quote: Quote) -> list[tuple[str, str, Decimal]]:
    """Return the lines of a quote as (kind, code, amount in whole units of the currency)."""
    return [(line.kind.value, line.code, quote.currency.decimal(line.amount)) for line in quote.lines]


def amounts(quote: Quote) -> dict[str, str]:
    """Return the amounts of a quote's lines by code, energy by block as ``energy1``."""
    return {
        f"{line.code}{line.block or ''}": str(quote.currency.decimal(line.amount)) for line in quote.lines
    }
