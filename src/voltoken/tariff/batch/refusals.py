"""Why a purchase of a batch was refused, as one byte: what stands in its column of refusals."""

from __future__ import annotations

from enum import IntEnum


class Refusal(IntEnum):
    """What is wrong with a purchase; 0 is nothing. Its word is the ``reason`` of ``PurchaseRefused``."""

    NONE = 0
    NO_PRICE = 1
    """No price of energy is meant for this customer."""
    NO_EXCHANGE = 2
    """What one of the currency of prices costs that day is not known."""
    NO_MONTH = 3
    """A month's value of a pass-through is not in the tariff."""
    SIZE_UNKNOWN = 12
    """A charge is for each of something whose number is not known."""
    UNITS_STEP = 4
    """Units that cannot be sold: none, or no multiple of the step."""
    AMOUNT_BELOW = 5
    """Less than the least amount, or than what is owed from the last purchase."""
    AMOUNT_ABOVE = 6
    """More than the greatest amount."""
    CHARGE_UNPAID = 7
    """A charge that must be paid as a whole is not."""
    TOO_SMALL = 8
    """The money buys less than one step of units, and pays nothing else."""
    UNITS_BELOW = 9
    """Fewer units than a purchase must bring."""
    UNITS_ABOVE = 10
    """More units than a purchase may bring."""
    CARRIED_MORE = 13
    """What was carried over buys more than the units that are wanted."""
    UNREACHABLE = 11
    """What is due takes every tender."""

    @property
    def word(self) -> str:
        """The stable word of the scalar path, empty for none."""
        return self.name.lower() if self else ""
