"""Accounts, what they may hold, and what they do hold: four totals in the smallest coin.

An account has one currency and one of the five kinds of double entry, which says on which side it grows.
Energy is kept like money: in accounts whose currency is ``kWh``. Amounts are whole numbers, a debit positive;
the *own* balance of an account counts the side it grows on as positive, as its owner reads it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from voltoken.errors import FieldError
from voltoken.money import Currency

CODE_MAX: Final = 128
"""Longest code of an account, in characters."""

TOTAL_MAX: Final = 2**63 - 1
"""Largest total of an account: what a column of 64 bits takes."""

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(:[A-Za-z0-9][A-Za-z0-9._-]*)*")


class AccountKind(Enum):
    """The five kinds of account."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"

    @property
    def sign(self) -> int:
        """1 when debits make it grow (assets, expenses), -1 when credits do."""
        return 1 if self in {AccountKind.ASSET, AccountKind.EXPENSE} else -1

    @property
    def is_result(self) -> bool:
        """Whether it belongs to the result of a period: income and expenses."""
        return self in {AccountKind.INCOME, AccountKind.EXPENSE}


class Balance(NamedTuple):
    """What was written to an account, in its smallest coin: four totals that only differ by what is pending.

    debits, credits: posted. debits_pending, credits_pending: reserved, and neither posted nor given up.
    """

    debits: int = 0
    credits: int = 0
    debits_pending: int = 0
    credits_pending: int = 0

    @property
    def net(self) -> int:
        """What is posted: debits less credits."""
        return self.debits - self.credits

    def moved(self, amount: int, posted: int, pending: int) -> Balance:
        """Return the totals after amount, a debit when positive, was added to them.

        posted, pending: 1 to add it to these totals, -1 to take it from them, 0 to leave them.
        """
        debit, credit, debit_pending, credit_pending = self
        if amount > 0:
            return Balance(debit + posted * amount, credit, debit_pending + pending * amount, credit_pending)
        return Balance(debit, credit - posted * amount, debit_pending, credit_pending - pending * amount)


@dataclass(frozen=True, slots=True)
class Limit:
    """Bounds of an account's own balance, in its smallest coin, checked at every write; None is no bound.

    at_least: the lowest it may fall, e.g. 0, or -50000 for a vendor with an overdraft of 500.00.
    at_most: the highest it may rise, e.g. what an agent may hold in cash.
    What is pending counts where it does harm: a reserved sale burdens a float at once, a reserved deposit
    does not help it until it is posted. Raises FieldError.
    """

    at_least: int | None = None
    at_most: int | None = None

    def __post_init__(self) -> None:
        """Check both."""
        for name, bound in (("at_least", self.at_least), ("at_most", self.at_most)):
            if bound is not None and bound.__class__ is not int:
                raise FieldError(name, bound, "a whole number of the smallest coin, or None")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise FieldError("at_least", self.at_least, f"at most at_most, {self.at_most}")


@dataclass(frozen=True, slots=True)
class Account:
    """An account.

    code: names separated by colons, e.g. ``vendor:V17:float``: letters, digits, ``.``, ``_`` and ``-``, each
        name begins with a letter or digit; at most 128 characters.
    kind: what it is. currency: the one it is kept in. name: for people, may be empty.
    limit: None for no bounds.
    Raises FieldError.
    """

    code: str
    kind: AccountKind
    currency: Currency
    name: str = ""
    limit: Limit | None = None

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_code(self.code)
        if self.kind.__class__ is not AccountKind:
            raise FieldError("kind", self.kind, "an AccountKind")
        if not isinstance(self.currency, Currency):
            raise FieldError("currency", self.currency, "a Currency")
        if not isinstance(self.name, str) or len(self.name) > 200 or not self.name.isprintable():
            raise FieldError("name", self.name, "printable text of at most 200 characters")
        if self.limit is not None and not isinstance(self.limit, Limit):
            raise FieldError("limit", self.limit, "a Limit or None")

    def own(self, amount: int) -> int:
        """Return an amount, or a net balance, as the owner counts it: growth is positive."""
        return self.kind.sign * amount

    def lowest(self, balance: Balance) -> int:
        """Return the least the own balance can come to, whatever happens to what is pending."""
        if self.kind.sign > 0:
            return balance.debits - balance.credits - balance.credits_pending
        return balance.credits - balance.debits - balance.debits_pending

    def highest(self, balance: Balance) -> int:
        """Return the most the own balance can come to, whatever happens to what is pending."""
        if self.kind.sign > 0:
            return balance.debits + balance.debits_pending - balance.credits
        return balance.credits + balance.credits_pending - balance.debits

    def shown(self, minor: int) -> str:
        """Return an amount of its currency for people, e.g. ``-12.50 ZAR``."""
        return f"{self.currency.decimal(minor):f} {self.currency.code}"


def check_code(code: object) -> None:
    """Check the code of an account. Raises FieldError, which says what is allowed."""
    if not isinstance(code, str) or len(code) > CODE_MAX or not _CODE.fullmatch(code):
        raise FieldError(
            "account",
            code,
            f"names of letters, digits, '.', '_' and '-', separated by ':', at most {CODE_MAX} characters",
            "Each name begins with a letter or digit, e.g. vendor:V17:float.",
        )
