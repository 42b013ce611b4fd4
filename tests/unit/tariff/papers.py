"""A plain tariff document, and the same with something changed, to see what the check says of it."""

from __future__ import annotations

from voltoken.tariff.reading.check import check

PLAIN = """\
format = "voltoken-tariff/1"

[tariff]
code = "xx-plain"
version = "2024-25"
name = "Domestic"
utility = "A utility made up"
category = "domestic"
zone = "Africa/Johannesburg"
valid_from = 2024-07-01
valid_until = 2025-06-30

[money]
currency = "ZAR"
round = { step = 0.01, to = "nearest" }

[[energy]]
blocks = [
    { upto = 350, price = 2.3640 },
    { upto = 500, price = 2.7116 },
    { price = 3.0899 },
]

[[levy]]
code = "FUEL"
name = "Fuel"
per_unit = 0.12

[[charge]]
code = "SERVICE"
name = "Service charge"
amount = 200
per = "month"
take = { share = 0.50 }

[[debt]]
code = "arrears"
name = "Arrears"
take = { share = 0.25 }

[[tax]]
code = "VAT"
name = "Value added tax"
rate = 0.15
on = ["energy", "SERVICE"]
"""
"""In order. Lines are counted from ``format``, which is line 1."""

BLOCKS = PLAIN[PLAIN.index("blocks = [") : PLAIN.index("[[levy]]")]
"""The price of energy in it."""


def changed(old: str, new: str) -> str:
    """Return the plain document with one text in the place of another."""
    assert PLAIN.count(old) == 1, old
    return PLAIN.replace(old, new)


def priced(energy: str) -> str:
    """Return the plain document with other prices of energy."""
    return changed(BLOCKS, energy + "\n\n")


def kept(text: str) -> str:
    """Return a document whose customers keep what buys nothing: as prices of all units need it."""
    text = text.replace('currency = "ZAR"\n', 'currency = "ZAR"\nremainder = "carry"\n', 1)
    return (
        text
        if "\nunits = " in text or "[units]" in text
        else f'{text}\n[units]\nround = {{ step = 0.1, to = "down" }}\n'
    )


def more(text: str) -> str:
    """Return the plain document with something at its end."""
    return f"{PLAIN}\n{text}\n"


def line_of(text: str, document: str = PLAIN) -> int:
    """Return the number of the only line that begins with a text."""
    found = [number for number, line in enumerate(document.splitlines(), 1) if line.strip().startswith(text)]
    assert len(found) == 1, text
    return found[0]


def told(document: str | bytes) -> list[str]:
    """Return what the check says, without the line."""
    return [f"{fault.where}: {fault.reason}" if fault.where else fault.reason for fault in check(document)]
