"""The meter a scenario begins with: model, number, test key, memory of TIDs, credit.

What stands here is what a laboratory can set up in a real meter before the first step. The decoder key is
written out, so it must be one that everybody may know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from voltoken.errors import FieldError, ScenarioError
from voltoken.meter.cells import Balance
from voltoken.meter.machine import Meter
from voltoken.meter.price import Commodity, FlatPrice
from voltoken.meter.profile import Profile
from voltoken.meter.profiles import PROFILES
from voltoken.meter.scenario_values import DECIMAL, TEXT, TIDS, TRUTH, plain, read_as, run_lengths, whole
from voltoken.sts import (
    CURRENCY,
    EA,
    KEN,
    KRN,
    SAMPLE_TABLES,
    SGC,
    TI,
    BaseDate,
    DecoderKey,
    KeyType,
    MeterPAN,
    parse_key,
)

SAMPLE: Final = "sample"
"""What stands for the sample tables of EA07; no scenario runs on licensed ones."""

_STEPS_PER_MONEY: Final = 10**5
_MEMBERS: Final = (
    *("profile", "overrides", "pan", "key", "filled_with", "tids", "sta_tables", "price"),
    *("credit", "total", "tamper"),
)
_KEY_MEMBERS: Final = ("decoder_key", "test", "ea", "kt", "krn", "ti", "sgc", "ken", "base_date", "note")


@dataclass(frozen=True, slots=True)
class MeterSetup:
    """A meter before the first step.

    base: the name of the profile it starts from. profile: as it is in the end. key: a test key.
    tids: the memory, ascending. price: of one unit, for currency meters. credit, total: decimals in text.
    tamper: a tamper condition is set. note: where the key comes from.
    Raises ScenarioError for a key that is not marked test, and for values that make no meter.
    """

    base: str
    profile: Profile
    pan: MeterPAN
    key: DecoderKey
    tids: tuple[int, ...]
    credit: str = "0"
    total: str = "0"
    price: str | None = None
    tamper: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        """Check what the parts do not check themselves."""
        if not self.key.test:
            raise ScenarioError(
                "A scenario shows its key, so the key must be marked as a test key. Tell the story again "
                "with a key that everybody may know."
            )
        if len(self.tids) != self.profile.memory_size:
            raise ScenarioError(
                f"The memory must hold {self.profile.memory_size} TIDs in all; {len(self.tids)} are given."
            )

    def meter(self, begins: datetime) -> Meter:
        """Make the meter as it is when the scenario begins. Raises FieldError or RuleError."""
        price = None
        if self.price is not None:
            price = FlatPrice.of(Decimal(self.price), self.profile.service)
        tables = SAMPLE_TABLES if self.key.ea is EA.STA else None
        meter = Meter.new(
            self.pan, self.key, self.profile, filled_with=self.tids[0], sta_tables=tables, price=price
        )
        memory = meter.memory
        memory.tids = self.tids
        credit, total = self.credit_counts(self.credit), quantity_counts(self.total, self.profile.commodity)
        cut_off = memory.balance.cut_off and credit <= 0
        memory.balance = Balance(credit, total, cut_off=cut_off)
        memory.tamper = memory.tamper._replace(condition=self.tamper)
        meter.wait(begins)
        return meter

    def credit_counts(self, text: str) -> int:
        """Return an amount of credit in the meter's counts. Raises FieldError."""
        if not self.profile.service.is_currency:
            return quantity_counts(text, self.profile.commodity)
        steps = Fraction(text) * _STEPS_PER_MONEY
        if steps.denominator != 1:
            raise FieldError("credit", text, "an amount with at most 5 decimals")
        return steps.numerator

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        standard, own = PROFILES[self.base].to_document(), self.profile.to_document()
        overrides = {name: value for name, value in own.items() if value != standard[name]}
        document: dict[str, Any] = {"profile": self.base}
        if overrides:
            document["overrides"] = overrides
        document |= {"pan": str(self.pan), "key": self._key_document()}
        if self.key.ea is EA.STA:
            document["sta_tables"] = SAMPLE
        runs = run_lengths(self.tids)
        document |= {"filled_with": runs[0][0]} if len(runs) == 1 else {"tids": runs}
        if self.price is not None:
            document["price"] = self.price
        document["credit"] = self.credit
        if self.total != "0":
            document["total"] = self.total
        if self.tamper:
            document["tamper"] = True
        return document

    def _key_document(self) -> dict[str, Any]:
        key = self.key
        known = {"krn": key.krn, "ti": key.ti, "sgc": key.sgc}
        return {
            "decoder_key": key.key.hex(),
            "test": True,
            "ea": key.ea.value,
            "kt": int(key.kt),
            **{name: value for name, value in known.items() if value is not None},
            "ken": int(key.ken),
            "base_date": key.base_date.value,
            **({"note": self.note} if self.note else {}),
        }

    @classmethod
    def from_document(cls, document: object) -> MeterSetup:
        """Read it. Raises ScenarioError, FieldError, or what Python raises for members of other types."""
        values = _members(document, _MEMBERS, "meter")
        base = values.get("profile")
        if not isinstance(base, str) or base not in PROFILES:
            raise ScenarioError(FieldError("profile", base, f"one of {', '.join(PROFILES)}").message)
        profile = Profile.from_document(values.get("overrides", {}), PROFILES[base])
        key = _members(values.get("key"), _KEY_MEMBERS, "key")
        setup = cls(
            base,
            profile,
            MeterPAN(values.get("pan", "")),
            _key(key),
            _tids(values, profile),
            credit=read_as(DECIMAL, values.get("credit", "0"), "credit"),
            total=read_as(DECIMAL, values.get("total", "0"), "total"),
            price=read_as(DECIMAL, values["price"], "price") if values.get("price") is not None else None,
            tamper=read_as(TRUTH, values.get("tamper", False), "tamper"),
            note=read_as(TEXT, key.get("note", ""), "note"),
        )
        tables = values.get("sta_tables")
        if tables != (SAMPLE if setup.key.ea is EA.STA else None):
            raise ScenarioError(
                f'sta_tables must be "{SAMPLE}" for a meter of EA07, and left out for others.',
                place="sta_tables",
            )
        return setup


