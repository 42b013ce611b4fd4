"""What a transaction is about, in whole numbers; and a quote of a price list as such facts.

Facts are whole numbers of the smallest coin, or of the smallest step of energy. A quote becomes facts line
by line, so that the books add up to the tender exactly when the quote does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from voltoken.errors import FieldError
from voltoken.ledger.chart import KWH
from voltoken.money import Currency

KEYED: Final[Mapping[str, str]] = {
    "levies": "levy",
    "taxes": "tax",
    "charges": "charge",
    "dues": "charge",
    "debts": "debt",
    "net_debts": "debt",
    "subsidies": "programme",
    "free": "programme",
}
"""Facts that are given by code, with the placeholder that the code stands for."""

_POSITIVE: Final = ("tender", "amount", "held", "lacking", "commission", "fee", "units")
_SIGNED: Final = ("energy", "rounding", "carried", "difference")
_POSITIVE_BY_CODE: Final = {"dues", "net_debts", "free", "subsidies"}
_QUOTED: Final = {"levy": "levies", "tax": "taxes", "charge": "charges", "debt": "debts"}


class PaidBy(Enum):
    """Where the money of a transaction comes from, or goes to: a name of the chart."""

    FLOAT = "float"
    AGENT_CASH = "agent_cash"
    TILL = "till"
    BANK = "bank"
    GATEWAY = "gateway"
    PREPAID = "prepaid"
    SUSPENSE = "suspense"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a transaction is about. Amounts are in the smallest coin of currency; what does not occur is 0.

    names: what stands for placeholders of the chart, e.g. ``{"vendor": "V17", "tariff": "DOM"}``.
    paid_by: where the money comes from or goes to, for rules that leave it open.
    unit: of energy. units: steps of it that are sold or issued, e.g. 17001 for 1700.1 kWh.
    tender: what was paid, or paid back. amount: of a transaction that has only one. held, lacking: of an
        amount that is taken from a float, what is there and what is not. commission, fee: of it.
    energy: of the tender for energy. rounding, carried: what is left to rounding, and what is kept for the
        customer; either may be below zero. difference: what was counted less what should be there.
    levies, taxes, charges, debts: by code, debts with the tax on them; those of a rebate are below zero.
    dues: charges that were billed before, with the tax on them, by code of the charge.
    net_debts: of debts what is not tax, by code of the debt.
    free: steps of energy by programme. subsidies: the price of them, for programmes that pay it.
    Raises FieldError for a float, and for an amount below zero where there is no such thing.
    """

    currency: Currency
    names: Mapping[str, str] = field(default_factory=dict)
    paid_by: PaidBy | None = None
    unit: Currency = KWH
    tender: int = 0
    amount: int = 0
    held: int = 0
    lacking: int = 0
    commission: int = 0
    fee: int = 0
    units: int = 0
    energy: int = 0
    rounding: int = 0
    carried: int = 0
    difference: int = 0
    levies: Mapping[str, int] = field(default_factory=dict)
    taxes: Mapping[str, int] = field(default_factory=dict)
    charges: Mapping[str, int] = field(default_factory=dict)
    dues: Mapping[str, int] = field(default_factory=dict)
    debts: Mapping[str, int] = field(default_factory=dict)
    net_debts: Mapping[str, int] = field(default_factory=dict)
    subsidies: Mapping[str, int] = field(default_factory=dict)
    free: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check every amount."""
        for name in (*_POSITIVE, *_SIGNED):
            _check_amount(name, getattr(self, name), signed=name in _SIGNED)
        for name in KEYED:
            for code, value in getattr(self, name).items():
                _check_amount(f"{name}[{code}]", value, signed=name not in _POSITIVE_BY_CODE)

    def given(self) -> frozenset[str]:
        """Return the names of the facts that are not zero."""
        counted = [name for name in (*_POSITIVE, *_SIGNED) if getattr(self, name)]
        keyed = [name for name in KEYED if any(getattr(self, name).values())]
        return frozenset((*counted, *keyed))


def facts_of_quote(
    facts: Facts,
    lines: Iterable[tuple[str, str, int]],
    *,
    units: int,
    free: Mapping[str, int] | None = None,
    billed: Mapping[str, Mapping[str, int]] | None = None,
    paying: Collection[str] = (),
) -> Facts:
    """Return facts with what a quote says: its lines, and the units it brings.

    facts: what else is known: tender, names, who pays. lines: category, code and amount of each: energy,
    levy, tax, charge, debt, free, rounding or carried. units, free: steps of energy that are bought, and free
    ones by programme.
    billed: charges that were booked when they were billed (``charge_billed``), by code, each with what the
        lines of taxes and levies hold for it, e.g. ``{"service": {"VAT": 300}}``. They are paid off what the
        customer owes, tax and all, and are not income once more.
    paying: programmes that pay for their free units. A free line below zero is the price of free units that a
        line of energy holds: a sale to such a programme, and no sale to any other.
    Raises FieldError for another category, and for a tax in billed that the lines do not hold.
    """
    scalar = dict.fromkeys(("energy", "rounding", "carried"), 0)
    keyed: dict[str, dict[str, int]] = {name: {} for name in (*_QUOTED.values(), "subsidies")}
    for category, code, minor in lines:
        if category in scalar:
            scalar[category] += minor
        elif category in _QUOTED:
            _add(keyed[_QUOTED[category]], code, minor)
        elif category == "free":
            scalar["energy"] += minor
            if code in paying:
                _add(keyed["subsidies"], code, -minor)
        else:
            allowed = ", ".join(sorted((*_QUOTED, *scalar, "free")))
            raise FieldError("category", category, f"one of {allowed}")
    dues = _paid_off(keyed, billed or {})
    return replace(
        facts,
        units=units,
        free=dict(free or {}),
        dues=dues,
        energy=scalar["energy"],
        rounding=scalar["rounding"],
        carried=scalar["carried"],
        levies=keyed["levies"],
        taxes=keyed["taxes"],
        charges=keyed["charges"],
        debts=keyed["debts"],
        subsidies=keyed["subsidies"],
    )


def _paid_off(keyed: Mapping[str, dict[str, int]], billed: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Take the charges that were billed, with the taxes on them, out of what is booked; return them."""
    dues = {}
    for charge, extras in billed.items():
        if charge not in keyed["charges"]:
            continue
        dues[charge] = keyed["charges"].pop(charge)
        for code, minor in extras.items():
            _check_amount(f"billed[{charge}][{code}]", minor, signed=False)
            sums = keyed["taxes"] if code in keyed["taxes"] else keyed["levies"]
            if minor > sums.get(code, 0):
                raise FieldError(
                    f"billed[{charge}][{code}]", minor, f"at most {sums.get(code, 0)}, what the lines hold"
                )
            sums[code] = sums.get(code, 0) - minor
            dues[charge] += minor
    return dues


def _add(sums: dict[str, int], code: str, minor: int) -> None:
    sums[code] = sums.get(code, 0) + minor


def _check_amount(name: str, value: object, *, signed: bool) -> None:
    """Refuse what is no whole number, and what is below zero where there is no such thing."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise FieldError(name, value, "a whole number of the smallest coin or step")
    if value < 0 and not signed:
        raise FieldError(name, value, "0 or more")
