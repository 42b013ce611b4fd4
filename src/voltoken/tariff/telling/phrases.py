"""Everything that an explanation of a quote can say, as one table of English sentences.

The key is the stable code that machines get. The English text is what translators get: a language has a
template for each (``languages``), with the same names in braces. A pair is singular and plural, by ``count``.
The sentences are for customers: short, without jargon, and true wherever they are said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

PHRASES: Final[Mapping[str, str | tuple[str, str]]] = {
    # Pieces of sentences
    "per": "{amount} per {unit}",
    "item": "{amount} {name}",
    "item.rate": "{amount} {name} ({rate})",
    "coin.cent": ("{count} cent", "{count} cents"),
    "coin.centavo": ("{count} centavo", "{count} centavos"),
    "coin.franc": ("{count} franc", "{count} francs"),
    "coin.kobo": ("{count} kobo", "{count} kobo"),
    "coin.ngwee": ("{count} ngwee", "{count} ngwee"),
    "coin.pesewa": ("{count} pesewa", "{count} pesewas"),
    "coin.thebe": ("{count} thebe", "{count} thebe"),
    "coin.shilling": ("{count} shilling", "{count} shillings"),
    "taxes": "levies and taxes",
    "period.month": "this month",
    "period.days": "in this period",
    # In one line
    "headline.units": "You paid {paid} and bought {units}.",
    "headline.units_free": "You paid {paid} and bought {units}. You also get {free} free.",
    "headline.free": "You get {free} free.",
    "headline.paid_free": "You paid {paid} and get {free} free. The money did not buy any units this time.",
    "headline.nothing": "You paid {paid}. It did not buy any units this time.",
    "headline.credit": "You paid {paid} and get {credit} of credit for your meter.",
    # What you paid
    "heading.paid": "What you paid",
    "paid": "You paid {amount} on {day}.",
    "paid.carried": "We added {amount} that was left over from your last purchase.",
    "paid.owed": "We took back {amount}: last time you got that much more than you paid for.",
    # What was taken first
    "heading.taken": "What was taken first",
    "taken.debt": "{amount} went towards your debt ({name}).",
    "taken.debt.share": "{amount} went towards your debt ({name}). That is {share} of what you paid.",
    "taken.debt.rest": "{amount} went towards your debt ({name}). That is {share} of what was left by then.",
    "taken.debt.cleared": "{amount} went towards your debt ({name}). It is now paid off.",
    "taken.charge": "{amount} paid a charge ({name}).",
    "taken.charge.taxed": "{amount} paid a charge ({name}); {extra} of that is {taxes}.",
    "taken.part": "{amount} paid part of a charge ({name}).",
    "taken.part.taxed": "{amount} paid part of a charge ({name}); {extra} of that is {taxes}.",
    # How the rest became units
    "heading.energy": "How the rest became units",
    "heading.energy.all": "How your money became units",
    "heading.credit": "How the rest became credit",
    "heading.credit.all": "How your money became credit",
    "energy.left": "That left {amount} to buy units.",
    "energy.none": "Nothing was left to buy units.",
    "energy.small": "That is less than the smallest amount that can be sold, {step}.",
    "energy.price": "The price is {price}.",
    "energy.price.all": "The price is {price}, with all levies and taxes.",
    "energy.rising": "The more you buy {period}, the more a unit costs.",
    "energy.varies": "What a unit costs depends on how much you buy {period}.",
    "energy.before": "Before this purchase you had bought {units} {period}.",
    "energy.before.none": "Before this purchase you had not bought any {period}.",
    "energy.before.free": "With free units you were at {units} {period} when you began to buy.",
    "energy.upto": "Up to {limit} the price is {price}: {amount} bought {units}.",
    "energy.then": "From there up to {limit} it is {price}: {amount} bought {units}.",
    "energy.above": "Above that it is {price}: {amount} bought {units}.",
    "energy.some": "{amount} bought {units} at {price}.",
    "energy.earlier": "That price now counts for the units before as well, which took another {amount}.",
    "energy.once": "You went above {limit} {period} for the first time: {amount} for {name}.",
    "energy.inside": "All levies and taxes are in these prices.",
    "energy.credit": "{amount} brought {credit} of credit.",
    "energy.credit.taxed": "{amount} brought {credit} of credit; the other {extra} is {taxes}.",
    "energy.credit.use": "Your meter takes what you use from the credit.",
    # Levies and taxes
    "heading.included": "Levies and taxes",
    "included.one": "{amount} of what you paid is {name}.",
    "included.rate": "{amount} of what you paid is {name} ({rate}).",
    "included.many": "{amount} of what you paid is levies and taxes: {items}.",
    "included.rebate": "{amount} was taken off for you ({name}).",
    # Free units
    "heading.free": "Free units",
    "free": "You get {units} free ({name}).",
    "free.counted": "Free units count like those you buy when the price of the next ones is worked out.",
    # Rounding
    "heading.rounding": "Rounding",
    "rounding.gain": "Units are sold in steps of {step}. Rounding gave you {coins} more than you paid for.",
    "rounding.loss": "Units are sold in steps of {step}. Rounding cost you {coins}.",
    "rounding.units.down": "Your money was worth {exact}. In steps of {step} that rounds down to {units}.",
    "rounding.units.up": "Your money was worth {exact}. In steps of {step} that rounds up to {units}.",
    "rounding.lines.gain": "The amounts are rounded, which gave you {coins} more than you paid for.",
    "rounding.lines.loss": "The amounts are rounded, which cost you {coins}.",
    "rounding.credit.gain": "Rounding gave you {coins} more than you paid for.",
    "rounding.credit.loss": "Rounding cost you {coins}.",
    "rounding.kept": "Left over: {coins}. We keep it for you and add it to your next purchase.",
    "rounding.owed": "Rounding gave you {coins} more than you paid for. Your next purchase pays it back.",
    # Tokens
    "heading.tokens": "Your tokens",
    "tokens": (
        "One token carries what you bought: {items}.",
        "{count} tokens carry what you bought: {items}. No single one can carry it, so enter them all.",
    ),
    "tokens.free": (
        "One token carries your free units: {items}.",
        "{count} tokens carry your free units: {items}.",
    ),
    # What you still owe
    "heading.owed": "What you still owe",
    "owed.debt": "Your debt ({name}) is now {amount}.",
    "owed.charge": "{amount} of a charge ({name}) is still to be paid.",
    # What comes next
    "heading.next": "What comes next",
    "next.position": "You have now bought {units} {period}.",
    "next.position.free": "You have now had {units} {period}, free units included.",
    "next.price": "From here the price is {price}.",
    "next.same": "The price stays the same, however much you buy.",
    "next.rises": "The next {units} cost {price}. After that the price goes up to {then}.",
    "next.earlier": "That price will count for the units before as well: {amount} will go to that first.",
    "next.once": "Going above {limit} takes {amount} first, once {period} ({name}).",
    "next.falls": "The next {units} cost {price}. After that the price comes down to {then}.",
    "next.stays": "The next {units} cost {price}, and so do those after.",
    "next.restart": "The count starts again at zero on {day}.",
    # Compared with last time
    "heading.change": "Compared with last time",
    "change.more": "On {day} you paid {paid} and got {units}. This time you got {difference} more.",
    "change.less": "On {day} you paid {paid} and got {units}. This time you got {difference} less.",
    "change.same": "On {day} you paid {paid} and got {units}. This time you got just as much.",
    "because.more": "{why} That makes {units} more.",
    "because.less": "{why} That makes {units} less.",
    "money.more": "You paid {amount} more.",
    "money.less": "You paid {amount} less.",
    "carried.more": "{amount} more came over from the purchase before.",
    "carried.less": "{amount} less came over from the purchase before.",
    "charges.more": "{amount} less went to charges.",
    "charges.less": "{amount} more went to charges.",
    "debts.more": "{amount} less went towards what you owe.",
    "debts.less": "{amount} more went towards what you owe.",
    "position.more": "You already had {now} before buying (last time {before}), and units cost less there.",
    "position.less": "You already had {now} before buying (last time {before}), and units cost more there.",
    "place": "You bought at another place in the price list.",
    "restart": "The count of your units has started again since then.",
    "prices": "Your prices have changed.",
    "prices.list": "There is a new price list.",
    "prices.month": "Your prices are different this month.",
    "prices.exchange": "The rate of exchange has changed.",
    "free.more": "You got {units} more for free.",
    "free.less": "You got {units} less for free.",
    "rounding.more": "Rounding makes {units} more.",
    "rounding.less": "Rounding makes {units} less.",
    # The table
    "column.what": "What",
    "column.units": "Units",
    "column.price": "Price",
    "column.amount": "Amount",
    "row.energy": "Units",
    "row.energy.block": "Units, price {block}",
    "row.energy.earlier": "Units before, now at price {block}",
    "row.credit": "Credit",
    "row.debt": "{name} (debt)",
    "row.free": "{name} (free)",
    "row.carried_in": "Left over from your last purchase",
    "row.carried_back": "Taken back from your last purchase",
    "row.carried_out": "Kept for your next purchase",
    "row.carried_owed": "Paid back by your next purchase",
    "row.rounding": "Rounding",
    "row.units": "Rounding of units",
    "row.total": "You paid",
    "cell.rate": "{rate} of {base}",
    "cell.rate.each": "{rate}: {price}",
    "cell.rate.units": "{rate} per {unit}",
}
"""English templates by code."""

SYMBOLS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("XAF", "XOF"), "FCFA"),
    "BWP": "P",
    "ETB": "Br",
    "GHS": "GH₵",
    "KES": "KSh",
    "LSL": "L",
    "MWK": "MK",
    "MZN": "MT",
    "NAD": "N$",
    "NGN": "₦",
    "RWF": "FRw",
    "SLE": "Le",
    "SZL": "E",
    "TZS": "TSh",
    "UGX": "USh",
    "USD": "US$",
    "ZAR": "R",
    "ZMW": "K",
    "ZWG": "ZiG",
}
"""How currencies are written; others by their code."""

COINS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("FJD", "KES", "NAD", "SLE", "SZL", "USD", "ZAR", "ZWG", "ZWL"), "coin.cent"),
    **dict.fromkeys(("RWF", "XAF", "XOF"), "coin.franc"),
    "BWP": "coin.thebe",
    "GHS": "coin.pesewa",
    "MZN": "coin.centavo",
    "NGN": "coin.kobo",
    "UGX": "coin.shilling",
    "ZMW": "coin.ngwee",
}
"""Code of the name of a currency's smallest coin, where it has a name."""

UNIT_SIGNS: Final[Mapping[str, str]] = {"m3": "m³"}
"""How units are written where that is not their code."""


def templates() -> Iterator[str]:
    """Yield every English template: what a language translates."""
    for phrase in PHRASES.values():
        yield from (phrase,) if isinstance(phrase, str) else phrase
