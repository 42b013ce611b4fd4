"""How amounts are written and sentences are made in a language, without any locale of the machine.

A sentence has a code, for machines, and parameters that are values, not text. A language turns both into
text: it has a translation for the English template of the code (``phrases.PHRASES``), and its own ways to
write numbers, money and dates. What it does not translate is said in English. Numbers are written exactly
where they are short; prices with up to four decimals, which is rounding for the eye alone. A number and
its unit never part at the end of a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from voltoken.money import Currency, Money
from voltoken.tariff.rounding import Direction, exact_text, rounded
from voltoken.tariff.telling.phrases import COINS, PHRASES, SYMBOLS, UNIT_SIGNS

NO_BREAK: Final = "\N{NO-BREAK SPACE}"
"""Keeps a number and its unit on one line."""
MINUS: Final = "\N{MINUS SIGN}"

PRICE_PLACES: Final = 4
"""With how many decimals a price is written at most."""
CREDIT_PLACES: Final = 5
"""With how many decimals credit is written at most: a token counts it in 10**-5."""
COINS_TOLD: Final = 100
"""From so many coins on an amount is told as money, e.g. R 1.04 instead of 104 cents."""


@dataclass(frozen=True, slots=True)
class Units:
    """A number of units. unit: of the resource."""

    amount: Fraction
    unit: str

    def as_plain(self) -> object:
        """Return it for machines."""
        return {"units": exact_text(self.amount), "unit": self.unit}


@dataclass(frozen=True, slots=True)
class Price:
    """A price in whole units of the currency. unit: it is for one of these; empty where that is plain."""

    amount: Fraction
    currency: Currency
    unit: str = ""

    def as_plain(self) -> object:
        """Return it for machines."""
        told = {"amount": exact_text(self.amount), "currency": self.currency.code}
        return {**told, "unit": self.unit} if self.unit else told


@dataclass(frozen=True, slots=True)
class Credit:
    """Credit for a meter that counts money, in whole units of the currency, as fine as tokens carry it."""

    amount: Fraction
    currency: Currency

    def as_plain(self) -> object:
        """Return it for machines."""
        return {"amount": exact_text(self.amount), "currency": self.currency.code}


@dataclass(frozen=True, slots=True)
class Coins:
    """A small amount of money, told in coins where these have a name: 3 cents."""

    money: Money

    def as_plain(self) -> object:
        """Return it for machines."""
        return plain(self.money)


@dataclass(frozen=True, slots=True)
class Portion:
    """A share, told in percent. value: 0.15 for 15 %."""

    value: Fraction

    def as_plain(self) -> object:
        """Return it for machines."""
        return exact_text(self.value)


@dataclass(frozen=True, slots=True)
class Item:
    """A levy or tax in a list. rate: of other lines, or None."""

    money: Money
    name: str
    rate: Portion | None = None

    def as_plain(self) -> object:
        """Return it for machines."""
        rate = {} if self.rate is None else {"rate": plain(self.rate)}
        return {"name": self.name, "amount": plain(self.money), **rate}


@dataclass(frozen=True, slots=True)
class Times:
    """The same several times: 3 × 1,820,162.4 kWh. count: 2 or more."""

    count: int
    each: Units | Credit

    def as_plain(self) -> object:
        """Return it for machines."""
        return {"count": self.count, "each": plain(self.each)}


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of a sentence that is translated itself. code: of its phrase."""

    code: str

    def as_plain(self) -> object:
        """Return it for machines."""
        return self.code


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence. code: of its phrase; parameters: by name; text: in the language it was made in."""

    code: str
    parameters: Mapping[str, Value]
    text: str

    def as_dict(self) -> dict[str, object]:
        """Return it for machines: exact values as text."""
        parameters = {name: plain(value) for name, value in self.parameters.items()}
        return {"code": self.code, "text": self.text, "parameters": parameters}

    def as_plain(self) -> object:
        """Return it as a piece of another sentence, for machines."""
        return self.as_dict()


Value = (
    Units
    | Price
    | Credit
    | Coins
    | Portion
    | Item
    | Times
    | Word
    | Sentence
    | Money
    | date
    | str
    | int
    | tuple["Value", ...]
)
"""What parameters of sentences are."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language and how it writes values.

    code: of ISO 639-1. name: what the language calls itself. words: its template for every English one.
    decimal, group: the signs in numbers. money, percent, day: templates for these; first: for the first day
    of a month, where it is written in another way. months: twelve names.
    last: what stands between the last two things of a list. one_below_two: whether 0 is told in the
    singular, as in French.
    """

    code: str
    name: str
    words: Mapping[str, str]
    months: tuple[str, ...]
    decimal: str
    group: str
    money: str
    percent: str
    day: str
    last: str
    first: str = ""
    one_below_two: bool = False

    def say(self, code: str, **parameters: Value) -> Sentence:
        """Make a sentence. Where the phrase has a plural, ``count`` decides, a whole number."""
        return Sentence(code, MappingProxyType(parameters), self._text(code, parameters))

    def show(self, value: Value) -> str:
        """Return a value as it is written for people."""
        match value:
            case Money() | Coins() | Credit() | Price():
                return self._worth(value)
            case Units():
                return f"{self.number(value.amount)}{NO_BREAK}{sign_of(value.unit)}"
            case Portion():
                return self.percent.format(number=self.number(value.value * 100))
            case Item():
                return self._item(value)
            case Times():
                return f"{value.count}{NO_BREAK}×{NO_BREAK}{self.show(value.each)}"
            case Word():
                return self._text(value.code, {})
            case Sentence():
                return value.text
            case date():
                return self._day(value)
            case tuple():
                return self.joined(value)
            case _:
                return str(value)

    def number(self, value: Fraction, least: int = 0, most: int = PRICE_PLACES) -> str:
        """Return a number with as few decimals as are needed, but at least and at most so many."""
        sign = MINUS if rounded(value.numerator * 10**most, value.denominator, Direction.NEAREST) < 0 else ""
        whole, _, decimals = self._fixed(abs(value), most).partition(self.decimal)
        decimals = decimals[:least] + decimals[least:].rstrip("0")
        return f"{sign}{whole}{self.decimal}{decimals}" if decimals else f"{sign}{whole}"

    def joined(self, values: tuple[Value, ...]) -> str:
        """Return a list of things."""
        shown = [self.show(value) for value in values]
        return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])}{self.last}{shown[-1]}"

    def _text(self, code: str, parameters: Mapping[str, Value]) -> str:
        phrase = PHRASES[code]
        if isinstance(phrase, tuple):
            count = parameters["count"]
            phrase = phrase[0 if count == 1 or (self.one_below_two and count == 0) else 1]
        template = self.words.get(phrase, phrase)
        return template.format_map({name: self.show(value) for name, value in parameters.items()})

    def _fixed(self, value: Fraction, places: int) -> str:
        """Return a number of zero or more with so many decimals and its thousands in groups."""
        digits = rounded(value.numerator * 10**places, value.denominator, Direction.NEAREST)
        whole = f"{digits // 10**places:,}".replace(",", self.group)
        return f"{whole}{self.decimal}{digits % 10**places:0{places}}" if places else whole

    def _money(self, amount: Fraction, currency: Currency, least: int, most: int) -> str:
        number = self.number(abs(amount), least, most)
        symbol = SYMBOLS.get(currency.code, currency.code)
        text = self.money.format(symbol=symbol, amount=number).replace(" ", NO_BREAK)
        return f"{MINUS}{text}" if amount < 0 else text

    def _worth(self, value: Money | Coins | Credit | Price) -> str:
        if isinstance(value, Coins):
            return self._coins(value.money)
        places = value.currency.places
        if isinstance(value, Money):
            amount = Fraction(value.minor, value.currency.scale)
            return self._money(amount, value.currency, places, places)
        if isinstance(value, Credit):
            return self._money(value.amount, value.currency, places, max(CREDIT_PLACES, places))
        text = self._money(value.amount, value.currency, min(places, 2), max(PRICE_PLACES, places))
        return self._text("per", {"amount": text, "unit": sign_of(value.unit)}) if value.unit else text

    def _coins(self, money: Money) -> str:
        name = COINS.get(money.currency.code)
        if name is None or abs(money.minor) >= COINS_TOLD:
            return self.show(money)
        return self._text(name, {"count": money.minor}).replace(" ", NO_BREAK)

    def _day(self, day: date) -> str:
        template = self.first if self.first and day.day == 1 else self.day
        return template.format(day=day.day, month=self.months[day.month - 1], year=day.year)

    def _item(self, item: Item) -> str:
        named: dict[str, Value] = {"amount": item.money, "name": item.name}
        if item.rate is None:
            return self._text("item", named)
        return self._text("item.rate", {**named, "rate": item.rate})


def sign_of(unit: str) -> str:
    """Return how a unit is written for people."""
    return UNIT_SIGNS.get(unit, unit)


def plain(value: Value) -> object:
    """Return a value for machines: exact numbers as text, with their currency or unit."""
    match value:
        case Money():
            return {"amount": f"{value.amount:f}", "currency": value.currency.code}
        case date():
            return value.isoformat()
        case tuple():
            return [plain(part) for part in value]
        case str() | int():
            return value
        case _:
            return value.as_plain()
