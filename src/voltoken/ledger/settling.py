"""Posting rules of money on its way: vendors and agents, cash, providers of payments, the state.

What a bank or a provider takes back is booked whether there is anything to take it from or not: the books
have to be able to say what happened. What is lacking becomes a claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voltoken.ledger.rule import COMMISSION, PAID_BY, Rule, both, credit, debit

SETTLING: Final[Mapping[str, Rule]] = {
    "vendor_deposit": Rule(
        "Deposit slip", "A vendor pays in.", both("bank", "float", "amount"), needs=("amount",)
    ),
    "deposit_reversal": Rule(
        "Deposit slip",
        "A deposit did not hold and the bank took it back: amount is held in the float still, or lacking "
        "there, and then the vendor owes it.",
        (credit("bank", "amount"), debit("float", "held"), debit("owing", "lacking")),
        needs=("amount",),
        one_of=("held", "lacking"),
    ),
    "owing_paid": Rule(
        "Deposit slip",
        "A vendor pays what it owes, into the bank, in cash or out of its float.",
        both(PAID_BY, "owing", "amount"),
        needs=("amount",),
    ),
    "owing_written_off": Rule(
        "Vendor statement",
        "What a vendor owes is given up.",
        both("owing_writeoff", "owing", "amount"),
        needs=("amount",),
    ),
    "agent_handover": Rule(
        "Deposit slip",
        "An agent hands over cash and keeps the commission that was due: amount is handed over, both leave "
        "the cash held.",
        (*both("transit", "agent_cash", "amount"), *both("commission", "agent_cash", "commission")),
        needs=("amount",),
    ),
    "commission_earned": Rule(
        "Vendor statement", "A vendor has earned commission.", COMMISSION, needs=("commission",)
    ),
    "commission_paid": Rule(
        "Vendor statement",
        "A vendor gets its commission, into its bank account or its float.",
        both("commission", PAID_BY, "commission"),
        needs=("commission",),
    ),
    "cash_counted": Rule(
        "Batch end",
        "Cash was counted, in a till or at an agent: difference is what was found less what should be there.",
        both(PAID_BY, "counting", "difference"),
        needs=("difference",),
    ),
    "shift_deposit": Rule(
        "Batch end",
        "Cash leaves a till at the end of a shift.",
        both("transit", "till", "amount"),
        needs=("amount",),
    ),
    "bank_deposit": Rule(
        "Deposit slip", "Cash arrives at the bank.", both("bank", "transit", "amount"), needs=("amount",)
    ),
    "payment_received": Rule(
        "Payment",
        "A provider tells of a payment: the customer has paid and has no token yet.",
        both("gateway", "prepaid", "amount"),
        needs=("amount",),
    ),
    "payment_unknown": Rule(
        "Payment",
        "A provider tells of a payment that fits no customer or meter.",
        both("gateway", "suspense", "amount"),
        needs=("amount",),
    ),
    "payment_charged_back": Rule(
        "Payment",
        "Vended and not paid: a provider takes a payment back, or never pays it, after the token was made. "
        "The customer owes it, under a debt; fee is what the provider charges for it.",
        (debit("debt", "debts"), credit("gateway", "amount"), *both("fees", "gateway", "fee")),
        needs=("amount", "debts"),
    ),
    "gateway_settlement": Rule(
        "Settlement",
        "A provider pays out what it took, less its fee: amount arrives at the bank.",
        (*both("bank", "gateway", "amount"), *both("fees", "gateway", "fee")),
        needs=("amount",),
    ),
    "payment_suspended": Rule(
        "Payment",
        "Paid and not vended, and retries are over: the money waits for somebody to decide.",
        both("prepaid", "suspense", "amount"),
        needs=("amount",),
    ),
    "suspense_vended": Rule(
        "Payment",
        "It is known now whom the money is from: it is theirs again, and can be vended.",
        both("suspense", "prepaid", "amount"),
        needs=("amount",),
    ),
    "suspense_refunded": Rule(
        "Payment", "Money in suspense goes back.", both("suspense", PAID_BY, "amount"), needs=("amount",)
    ),
    "tax_paid": Rule(
        "Settlement",
        "Taxes that were collected go to the state.",
        both("tax", "bank", "taxes"),
        needs=("taxes",),
    ),
    "levy_paid": Rule(
        "Settlement",
        "Levies that were collected go to those they are for.",
        both("levy", "bank", "levies"),
        needs=("levies",),
    ),
}
"""Rules by kind."""
