"""Prices of many purchases at once: columns in, columns out, to the coin what ``Prices`` says of each.

``reprice`` takes the purchases of many meters over time and says what they would have come to by another
tariff; ``compared`` tells who pays more and who pays less. Needs the extra ``batch`` (numpy). Pure and exact
like the room around it: whole numbers of 64 bits, and where they do not suffice, Python's.
"""

from __future__ import annotations

from voltoken.tariff.batch.compared import SAME_PERCENT, Band, Comparison, Customers, MeterMonths, compared
from voltoken.tariff.batch.refusals import Refusal
from voltoken.tariff.batch.repricing import Component, Hold, Purchases, Repriced, reprice

__all__ = [
    "Band",
    "Comparison",
    "Component",
    "Customers",
    "Hold",
    "MeterMonths",
    "Purchases",
    "Refusal",
    "Repriced",
    "SAME_PERCENT",
    "compared",
    "reprice",
]
