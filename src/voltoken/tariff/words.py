"""The words of a tariff document that stand for a choice."""

from __future__ import annotations

from enum import StrEnum


class Place(StrEnum):
    """Where a part of the price is collected."""

    TILL = "till"
    METER = "meter"


class Per(StrEnum):
    """How often a charge, an instalment or an entitlement falls due."""

    PURCHASE = "purchase"
    DAY = "day"
    MONTH = "month"
    PERIOD = "period"
    """The period of the blocks."""


class Counts(StrEnum):
    """Units that move a customer through the blocks."""

    BOUGHT = "bought"
    FREE = "free"


class OnChange(StrEnum):
    """What becomes of the units of a period when a new version comes into force inside it."""

    CARRY = "carry"
    RESTART = "restart"


class LinesOf(StrEnum):
    """What the lines of a quote are reckoned from."""

    UNITS = "units"
    """From the units as rounded: they say what these units cost."""
    TENDER = "tender"
    """From the money as tendered: they add up to it, and only the units are rounded."""


class Remainder(StrEnum):
    """What becomes of money that buys no whole step of units."""

    ROUNDING = "rounding"
    """It is a line of its own, gain or loss of the utility."""
    CARRY = "carry"
    """It is credited to the customer and added to the next purchase."""
