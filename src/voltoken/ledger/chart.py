"""The chart of accounts of a vending utility, as a table of templates.

A template is the code of an account with placeholders: ``vendor:{vendor}:float`` becomes ``vendor:V17:float``
for vendor V17. What the accounts are for follows the list of section 1.6 of the reference on vending; how
they are named and cut is our choice.

Energy has books of its own, in units: whatever a security module puts on a token is credited to
``energy:issued``, and the other side says why it was issued. So ``energy:issued`` can be compared with the
module's journal, and ``energy:sold`` with the money.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from voltoken.errors import FieldError
from voltoken.ledger.accounts import Account, AccountKind, Limit
from voltoken.money import Currency

KWH: Final = Currency.of("kWh")
"""The currency of energy: one decimal, the step of an electricity token."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


class Measure(Enum):
    """What an account counts."""

    MONEY = "money"
    ENERGY = "energy"


@dataclass(frozen=True, slots=True)
class Template:
    """A row of the chart. code: with placeholders in braces. measure: what it counts. meaning: for people."""

    code: str
    kind: AccountKind
    measure: Measure
    meaning: str

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names in braces, in their order."""
        return tuple(_PLACEHOLDER.findall(self.code))


_A, _L, _Q = AccountKind.ASSET, AccountKind.LIABILITY, AccountKind.EQUITY
_I, _X = AccountKind.INCOME, AccountKind.EXPENSE
_M, _E = Measure.MONEY, Measure.ENERGY

TEMPLATES: Final[Mapping[str, Template]] = {
    "bank": Template("bank:{bank}", _A, _M, "Money in a bank account of the utility"),
    "transit": Template("cash:transit", _A, _M, "Cash that was handed over and is not at the bank yet"),
    "till": Template("cash:till:{till}", _A, _M, "Cash in a till of the utility"),
    "agent_cash": Template("vendor:{vendor}:cash", _A, _M, "Cash of the utility that an agent holds"),
    "gateway": Template("gateway:{provider}:receivable", _A, _M, "Paid to a provider, not settled yet"),
    "debt": Template("debt:{customer}:{debt}", _A, _M, "What a customer owes under a debt code"),
    "due": Template("customer:{customer}:due:{charge}", _A, _M, "A charge that was billed and is not paid"),
    "programme": Template(
        "programme:{programme}:receivable", _A, _M, "What a programme owes for free units that it pays for"
    ),
    "owing": Template("vendor:{vendor}:owing", _A, _M, "What a vendor owes: deposits that did not hold"),
    "float": Template("vendor:{vendor}:float", _L, _M, "What a vendor has paid in and not sold yet"),
    "commission": Template("vendor:{vendor}:commission", _L, _M, "Commission that a vendor has yet to get"),
    "prepaid": Template("customer:{customer}:prepaid", _L, _M, "Paid by a customer and not used yet"),
    "suspense": Template("suspense:{provider}", _L, _M, "Paid, and nobody knows yet for what"),
    "levy": Template("levy:{levy}", _L, _M, "A levy that was collected for others"),
    "tax": Template("tax:{tax}", _L, _M, "A tax that was collected for the state"),
    "result": Template("result", _Q, _M, "The result of closed periods"),
    "opening": Template("opening", _Q, _M, "The other side of balances that were brought in"),
    "sales": Template("sales:{tariff}", _I, _M, "Energy sold under a tariff"),
    "charge": Template("charge:{charge}", _I, _M, "Fixed and service charges"),
    "penalty": Template("penalty:{debt}", _I, _M, "Fines and work that became a debt of a customer"),
    "rounding": Template("rounding", _I, _M, "Differences of rounding, either way"),
    "counting": Template("counting", _I, _M, "Differences of cash that was counted, either way"),
    "goodwill": Template("freeissue:{reason}", _X, _M, "The price of units issued free for a reason"),
    "refunds": Template("refunds", _X, _M, "Paid back although the token stands"),
    "commissions": Template("commissions", _X, _M, "Commission of vendors"),
    "fees": Template("gateway:{provider}:fees", _X, _M, "Fees of a provider of payments"),
    "writeoff": Template("writeoff:debt:{debt}", _X, _M, "Debts that were given up"),
    "due_writeoff": Template("writeoff:charge:{charge}", _X, _M, "Charges that were billed and given up"),
    "owing_writeoff": Template("writeoff:vendor:{vendor}", _X, _M, "What vendors owed and was given up"),
    "energy_issued": Template("energy:issued", _I, _E, "Units on tokens, whatever they were issued for"),
    "energy_sold": Template("energy:sold:{tariff}", _X, _E, "Units sold under a tariff"),
    "energy_free": Template("energy:free:{programme}", _X, _E, "Free units of a programme"),
    "energy_freeissue": Template("energy:freeissue:{reason}", _X, _E, "Units issued free for a reason"),
    "energy_transferred": Template(
        "energy:transferred", _X, _E, "Units that stand for units of another meter or token"
    ),
    "energy_unsold": Template("energy:unsold", _X, _E, "Units on tokens whose sale did not stand"),
}
"""The accounts of a utility, by the name that posting rules use."""


@dataclass(frozen=True, slots=True)
class Chart:
    """The chart of one utility. money, unit: its own currency and unit of energy.

    Accounts in these two have the code of the template; in any other the code of the currency follows, e.g.
    ``sales:DOM:USD`` or ``energy:issued:m3``, because an account has one currency.
    """

    money: Currency
    unit: Currency = KWH

    def code(self, name: str, names: Mapping[str, str], currency: Currency | None = None) -> str:
        """Return the code of an account. name: of the template. names: of what stands for the placeholders.

        currency: None for the utility's own. Raises FieldError for a template that does not exist, a name
        that is missing, and one that is not made of letters, digits, ``.``, ``_`` and ``-``.
        """
        template = TEMPLATES.get(name)
        if template is None:
            raise FieldError("template", name, f"one of {', '.join(TEMPLATES)}")
        parts = {}
        for placeholder in template.placeholders:
            value = names.get(placeholder)
            if not isinstance(value, str) or not _NAME.fullmatch(value):
                raise FieldError(
                    placeholder, value, f"a name of letters, digits, '.', '_' and '-', for {template.code}"
                )
            parts[placeholder] = value
        code = template.code.format_map(parts)
        own = self.money if template.measure is Measure.MONEY else self.unit
        return code if currency is None or currency == own else f"{code}:{currency.code}"

    def account(
        self,
        name: str,
        names: Mapping[str, str],
        *,
        currency: Currency | None = None,
        limit: Limit | None = None,
    ) -> Account:
        """Return an account of the chart, to be opened. Raises FieldError as ``code`` does."""
        code = self.code(name, names, currency)
        template = TEMPLATES[name]
        own = self.money if template.measure is Measure.MONEY else self.unit
        return Account(code, template.kind, currency or own, template.meaning, limit)
