"""Where parts of a tariff document are collected: what no till can reckon if the meter sells the energy."""

from __future__ import annotations

from voltoken.tariff.reading.notes import Notes
from voltoken.tariff.reading.shape import Row
from voltoken.tariff.reading.showing import dotted


def check_places(notes: Notes, document: Row) -> None:
    """Note parts that count units at the till, where tokens carry money for a meter that has the prices."""
    meter = next((row for row in document.rows("energy") if row["collected"] == "meter"), None)
    if meter is None:
        return
    name = dotted(meter.path)
    for row in document.rows("levy", "tax"):
        keys = [key for key in ("per_unit", "from_units", "upto_units") if key in row.given]
        if keys and row["collected"] == "till" and notes.is_clean(row.path):
            reason = (
                f"{name} is collected at the meter, so that the till does not know the units; "
                'add collected = "meter" here.'
            )
            notes.add(row.at(keys[0]), reason)
    for row in document.rows("free"):
        reason = (
            f"{name} is collected at the meter, where tokens carry money and no units; leave free units out."
        )
        notes.add(row.path, reason)
