"""From what happened to a transfer: facts and a posting rule make the legs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Final

from voltoken.errors import TransferRefused
from voltoken.ledger.accounts import Account
from voltoken.ledger.chart import TEMPLATES, Chart, Measure
from voltoken.ledger.facts import KEYED, Facts, PaidBy
from voltoken.ledger.rule import PAID_BY, Rule
from voltoken.ledger.rules import RULES
from voltoken.ledger.transfers import Leg, Transfer


def transfer_for(
    kind: str,
    facts: Facts,
    chart: Chart,
    *,
    new_id: str,
    at: datetime,
    day: date,
    reference: str = "",
    note: str = "",
) -> Transfer:
    """Return the transfer of a transaction. kind: of ``RULES``. new_id, at, day: of the transfer.

    Raises TransferRefused: unknown_kind, moves_nothing, missing, superfluous, and all that a Transfer raises;
    unbalanced when the facts do not add up. Raises FieldError for a name that is missing or no name.
    """
    legs: dict[str, Leg] = {}
    for _, _, leg in _lines(kind, facts, chart):
        there = legs.get(leg.account)
        legs[leg.account] = leg if there is None else leg._replace(amount=there.amount + leg.amount)
    moving = tuple(leg for leg in legs.values() if leg.amount)
    return Transfer(new_id, kind, at, day, moving, reference, note)


def accounts_for(kind: str, facts: Facts, chart: Chart) -> tuple[Account, ...]:
    """Return the accounts that the transfer of a transaction touches, to be opened with it.

    Raises TransferRefused and FieldError as ``transfer_for`` does.
    """
    accounts = {}
    for name, names, leg in _lines(kind, facts, chart):
        accounts[leg.account] = chart.account(name, names, currency=leg.currency)
    return tuple(accounts.values())


def _lines(kind: str, facts: Facts, chart: Chart) -> Iterator[tuple[str, Mapping[str, str], Leg]]:
    """Yield each line that moves something: account of the chart, names for it, and the leg."""
    rule = _rule(kind)
    _check_facts(kind, rule, facts)
    for line in rule.lines:
        name = line.account
        if name == PAID_BY:
            name = "" if facts.paid_by is None else facts.paid_by.value
        for key, amount in _amounts(facts, line.fact):
            names = {**facts.names, **key}
            currency = facts.currency if TEMPLATES[name].measure is Measure.MONEY else facts.unit
            yield name, names, Leg(chart.code(name, names, currency), line.side * amount, currency)


def _amounts(facts: Facts, fact: str) -> Iterator[tuple[Mapping[str, str], int]]:
    """Yield the amounts of a fact that are not 0, each with the name that its code stands for."""
    value = getattr(facts, fact)
    if fact not in KEYED:
        if value:
            yield {}, value
        return
    for code, amount in value.items():
        if amount:
            yield {KEYED[fact]: code}, amount


def _rule(kind: str) -> Rule:
    rule = RULES.get(kind)
    if rule is None:
        raise TransferRefused("unknown_kind", f"There is no posting rule {kind!r}; see RULES.", kind=kind)
    if not rule.moves:
        raise TransferRefused(
            "moves_nothing",
            f"{kind} moves neither money nor energy, so it has no transfer. {rule.meaning}",
            kind=kind,
        )
    if rule.takes_back:
        raise TransferRefused(
            "takes_back", f"{kind} takes back another transfer: make it with reversal_of.", kind=kind
        )
    return rule


def _check_facts(kind: str, rule: Rule, facts: Facts) -> None:
    given = facts.given()
    open_side = any(line.account == PAID_BY for line in rule.lines)
    missing = [name for name in rule.needs if name not in given]
    if rule.one_of and not given & set(rule.one_of):
        missing.append(" or ".join(rule.one_of))
    missing += [other for name, other in rule.with_it if name in given and other not in given]
    if open_side and facts.paid_by is None:
        missing.append(PAID_BY)
    if missing:
        raise TransferRefused("missing", f"{kind} needs {', '.join(missing)}.", kind=kind)
    superfluous = sorted(given - rule.facts)
    if not open_side and facts.paid_by is not None:
        superfluous.append(PAID_BY)
    superfluous += sorted(set(facts.names) - _NAMES[kind])
    if superfluous:
        raise TransferRefused(
            "superfluous", f"{kind} has no place for {', '.join(superfluous)}; leave it out.", kind=kind
        )


def _names(rule: Rule) -> frozenset[str]:
    """Return the names that accounts of a rule may ask for."""
    names = {line.account for line in rule.lines} - {PAID_BY}
    if any(line.account == PAID_BY for line in rule.lines):
        names |= {paid_by.value for paid_by in PaidBy}
    return frozenset(name for account in names for name in TEMPLATES[account].placeholders)


_NAMES: Final = {kind: _names(rule) for kind, rule in RULES.items()}
