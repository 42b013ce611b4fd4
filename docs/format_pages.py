"""The reference page of tariff documents: every table and every key, from the fields that check them."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from docs.markdown import page, table
from voltoken.tariff import FIELDS, FORMAT, Field

TABLES: Final = {
    "": ("The document", "At the top of the file."),
    "tariff": ("`[tariff]`", "What it is the price list of."),
    "money": (
        "`[money]`",
        "Prices, charges and instalments are in whole units of `prices_in`, lines in coins.",
    ),
    "exchange": ("A rate of exchange", "An item of `money.rates`, the earliest first."),
    "units": ("`[units]`", "How units are sold. A token may be coarser; then its step counts."),
    "period": ("`[period]`", "When blocks start again, at midnight in the tariff's zone."),
    "limits": ("`[limits]`", "Of one purchase, amounts in `currency`. A purchase outside is refused."),
    "energy": (
        "`[[energy]]`",
        "Either `price`, or `blocks`, or `times` with `sold_at` or a `share` for each.",
    ),
    "block": (
        "A block",
        "An item of `energy.blocks`. Its price is for the units from the limit before it up to its own.",
    ),
    "slot": (
        "Hours with a price",
        "An item of `energy.times`, for the meter; a token is sold at the average.",
    ),
    "levy": (
        "`[[levy]]`",
        "`per_unit`, or `rate` with `on`, or `once` with `from_units`. Taxes are written in the same way.",
    ),
    "tax": ("`[[tax]]`", "As a levy; summed as a tax, and what `includes` names is often one."),
    "charge": ("`[[charge]]`", "Either `amount` with `per`, or `rate` for a fee on the payment."),
    "debt": ("`[[debt]]`", "The balance is the customer's; what is not named here is left alone."),
    "free": ("`[[free]]`", "Given with a purchase, or alone when nothing is paid."),
    "collection": ("`[collection]`", "What a payment pays first."),
    "names": ("`[names.LANGUAGE]`", "Any code of a part, with its name in the language."),
    "take": (
        "How much is taken",
        "The value of `take`. Without it everything due is taken, as far as the payment goes.",
    ),
    "when": ("Conditions", "The value of `when`. Everything that is named must hold."),
    "mean": (
        "Average of past months",
        "The value of `when.mean`. Of a shorter history as many months as there are.",
    ),
    "round": ("Rounding", "The value of `round`, `price_round` and `unit_round`."),
}
"""Title and sentence of every table, in the order of the page."""

EXAMPLE: Final = f"""```toml
format = "{FORMAT}"

[tariff]
code = "town-domestic"        # the same in all versions
version = "2026-27"
name = "Domestic"
utility = "A town"
category = "domestic prepaid"
zone = "Africa/Kampala"
valid_from = 2026-07-01       # from midnight in this zone

[money]
currency = "UGX"

[[energy]]
blocks = [{{ upto = 15, price = 250 }}, {{ price = 805 }}]

[[tax]]
code = "VAT"
name = "VAT"
rate = 0.18                   # never 18
on = ["energy", "SERVICE"]

[[charge]]
code = "SERVICE"
name = "Service fee"
amount = 3360
per = "month"
```"""


def format_page() -> str:
    """Write the page of the format of tariff documents."""
    parts = [
        (
            "A tariff document is a TOML file in UTF-8, of at most 256 KiB: one version of one tariff. "
            "Numbers are exact as they are written. Rates and shares are fractions: 15 % is `0.15`. The "
            "tariff index (TI) of a token is no part of it. [Tariffs](../../how-to/tariffs.md) shows how to "
            "write, check and use one, [How money becomes units](../../explanation/pricing.md) what is "
            "reckoned. `voltoken tariff schema` prints the same as a JSON schema."
        ),
        EXAMPLE,
    ]
    for name, (title, text) in TABLES.items():
        rows = (
            (f"`{key}`", _what(field), _default(field), field.meaning)
            for key, field in FIELDS.get(name, {}).items()
        )
        shown = f"\n\n{table(('Key', 'Value', 'Default', 'Meaning'), rows)}" if name in FIELDS else ""
        parts.append(f"## {title}\n\n{text}{shown}")
    return page("Format of tariffs", *parts)


def _what(field: Field) -> str:
    """Return what stands behind a key."""
    if field.table:
        what = TABLES[field.table][0] if field.table in TABLES else field.kind.value
        what = f"[{what}](#{_anchor(what)})"
    elif field.words:
        what = " or ".join(f"`{word}`" for word in field.words)
    else:
        what = ", ".join(filter(None, (field.kind.value, _bounds(field) or field.like)))
    return f"list of {what}" if field.many else what


def _bounds(field: Field) -> str:
    """Return the bounds of a number in words."""
    bounds = (("above", field.above), ("from", field.low), ("below", field.under), ("to", field.high))
    return " ".join(f"{word} {bound}" for word, bound in bounds if bound is not None)


def _default(field: Field) -> str:
    if field.required:
        return "*must be given*"
    if field.default is None:
        return "–"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    if isinstance(field.default, tuple):
        return ", ".join(f"`{value}`" for value in field.default) or "none"
    return f"`{field.default}`" if isinstance(field.default, str | int | Fraction) else "–"


def _anchor(title: str) -> str:
    return "".join(sign for sign in title.lower().replace(" ", "-") if sign.isalnum() or sign in "-_")