def quantity_counts(text: str, commodity: Commodity) -> int:
    """Return a quantity in units as whole counts. Raises FieldError when it is not one.

    Minutes are written with two decimals rounded down, which still tell every second from the next.
    """
    exact = Fraction(text) * commodity.counts
    counts = -(-exact.numerator // exact.denominator)
    if Decimal(plain(commodity.units(counts))) != Decimal(text):
        raise FieldError("quantity", text, f"a whole number of {commodity.count_name}, in {commodity.unit}")
    return counts


def credit_text(counts: int, profile: Profile) -> str:
    """Return counts of credit in units or money, in the one form of decimals."""
    return plain(CURRENCY.units(counts) if profile.service.is_currency else profile.commodity.units(counts))


def _members(document: object, known: tuple[str, ...], where: str) -> dict[str, Any]:
    if not isinstance(document, Mapping):
        raise ScenarioError(f"{where} must be an object with {', '.join(known)}.", place=where)
    for name in document:
        if name not in known:
            raise ScenarioError(FieldError(where, name, f"one of {', '.join(known)}").message, place=where)
    return dict(document)


def _key(values: dict[str, Any]) -> DecoderKey:
    return DecoderKey(
        parse_key(values.get("decoder_key", ""), "decoder_key"),
        EA(values.get("ea", "")),
        SGC(values["sgc"]) if "sgc" in values else None,
        KRN(values["krn"]) if "krn" in values else None,
        TI(values["ti"]) if "ti" in values else None,
        KeyType(read_as(whole(0, 3), values.get("kt", int(KeyType.DUTK)), "kt")),
        BaseDate(values.get("base_date", BaseDate.BD2014.value)),
        KEN(values.get("ken", 255)),
        test=read_as(TRUTH, values.get("test", False), "test"),
    )


def _tids(values: dict[str, Any], profile: Profile) -> tuple[int, ...]:
    if ("filled_with" in values) is ("tids" in values):
        raise ScenarioError("The memory is given as filled_with or as tids, one of them.", place="tids")
    if "tids" not in values:
        filled_with: int = read_as(whole(0, 0xFFFFFF), values["filled_with"], "filled_with")
        return (filled_with,) * profile.memory_size
    pairs = read_as(TIDS, values["tids"], "tids")
    if sum(count for _, count in pairs) != profile.memory_size:
        raise ScenarioError(f"The memory must hold {profile.memory_size} TIDs in all.", place="tids")
    return tuple(tid for tid, count in pairs for _ in range(count))
