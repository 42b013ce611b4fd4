"""Every table and every key of a tariff document, as data: for the check, the schema and the reference page.

Keys are given by table. A table inside another one (``take``, ``when``, a block) has a name of its own here.
What several keys say together, e.g. that the limits of blocks rise, is in ``rules`` and ``references``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from typing import Final

from voltoken.tariff.document import FORMAT, UNITS_OF

DAY_FIRST: Final = date(1970, 1, 1)
DAY_LAST: Final = date(2199, 12, 31)
"""Days that a document may name."""

NUMBER_MAX: Final = 10**12
"""Numbers are below this; of either sign where both are allowed."""
PLACES_MAX: Final = 12
"""Decimals of a number."""
MONTHS_MAX: Final = 600
"""How many months a table of numbers may have."""

CODE: Final = r"[A-Za-z][A-Za-z0-9_-]{0,31}"
"""Codes of parts of the price."""
NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
"""Codes and versions of tariffs."""
ZONE: Final = r"UTC|[A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2}"
CURRENCY: Final = r"[A-Z]{3}"
MARK: Final = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}"
_CLOCK: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
HOURS: Final = rf"{_CLOCK}-({_CLOCK}|24:00)"
MONTH: Final = r"(19[7-9][0-9]|20[0-9][0-9]|21[0-9][0-9])-(0[1-9]|1[0-2])"
LANGUAGE: Final = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Monday is 1."""

RESERVED: Final = frozenset({"energy", "levies", "charges", "rounding", "carried"})
"""Words that stand for lines or groups of lines, and so are the code of nothing."""


