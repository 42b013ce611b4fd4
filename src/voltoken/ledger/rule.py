"""What a posting rule is: the lines of a transaction, and the facts that it needs.

A line of a rule says: this side of this account, by this fact. A fact of 0 leaves its line out. The rules
themselves are tables: ``selling``, ``settling``, and ``rules`` for all of them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PAID_BY: Final = "paid_by"
"""Stands in a rule for the account that ``Facts.paid_by`` names: where the money comes from or goes to."""


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A line of a rule. side: 1 for a debit, -1 for a credit. account: of the chart, or ``PAID_BY``."""

    side: int
    account: str
    fact: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What a kind of transaction does in the books.

    transaction: what the reference calls it. meaning: for people; for a kind that moves nothing, why.
    lines: empty for one that moves nothing, and for one that takes back another. nrs: its NRS 009-3 code.
    needs: facts that must be there. one_of: of these, at least one. with_it: pairs, of which the
        second must be there when the first is.
    takes_back: made by ``reversal_of``, not from facts.
    """

    transaction: str
    meaning: str
    lines: tuple[RuleLine, ...] = ()
    nrs: str = ""
    needs: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    with_it: tuple[tuple[str, str], ...] = ()
    takes_back: bool = False

    @property
    def moves(self) -> bool:
        """Whether it moves money or energy at all."""
        return bool(self.lines) or self.takes_back

    @property
    def facts(self) -> frozenset[str]:
        """The facts it looks at."""
        return frozenset(line.fact for line in self.lines)


def debit(account: str, fact: str) -> RuleLine:
    """Return the line that debits an account by a fact."""
    return RuleLine(1, account, fact)


def credit(account: str, fact: str) -> RuleLine:
    """Return the line that credits an account by a fact."""
    return RuleLine(-1, account, fact)


def both(debited: str, credited: str, fact: str) -> tuple[RuleLine, RuleLine]:
    """Return the two lines that debit one account and credit another by the same fact."""
    return debit(debited, fact), credit(credited, fact)


COMMISSION: Final = both("commissions", "commission", "commission")
"""The lines of commission that a vendor earns."""
