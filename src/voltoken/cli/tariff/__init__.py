"""``voltoken tariff``: price lists, from an empty file to what a customer is told."""

from __future__ import annotations

from typing import Final

from voltoken.cli.commands import Group, Lazy, imported

_COMMANDS: Final = {
    "check": "Find every fault of tariff documents at once.",
    "show": "Show a tariff as people read it, or list those that come along.",
    "price": "Price a purchase: by money, or by units.",
    "explain": "Tell a customer how money became units, and why fewer than last time.",
    "reprice": "Price a year of purchases anew: what a draft would change, and for whom.",
    "schema": "Print the JSON schema of the format.",
}

tariff = Group(
    "tariff",
    lazy={
        name: Lazy(line, imported(f"voltoken.cli.tariff.{name}", name)) for name, line in _COMMANDS.items()
    },
    help="Price lists: price a purchase, explain it, check and compare tariffs.\n\n"
    "TARIFF is the file of a tariff document, or the name of one that comes along: voltoken tariff show "
    "lists them. Everything is reckoned exactly; only the lines of a quote are rounded.",
    epilog="voltoken tariff show\n"
    "voltoken tariff price za-citypower-prepaid-high-2024-25 --money 200 --at 2024-08-05T10:00\n"
    "voltoken tariff check my-tariff.toml",
)
