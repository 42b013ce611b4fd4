"""Prices: a tariff document in, an exact quote out, explained and kept in versions.

``load`` makes a ``Tariff`` of a document and tells all its faults at once; ``Prices`` price purchases with
it, by money and by units; ``explain`` says what came of it to people; ``Version`` keeps who approved which
document. Everything is exact and pure: no float, no clock, no file.
"""

from __future__ import annotations

from voltoken.tariff.calendar import counts_from, period_start
from voltoken.tariff.conditions import ALWAYS, Mean, When
from voltoken.tariff.document import (
    FORMAT,
    Block,
    Charge,
    Debt,
    Energy,
    Extra,
    Free,
    Period,
    Slot,
    Take,
    Tariff,
)
from voltoken.tariff.following import following
from voltoken.tariff.metering import MeterPrice, PeriodMark
from voltoken.tariff.plan import Plan
from voltoken.tariff.pricing import Prices, price
from voltoken.tariff.quote import Context, Kind, Line, Quote, Standing, Step
from voltoken.tariff.reading.check import check, load
from voltoken.tariff.reading.fields import FIELDS, Field
from voltoken.tariff.reading.schema import schema
from voltoken.tariff.rounding import Direction, Rounding, exact_text
from voltoken.tariff.telling.basis import Basis, basis
from voltoken.tariff.telling.explaining import Explanation, explain
from voltoken.tariff.telling.language import Language
from voltoken.tariff.telling.languages import ENGLISH, LANGUAGES
from voltoken.tariff.versions import (
    Act,
    Event,
    State,
    Version,
    advance,
    draft,
    in_force,
    revise,
    states_at,
)
from voltoken.tariff.words import Counts, LinesOf, OnChange, Per, Place, Remainder

__all__ = [
    "ALWAYS",
    "Act",
    "Basis",
    "Block",
    "Charge",
    "Context",
    "Counts",
    "Debt",
    "Direction",
    "ENGLISH",
    "Energy",
    "Event",
    "Explanation",
    "Extra",
    "FIELDS",
    "FORMAT",
    "Field",
    "Free",
    "Kind",
    "LANGUAGES",
    "Language",
    "Line",
    "LinesOf",
    "Mean",
    "MeterPrice",
    "OnChange",
    "Per",
    "Period",
    "PeriodMark",
    "Place",
    "Plan",
    "Prices",
    "Quote",
    "Remainder",
    "Rounding",
    "Slot",
    "Standing",
    "State",
    "Step",
    "Take",
    "Tariff",
    "Version",
    "When",
    "advance",
    "basis",
    "check",
    "counts_from",
    "draft",
    "exact_text",
    "explain",
    "following",
    "in_force",
    "load",
    "period_start",
    "price",
    "revise",
    "schema",
    "states_at",
]
