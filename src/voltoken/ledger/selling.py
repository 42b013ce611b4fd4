"""Posting rules of what customers get and owe: units, refunds, charges and debts.

Two pairs of facts stand beside each other. What a customer owes is given with its tax (``dues``, ``debts``),
what it is worth to the utility without (``charges``, ``net_debts``): the tax between them is a fact of its
own. So nothing is booked as income, or as tax, twice.

Free units of a programme that pays for them are sold to it: their price is a claim on the programme. Where
the utility carries them there is no sale, and only energy moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voltoken.ledger.rule import COMMISSION, PAID_BY, Rule, both, credit, debit

_EXTRAS: Final = (credit("levy", "levies"), credit("tax", "taxes"))
_EXTRAS_BACK: Final = (debit("levy", "levies"), debit("tax", "taxes"))
_PAYMENT: Final = (
    debit(PAID_BY, "tender"),
    *_EXTRAS,
    credit("rounding", "rounding"),
    credit("prepaid", "carried"),
    *COMMISSION,
)
_CHARGES: Final = (credit("charge", "charges"), credit("due", "dues"))
_DEBTS: Final = (credit("debt", "debts"),)
_FREE: Final = (
    *both("programme", "sales", "subsidies"),
    *both("energy_free", "energy_issued", "free"),
)
_REPLACED: Final = both("energy_transferred", "energy_issued", "units")

SELLING: Final[Mapping[str, Rule]] = {
    "credit_vend": Rule(
        "Credit vend",
        "Units are sold: the tender is what was sold, levies, taxes, charges and debts that were collected, "
        "and what rounding and carrying over leave. Free units may come along.",
        (
            *_PAYMENT,
            *_CHARGES,
            *_DEBTS,
            credit("sales", "energy"),
            *both("energy_sold", "energy_issued", "units"),
            *_FREE,
        ),
        "000",
        needs=("tender",),
        with_it=(("energy", "units"), ("subsidies", "free")),
    ),
    "free_basic_units": Rule(
        "FBE / BSST",
        "Units of a programme are issued alone. A programme that pays for them owes their price, and a "
        "vendor may earn commission for the token.",
        (*_FREE, *COMMISSION),
        "010",
        needs=("free",),
    ),
    "programme_paid": Rule(
        "Settlement",
        "A programme pays for its free units.",
        both(PAID_BY, "programme", "subsidies"),
        needs=("subsidies",),
    ),
    "free_issue": Rule(
        "Free issue",
        "Units are issued free for a reason. Where they are booked at a price, amount is what they cost the "
        "utility: energy, with taxes that are due on it, or, below zero, taken back.",
        (
            *both("energy_freeissue", "energy_issued", "units"),
            debit("goodwill", "amount"),
            credit("sales", "energy"),
            *_EXTRAS,
        ),
        "005",
        needs=("units",),
        with_it=(("amount", "energy"),),
    ),
    "replacement_token": Rule(
        "Meter credit transfer",
        "A token stands for one that was paid before and cannot be used. No money moves.",
        _REPLACED,
        "003",
        needs=("units",),
    ),
    "credit_transfer": Rule(
        "Meter credit transfer",
        "The units left in an old meter go on a token for the new one. No money moves.",
        _REPLACED,
        "003",
        needs=("units",),
    ),
    "unsold_units": Rule(
        "Credit vend",
        "A token was issued and its sale did not stand: its units are written where they can be seen.",
        both("energy_unsold", "energy_issued", "units"),
        needs=("units",),
    ),
    "pay_debt": Rule(
        "Pay account",
        "A debt is paid without a token.",
        (*_PAYMENT, *_DEBTS),
        needs=("tender", "debts"),
    ),
    "pay_service_charge": Rule(
        "Pay account",
        "Charges are paid without a token: as they fall due, or billed before.",
        (*_PAYMENT, *_CHARGES),
        needs=("tender",),
        one_of=("charges", "dues"),
    ),
    "cash_received": Rule(
        "Payment",
        "A customer pays at a till, to an agent or into the bank, and has no token yet.",
        both(PAID_BY, "prepaid", "amount"),
        needs=("amount",),
    ),
    "refund_before_token": Rule(
        "Credit vend",
        "A customer paid, no token was made, and the money goes back.",
        both("prepaid", PAID_BY, "amount"),
        needs=("amount",),
    ),
    "refund_after_token": Rule(
        "Credit vend",
        "Money goes back although the token stands: a numeric token cannot be un-issued, so neither the sale "
        "nor its units are taken back. Tender goes back; amount of it is lost, the taxes and levies on it "
        "are not owed any more.",
        (credit(PAID_BY, "tender"), debit("refunds", "amount"), *_EXTRAS_BACK),
        needs=("tender", "amount"),
    ),
    "cancel_vend": Rule(
        "Cancel vend",
        "Only for magnetic cards, whose token can be destroyed: the sale is taken back whole.",
        takes_back=True,
    ),
    "charge_billed": Rule(
        "Service charge",
        "A charge falls due before it is paid: dues are what the customer owes, with tax; charges without.",
        (debit("due", "dues"), credit("charge", "charges"), *_EXTRAS),
        needs=("dues", "charges"),
    ),
    "due_written_off": Rule(
        "Service charge",
        "A charge that was billed is given up: dues with tax, charges without; the tax is taken back where "
        "it may be.",
        (debit("due_writeoff", "charges"), *_EXTRAS_BACK, credit("due", "dues")),
        needs=("dues", "charges"),
    ),
    "debt_raised": Rule(
        "Debt",
        "A fine or work becomes a debt: debts are what the customer owes, with tax; net_debts without.",
        (debit("debt", "debts"), credit("penalty", "net_debts"), *_EXTRAS),
        needs=("debts", "net_debts"),
    ),
    "debt_brought_in": Rule(
        "Debt",
        "A debt of the time before this book, which was income, and taxed, then.",
        both("debt", "opening", "debts"),
        needs=("debts",),
    ),
    "debt_from_bill": Rule(
        "Debt",
        "Charges that were billed, and taxed, become a debt, to be paid by instalments.",
        (debit("debt", "debts"), credit("due", "dues")),
        needs=("debts", "dues"),
    ),
    "debt_written_off": Rule(
        "Debt",
        "A debt is given up: debts with tax, net_debts without; the tax is taken back where it may be.",
        (debit("writeoff", "net_debts"), *_EXTRAS_BACK, credit("debt", "debts")),
        needs=("debts", "net_debts"),
    ),
    "rounding": Rule(
        "Rounding",
        "A rest of a customer's money that no coin fits goes to rounding; below zero the other way.",
        both("prepaid", "rounding", "rounding"),
        needs=("rounding",),
    ),
}
"""Rules by kind."""
