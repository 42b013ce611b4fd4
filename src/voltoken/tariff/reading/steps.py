"""Steps in a tariff document: of money, of units, and what depends on them."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Final

from voltoken.tariff.plan import common_step
from voltoken.tariff.reading.making import currency_of
from voltoken.tariff.reading.notes import Notes
from voltoken.tariff.reading.shape import Row
from voltoken.tariff.reading.showing import shown

UNITS_MAX: Final = 1000
"""Greatest step of units, also together with that of tokens."""
UNITS_PLACES: Final = 4
"""Decimals of a step of units."""
COINS_MAX: Final = 10_000
"""Greatest step of money, in coins."""

_TOKENS: Final = Fraction(1, 10)
"""Tokens carry tenths of a unit."""


def check_steps(notes: Notes, document: Row) -> None:
    """Note steps that no price list can mean, and what does not go with the step of units."""
    money = document["money"]
    if money:
        _check_coins(notes, money)
        _check_kept(notes, document, money)
    units = document["units"]
    rule = units["round"] if units else None
    if not document.sound("units") or (units and not units.sound("round")):
        return
    step = _TOKENS
    if rule:
        if money and rule.sound("to"):
            _check_carried(notes, money, rule["to"])
        if rule["step"] is None or not _is_step(notes, rule):
            return
        step = common_step(rule["step"], _TOKENS)
    elif money:
        _check_carried(notes, money, "nearest")
    for energy in document.rows("energy"):
        _check_all_units(notes, energy["blocks"] or (), step)
    for row in document.rows("levy", "tax"):
        if row["once"] and row["from_units"] and row["from_units"] % step:
            limit = shown(row["from_units"])
            reason = f"{limit} is not a multiple of {shown(step)}, the step in which units are sold;"
            notes.add(row.at("from_units"), f"{reason} where `once` falls due, it must be.")


def _check_coins(notes: Notes, money: Row) -> None:
    """Note a step of lines that is no number of coins, or too many."""
    rule = money["round"]
    if not (money["currency"] and money.sound("places") and rule and rule["step"]):
        return
    coin = Fraction(1, currency_of(money).scale)
    if rule["step"] % coin:
        reason = f"{shown(rule['step'])} is not a multiple of the smallest coin, {shown(coin)}."
        notes.add(rule.at("step"), reason)
    elif rule["step"] > COINS_MAX * coin:
        reason = f"{shown(rule['step'])} is more than {shown(COINS_MAX * coin)}, {COINS_MAX} coins."
        notes.add(rule.at("step"), f"{reason} Make it smaller.")


def _check_kept(notes: Notes, document: Row, money: Row) -> None:
    """Note amounts that a payment may be too small for, where what it cannot pay for is not kept."""
    if money["remainder"] != "rounding":
        return
    reason = 'a payment may end just below it; the rest must be kept: [money] remainder = "carry".'
    for row in document.rows("levy", "tax"):
        if row["once"]:
            notes.add(row.at("once"), reason)
    for energy in document.rows("energy"):
        for block in energy["blocks"] or ():
            if block["all_units"]:
                notes.add(block.at("all_units"), reason)
                return


def _check_carried(notes: Notes, money: Row, to: str) -> None:
    """Note money that is carried although more units may be given than it pays for."""
    if money["remainder"] == "carry" and to != "down":
        reason = (
            f"units are rounded {'up' if to == 'up' else 'to the nearest step'}, so that a customer could be "
            'left owing; round them down: [units] round = { step = 0.1, to = "down" }.'
        )
        notes.add(money.at("remainder"), reason)


def _is_step(notes: Notes, rule: Row) -> bool:
    """Return whether units can be sold in a step; note why not."""
    step: Fraction = rule["step"]
    if step > UNITS_MAX or step * 10**UNITS_PLACES % 1:
        reason = (
            f"{shown(step)} is not allowed; it must be at most {UNITS_MAX}, with {UNITS_PLACES} decimals."
        )
    elif common_step(step, _TOKENS) > UNITS_MAX:
        reason = (
            f"{shown(step)} and the tenths that tokens carry have no common multiple up to {UNITS_MAX}; "
            "make it a multiple of 0.1, or a part of it."
        )
    else:
        return True
    notes.add(rule.at("step"), reason)
    return False


def _check_all_units(notes: Notes, blocks: tuple[Row, ...], step: Fraction) -> None:
    """Note prices of all units that begin between two steps, where no purchase can end."""
    for before, block in pairwise(blocks):
        if block["all_units"] and before["upto"] and before["upto"] % step:
            limit = shown(before["upto"])
            reason = f"{limit} is not a multiple of {shown(step)}, the step in which units are sold;"
            notes.add(before.at("upto"), f"{reason} where a price of all units begins, it must be.")