class Kind(Enum):
    """What stands behind a key."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole number"
    YES = "true or false"
    DAY = "day"
    TABLE = "table"
    MONTHLY = "number, or a table of numbers by month"


@dataclass(frozen=True, slots=True)
class Field:
    """One key. kind: what stands behind it, or, with ``many``, of what it is a list (of 1 to ``many``).

    low, high: bounds of a number, included; above, under: not included. words: all texts allowed.
    pattern: of texts, with ``like`` as its description. long: characters of a text, at most. lines: whether a
    text may have several.
    table: name of the table's keys in ``FIELDS``. percent: a number above 1 is likely to be a percentage.
    default: the value when it is not given, None for none of its own. meaning: a sentence for people.
    """

    kind: Kind
    meaning: str
    required: bool = False
    many: int = 0
    low: int | None = None
    high: int | None = None
    above: int | None = None
    under: int | None = None
    words: tuple[str, ...] = ()
    pattern: str = ""
    like: str = ""
    long: int = 200
    lines: bool = False
    table: str = ""
    percent: bool = False
    default: object = None


def _code(meaning: str, *, required: bool = True, many: int = 0) -> Field:
    like = "a letter and up to 31 more letters, digits, - and _"
    return Field(Kind.TEXT, meaning, required=required, many=many, pattern=CODE, like=like)


def _name(meaning: str) -> Field:
    return Field(Kind.TEXT, meaning, required=True, pattern=NAME, like="up to 64 letters, digits, . - and _")


def _rounding(meaning: str) -> Field:
    return Field(Kind.TABLE, meaning, table="round")


def _above_zero(meaning: str, *, required: bool = False) -> Field:
    return Field(Kind.NUMBER, meaning, required=required, above=0)


_MONTHS: Final = Field(
    Kind.WHOLE, "Months of the year in which it applies, 1 to 12.", many=12, low=1, high=12, default=()
)
_INCLUDES: Final = Field(
    Kind.TEXT,
    "Codes of the levies and taxes that the amount already contains.",
    many=50,
    pattern=CODE,
    like="codes of levies and taxes",
    default=(),
)
_WHEN: Final = Field(Kind.TABLE, "When this part applies; without it, always.", table="when")
_PLACE: Final = Field(
    Kind.TEXT,
    "Where it is collected: at the till with every purchase, or by the meter.",
    words=("till", "meter"),
    default="till",
)
_FREE_TEXT: Final = Field(Kind.TEXT, "For people; nothing is reckoned from it.", long=10_000, lines=True)
_LABEL: Final = Field(Kind.TEXT, "Its name on receipts.", required=True, long=100)
_ACCRUES: Final = Field(
    Kind.YES, "Whether months or periods without a purchase fall due as well.", default=False
)
_ACCRUES_MAX: Final = Field(
    Kind.WHOLE, "At most so many days, months or periods fall due at once.", low=1, high=1000
)
_TAKE: Final = Field(Kind.TABLE, "How much of what is due one purchase pays.", table="take")
_PER: Final = ("purchase", "day", "month", "period")

_EXTRA: Final[Mapping[str, Field]] = {
    "code": _code("Its code, by which other parts name it."),
    "name": _LABEL,
    "per_unit": Field(
        Kind.MONTHLY,
        "Amount for one unit; or one for each month, as { 2017-12 = 5.71 }. Below zero it is a rebate.",
    ),
    "rate": Field(
        Kind.NUMBER,
        "Share of the parts named in `on`, e.g. 0.15. Below zero it is a rebate, down to -0.99.",
        low=-1,
        high=1,
        percent=True,
    ),
    "on": _code(
        "Parts it is a share of: energy, codes, or the groups levies and charges.", required=False, many=100
    ),
    "once": _above_zero(
        "Amount that is paid once in a period, by the purchase that goes above `from_units`; money that is "
        "too little for it has to be carried."
    ),
    "from_units": Field(
        Kind.NUMBER, "Only for units of the period above this one.", low=0, default=Fraction(0)
    ),
    "upto_units": _above_zero("Only for units of the period up to this one."),
    "unit_round": _rounding("How its amount for one unit is rounded; without it, not at all."),
    "includes": _INCLUDES,
    "when": _WHEN,
    "collected": _PLACE,
}

FIELDS: Final[Mapping[str, Mapping[str, Field]]] = {
    "": {
        "format": Field(Kind.TEXT, "The format and its version.", required=True, words=(FORMAT,)),
        "tariff": Field(
            Kind.TABLE, "What this is the price list of, and when it is valid.", required=True, table="tariff"
        ),
        "money": Field(Kind.TABLE, "Currency and rounding of money.", required=True, table="money"),
        "units": Field(Kind.TABLE, "Rounding of units.", table="units"),
        "period": Field(Kind.TABLE, "When the blocks start again.", table="period"),
        "limits": Field(Kind.TABLE, "Bounds of one purchase.", table="limits"),
        "energy": Field(
            Kind.TABLE,
            "What a unit costs. Of several, the first whose `when` holds is taken.",
            required=True,
            many=12,
            table="energy",
        ),
        "levy": Field(Kind.TABLE, "A levy: for each unit, or a share.", many=30, table="levy"),
        "tax": Field(Kind.TABLE, "A tax: for each unit, or a share.", many=20, table="tax"),
        "charge": Field(
            Kind.TABLE, "A fixed or periodic charge, or a fee on the payment.", many=50, table="charge"
        ),
        "debt": Field(Kind.TABLE, "How a debt of the customer is recovered.", many=50, table="debt"),
        "free": Field(Kind.TABLE, "Units without payment.", many=20, table="free"),
        "collection": Field(Kind.TABLE, "Order in which charges and debts are taken.", table="collection"),
        "names": Field(
            Kind.TABLE, 'Names of parts in other languages: [names.fr] VAT = "TVA".', table="names"
        ),
    },
    "tariff": {
        "code": _name("Code of the tariff, the same in all its versions."),
        "version": _name("This version, e.g. 2024-25."),
        "name": Field(Kind.TEXT, "Name of the tariff.", required=True),
        "utility": Field(Kind.TEXT, "Whose tariff it is.", required=True),
        "category": Field(Kind.TEXT, "For which customers it is.", required=True),
        "resource": Field(Kind.TEXT, "What is sold.", words=tuple(UNITS_OF), default="electricity"),
        "zone": Field(
            Kind.TEXT,
            "Time zone of its midnights.",
            required=True,
            pattern=ZONE,
            like="an IANA name such as Africa/Kampala, or UTC",
        ),
        "valid_from": Field(Kind.DAY, "First day on which it is valid.", required=True),
        "valid_until": Field(Kind.DAY, "Last day on which it is valid; without it, until further notice."),
        "sources": Field(
            Kind.TEXT, "Where the prices are from: addresses, gazettes.", many=50, long=500, default=()
        ),
        "description": _FREE_TEXT,
        "notes": _FREE_TEXT,
    },
    "money": {
        "currency": Field(
            Kind.TEXT,
            "Currency in which customers pay.",
            required=True,
            pattern=CURRENCY,
            like="three capital letters such as ZAR",
        ),
        "places": Field(
            Kind.WHOLE, "Decimals of its smallest coin; without it, those of ISO 4217.", low=0, high=8
        ),
        "prices_in": Field(
            Kind.TEXT,
            "Currency of all prices and charges, where it is another one.",
            pattern=CURRENCY,
            like="three capital letters such as USD",
        ),
        "rates": Field(
            Kind.TABLE,
            "Rates of exchange by day; without them, the day's rate comes with the purchase.",
            many=1000,
            table="exchange",
        ),
        "round": _rounding(
            "How every line is rounded; without it, to the nearest smallest coin. The step is at most 10000 "
            "coins."
        ),
        "price_round": _rounding(
            "How the price of a unit is rounded in the currency; without it, not at all."
        ),
        "shares_on": Field(
            Kind.TEXT,
            "Whether shares are reckoned on lines as printed, or on exact amounts.",
            words=("rounded", "exact"),
            default="rounded",
        ),
        "lines_of": Field(
            Kind.TEXT,
            "Whether lines are reckoned from the units as rounded, or from the money as tendered.",
            words=("units", "tender"),
            default="units",
        ),
        "remainder": Field(
            Kind.TEXT,
            "Money that buys no whole step: a line of its own, or carried to the next purchase. Only where "
            "units are rounded down can it be carried.",
            words=("rounding", "carry"),
            default="rounding",
        ),
    },
    "units": {
        "round": _rounding(
            "How units are rounded; without it, to the nearest 0.1. The step is at most 1000, with at most 4 "
            "decimals."
        )
    },
    "period": {
        "every": Field(
            Kind.TEXT, "The calendar month; the default without `days`.", words=("month",), default="month"
        ),
        "days": Field(Kind.WHOLE, "Length of a period in days.", low=1, high=366),
        "starts": Field(Kind.DAY, "First day of one of these periods."),
        "on_change": Field(
            Kind.TEXT,
            "Whether a version that begins inside a period goes on counting, or starts again.",
            words=("carry", "restart"),
            default="carry",
        ),
        "counts": Field(
            Kind.TEXT,
            "Which units move a customer through the blocks. Those that are bought always do.",
            many=2,
            words=("bought", "free"),
            default=("bought",),
        ),
    },
    "limits": {
        "amount_min": _above_zero("Least amount of a purchase."),
        "amount_max": _above_zero("Greatest amount of a purchase."),
        "units_min": _above_zero("Fewest units of a purchase."),
        "units_max": _above_zero("Most units of a purchase."),
    },
    "energy": {
        "price": _above_zero("Price of every unit."),
        "blocks": Field(Kind.TABLE, "Prices by units in the period.", many=30, table="block"),
        "times": Field(
            Kind.TABLE,
            "Prices by hour, as the meter counts. The first that fits holds.",
            many=20,
            table="slot",
        ),
        "sold_at": _above_zero("With `times`: the price at which a token is sold."),
        "includes": _INCLUDES,
        "when": _WHEN,
        "collected": _PLACE,
    },
    "block": {
        "upto": _above_zero("Last unit of the block, from the start of the period; none in the last block."),
        "price": _above_zero("Price of a unit in it.", required=True),
        "all_units": Field(
            Kind.YES,
            "Whether its price, once it is reached, is that of all units from the first.",
            default=False,
        ),
    },
    "slot": {
        "name": _LABEL,
        "price": _above_zero("Price of a unit.", required=True),
        "hours": Field(
            Kind.TEXT,
            "Hours of the day; without them, all.",
            many=8,
            pattern=HOURS,
            like='hours such as "06:00-08:30", on one day from 00:00 to 24:00',
            default=(),
        ),
        "days": Field(Kind.TEXT, "Days of the week; without them, all.", many=7, words=WEEKDAYS, default=()),
        "months": _MONTHS,
        "share": Field(
            Kind.NUMBER, "Share of all units that is taken to fall in it.", low=0, high=1, percent=True
        ),
    },
    "levy": _EXTRA,
    "tax": _EXTRA,
    "charge": {
        "code": _code("Its code, by which other parts name it."),
        "name": _LABEL,
        "amount": _above_zero("Amount for each `per`."),
        "per": Field(Kind.TEXT, "How often the amount falls due.", words=_PER),
        "rate": Field(
            Kind.NUMBER,
            "For a fee instead of an amount: share of the payment.",
            above=0,
            under=1,
            percent=True,
        ),
        "each": _code(
            "What the amount is for each of, e.g. kVA; how many there are comes with a purchase.",
            required=False,
        ),
        "accrues": _ACCRUES,
        "accrues_max": _ACCRUES_MAX,
        "take": _TAKE,
        "includes": _INCLUDES,
        "when": _WHEN,
        "collected": _PLACE,
    },
    "debt": {
        "code": _code("Code of the debt in the customer's account."),
        "name": _LABEL,
        "instalment": _above_zero("Amount that falls due for each `per`; without it, all at once."),
        "per": Field(Kind.TEXT, "How often an instalment falls due; without it, every month.", words=_PER),
        "accrues": _ACCRUES,
        "accrues_max": _ACCRUES_MAX,
        "take": _TAKE,
        "when": _WHEN,
        "collected": _PLACE,
    },
    "free": {
        "code": _code("Its code."),
        "name": _LABEL,
        "units": _above_zero("How many units, a multiple of 0.1.", required=True),
        "per": Field(
            Kind.TEXT,
            "For how long: unused units are lost at its end.",
            words=("month", "period"),
            default="month",
        ),
        "claim": Field(Kind.YES, "Whether they are given only when asked for.", default=False),
        "when": _WHEN,
    },
    "collection": {
        "order": Field(
            Kind.TEXT,
            "Codes of charges and debts, first to be taken first; others follow, charges before debts.",
            many=100,
            pattern=CODE,
            like="codes of charges and debts",
            default=(),
        ),
        "energy_share": Field(
            Kind.NUMBER,
            "Share of every payment that is left for energy.",
            low=0,
            under=1,
            percent=True,
            default=Fraction(0),
        ),
    },
    "round": {
        "step": _above_zero("To a multiple of this.", required=True),
        "to": Field(
            Kind.TEXT,
            "Which multiple: the nearest (halves away from zero), down to zero, or up.",
            words=("nearest", "down", "up"),
            default="nearest",
        ),
    },
    "exchange": {
        "from": Field(Kind.DAY, "First day of the rate.", required=True),
        "rate": _above_zero("How much of `currency` one of `prices_in` costs.", required=True),
    },
    "take": {
        "share": Field(Kind.NUMBER, "At most this share of the payment.", above=0, high=1, percent=True),
        "of": Field(
            Kind.TEXT,
            "Share of the whole payment, or of the rest that is left of it.",
            words=("tender", "rest"),
            default="tender",
        ),
        "at_least": Field(Kind.NUMBER, "With `share`: never less than this, if so much is due.", above=0),
        "at_most": _above_zero("Never more than this."),
        "whole": Field(
            Kind.YES, "All that is due, or the purchase is refused. Not for a fee.", default=False
        ),
    },
    "when": {
        "months": _MONTHS,
        "customer": Field(
            Kind.TEXT,
            "The customer has one of these marks.",
            many=50,
            pattern=MARK,
            like="up to 64 letters, digits and . _ : -",
            default=(),
        ),
        "not_customer": Field(
            Kind.TEXT,
            "The customer has none of these marks.",
            many=50,
            pattern=MARK,
            like="up to 64 letters, digits and . _ : -",
            default=(),
        ),
        "mean": Field(Kind.TABLE, "The customer's average of past months is within bounds.", table="mean"),
    },
    "mean": {
        "months": Field(Kind.WHOLE, "How many past months.", required=True, low=1, high=36),
        "from": Field(Kind.NUMBER, "Units a month, at least.", low=0),
        "at_least": Field(Kind.NUMBER, "The same as `from`.", low=0),
        "below": _above_zero("Units a month, fewer than this."),
        "without_history": Field(
            Kind.YES, "Whether it holds for a customer without any full month.", default=True
        ),
    },
}
"""All keys by table; the document itself is the table without a name."""

TABLES: Final[Mapping[str, str]] = {
    "": "One version of a tariff: what a utility charges, from one midnight to another.",
    "tariff": "What this is the price list of, and when it is valid.",
    "money": "Currency and rounding of money. Prices are in whole units of the currency.",
    "units": "Rounding of units.",
    "period": "The period in which blocks count units.",
    "limits": "Bounds of one purchase: amounts in the currency, and units.",
    "energy": "What a unit costs: one price, blocks, or hours.",
    "block": "A price up to a number of units in the period.",
    "slot": "A price for hours of the week.",
    "levy": "A levy: an amount for each unit, or a share of other parts.",
    "tax": "A tax: an amount for each unit, or a share of other parts.",
    "charge": "Money due besides energy: an amount for each purchase, day, month or period, or a fee.",
    "debt": "How a debt is recovered. Its balance comes with the purchase.",
    "free": "Units without payment.",
    "collection": "In which order charges and debts are taken from a payment, and what is left for energy.",
    "names": "Names of parts by language and code.",
    "round": "A step, and which multiple of it is taken.",
    "exchange": "A rate of exchange from one day on.",
    "take": "How much of what is due one purchase pays, taxes included; without it, all there is.",
    "when": "A condition: all that is named must hold.",
    "mean": "A condition on the average of past calendar months.",
}
"""What every table is for."""
